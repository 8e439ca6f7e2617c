/** Threads on a SQLite file: they go on in another process, whenever the first one ended. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRuntime, StoreError } from '../../src/index.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { wrappedStore } from '../helpers/wrapped-store.ts';
import { Bodies, build, settle } from '../helpers.ts';

/** A hundred and more by hand. */
const KILLS = Number(process.env.KILLS ?? 10);
const worker = path.resolve(import.meta.dirname, 'worker.ts');

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'statewright-durable-'));
  file = path.join(folder, 'threads.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
}

/** Runs the worker; kills it with SIGKILL when its log has so many lines, if it comes that far. */
function work(thread: string, action: string, log: string, killAt = Number.POSITIVE_INFINITY): Promise<Ended> {
  const child = spawn(process.execPath, [worker, file, thread, action, log], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', data => {
    out += data;
  });
  const lines = (): number => readFileSync(log, 'utf8').split('\n').length - 1;
  const begun = lines();
  const poll = setInterval(() => {
    if (lines() - begun >= killAt) child.kill('SIGKILL');
  }, 1);
  return new Promise(resolve => {
    child.on('close', code => {
      clearInterval(poll);
      resolve({ code, out });
    });
  });
}

describe('S32: a process that is killed', () => {
  it(`${KILLS} times at random moments: nothing stored is computed again, and the end is the same`, async () => {
    const log = path.join(folder, 'log');
    writeFileSync(log, '');
    const whole = JSON.parse((await work('undisturbed', 'run', log)).out);
    expect(whole.status).toBe('waiting');
    const all = readFileSync(log, 'utf8').trim().split('\n').length;
    let random = 20_261_121;
    const next = (most: number): number => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff;
      return random % most;
    };
    let kills = 0;
    for (let thread = 0; kills < KILLS; thread++) {
      writeFileSync(log, '');
      let ended = await work(`t${thread}`, 'run', log, 1 + next(25));
      for (; ended.code !== 0; kills++) ended = await work(`t${thread}`, 'run', log, 1 + next(25));
      expect(JSON.parse(ended.out)).toEqual(whole);
      const keys = readFileSync(log, 'utf8').trim().split('\n');
      const again = keys.length - new Set(keys).size;
      expect(new Set(keys).size).toBe(all);
      // What ran at a kill runs again, under the same key: at most all that ran at once.
      expect(again).toBeLessThanOrEqual(kills * 10);
    }
    const last = await work('undisturbed', 'answer', log);
    expect(JSON.parse(last.out)).toMatchObject({ status: 'done', output: { ok: 'yes' } });
  }, 300_000);
});

const asking = `state: { said: { type: any, default: null } }
nodes:
  work: { type: function, function: work, input: {} }
  ask: { type: interrupt, message: "Well?", output: said, expires: { after: 1h, value: nothing } }
edges: [START -> work -> ask -> END]
`;

describe('a thread in a store', () => {
  it('is taken over by another runtime, and what ran does not run again', async () => {
    const bodies = new Bodies();
    const graph = build(asking, { functions: { work: bodies.now('work') } });
    const store = sqliteStore(file);
    expect((await createRuntime({ store }).thread(graph, 't').invoke({})).status).toBe('waiting');
    store.close();
    const again = sqliteStore(file);
    const thread = createRuntime({ store: again }).thread(graph, 't');
    expect((await thread.state()).interrupts.map(i => i.id)).toEqual(['ask']);
    expect((await again.threads()).map(t => [t.id, t.graph, t.status])).toEqual([['t', 'graph', 'waiting']]);
    const last = await thread.resume('hello');
    expect(last).toMatchObject({ status: 'done', output: { said: 'hello' }, metrics: { nodeRuns: 1 } });
    expect(bodies.count('work')).toBe(1);
    again.close();
  });

  it('S31: a time limit that passed while nobody ran is taken', async () => {
    const graph = build(asking, { functions: { work: () => ({}) } });
    const store = sqliteStore(file);
    await createRuntime({ store, clock: simulatedClock(1_000) })
      .thread(graph, 't')
      .invoke({});
    const clock = simulatedClock(1_000 + 2 * 3_600_000);
    const thread = createRuntime({ store, clock }).thread(graph, 't');
    const recovered = thread.recover();
    await clock.advance(0);
    await recovered;
    expect(await thread.state()).toMatchObject({ status: 'done', values: { said: 'nothing' } });
    store.close();
  });

  it('S34: of two that go on with it, one wins and the other is told', async () => {
    const graph = build(asking, { functions: { work: () => ({}) } });
    const [one, two] = [sqliteStore(file), sqliteStore(file)];
    await createRuntime({ store: one }).thread(graph, 't').invoke({});
    const first = createRuntime({ store: one }).thread(graph, 't');
    const second = createRuntime({ store: two }).thread(graph, 't');
    await Promise.all([first.state(), second.state()]);
    expect((await first.resume('a')).status).toBe('done');
    await expect(second.resume('b')).rejects.toMatchObject({ name: 'ThreadError', code: 'not-waiting' });
    expect((await second.state()).values.said).toBe('a');
    one.close();
    two.close();
  });

  it('S35: a graph that changed is refused with what changed, unless that is accepted', async () => {
    const store = sqliteStore(file);
    const functions = { work: () => ({}) };
    await createRuntime({ store }).thread(build(asking, { functions }), 't').invoke({});
    const other = build(
      asking
        .replace('ask -> END', 'ask -> more -> END')
        .replace('edges:', '  more: { type: set, set: { said: "1" } }\nedges:'),
      { functions },
    );
    const thread = createRuntime({ store }).thread(other, 't');
    await expect(thread.resume('x')).rejects.toMatchObject({
      code: 'graph-changed',
      message: expect.stringMatching(/node "ask" has changed\n {2}- node "more" is new/),
    });
    expect((await thread.resume('x', { acceptChanges: true })).output.said).toBe(1);
    store.close();
  });

  it('S36: a further run starts from the state that was stored', async () => {
    const graph = build(`state: { n: { type: number, merge: sum } }
nodes: { add: { type: set, set: { n: "1" } } }
edges: [START -> add -> END]
`);
    const store = sqliteStore(file);
    await createRuntime({ store }).thread(graph, 't').invoke({});
    const second = await createRuntime({ store }).thread(graph, 't').invoke({ n: 5 });
    expect(second.output.n).toBe(7);
    expect((await store.history('t')).map(c => [c.label, c.status])).toEqual([
      ['invoke', 'done'],
      ['invoke', 'done'],
    ]);
    store.close();
  });

  it('S37: a failure of the store ends the run with an error, and what was stored stays', async () => {
    const bodies = new Bodies();
    const graph = build(asking, { functions: { work: bodies.hold('work') } });
    const store = sqliteStore(file);
    let broken = false;
    const failing = wrappedStore(store, method => {
      if (broken && method === 'commit') throw new StoreError('full', 'the disk is full');
    });
    const thread = createRuntime({ store: failing }).thread(graph, 't');
    const run = thread.invoke({});
    await settle();
    broken = true;
    bodies.get('work').finish();
    await expect(run).rejects.toMatchObject({ code: 'full' });
    broken = false;
    const again = thread.recover();
    await settle();
    bodies.get('work').finish();
    expect((await again).status).toBe('waiting');
    store.close();
  });
});
