/** What the cases of the store suite have in common. */
import assert from 'node:assert/strict';
import type { Maybe, Store, StoreCommit, StoredCheckpoint, StoredWorker } from '../../store/store.ts';
import { StoreError } from '../../store/store.ts';
import { digestOf } from '../../store/tree.ts';

export interface Opened {
  /** Of a place of its own, where nothing is yet. */
  readonly store: Store;
  /** Another store on the same place. */
  readonly again: Store;
}

/** By what they show. */
export type Cases = Readonly<Record<string, (opened: Opened) => Promise<void>>>;

/** One that tells nothing new within this time never will, in milliseconds. */
const PATIENCE = 20_000;

export const checkpoint = (seq: number, over: Partial<StoredCheckpoint> = {}): StoredCheckpoint => ({
  ...{ seq, at: 1_000 * seq, status: 'running', label: `step ${seq}`, root: '{}' },
  ...over,
});

/** A commit that begins the thread `t`, or goes on `before` a checkpoint, but for what is given. */
export function step(over: Partial<StoreCommit> = {}): StoreCommit {
  const checkpoints = over.checkpoints ?? [checkpoint((over.before ?? 0) + 1)];
  const none = { texts: new Map<string, string>(), started: [], ended: [], due: undefined };
  return { thread: 't', before: 0, graph: 'graph', file: 'graph.yaml', ...none, ...over, checkpoints };
}

/** A further commit of a thread as it is now. */
export async function goOn(store: Store, thread: string, over: Partial<StoreCommit> = {}): Promise<string> {
  const head = await store.head(thread);
  assert.ok(head, `the thread "${thread}" is there`);
  return store.commit(step({ thread, before: head.seq, key: head.key, ...over }));
}

export const textsOf = (...bodies: readonly string[]): Map<string, string> =>
  new Map(bodies.map(body => [digestOf(body), body]));

/** A text that refers to others. */
export const referTo = (...bodies: readonly string[]): string =>
  `[${bodies.map(body => `{"$":"${digestOf(body)}"}`).join()}]`;

/** The one checkpoint of a thread that begins, which leads to some texts. */
export const leadingTo = (...bodies: readonly string[]): Pick<StoreCommit, 'checkpoints' | 'texts'> => ({
  checkpoints: [checkpoint(1, { root: referTo(...bodies) })],
  texts: textsOf(...bodies),
});

export const worker = (id: string, until: number): StoredWorker => ({ id, host: 'host', pid: 1, until });

/** Which of some texts a store has. */
export async function kept(store: Store, ...bodies: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const body of bodies) {
    try {
      const texts = await store.texts([digestOf(body)]);
      if (texts.get(digestOf(body)) === body) found.push(body);
    } catch (thrown) {
      assert.equal((thrown as StoreError).code, 'corrupt');
    }
  }
  return found;
}

export async function assertFails(code: StoreError['code'], act: () => Maybe<unknown>): Promise<void> {
  await assert.rejects(
    async () => act(),
    (thrown: unknown) => {
      assert.ok(thrown instanceof StoreError, `a StoreError is thrown, not ${thrown}`);
      assert.equal(thrown.code, code);
      return true;
    },
  );
}

/** How many of some calls went well; the others must have been told `stale`. */
export async function countWinners(calls: readonly (() => Maybe<unknown>)[]): Promise<number> {
  const results = await Promise.allSettled(calls.map(async call => call()));
  const lost = results.filter(result => result.status === 'rejected');
  for (const { reason } of lost) assert.equal(reason?.code, 'stale', String(reason));
  return results.length - lost.length;
}

/** Waits for a call of a listener that is made in `act`. */
export async function heard<T>(what: string, act: (hear: (value: T) => void) => Maybe<void>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing was heard of ${what}`)), PATIENCE);
      Promise.resolve(act(resolve)).catch(reject);
    });
  } finally {
    clearTimeout(timer);
  }
}

/** All that a store says of a thread and of all threads, to compare. */
export async function picture(store: Store, thread: string): Promise<unknown> {
  const [loaded, history] = [await store.load(thread), await store.history(thread)];
  return { loaded, history, threads: await store.threads(), workers: await store.workers() };
}
