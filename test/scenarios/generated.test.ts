/** Rules that generated graphs showed to be broken, each in a small graph of its own. */
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { createRuntime, failuresOf, type Graph, interruptsOf, type NodeFunction } from '../../src/index.ts';
import { ThreadRunner } from '../../src/runtime/thread-runner.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { createWorld } from '../../src/tools/world.ts';
import { Bodies, build, run, settle } from '../helpers.ts';
import { storedHost } from '../stored-host.ts';

const state = 'state: { seen: { type: list<string>, merge: append }, n: { type: number, default: 0 } }';

/** A thread that is stored and restored at every step. */
function storedThread(graph: Graph): ThreadRunner {
  const clock = simulatedClock();
  return new ThreadRunner(graph, 't', storedHost(), { clock, world: createWorld({ clock }) });
}

const failing = (): never => {
  throw new Error('no');
};

describe('a join of some', () => {
  it('S10 takes as many as it says, in file order, when more come at the same moment', async () => {
    const some = (join: string) => `${state}
nodes:
  a: { type: set, set: { seen: "'a'" } }
  b: { type: set, set: { seen: "'b'" } }
  c: { type: set, set: { seen: "'c'" } }
  meet: { type: set, set: { seen: "'meet'" }, join: ${join} }
edges: ["START -> [a, b, c] -> meet -> END"]
`;
    expect((await run(build(some('any')))).output.seen).toEqual(['a', 'meet']);
    expect((await run(build(some('2')))).output.seen).toEqual(['a', 'b', 'meet']);
    expect((await run(build(some('all')))).output.seen).toEqual(['a', 'b', 'c', 'meet']);
  });

  it('S10 waits anew when a loop comes back to it at once', async () => {
    const text = `${state}
nodes:
  pick: { type: set, set: { n: n + 1 }, route: all, maxVisits: 3 }
  a: { type: function, function: a }
  b: { type: function, function: b }
  meet: { type: set, set: { seen: "'meet'" }, join: any }
edges:
  - START -> pick
  - { from: pick, to: a, when: n == 1 }
  - { from: pick, to: b, when: n == 2 }
  - pick -> meet
  - "[a, b] -> meet"
  - { from: meet, to: pick, when: n < 2 }
  - meet -> END
`;
    const functions = { a: () => ({ seen: 'a' }), b: () => ({ seen: 'b' }) };
    expect((await run(build(text, { functions }))).output.seen).toEqual(['a', 'meet', 'b', 'meet']);
  });
});

describe('what is started, stopped and started again at one moment', () => {
  const text = (node: string): string => `${state}
nodes:
  pick: { type: set, set: { n: n + 1 }, route: all, maxVisits: 3 }
  work: { ${node} }
  other: { type: interrupt, message: Wait? }
  meet: { type: set, set: {}, join: any }
edges:
  - START -> pick
  - { from: pick, to: work, when: n < 3 }
  - { from: pick, to: other, when: n < 3 }
  - { from: pick, to: meet, when: n == 1 }
  - pick -> meet
  - "[work, other] -> meet"
  - { from: meet, to: pick, when: n < 2 }
  - meet -> END
`;

  it('a body runs once', async () => {
    const bodies = new Bodies();
    const graph = build(text('type: function, function: work'), { functions: { work: bodies.now('work') } });
    expect((await run(graph)).status).toBe('done');
    expect(bodies.runs).toEqual(['work']);
  });

  it('a timer is waited for once', async () => {
    const clock = simulatedClock();
    const result = createRuntime({ clock })
      .thread(build(text('type: wait, for: 5s')))
      .invoke();
    await clock.advance(5_000);
    expect(await Promise.race([result.then(r => r.status), settle().then(() => 'still running')])).toBe('done');
  });
});

