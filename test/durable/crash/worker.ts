/**
 * Runs threads of made-up graphs on a store to their ends, answering what they ask; is killed at a moment that it is given.
 *
 *     node worker.ts '{ "store", "folder", "seeds", "moments" }'
 */
import { createRuntime, type RunResult, type Thread } from '../../../src/index.ts';
import { wrappedStore } from '../../helpers/wrapped-store.ts';
import { crashGraph } from './bodies.ts';
import { openPlace, type StorePlace } from './open.ts';

interface Job {
  readonly store: StorePlace;
  readonly folder: string;
  /** Of the graphs; a thread is called by its seed. */
  readonly seeds: readonly number[];
  /** After so many moments the process is killed. */
  readonly moments?: number;
}

const { store: place, folder, seeds, moments = Number.POSITIVE_INFINITY } = JSON.parse(process.argv[2] ?? '{}') as Job;
let passed = 0;
const moment = (): void => {
  if (++passed >= moments) process.kill(process.pid, 'SIGKILL');
};

const store = await openPlace(place);
const app = createRuntime({
  store: wrappedStore(store, moment, moment),
});

/** Answers what a thread asks, a part of it at a time, until it asks no more. */
async function toTheEnd(thread: Thread, result: RunResult): Promise<RunResult> {
  let last = result;
  while (last.status === 'waiting') {
    const [first] = last.interrupts;
    if (!first) throw new Error('it waits for nobody');
    const { id, event } = first;
    last = event
      ? await thread.send({ type: event, what: 'gone' } as never)
      : await thread.resume(`said ${id}`, { id });
  }
  return last;
}

for (const seed of seeds) {
  const thread = app.thread(crashGraph(seed, folder, moment), `t${seed}`);
  const known = await store.load(`t${seed}`);
  const result = await toTheEnd(thread, known ? await thread.recover() : await thread.invoke({}));
  const { status, output, error } = result;
  process.stdout.write(`${JSON.stringify({ seed, status, output, ...(error ? { error } : {}) })}\n`);
}
await app.close();
await store.close();
