/** Threads as JSON values, taken from one store to another. */
import { describe, expect, it } from 'vitest';
import { createRuntime, exportThread, importThread, type ThreadFile } from '../../src/index.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { Bodies, build, settle } from '../helpers.ts';

const graph = build(`name: asks
state: { said: { type: list<string>, merge: append } }
nodes:
  first: { type: interrupt, message: "First?", schema: string, output: { said: output }, expires: { after: 1h, value: "none" } }
  second: { type: interrupt, message: "Second?", schema: string, output: { said: output } }
edges: [START -> first -> second -> END]
`);

const LONG = 'what is long enough to be a text of its own, and is kept once. '.repeat(20);

/** A thread with three checkpoints, and a fork of it. */
async function begun(): Promise<Store> {
  const store = memoryStore();
  const thread = createRuntime({ store }).thread(graph, 't');
  await thread.invoke({ said: [LONG] });
  await thread.resume(LONG);
  await thread.fork(1, { id: 'fork' });
  return store;
}

const copyOf = (file: ThreadFile): ThreadFile => JSON.parse(JSON.stringify(file)) as ThreadFile;

describe('a thread that is exported', () => {
  it('is the same in every store that it is imported into, and goes on there', async () => {
    const store = await begun();
    const file = await exportThread(store, 't');
    const others = [sqliteStore(':memory:'), memoryStore(), sqliteStore(':memory:')];
    let last = file;
    for (const other of others) {
      expect(await importThread(other, copyOf(last))).toBe('t');
      expect(await other.history('t')).toEqual(await store.history('t'));
      expect((await other.load('t', 1))?.checkpoint).toEqual((await store.load('t', 1))?.checkpoint);
      last = await exportThread(other, 't');
      expect(last).toEqual(file);
      const thread = createRuntime({ store: other }).thread(graph, 't');
      expect((await thread.state(1)).interrupts.map(i => i.id)).toEqual(['first']);
      expect(await thread.resume('x')).toMatchObject({ status: 'done', output: { said: [LONG, LONG, 'x'] } });
      await other.close();
    }
    expect((await store.load('t'))?.checkpoint.status).toBe('waiting');
  });

  it('takes its timers along, and bodies that nobody runs', async () => {
    const store = memoryStore();
    const bodies = new Bodies();
    const works = build('nodes: { work: { type: function, function: work } }\nedges: [START -> work -> END]\n', {
      functions: { work: bodies.hold('work') },
    });
    const run = createRuntime({ store }).thread(works, 'w').invoke({});
    await createRuntime({ store }).thread(graph, 'due').invoke({});
    await settle();
    const file = await exportThread(store, 'w');
    expect(file.tasks).toHaveLength(1);
    const other = sqliteStore(':memory:');
    await importThread(other, file);
    await importThread(other, await exportThread(store, 'due'));
    expect(other.load('w')?.tasks).toEqual(file.tasks.map(task => ({ task })));
    expect(other.load('due')?.thread.due).toBe((await store.load('due'))?.thread.due);
    expect(other.pending({ now: 0 }).map(t => t.id)).toEqual(['w']);
    const again = createRuntime({ store: other }).thread(works, 'w').recover();
    await settle();
    bodies.get('work').finish();
    bodies.get('work').finish();
    expect([(await run).status, (await again).status]).toEqual(['done', 'done']);
  });

  it('keeps its origin where the origin is', async () => {
    const store = await begun();
    const other = memoryStore();
    await importThread(other, await exportThread(store, 'fork'));
    expect((await other.load('fork'))?.thread.origin).toBeUndefined();
    await other.remove('fork');
    await importThread(other, await exportThread(store, 't'));
    await importThread(other, await exportThread(store, 'fork'));
    expect((await other.load('fork'))?.thread.origin).toEqual({ thread: 't', seq: 1 });
  });

  it('has no text that its checkpoints do not need', async () => {
    const store = await begun();
    const { texts } = await exportThread(store, 't');
    const other = memoryStore();
    await importThread(other, await exportThread(store, 't'));
    await other.prune({});
    expect(Object.keys((await exportThread(other, 't')).texts).sort()).toEqual(Object.keys(texts).sort());
    await expect(exportThread(store, 'nobody')).rejects.toMatchObject({ name: 'StoreError', code: 'stale' });
  });
});

it('a history whose beginning was forgotten is imported as it is', async () => {
  const store = await begun();
  await store.prune({ keep: 1, thread: 't' });
  const file = await exportThread(store, 't');
  const other = memoryStore();
  await importThread(other, file);
  expect((await other.history('t')).map(c => c.seq)).toEqual([2]);
  expect((await other.load('t'))?.thread).toMatchObject({ seq: 2, created: file.thread.created });
  expect((await exportThread(other, 't')).checkpoints).toEqual(file.checkpoints);
});

describe('what is imported is checked, and nothing is changed', () => {
  const firstText = ({ texts }: ThreadFile): string => Object.keys(texts)[0] ?? '';

  it.each<[string, (file: ThreadFile) => unknown, string, RegExp]>([
    ['no object', () => 'text', 'foreign', /this is no thread/],
    ['another format', file => ({ ...file, format: 'other' }), 'foreign', /its "format" is not "statewright-thread"/],
    ['a newer version', file => ({ ...file, version: 2 }), 'version', /newer statewright \(version 2/],
    ['no checkpoints', file => ({ ...file, checkpoints: [] }), 'corrupt', /checkpoints: /],
    ['an unknown key', file => ({ ...file, more: 1 }), 'corrupt', /more/],
    [
      'a status that is none',
      file => ({ ...file, checkpoints: file.checkpoints.map(c => ({ ...c, status: 'ready' })) }),
      'corrupt',
      /checkpoints\.0\.status: /,
    ],
    [
      'a text that was changed',
      file => ({ ...file, texts: { ...file.texts, [firstText(file)]: '"other"' } }),
      'corrupt',
      /the text [\w-]{32} of checkpoint 1 is not what was exported/,
    ],
    [
      'a text that is missing',
      file => ({ ...file, texts: Object.fromEntries(Object.entries(file.texts).slice(1)) }),
      'corrupt',
      /checkpoint 1 needs the text [\w-]{32}/,
    ],
    [
      'a checkpoint that is missing',
      file => ({ ...file, checkpoints: [file.checkpoints[0], { ...file.checkpoints[1], seq: 3 }] }),
      'corrupt',
      /checkpoint 3 stands after 1/,
    ],
  ])('%s', async (_, change, code, message) => {
    const other = memoryStore();
    const file = await exportThread(await begun(), 't');
    const importing = importThread(other, change(copyOf(file)));
    await expect(importing).rejects.toMatchObject({
      name: 'StoreError',
      code,
      message: expect.stringMatching(message),
    });
    expect(await other.threads()).toEqual([]);
  });

  it('a thread that is there already', async () => {
    const store = await begun();
    const before = await store.history('t');
    await expect(importThread(store, await exportThread(store, 't'))).rejects.toMatchObject({ code: 'stale' });
    expect(await store.history('t')).toEqual(before);
  });
});
