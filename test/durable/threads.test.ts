/** Threads that are kept go on in another runtime, as they stood. Scenarios of the surface, on every store. */
import { describe, expect, it } from 'vitest';
import { createRuntime, type Graph, type RuntimeOptions, StoreError } from '../../src/index.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { wrappedStore } from '../helpers/wrapped-store.ts';
import { Bodies, build } from '../helpers.ts';
import { onEveryStore, until } from './stores.ts';

const ASKING = `state: { said: { type: any, default: null } }
nodes:
  work: { type: function, function: work, input: {} }
  ask: { type: interrupt, message: "Well?", output: said, expires: { after: 1h, value: nothing } }
edges: [START -> work -> ask -> END]
`;

const NESTED: Record<string, string> = {
  'outer.yaml': `name: outer
state: { ok: boolean? }
nodes:
  first: { type: function, function: first }
  sub: { type: graph, graph: ./middle.yaml, output: { ok: output.ok } }
edges: [START -> first -> sub -> END]
`,
  './middle.yaml': `name: middle
state: { ok: boolean? }
nodes:
  before: { type: function, function: before }
  deep: { type: graph, graph: ./inner.yaml, output: { ok: output.ok } }
edges: [START -> before -> deep -> END]
`,
  './inner.yaml': `name: inner
state: { ok: boolean? }
nodes:
  inside: { type: function, function: inside }
  review: { type: interrupt, message: Fine?, schema: boolean, output: ok }
edges: [START -> inside -> review -> END]
`,
};

