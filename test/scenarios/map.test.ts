/** S13 to S16: one actor runs the items of a map, bounded and in order. */

import { describe, expect, it } from 'vitest';
import { createActor, type Snapshot, toPromise } from 'xstate';
import { createRuntime, failuresOf, type Graph, interruptsOf, type NodeFunction } from '../../src/index.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { Bodies, build, launch, refusals, run, settle } from '../helpers.ts';

const graph = (each: string, functions: Record<string, NodeFunction> = {}, state = ''): Graph =>
  build(
    `state:
  items: any
  out: { type: list<any>, default: [] }
  bad: { type: list<any>, default: [] }
${state}nodes:
  each: { type: map, over: items, collect: out, ${each} }
  after: { type: function, function: after, input: {} }
edges:
  - START -> each -> after -> END
`,
    { functions: { after: () => ({}), ...functions } },
  );

const work = 'node: { type: function, function: work, input: { item: item, index: index } }';

describe('S13: results in item order', () => {
  it('whatever finished first', async () => {
    const bodies = new Bodies();
    const held: (() => void)[] = [];
    const functions: Record<string, NodeFunction> = {
      work: ({ item }) => new Promise(resolve => held.push(() => resolve(`${item}!`))),
      after: bodies.now('after'),
    };
    const { result } = await launch(graph(work, functions), { items: ['a', 'b', 'c'] });
    for (const end of held.reverse()) {
      end();
      await settle();
    }
    expect((await result).output.out).toEqual(['a!', 'b!', 'c!']);
    expect(bodies.runs).toEqual(['after']);
  });

  it('zero items: an empty list, and the run goes on', async () => {
    const bodies = new Bodies();
    const result = await run(graph(work, { work: bodies.now('work'), after: bodies.now('after') }), { items: [] });
    expect(result.output.out).toEqual([]);
    expect(bodies.runs).toEqual(['after']);
  });

  it('null: a typed error', async () => {
    const result = await run(graph(work), { items: null });
    expect(result.status).toBe('failed');
    expect(result.error).toMatchObject({ node: 'each', code: 'not-a-list' });
  });

  it('an object gives its members', async () => {
    const result = await run(graph(work, { work: ({ item }) => `${item.key}=${item.value}` }), {
      items: { x: 1, y: 2 },
    });
    expect(result.output.out).toEqual(['x=1', 'y=2']);
  });

  it('a function without an input is given the state, the item and its index', async () => {
    const seen: unknown[] = [];
    const functions: Record<string, NodeFunction> = { work: input => seen.push(input) };
    await run(graph('as: doc, node: { type: function, function: work }', functions), { items: ['a'] });
    expect(seen).toEqual([{ items: ['a'], out: [], bad: [], doc: 'a', index: 0 }]);
  });
});

describe('S14: bounded', () => {
  it('never more than `concurrency` at once, results in order', async () => {
    let now = 0;
    let most = 0;
    const functions: Record<string, NodeFunction> = {
      work: async ({ item }) => {
        most = Math.max(most, ++now);
        for (let i = 0; i <= item % 4; i++) await settle();
        now--;
        return item;
      },
    };
    const items = Array.from({ length: 100 }, (_, i) => i);
    const result = await run(graph(`concurrency: 10, ${work}`, functions), { items });
    expect(most).toBe(10);
    expect(result.output.out).toEqual(items);
  });

  it('10 at once unless it says otherwise', async () => {
    const bodies = new Bodies();
    await launch(graph(work, { work: bodies.hold('work') }), { items: Array.from({ length: 30 }, (_, i) => i) });
    expect(bodies.count('work')).toBe(10);
  });
});

describe('S14: wide', () => {
  it.each(['runtime', 'actor'])('5,000 trivial items in a %s, each once and in order', async host => {
    const own = graph(work, { work: ({ item }) => item + 1 });
    const items = Array.from({ length: 5_000 }, (_, i) => i);
    const output =
      host === 'runtime'
        ? (await run(own, { items })).output
        : await toPromise(createActor(own.machine, { input: { items } }).start());
    expect((output as { out: number[] }).out).toEqual(items.map(i => i + 1));
  });
});

