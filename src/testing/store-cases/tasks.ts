/** Who runs what: tasks are taken by one worker at a time, and taken over from those that are gone. */
import assert from 'node:assert/strict';
import type { StoredWorker } from '../../store/store.ts';
import { type Cases, checkpoint, goOn, type Opened, step, worker } from './tools.ts';

const a = worker('a', 100);
const b = worker('b', 200);

type Store = Opened['store'];

/** What a worker has after it took what it could, at a time. */
async function claim(store: Store, own: StoredWorker, now: number, more = {}): Promise<string[]> {
  return [...(await store.claim('t', { worker: own, now, ...more }))].sort();
}

async function workersOf(store: Store): Promise<Record<string, string | undefined>> {
  const tasks = (await store.load('t'))?.tasks ?? [];
  return Object.fromEntries(tasks.map(({ task, worker: own }) => [task, own]));
}

const free = (...tasks: readonly string[]): { readonly task: string }[] => tasks.map(task => ({ task }));
const held = (own: string, ...tasks: readonly string[]) => tasks.map(task => ({ task, worker: own }));

async function ids(store: Store, now: number, ended: readonly string[] = []): Promise<string[]> {
  return (await store.pending({ now, ended })).map(t => t.id).sort();
}

export const tasks: Cases = {
  'tasks that nobody runs are taken': async ({ store }) => {
    await store.commit(step({ started: free('1.x', '1.y') }));
    assert.deepEqual(await claim(store, a, 1), ['1.x', '1.y']);
    assert.deepEqual(await workersOf(store), { '1.x': 'a', '1.y': 'a' });
    assert.deepEqual(await store.workers(), [a]);
  },

  'C6: tasks of a worker whose time is not up are never taken': async ({ store }) => {
    await store.commit(step({ started: [...held('a', '1.x'), ...free('1.y')], worker: a }));
    assert.deepEqual(await claim(store, b, 99), ['1.y']);
    assert.deepEqual(await workersOf(store), { '1.x': 'a', '1.y': 'b' });
  },

  'tasks of a worker whose time is up are taken over': async ({ store }) => {
    await store.commit(step({ started: held('a', '1.x'), worker: a }));
    assert.deepEqual(await claim(store, b, 100), ['1.x']);
    assert.deepEqual(await claim(store, worker('a', 300), 101), []);
  },

  'tasks of a worker that is known to have ended are taken over at once': async ({ store }) => {
    await store.commit(step({ started: held('a', '1.x'), worker: a }));
    assert.deepEqual(await claim(store, b, 1, { ended: ['c'] }), []);
    assert.deepEqual(await claim(store, b, 1, { ended: ['c', 'a'] }), ['1.x']);
  },

  'tasks of a worker that was never heard of are taken': async ({ store }) => {
    await store.commit(step({ started: held('unknown', '1.x') }));
    assert.deepEqual(await claim(store, b, 1), ['1.x']);
  },

  'a claim gives all that are the worker’s then, and takes at most what it may': async ({ store }) => {
    await store.commit(step({ started: [...held('a', '1.x'), ...free('1.p', '1.q', '1.r')], worker: a }));
    assert.equal((await claim(store, a, 1, { limit: 1 })).length, 2);
    assert.equal((await claim(store, a, 1, { limit: 0 })).length, 2);
    assert.equal((await claim(store, b, 1, { limit: 1 })).length, 1);
    assert.deepEqual(await claim(store, a, 1), [...(await claim(store, a, 1))]);
    const own = Object.values(await workersOf(store)).sort();
    assert.deepEqual(own, ['a', 'a', 'a', 'b']);
  },

  'a worker keeps its own when it claims past its time, or is said to have ended': async ({ store }) => {
    await store.commit(step({ started: [...held('a', '1.x'), ...free('1.y')], worker: a }));
    assert.deepEqual(await claim(store, a, 500, { ended: ['a'], limit: 1 }), ['1.x', '1.y']);
  },

  'a claim is of one thread': async ({ store }) => {
    await store.commit(step({ started: free('1.x') }));
    await store.commit(step({ thread: 'other', started: free('1.x') }));
    assert.deepEqual(await claim(store, a, 1), ['1.x']);
    assert.deepEqual((await store.load('other'))?.tasks, free('1.x'));
    assert.deepEqual(await store.claim('nobody', { worker: a, now: 1 }), []);
  },

  'C6: what many claim at once, each task one of them gets': async ({ store }) => {
    const all = Array.from({ length: 30 }, (_, i) => `1.${i}`);
    await store.commit(step({ started: free(...all) }));
    const workers = Array.from({ length: 8 }, (_, i) => worker(`w${i}`, 100));
    const got = await Promise.all(workers.map(w => claim(store, w, 1, { limit: 5 })));
    const taken = got.flat();
    assert.equal(new Set(taken).size, taken.length);
    // Those that skipped what another was about to take find it free or taken now.
    for (const w of workers) got.push(await claim(store, w, 1));
    const holders = Object.values(await workersOf(store));
    assert.equal(holders.length, 30);
    assert.ok(holders.every(own => own !== undefined));
  },

  'a worker’s time is extended': async ({ store }) => {
    await store.commit(step({ started: held('a', '1.x'), worker: a }));
    await store.renew(worker('a', 500));
    assert.deepEqual(await claim(store, b, 499), []);
    assert.deepEqual(await store.workers(), [worker('a', 500)]);
    await goOn(store, 't', { worker: worker('a', 900) });
    assert.deepEqual(await claim(store, b, 899), []);
    assert.deepEqual(await store.workers(), [worker('a', 900)]);
  },

  'a worker gives back all that it has, and does not have it when it comes again': async ({ store }) => {
    await store.commit(step({ started: [...held('a', '1.x', '1.y'), ...held('b', '1.z')], worker: a }));
    await store.renew(b);
    await store.renew(worker('a', 0));
    assert.deepEqual(await workersOf(store), { '1.x': undefined, '1.y': undefined, '1.z': 'b' });
    assert.deepEqual(await store.workers(), [b]);
    assert.deepEqual(await claim(store, a, 1, { limit: 1 }).then(all => all.length), 1);
    assert.deepEqual(await claim(store, b, 1).then(all => all.length), 2);
    await store.renew(worker('nobody', 0));
  },

  'workers are those that have tasks': async ({ store }) => {
    await store.commit(step({ started: [...held('a', '1.x'), ...free('1.y')], worker: a }));
    await store.renew(b);
    assert.deepEqual(await store.workers(), [a]);
    assert.deepEqual(await claim(store, b, 1), ['1.y']);
    assert.equal((await store.workers()).length, 2);
    await goOn(store, 't', { ended: ['1.x'] });
    assert.deepEqual(await store.workers(), [b]);
  },

  'threads with tasks that nobody runs are pending': async ({ store }) => {
    await store.commit(step({ thread: 'free', started: free('1.x') }));
    await store.commit(step({ thread: 'held', started: held('a', '1.x'), worker: a }));
    await store.commit(step({ thread: 'mixed', started: [...held('a', '1.x'), ...free('1.y')] }));
    await store.commit(step({ thread: 'idle' }));
    assert.deepEqual(await ids(store, 1), ['free', 'mixed']);
    assert.deepEqual(await ids(store, 100), ['free', 'held', 'mixed']);
    assert.deepEqual(await ids(store, 1, ['a']), ['free', 'held', 'mixed']);
    const [first] = await store.pending({ now: 1 });
    assert.deepEqual(first, (await store.load(first?.id ?? ''))?.thread);
  },

  'C5: threads whose timers are due are pending': async ({ store }) => {
    await store.commit(step({ thread: 'soon', due: 10 }));
    await store.commit(step({ thread: 'late', due: 20 }));
    await store.commit(step({ thread: 'none' }));
    assert.deepEqual(await ids(store, 9), []);
    assert.deepEqual(await ids(store, 10), ['soon']);
    assert.deepEqual(await ids(store, 20), ['late', 'soon']);
    await goOn(store, 'soon');
    assert.deepEqual(await ids(store, 20), ['late']);
  },

  'threads that were cancelled are not pending': async ({ store }) => {
    const checkpoints = [checkpoint(1, { status: 'cancelled' })];
    await store.commit(step({ checkpoints, started: free('1.x'), due: 1 }));
    assert.deepEqual(await ids(store, 9), []);
  },
};
