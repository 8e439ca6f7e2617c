/** Threads of a store that wait for a person, and are not loaded: what each holds of the memory, and how soon it goes on. */
import path from 'node:path';
import { createRuntime } from '../../src/index.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import type { SampledFigure } from '../lib/figure.ts';
import { newFolder } from '../lib/folder.ts';
import { graphOf } from '../lib/graph.ts';

const ASKING = graphOf(`name: asking
state: { said: any? }
nodes: { ask: { type: interrupt, message: "Well?", output: said } }
edges: [START -> ask -> END]
`);

/** Those that are loaded anyway are there before anything is counted. */
const BEFORE = 200;
const ANSWERS = 300;

/** Bytes that the process holds when all is collected that can be: on the heap and beside it. */
async function held(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await new Promise<void>(resolve => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export async function waitingFigures(threads: number): Promise<SampledFigure[]> {
  const folder = newFolder();
  const store = sqliteStore(path.join(folder.path, 'threads.db'), { synchronous: 'normal' });
  const app = createRuntime({ store });
  try {
    for (let i = 0; i < BEFORE; i++) await app.thread(ASKING, `before${i}`).invoke({});
    const before = await held();
    for (let i = 0; i < threads; i++) await app.thread(ASKING, `t${i}`).invoke({});
    const each = ((await held()) - before) / threads;
    const times: number[] = [];
    for (let i = 0; i < ANSWERS; i++) {
      const begun = performance.now();
      const { status } = await app.thread(ASKING, `t${(i * 7_919) % threads}`).resume(i);
      times.push(performance.now() - begun);
      if (status !== 'done') throw new Error(`a thread that was answered is ${status}`);
    }
    return [
      { name: `a waiting thread of ${threads}`, unit: 'B', values: [each] },
      { name: `resume one of ${threads} threads`, unit: 'ms', values: times },
    ];
  } finally {
    store.close();
    folder.remove();
  }
}
