/** A commit is one atomic step, and goes on from what it was computed from. */
import assert from 'node:assert/strict';
import {
  assertFails,
  type Cases,
  checkpoint,
  countWinners,
  goOn,
  kept,
  leadingTo,
  picture,
  referTo,
  step,
  textsOf,
  worker,
} from './tools.ts';

/** A commit that would change whatever it could. */
const greedy = {
  graph: 'other',
  texts: textsOf('"of a stale commit"'),
  started: [{ task: '9.new', worker: 'greedy' }],
  ended: ['1.old'],
  due: 1,
  worker: worker('old', 99_999),
};

export const commits: Cases = {
  'a thread begins, and goes on by one checkpoint or by several': async ({ store }) => {
    const key = await store.commit(step());
    assert.equal(await store.commit(step({ before: 1, key })), key);
    const more = [3, 4, 5].map(seq => checkpoint(seq));
    assert.equal(await store.commit(step({ before: 2, key, checkpoints: more })), key);
    assert.deepEqual(await store.head('t'), { key, seq: 5 });
    assert.equal((await store.history('t')).length, 5);
  },

  'a thread may begin with several checkpoints': async ({ store }) => {
    await store.commit(step({ checkpoints: [checkpoint(1), checkpoint(2, { status: 'done' })] }));
    const { thread } = (await store.load('t')) ?? {};
    assert.deepEqual([thread?.seq, thread?.status, thread?.created, thread?.updated], [2, 'done', 1_000, 2_000]);
  },

  'a thread from another store begins where its history is left, and when it was created there': async ({ store }) => {
    const imported = { created: 5 };
    const key = await store.commit(step({ checkpoints: [checkpoint(7), checkpoint(8)], imported }));
    const { thread } = (await store.load('t')) ?? {};
    assert.deepEqual([thread?.seq, thread?.created], [8, 5]);
    assert.deepEqual(
      (await store.history('t')).map(({ seq }) => seq),
      [8, 7],
    );
    assert.equal(await store.commit(step({ before: 8, key, checkpoints: [checkpoint(9)] })), key);
    assert.equal((await store.load('t'))?.thread.created, 5);
  },

  'C6: what does not go on from the newest checkpoint is told stale': async ({ store }) => {
    const key = await store.commit(step());
    await goOn(store, 't');
    for (const before of [1, 3]) await assertFails('stale', () => store.commit(step({ before, key })));
    await assertFails('stale', () => store.commit(step({ before: 2, key: `${key}0` })));
    await assertFails('stale', () => store.commit(step({ before: 2 })));
  },

  'C6: what begins must not be there, and what goes on must be': async ({ store }) => {
    await assertFails('stale', () => store.commit(step({ before: 1, key: '1' })));
    await assertFails('stale', () => store.commit(step({ before: 0, key: '1' })));
    assert.equal(await store.head('t'), undefined);
    const key = await store.commit(step());
    await assertFails('stale', () => store.commit(step()));
    await assertFails('stale', () => store.commit(step({ key })));
  },

  'C6: a thread that was removed and began again is another': async ({ store }) => {
    const key = await store.commit(step());
    await store.remove('t');
    await assertFails('stale', () => store.commit(step({ before: 1, key })));
    const other = await store.commit(step());
    assert.notEqual(other, key);
    await assertFails('stale', () => store.commit(step({ before: 1, key })));
    assert.equal(await store.commit(step({ before: 1, key: other })), other);
  },

  'C6: a stale commit changes nothing': async ({ store }) => {
    const started = [{ task: '1.old', worker: 'old' }];
    const key = await store.commit(step({ started, worker: worker('old', 5_000), due: 7 }));
    const before = await picture(store, 't');
    const stale = [
      step(greedy),
      step({ ...greedy, before: 2, key }),
      step({ ...greedy, before: 1, key: `${key}0` }),
      step({ ...greedy, thread: 'fork', origin: { thread: 't', seq: 2 } }),
      step({ ...greedy, thread: 'gone', before: 4, key }),
    ];
    for (const commit of stale) await assertFails('stale', () => store.commit(commit));
    assert.deepEqual(await picture(store, 't'), before);
    assert.deepEqual(await kept(store, '"of a stale commit"'), []);
    assert.deepEqual(await store.prune({}), { threads: 0, checkpoints: 0, texts: 0 });
  },

  'C6: of many that go on from one checkpoint at once, one wins': async ({ store }) => {
    const key = await store.commit(step());
    const calls = Array.from({ length: 20 }, (_, i) => {
      const own = checkpoint(2, { label: `of ${i}`, root: referTo(`"${i}"`) });
      return () => store.commit(step({ before: 1, key, checkpoints: [own], texts: textsOf(`"${i}"`) }));
    });
    assert.equal(await countWinners(calls), 1);
    assert.equal((await store.history('t')).length, 2);
    const all = Array.from({ length: 20 }, (_, i) => `"${i}"`);
    assert.equal((await kept(store, ...all)).length, 1);
  },

  'C6: of many that begin one thread at once, one wins': async ({ store }) => {
    for (let round = 0; round < 20; round++) {
      const thread = `thread ${round}`;
      const calls = Array.from({ length: 10 }, (_, i) => () => store.commit(step({ thread, graph: `graph ${i}` })));
      assert.equal(await countWinners(calls), 1);
      assert.equal((await store.history(thread)).length, 1);
    }
    assert.equal((await store.threads()).length, 20);
  },

  'many commits at once, of many threads, are all kept': async ({ store }) => {
    const run = async (thread: string): Promise<void> => {
      await store.commit(step({ thread, started: [{ task: '1.a', worker: 'w' }] }));
      for (let i = 0; i < 4; i++)
        await goOn(store, thread, { texts: textsOf(`"${thread}"`), worker: worker('w', i + 1) });
    };
    await Promise.all(Array.from({ length: 40 }, (_, at) => run(`thread ${at}`)));
    assert.deepEqual(new Set((await store.threads()).map(t => t.seq)), new Set([5]));
    assert.equal((await store.threads()).length, 40);
  },

  'many commits at once of the same texts, each in an order of its own, are all kept': async ({ store }) => {
    const run = async (thread: string, bodies: readonly string[], at: number): Promise<void> => {
      const own = [...bodies.slice(100 * at), ...bodies.slice(0, 100 * at)];
      const texts = textsOf(...(at % 2 ? own : own.reverse()));
      await store.commit(step({ thread, checkpoints: [checkpoint(1, { root: referTo(...bodies) })], texts }));
    };
    for (let round = 0; round < 8; round++) {
      const bodies = Array.from({ length: 600 }, (_, i) => `"${round} ${i}"`);
      await Promise.all(Array.from({ length: 6 }, (_, at) => run(`${round} ${at}`, bodies, at)));
      assert.equal((await store.texts([...textsOf(...bodies).keys()])).size, 600);
    }
    assert.equal((await store.threads()).length, 48);
  },

  'tasks begin and end with a step': async ({ store }) => {
    const tasks = async (): Promise<unknown> => {
      const all = (await store.load('t'))?.tasks ?? [];
      return all.map(({ task, worker: own }) => `${task} ${own}`).sort();
    };
    await store.commit(step({ started: [{ task: '1.a' }, { task: '1.b', worker: 'w' }] }));
    await goOn(store, 't', { started: [{ task: '2.c', worker: 'w' }], ended: ['1.a', 'of nobody'] });
    assert.deepEqual(await tasks(), ['1.b w', '2.c w']);
    await goOn(store, 't', { started: [{ task: '1.b', worker: 'other' }] });
    assert.deepEqual(await tasks(), ['1.b other', '2.c w']);
    await goOn(store, 't', { ended: ['1.b', '2.c'] });
    assert.deepEqual(await tasks(), []);
  },

  'C8: a thread is forked from a checkpoint of another, and says so from then on': async ({ store }) => {
    await store.commit(step({ ...leadingTo('"a"') }));
    await goOn(store, 't');
    const origin = { thread: 't', seq: 1 };
    await store.commit(step({ thread: 'fork', checkpoints: [checkpoint(1, { root: referTo('"a"') })], origin }));
    await goOn(store, 'fork');
    assert.deepEqual((await store.load('fork'))?.thread.origin, origin);
    assert.deepEqual(
      (await store.threads({ forkOf: 't' })).map(t => t.id),
      ['fork'],
    );
    assert.equal((await store.load('t'))?.thread.origin, undefined);
    await store.remove('t');
    await store.prune({ keep: 1 });
    assert.deepEqual((await store.load('fork'))?.thread.origin, origin);
  },

  'C8: what a fork leads to outlives its origin': async ({ store }) => {
    await store.commit(step({ ...leadingTo('"a"', '"b"') }));
    const checkpoints = [checkpoint(1, { root: referTo('"a"') })];
    await store.commit(step({ thread: 'fork', checkpoints, origin: { thread: 't', seq: 1 } }));
    await store.remove('t');
    assert.equal((await store.prune({})).texts, 1);
    assert.deepEqual(await kept(store, '"a"', '"b"'), ['"a"']);
  },

  'C6: a checkpoint that is gone is not forked from': async ({ store }) => {
    const fork = (seq: number) => () => store.commit(step({ thread: 'fork', origin: { thread: 't', seq } }));
    await assertFails('stale', fork(1));
    await store.commit(step());
    await goOn(store, 't');
    await assertFails('stale', fork(3));
    await store.prune({ keep: 1 });
    await assertFails('stale', fork(1));
    await store.remove('t');
    await assertFails('stale', fork(2));
    assert.equal(await store.load('fork'), undefined);
    assert.deepEqual(await store.threads(), []);
  },

  'a thread is removed with all that belongs to it': async ({ store }) => {
    await store.commit(step({ ...leadingTo('"a"'), started: [{ task: '1.a' }], due: 1 }));
    await store.commit(step({ thread: 'other', ...leadingTo('"b"') }));
    assert.equal(await store.remove('t'), true);
    assert.equal(await store.remove('t'), false);
    assert.equal(await store.load('t'), undefined);
    assert.equal(await store.load('t', 1), undefined);
    assert.deepEqual(await store.history('t'), []);
    assert.deepEqual(await store.pending({ now: 9 }), []);
    assert.deepEqual(
      (await store.threads()).map(t => t.id),
      ['other'],
    );
    assert.equal((await store.prune({})).texts, 1);
    assert.deepEqual(await kept(store, '"a"', '"b"'), ['"b"']);
    await store.commit(step());
    assert.deepEqual((await store.load('t'))?.tasks, []);
    assert.equal((await store.history('t')).length, 1);
  },
};
