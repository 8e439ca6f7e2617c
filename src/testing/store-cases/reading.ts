/** What was stored is found again, as it was. */
import assert from 'node:assert/strict';
import { digestOf } from '../../store/tree.ts';
import { assertFails, type Cases, checkpoint, goOn, kept, referTo, step, textsOf } from './tools.ts';

export const NAMES: Readonly<Record<string, string>> = {
  'spaces and quotes': ` a "b" 'c' \`d\` ; -- \\ %s $1 {e} `,
  emoji: '👩‍👩‍👧 łódź 日本',
  '500 characters': '👍é'.repeat(170).slice(0, 500),
  'nothing at all': '',
  'a null character': 'a\0b',
  'half of a surrogate pair': 'a\ud83db',
  'a line break': 'a\nb\r\n\tc',
  'a control character': '\u001a0000 \u0001\u007f',
};

export const reading: Cases = {
  'of a thread that is not there, nothing is found': async ({ store }) => {
    assert.equal(await store.load('t'), undefined);
    assert.equal(await store.load('t', 1), undefined);
    assert.equal(await store.head('t'), undefined);
    assert.deepEqual(await store.history('t'), []);
    assert.deepEqual(await store.threads(), []);
    assert.deepEqual(await store.pending({ now: 1 }), []);
    assert.deepEqual(await store.workers(), []);
    assert.equal(await store.remove('t'), false);
    assert.deepEqual(await store.claim('t', { worker: { id: 'w', host: 'h', pid: 1, until: 9 }, now: 1 }), []);
    assert.deepEqual(await store.prune({}), { threads: 0, checkpoints: 0, texts: 0 });
  },

  'a thread is loaded with all that was committed': async ({ store }) => {
    const key = await store.commit(step({ due: 5, started: [{ task: '1.a' }, { task: '1.b', worker: 'w' }] }));
    const loaded = await store.load('t');
    const about = { id: 't', key, graph: 'graph', file: 'graph.yaml', seq: 1, status: 'running', due: 5 };
    assert.deepEqual(loaded?.thread, { ...about, created: 1_000, updated: 1_000 });
    assert.deepEqual(loaded?.checkpoint, { seq: 1, at: 1_000, status: 'running', label: 'step 1', root: '{}' });
    const tasks = [...(loaded?.tasks ?? [])].sort((a, b) => (a.task < b.task ? -1 : 1));
    assert.deepEqual(tasks, [{ task: '1.a' }, { task: '1.b', worker: 'w' }]);
    assert.deepEqual(await store.head('t'), { key, seq: 1 });
  },

  'a later commit says anew what may change, and leaves the rest': async ({ store }) => {
    const key = await store.commit(step({ due: 5 }));
    const last = checkpoint(2, { status: 'waiting', label: 'resume "review"', root: '[1]' });
    await goOn(store, 't', { graph: 'other', file: 'other.yaml', checkpoints: [last], due: undefined });
    const { thread, checkpoint: newest } = (await store.load('t')) ?? {};
    const about = { id: 't', key, graph: 'other', file: 'other.yaml', seq: 2, status: 'waiting' };
    assert.deepEqual(thread, { ...about, created: 1_000, updated: 2_000 });
    assert.deepEqual(newest, last);
    await goOn(store, 't', { due: 0 });
    assert.equal((await store.load('t'))?.thread.due, 0);
  },

  'any checkpoint is loaded by its number, with the thread as it is now': async ({ store }) => {
    await store.commit(step({ checkpoints: [1, 2, 3].map(seq => checkpoint(seq, { root: `[${seq}]` })) }));
    for (const seq of [1, 2, 3]) {
      const loaded = await store.load('t', seq);
      assert.deepEqual(loaded?.checkpoint, checkpoint(seq, { root: `[${seq}]` }));
      assert.equal(loaded?.thread.seq, 3);
    }
    assert.equal(await store.load('t', 4), undefined);
    assert.equal(await store.load('t', 0), undefined);
  },

  'history has the newest first, without states': async ({ store }) => {
    await store.commit(step({ checkpoints: [checkpoint(1), checkpoint(2, { status: 'waiting' })] }));
    for (let i = 0; i < 9; i++) await goOn(store, 't');
    await store.commit(step({ thread: 'other' }));
    const history = await store.history('t');
    assert.deepEqual(
      history.map(c => c.seq),
      [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
    );
    assert.deepEqual(history[9], { seq: 2, at: 2_000, status: 'waiting', label: 'step 2' });
  },

  'texts are read by their digests': async ({ store }) => {
    const odd = JSON.stringify({ emoji: '👩‍👩‍👧', null: '\0', half: '\ud83d', line: '\u2028', quote: `"'\\` });
    await store.commit(step({ texts: textsOf('"a"', '"b"', odd, '') }));
    const digests = ['"a"', odd, '', '"a"'].map(digestOf);
    assert.deepEqual(await store.texts(digests), textsOf('"a"', odd, ''));
    assert.deepEqual(await store.texts([]), new Map());
  },

  'C9: a text that is not there is told, also among others that are': async ({ store }) => {
    await store.commit(step({ texts: textsOf('"a"') }));
    await assertFails('corrupt', () => store.texts([digestOf('"b"')]));
    await assertFails('corrupt', () => store.texts([digestOf('"a"'), digestOf('"b"')]));
  },

  'a text of 10 MB is kept': async ({ store }) => {
    const long = JSON.stringify(`${'0123456789 "\\ é\n'.repeat(600_000)}!`);
    assert.ok(long.length > 10_000_000);
    await store.commit(step({ texts: textsOf(long) }));
    assert.equal((await store.texts([digestOf(long)])).get(digestOf(long)), long);
  },

  'a commit of a thousand texts, checkpoints and tasks is kept': async ({ store }) => {
    const all = Array.from({ length: 1_000 }, (_, i) => i);
    await store.commit(
      step({
        checkpoints: all.map(i => checkpoint(i + 1, { root: referTo(`"${i}"`) })),
        texts: textsOf(...all.map(i => `"${i}"`)),
        started: all.map(i => ({ task: `${i}.x` })),
      }),
    );
    assert.equal((await store.history('t')).length, 1_000);
    assert.equal((await store.load('t'))?.tasks.length, 1_000);
    assert.equal((await store.texts(all.map(i => digestOf(`"${i}"`)))).size, 1_000);
    await goOn(store, 't', { ended: all.map(i => `${i}.x`) });
    assert.deepEqual((await store.load('t'))?.tasks, []);
  },

  'threads are listed with the last written first': async ({ store }) => {
    for (const [thread, at] of [
      ['a', 2],
      ['b', 3],
      ['c', 1],
    ] as const)
      await store.commit(step({ thread, checkpoints: [checkpoint(1, { at })] }));
    const ids = async (): Promise<string[]> => (await store.threads()).map(t => t.id);
    assert.deepEqual(await ids(), ['b', 'a', 'c']);
    await goOn(store, 'c', { checkpoints: [checkpoint(2, { at: 4 })] });
    assert.deepEqual(await ids(), ['c', 'b', 'a']);
    const [first] = await store.threads({ limit: 1 });
    assert.deepEqual(first, (await store.load('c'))?.thread);
  },

  'threads are listed by what is asked for': async ({ store }) => {
    const put = async (thread: string, graph: string, status: 'done' | 'waiting', at: number): Promise<string> =>
      store.commit(step({ thread, graph, checkpoints: [checkpoint(1, { status, at })] }));
    await put('a', 'one', 'done', 10);
    await put('b', 'one', 'waiting', 20);
    await put('c', 'two', 'done', 30);
    await store.commit(
      step({ thread: 'd', graph: 'two', checkpoints: [checkpoint(1, { at: 40 })], origin: { thread: 'a', seq: 1 } }),
    );
    const ids = async (filter: Parameters<typeof store.threads>[0]): Promise<string> =>
      (await store.threads(filter)).map(t => t.id).join('');
    assert.equal(await ids({}), 'dcba');
    assert.equal(await ids({ graph: 'one' }), 'ba');
    assert.equal(await ids({ graph: 'none' }), '');
    assert.equal(await ids({ status: 'done' }), 'ca');
    assert.equal(await ids({ status: 'cancelled' }), '');
    assert.equal(await ids({ since: 20 }), 'dcb');
    assert.equal(await ids({ until: 20 }), 'a');
    assert.equal(await ids({ since: 20, until: 40 }), 'cb');
    assert.equal(await ids({ forkOf: 'a' }), 'd');
    assert.equal(await ids({ forkOf: 'b' }), '');
    assert.equal(await ids({ limit: 2 }), 'dc');
    assert.equal(await ids({ limit: 0 }), '');
    assert.equal(await ids({ graph: 'one', status: 'done', since: 10, until: 11, limit: 5 }), 'a');
  },

  'names of any kind are kept as they are': async ({ store }) => {
    for (const [about, name] of Object.entries(NAMES)) {
      const started = [{ task: `1.${name}`, worker: `worker ${name}` }];
      const worker = { id: `worker ${name}`, host: name, pid: 1, until: 9_000 };
      const only = [checkpoint(1, { label: name })];
      const key = await store.commit(
        step({ thread: name, graph: name, file: name, checkpoints: only, started, worker }),
      );
      const fork = `fork ${name}`;
      await store.commit(step({ thread: fork, origin: { thread: name, seq: 1 } }));
      const loaded = await store.load(name);
      const { id, graph, file } = loaded?.thread ?? {};
      assert.deepEqual({ id, graph, file }, { id: name, graph: name, file: name }, about);
      assert.deepEqual(loaded?.tasks, started, about);
      assert.equal((await store.history(name))[0]?.label, name, about);
      assert.deepEqual(await store.head(name), { key, seq: 1 }, about);
      assert.deepEqual(
        (await store.threads({ graph: name })).map(t => t.id),
        [name],
        about,
      );
      assert.deepEqual(
        (await store.threads({ forkOf: name })).map(t => t.id),
        [fork],
        about,
      );
      assert.deepEqual(
        (await store.workers()).find(w => w.host === name),
        worker,
        about,
      );
      assert.deepEqual(await store.claim(name, { worker, now: 1 }), [`1.${name}`], about);
      await goOn(store, name, { ended: [`1.${name}`] });
    }
    for (const name of Object.values(NAMES)) assert.equal(await store.remove(name), true);
  },

  'ids that differ in little are of different threads': async ({ store }) => {
    const ids = ['a', 'A', 'a ', ' a', 'á', 'a\u0301', 'a\0', 'a\0b', 'a\u001a0000', '\ud83d', '\ufffd', '%', '_'];
    for (const id of ids) await store.commit(step({ thread: id, graph: `graph of ${id}` }));
    for (const id of ids) assert.equal((await store.load(id))?.thread.graph, `graph of ${id}`);
    assert.equal((await store.threads()).length, ids.length);
  },

  'C4: a text is kept once, whoever refers to it': async ({ store }) => {
    const own = (thread: string): Promise<string> | string =>
      store.commit(step({ thread, texts: textsOf('"shared"', `"${thread}"`) }));
    await own('a');
    await own('b');
    assert.deepEqual(await kept(store, '"shared"', '"a"', '"b"', '"c"'), ['"shared"', '"a"', '"b"']);
    assert.equal((await store.prune({})).texts, 3);
  },
};