describe('S15: an item that fails', () => {
  const failing = (bodies: Bodies, broken: { is: boolean }): Record<string, NodeFunction> => ({
    work: ({ item }) => {
      bodies.runs.push(item);
      if (item === 'b' && broken.is) throw Object.assign(new Error('no b'), { code: 'E_B' });
      return item;
    },
  });

  it('fails the run, keeps the results, and runs alone on retry', async () => {
    const bodies = new Bodies();
    const broken = { is: true };
    const thread = createRuntime().thread(graph(work, failing(bodies, broken)), 't');
    const first = await thread.invoke({ items: ['a', 'b', 'c'] });
    expect(first.status).toBe('failed');
    expect(first.failures).toEqual([
      { id: 'each[1]', node: 'each[1]', error: expect.objectContaining({ message: 'no b', code: 'E_B' }) },
    ]);
    expect(bodies.runs).toEqual(['a', 'b', 'c']);
    expect((await thread.retry()).status).toBe('failed');
    broken.is = false;
    const last = await thread.retry({ id: 'each[1]' });
    expect(last.output.out).toEqual(['a', 'b', 'c']);
    expect(bodies.runs).toEqual(['a', 'b', 'c', 'b', 'b']);
  });

  it('with enough successes goes on, and the failure is in its list', async () => {
    const options = `minSuccess: 2, failures: bad, ${work}`;
    const result = await run(graph(options, failing(new Bodies(), { is: true })), { items: ['a', 'b', 'c'] });
    expect(result.status).toBe('done');
    expect(result.output.out).toEqual(['a', 'c']);
    expect(result.output.bad).toEqual([
      { index: 1, item: 'b', error: { name: 'Error', message: 'no b', code: 'E_B' } },
    ]);
  });

  it('a share below one is a part of the items', async () => {
    const functions = failing(new Bodies(), { is: true });
    const items = ['a', 'b', 'b', 'c'];
    expect((await run(graph(`minSuccess: 0.5, ${work}`, functions), { items })).status).toBe('done');
    expect((await run(graph(`minSuccess: 0.75, ${work}`, functions), { items })).status).toBe('failed');
  });

  it('`onError` takes it when too few succeeded', async () => {
    const result = await run(graph(`onError: continue, ${work}`, failing(new Bodies(), { is: true })), {
      items: ['a', 'b'],
    });
    expect(result.status).toBe('done');
    expect(result.handled).toMatchObject([{ id: 'each', error: { name: 'MapError', code: 'min-success' } }]);
  });

  it('a result that is no JSON is an error of its item', async () => {
    const result = await run(graph(work, { work: () => new Date(0) }), { items: [1] });
    expect(result.error).toMatchObject({ node: 'each[0]', code: 'not-json' });
  });
});

describe('S16: items that wait for people', () => {
  const review = 'node: { type: interrupt, message: "{{ index }}: {{ item }}?", schema: { ok: boolean } }';

  it('are asked each by an id, and answered in any order and in parts', async () => {
    const thread = createRuntime().thread(graph(review), 't');
    const first = await thread.invoke({ items: ['a', 'b', 'c', 'd', 'e'] });
    expect(first.status).toBe('waiting');
    expect(first.interrupts.map(i => [i.id, i.message])).toEqual([
      ['each[0]', '0: a?'],
      ['each[1]', '1: b?'],
      ['each[2]', '2: c?'],
      ['each[3]', '3: d?'],
      ['each[4]', '4: e?'],
    ]);
    await expect(thread.resume({ 'each[3]': { ok: 3 } })).rejects.toThrow(/does not fit/);
    const second = await thread.resume({ 'each[3]': { ok: true }, 'each[0]': { ok: false } });
    expect(second.interrupts.map(i => i.id)).toEqual(['each[1]', 'each[2]', 'each[4]']);
    await thread.resume({ 'each[4]': { ok: false }, 'each[1]': { ok: true } });
    const last = await thread.resume({ ok: true });
    expect(last.output.out).toEqual([{ ok: false }, { ok: true }, { ok: true }, { ok: true }, { ok: false }]);
  });

  const inner = `state: { doc: string, verdict: string? }
nodes:
  draft: { type: function, function: draft, input: { doc: doc } }
  review: { type: interrupt, message: "{{ doc }}?", output: verdict }
edges: [START -> draft -> review -> END]
output: verdict
`;
  const overGraph = (bodies: Bodies): Graph =>
    build(
      `state: { items: list<string>, out: { type: list<any>, default: [] } }
nodes: { each: { type: map, over: items, graph: inner.yaml, input: { doc: item }, collect: out } }
edges: [START -> each -> END]
`,
      { functions: { draft: bodies.now('draft') }, read: file => (file === 'inner.yaml' ? inner : undefined) },
    );

  it('also inside a graph that runs for each item', async () => {
    const bodies = new Bodies();
    const thread = createRuntime().thread(overGraph(bodies), 't');
    const first = await thread.invoke({ items: ['a', 'b'] });
    expect(first.interrupts.map(i => [i.id, i.node, i.path])).toEqual([
      ['each[0]/review', 'review', ['each[0]']],
      ['each[1]/review', 'review', ['each[1]']],
    ]);
    await thread.resume({ 'each[1]/review': 'good' });
    const last = await thread.resume('fine');
    expect(last.output.out).toEqual([{ verdict: 'fine' }, { verdict: 'good' }]);
    expect(bodies.count('draft')).toBe(2);
  });

  it('in a plain actor, persisted while they wait and restored from JSON', async () => {
    const bodies = new Bodies();
    const own = overGraph(bodies);
    const actor = createActor(own.machine, { input: { items: ['a', 'b', 'c'] } }).start();
    await settle();
    actor.send({ type: 'resume', id: 'each[1]/review', value: 'good' });
    await settle();
    const persisted = JSON.parse(JSON.stringify(actor.getPersistedSnapshot())) as Snapshot<unknown>;
    actor.stop();
    expect(interruptsOf(persisted as never).map(i => i.id)).toEqual(['each[0]/review', 'each[2]/review']);
    const again = createActor(own.machine, { snapshot: persisted, input: undefined }).start();
    await settle();
    expect(interruptsOf(again.getSnapshot()).map(i => i.id)).toEqual(['each[0]/review', 'each[2]/review']);
    again.send({ type: 'resume', id: 'each[2]/review', value: 'fine' });
    await settle();
    again.send({ type: 'resume', id: 'each[0]/review', value: 'poor' });
    expect(await toPromise(again)).toMatchObject({
      out: [{ verdict: 'poor' }, { verdict: 'good' }, { verdict: 'fine' }],
    });
    expect(bodies.count('draft')).toBe(3);
  });
});