describe('a budget', () => {
  it('S06 allows one visit more after a retry, also of the node that a branch begins with', async () => {
    const text = `${state}
nodes:
  a: { type: set, set: { seen: "'a'", n: n + 1 }, maxVisits: 1 }
  b: { type: set, set: { seen: "'b'" } }
  meet: { type: set, set: {} }
edges:
  - START -> [a, b]
  - { from: a, to: a, when: n < 2 }
  - "[a, b] -> meet -> END"
`;
    const thread = createRuntime().thread(build(text));
    expect((await thread.invoke()).error).toMatchObject({ node: 'a', code: 'limit' });
    expect(await thread.retry()).toMatchObject({ status: 'done', output: { seen: ['a', 'a', 'b'] } });
  });

  it('S06 counts the visits in a branch that was cancelled, however wide the fork in it', async () => {
    const text = `${state}
nodes:
  again: { type: set, set: { n: n + 1 }, maxVisits: 3 }
  fork: { type: set, set: {} }
  a: { type: set, set: { seen: "'a'" }, maxVisits: 1, onLimit: inner }
  b: { type: interrupt, message: Wait? }
  inner: { type: set, set: {} }
  quick: { type: function, function: quick }
  meet: { type: set, set: {}, join: any }
edges:
  - START -> again -> [fork, quick]
  - fork -> [a, b] -> inner -> meet
  - quick -> meet
  - { from: meet, to: again, when: n < 2 }
  - meet -> END
`;
    for (const wideFork of [1_000, 0]) {
      const thread = createRuntime().thread(build(text, { wideFork, functions: { quick: () => ({}) } }));
      expect((await thread.invoke()).metrics.visits.a, `wideFork: ${wideFork}`).toBe(1);
    }
  });
});

describe('items of a map', () => {
  const map = (node: string, keys = '') => `
state: { got: { type: list<any>, merge: append }, lost: { type: list<any>, merge: append } }
nodes:
  each: { type: map, over: [0, 1, 2], node: { ${node} }, collect: got, failures: lost${keys} }
edges: [START -> each -> END]
`;

  /** Item 1 fails while it is broken. */
  function flaky(): { work: NodeFunction; broken: boolean; runs: number[] } {
    const own = {
      broken: true,
      runs: [] as number[],
      work: ({ index }: { index: number }) => {
        own.runs.push(index);
        return index === 1 && own.broken ? failing() : index;
      },
    };
    return own;
  }

  it('may wait for a time; their result is null', async () => {
    const clock = simulatedClock();
    const thread = createRuntime({ clock }).thread(build(map('type: wait, for: 10s')));
    void thread.invoke();
    await clock.advance(10_000);
    expect(await thread.state()).toMatchObject({ status: 'done', values: { got: [null, null, null] } });
  });

  it('S15 with a retry of their own count as failed when it is used up', async () => {
    const clock = simulatedClock();
    const text = map('type: function, function: work, retry: { attempts: 2, delay: 1s }', ', minSuccess: 2');
    const thread = createRuntime({ clock }).thread(build(text, { functions: { work: flaky().work } }));
    void thread.invoke();
    await clock.advance(1_000);
    expect(await thread.state()).toMatchObject({
      status: 'done',
      values: { got: [0, 2], lost: [{ index: 1, item: 1, error: { message: 'no' } }] },
    });
  });

  const slow = map('type: function, function: work, timeout: 10m', ', concurrency: 1');

  it('S15 with a timeout of their own hold up no others, and run alone on retry', async () => {
    const own = flaky();
    const thread = createRuntime({ clock: simulatedClock() }).thread(build(slow, { functions: { work: own.work } }));
    expect(await thread.invoke()).toMatchObject({ status: 'failed', failures: [{ id: 'each[1]' }] });
    own.broken = false;
    expect((await thread.retry({ id: 'each[1]' })).output.got).toEqual([0, 1, 2]);
    expect(own.runs).toEqual([0, 1, 2, 1]);
  });

  it('S15 the same in a plain actor', async () => {
    const own = flaky();
    const actor = createActor(build(slow, { functions: { work: own.work } }).machine).start();
    await settle();
    expect(failuresOf(actor.getSnapshot()).map(f => f.id)).toEqual(['each[1]']);
    own.broken = false;
    actor.send({ type: 'retry', id: 'each[1]' });
    await settle();
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { got: [0, 1, 2] } });
    expect(own.runs).toEqual([0, 1, 2, 1]);
  });

  it('S15 that wait for their turn to run again do so in item order, stored or not', async () => {
    const bodies = new Bodies();
    const graph = build(map('type: function, function: w', ', concurrency: 1'), { functions: { w: bodies.hold('w') } });
    for (const thread of [storedThread(graph), createRuntime().thread(graph)]) {
      void thread.invoke({}, {});
      for (let i = 0; i < 3; i++) {
        await settle();
        bodies.get('w').fail('no');
      }
      await settle();
      for (const index of [0, 2, 1]) void thread.retry({ id: `each[${index}]` });
      const order: unknown[] = [];
      for (let i = 0; i < 3; i++) {
        await settle();
        const { input, finish } = bodies.get('w');
        order.push(input.index);
        finish();
      }
      expect(order).toEqual([0, 1, 2]);
    }
  });
});

