/**
 * What durable threads cost: bytes stored, memory held, time to go on. By hand with the whole numbers:
 *
 *     RUNS=100000 WAITING=10000 npx vitest run test/durable/figures
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRuntime, type Model } from '../../src/index.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { gc } from '../helpers/gc.ts';
import { build, cpuTime } from '../helpers.ts';

const RUNS = Number(process.env.RUNS ?? 20_000);
const WAITING = Number(process.env.WAITING ?? 2_000);

/** The heap when nothing is left to collect, in bytes. */
async function heap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise<void>(resolve => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'statewright-figures-'));
  file = path.join(folder, 'threads.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

it('C4: an agent of 100 turns, with tool calls of 3.6 kB and results of 36 kB, stores at most three times its state', async () => {
  const model: Model = {
    async *stream({ messages }) {
      const turns = messages.filter(m => m.role === 'tool').length;
      if (turns < 100) {
        const input = { query: `${turns} `.padEnd(3_600, `${turns} is asked `) };
        yield { type: 'tool-call', id: `call${turns}`, name: 'search', input };
        yield { type: 'finish', reason: 'tool-calls' };
      } else {
        yield { type: 'text', text: 'found' };
        yield { type: 'finish', reason: 'stop' };
      }
    },
  };
  const graph = build(
    `model: m
state: { answer: any?, messages: messages }
tools: { search: { type: function, function: search, description: Searches., input: { query: string } } }
nodes:
  helper: { type: agent, prompt: { user: Search. }, tools: [search], maxTurns: 200, history: messages, output: answer }
edges: [START -> helper -> END]
`,
    {
      models: { m: model },
      functions: { search: ({ query }) => `${query.slice(0, 4)}`.padEnd(36_000, `${query.slice(0, 5)} is found `) },
    },
  );
  const store = sqliteStore(file, { synchronous: 'normal' });
  const thread = createRuntime({ store }).thread(graph, 't');
  const result = await thread.invoke({});
  expect(result.status).toBe('done');
  const checkpoints = (await thread.history()).length;
  await store.close();
  const state = JSON.stringify(result.output).length;
  const stored = statSync(file).size;
  say(
    `agent of 100 turns: state ${state} B, stored ${stored} B in ${checkpoints} checkpoints, ${(stored / state).toFixed(2)} times`,
  );
  expect(state).toBeGreaterThan(3_900_000);
  expect(stored).toBeLessThan(3 * state);
}, 120_000);

it('a chain is linear in bytes and in time', async () => {
  const chain = async (length: number): Promise<{ bytes: number; cpu: number }> => {
    const ids = Array.from({ length }, (_, i) => `n${i}`);
    const nodes = ids.map(id => `  ${id}: { type: function, function: noop }`).join('\n');
    const text = `state: { n: { type: number, default: 0 } }\nnodes:\n${nodes}\nedges: [START -> ${ids.join(' -> ')} -> END]\n`;
    const graph = build(text, { functions: { noop: ({ n }) => ({ n: n + 1 }) } });
    const own = path.join(folder, `${length}.db`);
    const store = sqliteStore(own, { synchronous: 'normal' });
    const app = createRuntime({ store });
    await app.thread(graph).invoke({});
    const before = cpuTime();
    await app.thread(graph).invoke({});
    const cpu = cpuTime() - before;
    await store.close();
    return { bytes: statSync(own).size / 2 / length, cpu: cpu / length };
  };
  await chain(100);
  const [short, long] = [await chain(200), await chain(1_000)];
  say(`chain of 200: ${short.bytes} B and ${short.cpu} ms CPU a node; of 1,000: ${long.bytes} B and ${long.cpu} ms`);
  expect(long.bytes).toBeLessThan(1.2 * short.bytes);
  expect(long.cpu).toBeLessThan(2 * short.cpu);
});

const ASKING = build(`state: { said: any? }
nodes: { ask: { type: interrupt, message: "Well?", output: said } }
edges: [START -> ask -> END]
`);

it(`${WAITING} threads that wait take at most 1 KB each, and any of them goes on in less than 10 ms`, async () => {
  const store = sqliteStore(file, { synchronous: 'normal' });
  const app = createRuntime({ store });
  for (let i = 0; i < 200; i++) await app.thread(ASKING, `before${i}`).invoke({});
  const before = await heap();
  for (let i = 0; i < WAITING; i++) await app.thread(ASKING, `t${i}`).invoke({});
  const each = ((await heap()) - before) / WAITING;
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const begun = performance.now();
    const result = await app.thread(ASKING, `t${(i * 7_919) % WAITING}`).resume(i);
    times.push(performance.now() - begun);
    expect(result.status).toBe('done');
  }
  say(
    `${WAITING} waiting threads: ${Math.round(each)} B of heap each, resume in ${median(times).toFixed(2)} ms median`,
  );
  expect(each).toBeLessThan(1_024);
  expect(median(times)).toBeLessThan(10);
  await store.close();
}, 300_000);

describe(`${RUNS} runs in one process`, () => {
  const graph = build(
    `state: { n: { type: number, default: 0 } }
nodes: { a: { type: set, set: { n: n + 1 } }, b: { type: function, function: b } }
edges: [START -> a -> b -> END]
`,
    { functions: { b: () => ({}) } },
  );

  it.each(['threads without a name', 'one thread', 'threads of a store'])(
    '%s: the heap does not grow',
    async kind => {
      const store = kind === 'threads of a store' ? sqliteStore(file, { synchronous: 'normal' }) : undefined;
      const app = createRuntime(store ? { store } : {});
      const one = app.thread(graph, 'one');
      const total = store ? RUNS / 5 : RUNS;
      let early = 0;
      for (let i = 0; i < total; i++) {
        if (i === total / 10) early = await heap();
        const thread = kind === 'one thread' ? one : store ? app.thread(graph, `t${i}`) : app.thread(graph);
        await thread.invoke({});
      }
      const grown = (await heap()) - early;
      say(`${total} runs, ${kind}: the heap grew by ${(grown / 1e6).toFixed(2)} MB after the first tenth`);
      expect(grown).toBeLessThan(10e6);
      await store?.close();
    },
    600_000,
  );
});
