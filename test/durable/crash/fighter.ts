/**
 * Does whatever comes to its mind with threads that others do the same with, for a time; then brings them to their ends, if
 * it is told to.
 *
 *     node fighter.ts '{ "store", "folder", "seeds", "random", "ms", "finish" }'
 */
import { createRuntime, StoreError, type Thread, ThreadError } from '../../../src/index.ts';
import { crashGraph } from './bodies.ts';
import { randomFrom } from './graphs.ts';
import { openPlace, type StorePlace } from './open.ts';

interface Job {
  readonly store: StorePlace;
  readonly folder: string;
  readonly seeds: readonly number[];
  readonly random: number;
  readonly ms: number;
  readonly finish: boolean;
}

const job = JSON.parse(process.argv[2] ?? '{}') as Job;
const random = randomFrom(job.random);
const store = await openPlace(job.store);
const app = createRuntime({ store, keepLoaded: 20 });
const graphs = new Map(job.seeds.map(seed => [seed, crashGraph(seed, job.folder, () => {})]));
const until = Date.now() + job.ms;
const counts: Record<string, number> = {};
const count = (what: string): void => {
  counts[what] = (counts[what] ?? 0) + 1;
};

/** How many threads are fought over at a time. */
const HOT = 3;

/** What another process may have made impossible meanwhile. */
const EXPECTED = new Set(['stale', 'busy', 'waiting', 'not-waiting', 'ambiguous', 'unknown-interrupt']);

async function trying(what: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
    count(what);
  } catch (thrown) {
    const { code } = thrown as { code?: string };
    if (!(thrown instanceof ThreadError || thrown instanceof StoreError) || !EXPECTED.has(code ?? '')) throw thrown;
    count(code ?? '');
  }
}

/** Answers something that waits; the first, or any. */
async function answer(thread: Thread, pick: (below: number) => number): Promise<void> {
  const { interrupts } = await thread.state();
  const asked = interrupts[pick(interrupts.length)];
  if (!asked) return;
  if (asked.event) await trying('sent', () => thread.send({ type: asked.event ?? '', what: 'gone' } as never));
  else await trying('answered', () => thread.resume(`said ${asked.id}`, { id: asked.id }));
}

async function actOn(seed: number): Promise<void> {
  const graph = graphs.get(seed);
  if (!graph) return;
  const thread = app.thread(graph, `t${seed}`);
  const what = random(8);
  const known = await store.head(`t${seed}`);
  if (!known || what === 0) await trying('begun', () => thread.invoke({}));
  else if (what === 1) await trying('recovered', () => thread.recover());
  else await answer(thread, random);
}

async function finish(seed: number): Promise<void> {
  const graph = graphs.get(seed);
  if (!graph) return;
  const thread = app.thread(graph, `t${seed}`);
  if (!(await store.head(`t${seed}`))) await thread.invoke({});
  await thread.recover();
  while ((await thread.state()).status === 'waiting') await answer(thread, () => 0);
  const { status, values } = await thread.state();
  process.stdout.write(`${JSON.stringify({ seed, status, values })}\n`);
}

/** All fighters are after the same few threads at a time. */
async function fight(): Promise<void> {
  while (Date.now() < until) {
    const first = Math.floor(Date.now() / 300) * HOT;
    await actOn(job.seeds[(first + random(HOT)) % job.seeds.length] ?? 0);
  }
}

await Promise.all(Array.from({ length: 4 }, fight));
if (job.finish) for (const seed of job.seeds) await finish(seed);
await app.close();
await store.close();
process.stdout.write(`${JSON.stringify({ counts })}\n`);