describe('a deadline', () => {
  it('S20 goes on over the attempts of a node that waits after its body', async () => {
    const clock = simulatedClock();
    const keys = 'retry: { attempts: 9, delay: 2s, factor: 1 }, deadline: 5s, interruptAfter: true';
    const text = `${state}
nodes: { work: { type: function, function: work, ${keys} } }
edges: [START -> work -> END]
`;
    const thread = createRuntime({ clock }).thread(build(text, { functions: { work: failing } }));
    void thread.invoke();
    await clock.advance(5_000);
    expect((await thread.state()).failures).toMatchObject([{ id: 'work', error: { code: 'deadline' } }]);
  });
});

describe('an event', () => {
  it.each([1_000, 0])('ends all waits for it, wherever they are (wideFork: %i)', async wideFork => {
    const sub = `${state}
nodes: { inside: { type: wait, event: go, output: { seen: "'inside'" } } }
edges: [START -> inside -> END]
`;
    const text = `
state: { seen: { type: list<string>, merge: append }, got: { type: list<any>, merge: append } }
nodes:
  a: { type: wait, event: go, output: { seen: "'a'" } }
  b: { type: wait, event: go, output: { seen: "'b'" } }
  sub: { type: graph, graph: sub.yaml, output: { seen: output.seen } }
  each: { type: map, over: [0, 1], node: { type: wait, event: go }, collect: got }
  meet: { type: set, set: {} }
edges: ["START -> [a, b, sub, each] -> meet -> END"]
`;
    const graph = build(text, { wideFork, read: file => (file === 'sub.yaml' ? sub : undefined) });
    const thread = storedThread(graph);
    await thread.invoke({}, {});
    const output = { seen: ['a', 'b', 'inside'], got: [{ n: 1 }, { n: 1 }] };
    expect(await thread.send({ type: 'go', n: 1 } as { type: string }, {})).toMatchObject({ status: 'done', output });
    const actor = createActor(graph.machine).start();
    await settle();
    actor.send({ type: 'go', n: 1 } as never);
    await settle();
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output });
  });

  it('is taken by a graph whose subgraph waits for it later, restored from a store', async () => {
    const sub = `${state}
nodes: { first: { type: wait, event: start }, then: { type: wait, event: go } }
edges: [START -> first -> then -> END]
`;
    const text = `${state}
nodes:
  a: { type: wait, event: go }
  b: { type: wait, event: start }
  sub: { type: graph, graph: sub.yaml }
  meet: { type: set, set: {} }
edges: ["START -> [a, b, sub] -> meet -> END"]
`;
    const thread = storedThread(build(text, { read: file => (file === 'sub.yaml' ? sub : undefined) }));
    await thread.invoke({}, {});
    expect((await thread.send({ type: 'go' }, {})).interrupts.map(i => i.id)).toEqual(['b', 'sub/first']);
    expect((await thread.send({ type: 'start' }, {})).interrupts.map(i => i.id)).toEqual(['sub/then']);
    expect((await thread.send({ type: 'go' }, {})).status).toBe('done');
  });
});

describe('the last error', () => {
  it('S21 of each node is in the outcome, also of a subgraph and an item that have ended', async () => {
    const sub = `${state}
nodes: { work: { type: function, function: failing, onError: continue } }
edges: [START -> work -> END]
`;
    const text = `${state}
nodes:
  sub: { type: graph, graph: sub.yaml }
  each: { type: map, over: [0, 1], graph: sub.yaml }
  work: { type: function, function: failing, onError: continue }
edges: [START -> sub -> each -> work -> END]
`;
    const read = (file: string): string | undefined => (file === 'sub.yaml' ? sub : undefined);
    const { handled } = await run(build(text, { read, functions: { failing } }));
    expect(handled.map(f => f.id)).toEqual(['sub/work', 'each[0]/work', 'each[1]/work', 'work']);
  });

  it('S21 behind a join is the one that a branch handled, not one from before the fork, stored or not', async () => {
    const text = `${state}
nodes:
  first: { type: function, function: failing, onError: continue }
  a: { type: function, function: failing, onError: continue }
  b: { type: function, function: fine }
  meet: { type: set, set: { seen: error.node } }
edges: ["START -> first -> [a, b] -> meet -> END"]
`;
    const graph = build(text, { functions: { failing, fine: () => ({}) } });
    expect((await storedThread(graph).invoke({}, {})).output.seen).toEqual(['a']);
    expect((await run(graph)).output.seen).toEqual(['a']);
  });
});