onEveryStore(open => {
  it('a thread is taken over by another runtime, and what ran does not run again', async () => {
    const bodies = new Bodies();
    const graph = build(ASKING, { functions: { work: bodies.now('work') } });
    expect(
      (
        await createRuntime({ store: await open() })
          .thread(graph, 't')
          .invoke({})
      ).status,
    ).toBe('waiting');
    const store = await open();
    const thread = createRuntime({ store }).thread(graph, 't');
    expect((await thread.state()).interrupts.map(i => i.id)).toEqual(['ask']);
    expect((await store.threads()).map(t => [t.id, t.graph, t.status])).toEqual([['t', 'graph', 'waiting']]);
    const last = await thread.resume('hello');
    expect(last).toMatchObject({ status: 'done', output: { said: 'hello' }, metrics: { nodeRuns: 1 } });
    expect(bodies.count('work')).toBe(1);
  });

  it('S27: an interrupt two subgraphs down is resumed elsewhere; what is around it does not run again', async () => {
    const bodies = new Bodies();
    const functions = { first: bodies.now('first'), before: bodies.now('before'), inside: bodies.now('inside') };
    const graph = build(NESTED['outer.yaml'] ?? '', {
      file: 'outer.yaml',
      read: name => NESTED[name] ?? NESTED[`./${name}`],
      functions,
    });
    const first = await createRuntime({ store: await open() })
      .thread(graph, 't')
      .invoke({});
    expect(first.interrupts).toMatchObject([{ id: 'sub/deep/review', node: 'review', path: ['sub', 'deep'] }]);
    const last = await createRuntime({ store: await open() })
      .thread(graph, 't')
      .resume(true);
    expect(last).toMatchObject({ status: 'done', output: { ok: true } });
    expect(bodies.runs).toEqual(['first', 'before', 'inside']);
  });

  it('S28: what a function did in a step before it asked is not done again, in another runtime either', async () => {
    let steps = 0;
    let begun = 0;
    const text = `state: { said: any? }
nodes: { order: { type: function, function: order, input: {}, output: said } }
edges: [START -> order -> END]
`;
    const graph = build(text, {
      functions: {
        order: async (_input, ctx) => {
          begun++;
          const id = await ctx.step('book', () => `booking ${++steps}`);
          return [id, await ctx.interrupt('Keep it?')];
        },
      },
    });
    const first = await createRuntime({ store: await open() })
      .thread(graph, 't')
      .invoke({});
    expect(first.interrupts).toMatchObject([{ id: 'order', message: 'Keep it?' }]);
    const last = await createRuntime({ store: await open() })
      .thread(graph, 't')
      .resume('yes');
    expect(last.output.said).toEqual(['booking 1', 'yes']);
    expect([steps, begun]).toEqual([1, 2]);
  });

  describe('S31: a moment that passed while nobody ran', () => {
    it('is taken when the thread is taken up, by name or with all that is due', async () => {
      const graph = build(ASKING, { functions: { work: () => ({}) } });
      const before = createRuntime({ store: await open(), clock: simulatedClock(1_000) });
      for (const id of ['a', 'b', 'c']) await before.thread(graph, id).invoke({});
      const store = await open();
      const early = createRuntime({ store, clock: simulatedClock(1_000 + 3_599_999) });
      expect(await early.recover([graph])).toEqual([]);
      const app = createRuntime({ store, clock: simulatedClock(1_000 + 2 * 3_600_000) });
      expect(await app.thread(graph, 'a').recover()).toMatchObject({ status: 'done', output: { said: 'nothing' } });
      const rest = await app.recover([graph]);
      expect(rest.map(r => [r.thread, r.result?.status]).sort()).toEqual([
        ['b', 'done'],
        ['c', 'done'],
      ]);
      expect(await app.recover([graph])).toEqual([]);
    });

    it('does not take away an answer that comes after it, while nobody took it', async () => {
      const graph = build(ASKING, { functions: { work: () => ({}) } });
      await createRuntime({ store: await open(), clock: simulatedClock(0) })
        .thread(graph, 't')
        .invoke({});
      const late = createRuntime({ store: await open(), clock: simulatedClock(7_200_000) });
      expect((await late.thread(graph, 't').resume('late')).output.said).toBe('late');
    });

    it('also where a thread is no longer loaded: its runtime wakes it', async () => {
      const graph = build(ASKING, { functions: { work: () => ({}) } });
      const clock = simulatedClock(0);
      const store = await open();
      const app = createRuntime({ store, clock, keepLoaded: 1 });
      await app.thread(graph, 'first').invoke({});
      await app.thread(graph, 'second').invoke({});
      await app.thread(graph, 'third').invoke({});
      await clock.advance(3_600_000);
      await until(async () => (await store.threads({ status: 'done' })).length === 3);
    });
  });

  it('a runtime that is closed leaves the timers of its threads to others', async () => {
    const graph = build(ASKING, { functions: { work: () => ({}) } });
    const clock = simulatedClock(0);
    const store = await open();
    const app = createRuntime({ store, clock, keepLoaded: 1 });
    for (const id of ['first', 'second', 'third']) await app.thread(graph, id).invoke({});
    await app.close();
    await clock.advance(3_600_000);
    expect(await store.threads({ status: 'waiting' })).toHaveLength(3);
    const other = createRuntime({ store: await open(), clock });
    expect(await other.recover([graph])).toMatchObject(Array(3).fill({ result: { status: 'done' } }));
  });

  it('S33: any checkpoint is read and forked from; the original is untouched, and state may be edited', async () => {
    const bodies = new Bodies();
    const graph = build(
      `state: { n: { type: number, default: 0, merge: sum }, ok: boolean? }
nodes:
  add: { type: function, function: add, output: n }
  ask: { type: interrupt, message: "Is {{ n }} fine?", output: ok }
  more: { type: function, function: more, output: n }
edges:
  - START -> add -> ask
  - { from: ask, to: more, when: ok == true }
  - { from: ask, to: END }
  - more -> END
`,
      { functions: { add: bodies.now('add', 1), more: bodies.now('more', 10) } },
    );
    const app = createRuntime({ store: await open() });
    const thread = app.thread(graph, 't');
    await thread.invoke({});
    await thread.resume(false);
    const history = await thread.history();
    expect(history.map(c => [c.seq, c.status, c.label])).toEqual([
      [3, 'done', 'resume, ask'],
      [2, 'waiting', 'add'],
      [1, 'running', 'invoke'],
    ]);
    expect(await thread.state(1)).toMatchObject({ status: 'running', values: { n: 0 } });
    expect(await thread.state(2)).toMatchObject({ status: 'waiting', values: { n: 1 }, interrupts: [{ id: 'ask' }] });
    await expect(thread.state(9)).rejects.toMatchObject({ code: 'unknown-checkpoint' });
    const fork = await thread.fork(2, { id: 'other', update: { n: 100 } });
    expect(await fork.resume(true)).toMatchObject({ status: 'done', output: { n: 111, ok: true }, thread: 'other' });
    const edited = await thread.fork(2, { update: { n: 5 }, replace: true });
    expect((await edited.resume(true)).output.n).toBe(15);
    const early = await thread.fork(1);
    expect(await early.recover()).toMatchObject({ status: 'waiting', output: { n: 1 } });
    expect(bodies.runs).toEqual(['add', 'more', 'more', 'add']);
    expect(await thread.state()).toMatchObject({ status: 'done', values: { n: 1, ok: false } });
    expect(await thread.history()).toEqual(history);
    const store = await open();
    const forks = await store.threads({ forkOf: 't' });
    expect(forks.map(f => f.origin?.seq).sort()).toEqual([1, 2, 2]);
    await expect(thread.fork(2, { id: 'other' })).rejects.toMatchObject({ code: 'exists' });
  });

  it('S33: the state of a thread that waits is edited in place', async () => {
    const graph = build(ASKING.replace('said: {', 'seen: { type: list<string>, merge: append }, said: {'), {
      functions: { work: () => ({ seen: 'work' }) },
    });
    const thread = createRuntime({ store: await open() }).thread(graph, 't');
    await thread.invoke({});
    await thread.update({ seen: 'me' });
    expect((await thread.state()).values.seen).toEqual(['work', 'me']);
    await thread.update({ seen: [] }, { replace: true });
    await expect(thread.update({ seen: 1 })).rejects.toMatchObject({ name: 'InputError' });
    const again = createRuntime({ store: await open() }).thread(graph, 't');
    expect((await again.resume('x')).output).toEqual({ seen: [], said: 'x' });
    expect((await again.history()).map(c => c.label)).toEqual(['resume, ask', 'update', 'update', 'work', 'invoke']);
  });

  it('S34: of two that resume at once exactly one wins, the other gets a typed error, the history has one line', async () => {
    const graph = build(ASKING, { functions: { work: () => ({}) } });
    await createRuntime({ store: await open() })
      .thread(graph, 't')
      .invoke({});
    const threads = [];
    for (let i = 0; i < 4; i++) threads.push(createRuntime({ store: await open() }).thread(graph, 't'));
    await Promise.all(threads.map(thread => thread.state()));
    const answers = await Promise.allSettled(threads.map((thread, i) => thread.resume(`from ${i}`)));
    const won = answers.flatMap(a => (a.status === 'fulfilled' ? [a.value] : []));
    expect(won).toMatchObject([{ status: 'done' }]);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(['stale', 'not-waiting']).toContain(answer.reason.code);
    }
    const said = won[0]?.output.said;
    for (const thread of threads) expect((await thread.state()).values.said).toBe(said);
    expect((await threads[0]?.history())?.map(c => c.seq)).toEqual([3, 2, 1]);
  });

  it('S35: a graph that changed is refused with what changed, unless that is accepted', async () => {
    const functions = { work: () => ({}) };
    await createRuntime({ store: await open() })
      .thread(build(ASKING, { functions }), 't')
      .invoke({});
    const other = build(
      ASKING.replace('ask -> END', 'ask -> more -> END').replace(
        'edges:',
        '  more: { type: set, set: { said: "1" } }\nedges:',
      ),
      { functions },
    );
    const thread = createRuntime({ store: await open() }).thread(other, 't');
    await expect(thread.resume('x')).rejects.toMatchObject({
      code: 'graph-changed',
      message: expect.stringMatching(/node "ask" has changed\n {2}- node "more" is new/),
    });
    const renamed = build(`name: renamed\n${ASKING}`, { functions });
    await expect(
      createRuntime({ store: await open() })
        .thread(renamed, 't')
        .resume('x'),
    ).rejects.toThrow('it is of the graph "graph"');
    expect((await thread.resume('x', { acceptChanges: true })).output.said).toBe(1);
  });

  it('S35: a thread that stands where the new graph has nothing is refused, even when changes are accepted', async () => {
    const functions = { work: () => ({}) };
    await createRuntime({ store: await open() })
      .thread(build(ASKING, { functions }), 't')
      .invoke({});
    const other = build(ASKING.replaceAll('ask', 'question'), { functions });
    const thread = createRuntime({ store: await open() }).thread(other, 't');
    await expect(thread.resume('x', { acceptChanges: true })).rejects.toMatchObject({
      code: 'graph-changed',
      message: expect.stringMatching(/it stands where there is nothing now/),
    });
  });

  it('C7: a migration makes the state of a thread fit a graph that changed', async () => {
    const functions = { work: () => ({}) };
    const before = build(ASKING, { functions });
    await createRuntime({ store: await open() })
      .thread(before, 't')
      .invoke({});
    const after = build(
      ASKING.replace('state: {', 'state: { answers: { type: list<any>, merge: append },')
        .replace('output: said, expires', 'output: answers, expires')
        .replace('ask -> END', 'ask -> last -> END')
        .replace('edges:', '  last: { type: set, set: { said: "size(answers)" } }\nedges:'),
      { functions },
    );
    const seen: unknown[] = [];
    const migrations: NonNullable<RuntimeOptions['migrations']> = {
      graph: ({ id, changes, values }) => {
        seen.push(id, changes);
        return { ...values, answers: ['earlier'] };
      },
    };
    const refusing = createRuntime({ store: await open(), migrations: { graph: () => undefined } });
    await expect(refusing.thread(after, 't').resume('x')).rejects.toMatchObject({ code: 'graph-changed' });
    const thread = createRuntime({ store: await open(), migrations }).thread(after, 't');
    expect((await thread.resume('now')).output).toEqual({ answers: ['earlier', 'now'], said: 2 });
    expect(seen).toEqual(['t', ['node "ask" has changed', 'node "last" is new']]);
    expect((await thread.history())[0]?.label).toBe('resume, migration, ask');
  });

  describe('S36: a second invoke', () => {
    const text = `state: { n: { type: number, merge: sum } }
nodes: { add: { type: function, function: add, output: n } }
edges: [START -> add -> END]
`;
    const held = (): { bodies: Bodies; graph: Graph } => {
      const bodies = new Bodies();
      return { bodies, graph: build(text, { functions: { add: bodies.hold('add') } }) };
    };

    it('on a finished thread goes on from its state, in another runtime too', async () => {
      const graph = build(text, { functions: { add: () => 1 } });
      await createRuntime({ store: await open() })
        .thread(graph, 't')
        .invoke({ n: 0 });
      const second = await createRuntime({ store: await open() })
        .thread(graph, 't')
        .invoke({ n: 5 });
      expect(second.output.n).toBe(7);
      expect(
        (
          await createRuntime({ store: await open() })
            .thread(graph, 't')
            .history()
        ).length,
      ).toBe(4);
    });

    it('on a busy one is refused, here and elsewhere', async () => {
      const { bodies, graph } = held();
      const thread = createRuntime({ store: await open() }).thread(graph, 't');
      const run = thread.invoke({ n: 0 });
      await until(() => bodies.running('add'));
      await expect(thread.invoke({ n: 0 })).rejects.toMatchObject({ code: 'busy' });
      const elsewhere = createRuntime({ store: await open() }).thread(graph, 't');
      await expect(elsewhere.invoke({ n: 0 })).rejects.toMatchObject({ code: 'busy' });
      bodies.get('add').finish(1);
      expect((await run).output.n).toBe(1);
    });

    it('with `enqueue` begins when the one before is done', async () => {
      const { bodies, graph } = held();
      const thread = createRuntime({ store: await open() }).thread(graph, 't');
      const first = thread.invoke({ n: 0 });
      await until(() => bodies.running('add'));
      const second = thread.invoke({ n: 10 }, { onBusy: 'enqueue' });
      bodies.get('add').finish(1);
      expect((await first).output.n).toBe(1);
      await until(() => bodies.running('add'));
      bodies.get('add').finish(1);
      expect((await second).output.n).toBe(12);
    });

    it('with `cancel` gives the one before up, and begins from the state that it has', async () => {
      const { bodies, graph } = held();
      const thread = createRuntime({ store: await open() }).thread(graph, 't');
      const first = thread.invoke({ n: 3 });
      await until(() => bodies.running('add'));
      const old = bodies.get('add');
      const second = thread.invoke({ n: 10 }, { onBusy: 'cancel' });
      await until(() => old.signal.aborted);
      old.finish(1_000);
      expect((await first).status).toBe('cancelled');
      await until(() => bodies.running('add'));
      bodies.get('add').finish(1);
      expect((await second).output.n).toBe(14);
    });
  });

  describe('durability', () => {
    const LOOP = `state: { n: { type: number, default: 0, merge: sum }, seen: { type: list<number>, merge: append } }
nodes:
  add: { type: function, function: add, input: { n: n }, maxVisits: 50 }
  ask: { type: interrupt, message: "Well?" }
edges:
  - START -> add
  - { from: add, to: add, when: n < 20 }
  - add -> ask -> END
`;
    const loop = (each: (n: number) => void | Promise<void> = () => {}): Graph =>
      build(LOOP, {
        functions: {
          add: async ({ n }) => {
            await each(n);
            return { n: 1, seen: n };
          },
        },
      });

    it.each(['sync', 'async'] as const)('with `%s` every step is a checkpoint, in order', async durability => {
      const thread = createRuntime({ store: await open() }).thread(loop(), 't');
      const result = await thread.invoke({}, { durability });
      expect(result).toMatchObject({ status: 'waiting', output: { n: 20 } });
      const again = createRuntime({ store: await open() }).thread(loop(), 't');
      expect((await again.history()).map(c => c.seq)).toEqual(Array.from({ length: 21 }, (_, i) => 21 - i));
      for (const seq of [1, 7, 21]) expect((await again.state(seq)).values.n).toBe(seq - 1);
      expect((await again.resume(null, { durability })).status).toBe('done');
      expect((await (await open()).load('t'))?.tasks).toEqual([]);
    });

    it('with `sync` a body starts when the step before is stored', async () => {
      const store = await open();
      const graph = loop(async n => {
        expect((await store.head('t'))?.seq).toBe(n + 1);
      });
      expect((await createRuntime({ store }).thread(graph, 't').invoke({})).status).toBe('waiting');
    });

    it('with `exit` the run is one checkpoint, when it rests', async () => {
      const store = await open();
      const graph = loop(async () => {
        expect(await store.head('t')).toBeUndefined();
      });
      const thread = createRuntime({ store }).thread(graph, 't');
      expect((await thread.invoke({}, { durability: 'exit' })).output.n).toBe(20);
      const again = createRuntime({ store: await open() }).thread(loop(), 't');
      expect((await again.history()).map(c => [c.seq, c.status])).toEqual([[1, 'waiting']]);
      expect((await again.resume(null, { durability: 'exit' })).output.seen).toHaveLength(20);
    });

    it.each(['async', 'exit'] as const)('with `%s` a failure of the store ends the run too', async durability => {
      const store = await open();
      let disk: 'well' | 'full' | 'mended' = 'well';
      const failing = wrappedStore(store, method => {
        if (disk === 'full' && method === 'commit') throw new StoreError('full', 'the disk is full');
      });
      const graph = loop(n => {
        if (n === 5 && disk === 'well') disk = 'full';
      });
      const thread = createRuntime({ store: failing }).thread(graph, 't');
      await expect(thread.invoke({}, { durability })).rejects.toMatchObject({ code: 'full' });
      disk = 'mended';
      const last = (await store.head('t')) ? await thread.recover() : await thread.invoke({});
      expect(last.output.seen).toEqual(Array.from({ length: 20 }, (_, i) => i));
    });
  });

  it('a thread is removed with all that is kept of it', async () => {
    const graph = build(ASKING, { functions: { work: () => ({}) } });
    const store = await open();
    const app = createRuntime({ store });
    await app.thread(graph, 't').invoke({});
    expect(await app.thread(graph, 't').remove()).toBe(true);
    expect(await store.load('t')).toBeUndefined();
    await expect(app.thread(graph, 't').state()).rejects.toMatchObject({ code: 'not-started' });
    expect(await app.thread(graph, 't').remove()).toBe(false);
    expect((await app.thread(graph, 't').invoke({})).status).toBe('waiting');
  });
});