describe('a map in a plain actor', () => {
  it('runs bounded, in order, and gives the same result', async () => {
    const own = graph(`concurrency: 2, ${work}`, { work: ({ item }) => item * 2 });
    const actor = createActor(own.machine, { input: { items: [1, 2, 3, 4, 5] } }).start();
    expect(await toPromise(actor)).toMatchObject({ out: [2, 4, 6, 8, 10] });
  });

  it('waits with what failed, and runs it alone on retry', async () => {
    const bodies = new Bodies();
    let broken = true;
    const own = graph(work, {
      work: ({ item }) => {
        bodies.runs.push(item);
        if (item === 'b' && broken) throw new Error('no b');
        return item;
      },
    });
    const actor = createActor(own.machine, { input: { items: ['a', 'b', 'c'] } }).start();
    await settle();
    expect(failuresOf(actor.getSnapshot())).toMatchObject([{ id: 'each[1]', error: { message: 'no b' } }]);
    const persisted = JSON.parse(JSON.stringify(actor.getPersistedSnapshot())) as Snapshot<unknown>;
    actor.stop();
    const again = createActor(own.machine, { snapshot: persisted, input: undefined }).start();
    await settle();
    expect(failuresOf(again.getSnapshot()).map(f => f.id)).toEqual(['each[1]']);
    broken = false;
    again.send({ type: 'retry', id: 'each[1]' });
    expect(await toPromise(again)).toMatchObject({ out: ['a', 'b', 'c'] });
    expect(bodies.runs).toEqual(['a', 'b', 'c', 'b']);
  });

  it('bodies are told to stop with their actor', async () => {
    const bodies = new Bodies();
    const own = graph(work, { work: bodies.hold('work') });
    const actor = createActor(own.machine, { input: { items: [1, 2] } }).start();
    await settle();
    const [first, second] = [bodies.get('work'), bodies.get('work')];
    actor.stop();
    expect([first.signal.aborted, second.signal.aborted]).toEqual([true, true]);
  });
});