describe('a failure that the graph around handles', () => {
  /** A subgraph of which `onError` makes something. */
  const outer = `${state}
nodes:
  sub: { type: graph, graph: sub.yaml, output: { seen: output.seen }, onError: caught }
  caught: { type: set, set: { seen: error.message } }
edges: [START -> sub -> END, caught -> END]
`;
  const graph = (sub: string, functions: Record<string, NodeFunction>, wideFork = 8): Graph =>
    build(outer, { wideFork, functions, read: file => (file === 'sub.yaml' ? sub : undefined) });

  const beside = `${state}
nodes:
  a: { type: function, function: a }
  b: { type: set, set: {} }
  c: { type: function, function: c }
  d: { type: function, function: d }
  inner: { type: function, function: e }
  meet: { type: set, set: {} }
edges: ["START -> [a, b]", "b -> [c, d] -> inner -> meet", a -> meet -> END]
`;

  it.each([1_000, 0])('what runs beside it finishes, forks and all (wideFork: %i)', async wideFork => {
    const bodies = new Bodies();
    const functions = { a: failing, c: bodies.hold('c'), d: bodies.hold('d'), e: bodies.now('e') };
    const thread = createRuntime().thread(graph(beside, functions, wideFork));
    const result = thread.invoke();
    await settle();
    // It is the error of the subgraph in the end; there is nothing to be tried again.
    expect(await thread.state()).toMatchObject({ status: 'running', failures: [] });
    bodies.get('c').finish();
    bodies.get('d').finish();
    expect((await result).output.seen).toEqual(['no']);
    expect(bodies.count('e')).toBe(1);
  });

  it.each([1_000, 0])('of several the first in the file is the error (wideFork: %i)', async wideFork => {
    const sub = `${state}
nodes:
  a: { type: function, function: a }
  b: { type: function, function: b }
  meet: { type: set, set: {} }
edges: ["START -> [a, b] -> meet -> END"]
`;
    const bodies = new Bodies();
    const functions = { a: bodies.hold('a'), b: bodies.hold('b') };
    const result = createRuntime()
      .thread(graph(sub, functions, wideFork))
      .invoke();
    await settle();
    bodies.get('b').fail('the second');
    await settle();
    bodies.get('a').fail('the first');
    expect((await result).output.seen).toEqual(['the first']);
  });

  it('does not keep a join of some from going on with those that arrived', async () => {
    const sub = `${state}
nodes:
  a: { type: function, function: failing }
  b: { type: function, function: fine }
  meet: { type: set, set: { seen: "'meet'" }, join: any }
edges: ["START -> [a, b] -> meet -> END"]
`;
    expect((await run(graph(sub, { failing, fine: () => ({}) }))).output.seen).toEqual(['meet']);
  });
});

describe('a pause behind the body', () => {
  it('S29 of a subgraph leaves the answers inside to the subgraph, in a plain actor too', async () => {
    const sub = `${state}
nodes: { ask: { type: interrupt, message: Yes?, output: { seen: "'asked'" } } }
edges: [START -> ask -> END]
`;
    const text = `${state}
nodes: { sub: { type: graph, graph: sub.yaml, output: { seen: output.seen }, interruptAfter: true } }
edges: [START -> sub -> END]
`;
    const actor = createActor(build(text, { read: () => sub }).machine).start();
    await settle();
    for (const id of ['sub/ask', 'sub:after']) {
      expect(interruptsOf(actor.getSnapshot()).map(i => i.id)).toEqual([id]);
      actor.send({ type: 'resume', id, value: true });
      await settle();
    }
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { seen: ['asked'] } });
  });

  it('S29 of a function that asks in its middle and may be tried again: a question is no error', async () => {
    const work: NodeFunction = async (_, ctx) => ({ seen: String(await ctx.interrupt('Which?')) });
    const text = `${state}
nodes: { work: { type: function, function: work, retry: 3, interruptAfter: true } }
edges: [START -> work -> END]
`;
    const thread = createRuntime({ clock: simulatedClock() }).thread(build(text, { functions: { work } }));
    expect((await thread.invoke()).interrupts).toMatchObject([{ id: 'work', message: 'Which?' }]);
    expect((await thread.resume('this')).interrupts).toMatchObject([{ id: 'work:after' }]);
    expect(await thread.resume()).toMatchObject({ status: 'done', output: { seen: ['this'] } });
  });
});
