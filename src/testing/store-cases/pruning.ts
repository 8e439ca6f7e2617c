/** What is forgotten, and what must not be. */
import assert from 'node:assert/strict';
import type { Store, StoredStatus } from '../../store/store.ts';
import { type Cases, checkpoint, goOn, kept, leadingTo, referTo, step, textsOf, worker } from './tools.ts';

/** A thread of some checkpoints, at 1,000, 2,000 …, each of which leads to a text of its own and to a shared one. */
async function put(store: Store, thread: string, length: number, last: StoredStatus = 'waiting'): Promise<void> {
  for (let seq = 1; seq <= length; seq++) {
    const own = `"${thread}${seq}"`;
    const root = referTo(own, '"shared"');
    const commit = {
      checkpoints: [checkpoint(seq, { root, status: seq === length ? last : 'running' })],
      texts: textsOf(own, '"shared"'),
    };
    await (seq === 1 ? store.commit(step({ thread, ...commit })) : goOn(store, thread, commit));
  }
}

async function left(store: Store, ...threads: readonly string[]): Promise<string> {
  const all: string[] = [];
  for (const thread of threads) all.push((await store.history(thread)).map(c => c.seq).join(' '));
  return all.join(', ');
}

export const pruning: Cases = {
  'nothing is forgotten that no policy names': async ({ store }) => {
    await put(store, 'a', 3, 'done');
    assert.deepEqual(await store.prune({}), { threads: 0, checkpoints: 0, texts: 0 });
    assert.equal(await left(store, 'a'), '3 2 1');
  },

  'the newest checkpoints of each thread are left': async ({ store }) => {
    await put(store, 'a', 4);
    await put(store, 'b', 1);
    assert.deepEqual(await store.prune({ keep: 2 }), { threads: 0, checkpoints: 2, texts: 2 });
    assert.equal(await left(store, 'a', 'b'), '4 3, 1');
    const texts = ['"a1"', '"a2"', '"a3"', '"a4"', '"b1"', '"shared"'];
    assert.deepEqual(await kept(store, ...texts), texts.slice(2));
    assert.equal(await store.load('a', 2), undefined);
    assert.equal((await store.load('a', 3))?.checkpoint.seq, 3);
    await goOn(store, 'a');
    assert.equal(await left(store, 'a'), '5 4 3');
  },

  'checkpoints of before a time are forgotten': async ({ store }) => {
    await put(store, 'a', 4);
    assert.deepEqual(await store.prune({ before: 3_000 }), { threads: 0, checkpoints: 2, texts: 2 });
    assert.equal(await left(store, 'a'), '4 3');
  },

  'whichever policy says so, a checkpoint is forgotten': async ({ store }) => {
    await put(store, 'a', 5);
    await store.prune({ before: 2_000, keep: 2 });
    assert.equal(await left(store, 'a'), '5 4');
    await put(store, 'b', 5);
    await store.prune({ before: 5_000, keep: 4 });
    assert.equal(await left(store, 'b'), '5');
  },

  'the newest checkpoint of a thread stays': async ({ store }) => {
    await put(store, 'a', 3);
    for (const policy of [{ keep: 0 }, { before: 99_999 }, { keep: 1, before: 99_999, finishedBefore: 99_999 }]) {
      await store.prune(policy);
      assert.equal(await left(store, 'a'), '3');
      assert.equal((await store.load('a'))?.checkpoint.seq, 3);
    }
  },

  'threads that are done or cancelled for long are forgotten whole': async ({ store }) => {
    for (const status of ['done', 'cancelled', 'failed', 'waiting', 'running'] as const)
      await put(store, status, 2, status);
    await put(store, 'recent', 3, 'done');
    assert.deepEqual(await store.prune({ finishedBefore: 2_000 }), { threads: 0, checkpoints: 0, texts: 0 });
    assert.deepEqual(await store.prune({ finishedBefore: 3_000 }), { threads: 2, checkpoints: 4, texts: 4 });
    const ids = (await store.threads()).map(t => t.id).sort();
    assert.deepEqual(ids, ['failed', 'recent', 'running', 'waiting']);
    assert.equal(await store.head('done'), undefined);
    assert.deepEqual(await kept(store, '"done1"', '"cancelled2"', '"recent1"'), ['"recent1"']);
  },

  'one thread may be named, and others are left alone': async ({ store }) => {
    await put(store, 'a', 3, 'done');
    await put(store, 'b', 3, 'done');
    assert.deepEqual(await store.prune({ keep: 1, thread: 'a' }), { threads: 0, checkpoints: 2, texts: 2 });
    assert.equal(await left(store, 'a', 'b'), '3, 3 2 1');
    assert.equal((await store.prune({ finishedBefore: 99_999, thread: 'b' })).threads, 1);
    assert.deepEqual(
      (await store.threads()).map(t => t.id),
      ['a'],
    );
    assert.equal((await store.prune({ finishedBefore: 99_999, thread: 'nobody' })).threads, 0);
  },

  'C4: texts stay that another checkpoint or thread leads to, over others also': async ({ store }) => {
    const [inner, outer] = ['"inner"', referTo('"inner"')];
    const nested = { checkpoints: [checkpoint(1, { root: referTo(outer) })], texts: textsOf(inner, outer) };
    await store.commit(step({ thread: 'a', ...nested }));
    await store.commit(step({ thread: 'b', ...leadingTo(inner) }));
    await store.remove('a');
    assert.equal((await store.prune({})).texts, 1);
    assert.deepEqual(await kept(store, inner, outer), [inner]);
    await store.commit(step({ thread: 'a', ...nested }));
    await store.remove('b');
    assert.equal((await store.prune({})).texts, 0);
    await store.remove('a');
    assert.equal((await store.prune({})).texts, 2);
  },

  'what stands in quotes like a reference is none': async ({ store }) => {
    const quoted = JSON.stringify({ text: referTo('"a"') });
    await store.commit(step({ checkpoints: [checkpoint(1, { root: quoted })], texts: textsOf('"a"') }));
    assert.equal((await store.prune({})).texts, 1);
  },

  'texts that were forgotten are kept again when they are handed over again': async ({ store }) => {
    await put(store, 'a', 1);
    await store.remove('a');
    assert.equal((await store.prune({})).texts, 2);
    await put(store, 'a', 1);
    assert.equal((await kept(store, '"a1"', '"shared"')).length, 2);
  },

  'tasks and workers stay': async ({ store }) => {
    const own = worker('w', 10);
    await store.commit(step({ started: [{ task: '1.x', worker: 'w' }], worker: own }));
    await goOn(store, 't');
    await store.prune({ keep: 1, before: 99_999, finishedBefore: 99_999 });
    assert.deepEqual((await store.load('t'))?.tasks, [{ task: '1.x', worker: 'w' }]);
    assert.deepEqual(await store.workers(), [own]);
  },

  'C1: what is forgotten while others commit is nothing that they need': async ({ store }) => {
    const bodies = Array.from({ length: 50 }, (_, i) => `"${i}"`);
    // The texts are needed by nobody for a moment, and then again by one that finds them there.
    const run = async (thread: string): Promise<void> => {
      const texts = bodies.map(body => `[${body},"${thread}"]`);
      for (let round = 0; round < 12; round++) {
        await store.commit(step({ thread, ...leadingTo(...texts) }));
        assert.equal((await store.texts([...textsOf(...texts).keys()])).size, 50);
        await store.remove(thread);
      }
    };
    let running = true;
    const forget = async (): Promise<void> => {
      while (running) {
        await store.prune({});
        await new Promise(resolve => setImmediate(resolve));
      }
    };
    const runs = Promise.all(['a', 'b', 'c', 'd'].map(run)).finally(() => {
      running = false;
    });
    await Promise.all([runs, forget()]);
    await store.prune({});
    assert.deepEqual(await kept(store, ...bodies.map(body => `[${body},"a"]`)), []);
  },
};