describe('items with keys of their own', () => {
  it('`retry` and `timeout` are of one item', async () => {
    const clock = simulatedClock();
    const tries: Record<string, number> = {};
    const own = graph(
      'node: { type: function, function: work, input: { item: item }, retry: { attempts: 3, delay: 10s } }',
      {
        work: ({ item }) => {
          tries[item] = (tries[item] ?? 0) + 1;
          if (item === 'b' && tries[item] < 3) throw new Error('not yet');
          return item;
        },
      },
    );
    const result = createRuntime({ clock })
      .thread(own, 't')
      .invoke({ items: ['a', 'b'] });
    await clock.advance(60_000);
    expect((await result).output.out).toEqual(['a', 'b']);
    expect(tries).toEqual({ a: 1, b: 3 });
  });

  it('`deadline` of the map stops all of it', async () => {
    const clock = simulatedClock();
    const bodies = new Bodies();
    const own = graph(`deadline: 5s, onError: continue, ${work}`, { work: bodies.hold('work') });
    const result = createRuntime({ clock })
      .thread(own, 't')
      .invoke({ items: [1] });
    await clock.advance(0);
    const body = bodies.get('work');
    await clock.advance(5_000);
    body.finish();
    expect((await result).handled).toMatchObject([{ id: 'each', error: { code: 'deadline' } }]);
    expect(body.signal.aborted).toBe(true);
  });

  it('a map inside a map', async () => {
    const own = graph(
      'as: row, node: { type: map, over: row, node: { type: interrupt, message: "{{ item }} of {{ row }}?" } }',
    );
    const thread = createRuntime().thread(own, 't');
    const first = await thread.invoke({ items: [['a', 'b'], ['c']] });
    expect(first.interrupts.map(i => [i.id, i.message])).toEqual([
      ['each[0][0]', 'a of ["a","b"]?'],
      ['each[0][1]', 'b of ["a","b"]?'],
      ['each[1][0]', 'c of ["c"]?'],
    ]);
    const last = await thread.resume({ 'each[0][1]': 2, 'each[1][0]': 3, 'each[0][0]': 1 });
    expect(last.output.out).toEqual([
      { results: [1, 2], failures: [] },
      { results: [3], failures: [] },
    ]);
  });
});

describe('S22: a map is cancelled', () => {
  it('its bodies are told, nothing more starts, and the thread goes on later', async () => {
    const bodies = new Bodies();
    const own = graph(`concurrency: 2, ${work}`, { work: bodies.hold('work') });
    const abort = new AbortController();
    const thread = createRuntime().thread(own, 't');
    const cancelled = thread.invoke({ items: [1, 2, 3] }, { signal: abort.signal });
    await settle();
    bodies.get('work').finish('one');
    await settle();
    const [second, third] = [bodies.get('work'), bodies.get('work')];
    abort.abort();
    second.finish('late');
    third.finish('late');
    expect((await cancelled).status).toBe('cancelled');
    expect([second.signal.aborted, third.signal.aborted]).toEqual([true, true]);
    const resumed = thread.retry();
    await settle();
    bodies.get('work').finish('two');
    bodies.get('work').finish('three');
    expect((await resumed).output.out).toEqual(['one', 'two', 'three']);
    expect(bodies.count('work')).toBe(5);
  });
});

describe('what a map refuses', () => {
  const map = (more: string): string[] =>
    refusals(`state: { items: list<string>, n: number, out: list<string>, item2: string? }
nodes: { each: { type: map, over: items, ${more} } }
edges: [START -> each -> END]
`);
  it.each([
    ['neither node nor graph', '', ['wrong-value']],
    ['a node that writes the state', 'node: { type: set, set: { n: 1 } }', ['wrong-value']],
    ['an output in what runs for an item', 'node: { type: function, function: f, output: out }', ['wrong-value']],
    ['a wrong key in what runs for an item', 'node: { type: function, functoin: f }', ['unknown-key', 'missing-key']],
    [
      'an item of the wrong type',
      'node: { type: function, function: f, input: { x: item.name } }',
      ['expression-type'],
    ],
    ['a name that is a state key', 'as: n, node: { type: function, function: f }', ['reserved-name']],
    ['a key that cannot take a list', 'collect: n, node: { type: function, function: f }', ['expression-type']],
    [
      'visits in what runs for an item',
      'node: { type: function, function: f, input: { x: visits.each } }',
      ['expression-name'],
    ],
    [
      'the item outside of it',
      'concurrency: 2, output: { out: item }, node: { type: function, function: f }',
      ['expression-name'],
    ],
  ])('%s', (_, more, codes) => {
    const found = map(more);
    expect(found.some(code => codes.includes(code))).toBe(true);
  });

  it('a number to map over', () => {
    expect(
      refusals(`state: { n: number }
nodes: { each: { type: map, over: n, node: { type: function, function: f } } }
edges: [START -> each -> END]
`),
    ).toEqual(['expression-type']);
  });
});
