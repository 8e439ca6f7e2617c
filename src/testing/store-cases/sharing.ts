/** What others do is seen: listeners, several stores on one place, and the end of a store. */
import assert from 'node:assert/strict';
import type { Store } from '../../store/store.ts';
import {
  assertFails,
  type Cases,
  countWinners,
  goOn,
  heard,
  kept,
  leadingTo,
  picture,
  step,
  textsOf,
  worker,
} from './tools.ts';

/** The next commit of a thread that a listener hears of while something is done. */
const hears = (store: Store, thread: string, act: () => Promise<unknown>): Promise<string> =>
  heard(`a commit of "${thread}"`, async hear => {
    store.watch?.(id => id === thread && hear(id));
    await act();
  });

export const listening: Cases = {
  'listeners hear of every thread that is committed': async ({ store }) => {
    await hears(store, 'a', async () => store.commit(step({ thread: 'a' })));
    await hears(store, 'a', () => goOn(store, 'a'));
    const odd = `${'👍 "é" \0\ud83d'.repeat(40)}`;
    await hears(store, odd, async () => store.commit(step({ thread: odd })));
  },

  'a listener is called no more when it was taken away': async ({ store }) => {
    const calls: string[] = [];
    const stop = store.watch?.(id => calls.push(id));
    await hears(store, 'a', async () => store.commit(step({ thread: 'a' })));
    stop?.();
    const before = calls.length;
    stop?.();
    await hears(store, 'b', async () => store.commit(step({ thread: 'b' })));
    assert.equal(calls.length, before);
    await hears(store, 'b', () => goOn(store, 'b'));
  },

  'a listener may commit': async ({ store }) => {
    await heard('a commit of a listener', async hear => {
      let told = 0;
      store.watch?.(id => {
        if (id === 'b') hear(id);
        else if (++told === 1) void store.commit(step({ thread: 'b' }));
      });
      await store.commit(step({ thread: 'a' }));
    });
    assert.equal((await store.threads()).length, 2);
  },
};

export const closing: Cases = {
  'a store that was closed says so': async ({ store }) => {
    const key = await store.commit(step({ started: [{ task: '1.x' }] }));
    await store.close();
    await store.close();
    const own = worker('w', 1);
    const calls: (() => unknown)[] = [
      () => store.load('t'),
      () => store.head('t'),
      () => store.texts([]),
      () => store.commit(step({ before: 1, key })),
      () => store.claim('t', { worker: own, now: 1 }),
      () => store.renew(own),
      () => store.renew(worker('w', 0)),
      () => store.workers(),
      () => store.pending({ now: 1 }),
      () => store.history('t'),
      () => store.threads(),
      () => store.remove('t'),
      () => store.prune({}),
    ];
    for (const call of calls) await assertFails('closed', call);
    const { watch } = store;
    if (watch) await assertFails('closed', () => void watch.call(store, () => undefined));
  },

  'a store with a listener is closed': async ({ store }) => {
    store.watch?.(() => undefined);
    await store.close();
  },
};

export const sharing: Cases = {
  'what one store wrote, another on the same place reads': async ({ store, again }) => {
    await store.commit(step({ ...leadingTo('"a"'), started: [{ task: '1.x', worker: 'w' }], worker: worker('w', 9) }));
    assert.deepEqual(await picture(again, 't'), await picture(store, 't'));
    assert.deepEqual(await kept(again, '"a"'), ['"a"']);
    await goOn(again, 't');
    assert.equal((await store.head('t'))?.seq, 2);
    assert.equal(await again.remove('t'), true);
    assert.equal(await store.load('t'), undefined);
  },

  'C6: of two stores that go on with a thread, one is told stale and changes nothing': async ({ store, again }) => {
    const key = await store.commit(step());
    await again.commit(step({ before: 1, key }));
    await assertFails('stale', () => store.commit(step({ before: 1, key, texts: textsOf('"lost"') })));
    assert.deepEqual(await kept(store, '"lost"'), []);
    for (let before = 2; before < 12; before++) {
      const calls = [store, again].map(own => () => own.commit(step({ before, key })));
      assert.equal(await countWinners(calls), 1);
    }
    assert.equal((await store.history('t')).length, 12);
  },

  'C6: what two stores claim at once, one of them gets': async ({ store, again }) => {
    const all = Array.from({ length: 20 }, (_, i) => ({ task: `1.${i}` }));
    await store.commit(step({ started: all }));
    const claim = async (own: Store, id: string): Promise<readonly string[]> =>
      own.claim('t', { worker: worker(id, 100), now: 1, limit: 12 });
    const got = (await Promise.all([claim(store, 'a'), claim(again, 'b')])).flat();
    assert.equal(new Set(got).size, got.length);
    const more = [...(await claim(again, 'b')), ...(await claim(store, 'a'))];
    assert.equal(new Set(more).size, 20);
    assert.equal(more.length, 20);
  },

  'one store is closed, and the other goes on': async ({ store, again }) => {
    await store.commit(step());
    await store.close();
    await goOn(again, 't');
    assert.equal((await again.load('t'))?.checkpoint.seq, 2);
  },
};

export const sharedListening: Cases = {
  'a listener hears of what another store commits': async ({ store, again }) => {
    await hears(again, 't', async () => store.commit(step()));
    await hears(again, 't', () => goOn(store, 't'));
  },
};
