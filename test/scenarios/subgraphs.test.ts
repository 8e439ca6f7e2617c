import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { compileGraph, createRuntime, failuresOf, interruptsOf, type RunEvent } from '../../src/index.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { Bodies, build, settle } from '../helpers.ts';

const files: Record<string, string> = {
  'inner.yaml': `
name: inner
state: { word: string, ok: boolean?, log: { type: array, items: string, merge: append } }
nodes:
  first: { type: function, function: first }
  review: { type: interrupt, message: "Is {{ word }} right?", schema: boolean, output: ok }
  last: { type: function, function: last }
edges: ["START -> first -> review -> last -> END"]
output: [ok, log]
`,
  'middle.yaml': `
name: middle
state: { text: string, ok: boolean?, log: { type: array, items: string, merge: append } }
nodes:
  inner: { type: graph, graph: inner.yaml, input: { word: text }, output: { ok: output.ok, log: output.log } }
  after: { type: set, set: { log: "'middle'" } }
edges: ["START -> inner -> after -> END"]
`,
};
const read = (file: string): string | undefined => files[file];

const outer = `
name: outer
state: { topic: string, ok: boolean?, log: { type: array, items: string, merge: append } }
nodes:
  sub: { type: graph, graph: middle.yaml, input: { text: topic + "!" }, output: { ok: output.ok, log: output.log } }
  side: { type: function, function: side }
  end: { type: set, set: { log: "'end'" } }
edges: ["START -> [sub, side] -> end -> END"]
`;

function make(): { graph: ReturnType<typeof build>; bodies: Bodies } {
  const bodies = new Bodies();
  const functions = {
    first: bodies.now('first', { log: 'first' }),
    last: bodies.now('last', { log: 'last' }),
    side: bodies.now('side', { log: 'side' }),
  };
  return { graph: build(outer, { file: 'outer.yaml', read, functions }), bodies };
}

describe('S27 an interrupt two levels down', () => {
  it('S27 has its path in the id, is answered through the parent thread, and nothing runs twice', async () => {
    const { graph, bodies } = make();
    const thread = createRuntime().thread(graph);
    const events: RunEvent[] = [];
    const first = await thread.invoke({ topic: 'owls' }, { onEvent: e => events.push(e) });
    expect(first.interrupts).toMatchObject([
      { id: 'sub/inner/review', node: 'review', path: ['sub', 'inner'], message: 'Is owls! right?' },
    ]);
    await expect(thread.resume('yes')).rejects.toMatchObject({ code: 'payload' });
    const last = await thread.resume({ 'sub/inner/review': true });
    expect(last).toMatchObject({
      status: 'done',
      output: { ok: true, log: ['first', 'last', 'middle', 'side', 'end'] },
    });
    expect(bodies.runs.sort()).toEqual(['first', 'last', 'side']);
    expect(last.metrics.visits).toMatchObject({ sub: 1, 'sub/inner': 1, 'sub/inner/first': 1, end: 1 });
    expect(events.find(e => e.type === 'node-finished' && e.node === 'first')?.path).toBe('sub/inner/');
  });

  it('S27 the same in plain XState: listed, forwarded, restored', async () => {
    const { graph, bodies } = make();
    const actor = createActor(graph.machine, { input: { topic: 'owls' } }).start();
    await settle();
    expect(interruptsOf(actor.getSnapshot()).map(i => i.id)).toEqual(['sub/inner/review']);
    const stored = JSON.stringify(actor.getPersistedSnapshot());
    actor.stop();
    expect(interruptsOf(JSON.parse(stored)).map(i => i.id)).toEqual(['sub/inner/review']);
    const later = createActor(graph.machine, { snapshot: JSON.parse(stored) }).start();
    later.send({ type: 'resume', id: 'sub/inner/review', value: false });
    await settle();
    expect(later.getSnapshot()).toMatchObject({
      status: 'done',
      output: { ok: false, log: ['first', 'last', 'middle', 'side', 'end'] },
    });
    expect(bodies.count('first')).toBe(1);
  });
});

describe('a subgraph', () => {
  it('that fails is retried inside; its parent waits', async () => {
    let broken = true;
    const first = (): object => {
      if (broken) throw new Error('broken');
      return {};
    };
    const graph = build(outer, { file: 'outer.yaml', read, functions: { first, last: () => ({}), side: () => ({}) } });
    const thread = createRuntime().thread(graph);
    const failed = await thread.invoke({ topic: 'x' });
    expect(failed).toMatchObject({ status: 'failed', failures: [{ id: 'sub/inner/first', node: 'first' }] });
    broken = false;
    expect((await thread.retry({ id: 'sub/inner/first' })).status).toBe('waiting');
    const actor = createActor(graph.machine, { input: { topic: 'x' } });
    broken = true;
    actor.start();
    await settle();
    expect(failuresOf(actor.getSnapshot()).map(f => f.id)).toEqual(['sub/inner/first']);
    broken = false;
    actor.send({ type: 'retry' });
    await settle();
    expect(interruptsOf(actor.getSnapshot())).toHaveLength(1);
    actor.stop();
  });

  it('that is not waited for any more is stopped with all that runs in it', async () => {
    const text = `
state: { topic: { type: string, default: x } }
nodes:
  sub: { type: graph, graph: inner.yaml, input: { word: topic } }
  quick: { type: function, function: quick }
  end: { type: set, set: {}, join: any }
edges: ["START -> [sub, quick] -> end -> END"]
`;
    const bodies = new Bodies();
    const clock = simulatedClock();
    const functions = { first: bodies.hold('first'), last: bodies.now('last'), quick: bodies.hold('quick') };
    const result = createRuntime({ clock })
      .thread(build(text, { file: 'o.yaml', read, functions }))
      .invoke();
    await settle();
    const inner = bodies.get('first');
    bodies.get('quick').finish();
    await settle();
    expect(inner.signal.aborted).toBe(true);
    inner.finish();
    expect(await result).toMatchObject({ status: 'done', interrupts: [] });
    expect(bodies.count('last')).toBe(0);
  });

  it('is used twice, and in a loop, each time from its own beginning', async () => {
    const text = `
state: { n: { type: number, default: 0 }, all: { type: array, items: number, merge: append } }
nodes:
  one: { type: graph, graph: add.yaml, input: { n: n }, output: { n: output.n, all: output.n }, maxVisits: 5 }
  two: { type: graph, graph: add.yaml, input: { n: n * 10 }, output: { all: output.n } }
edges:
  - START -> one
  - { from: one, to: one, when: n < 3 }
  - one -> two -> END
`;
    const add =
      'name: add\nstate: { n: number }\nnodes: { add: { type: set, set: { n: n + 1 } } }\nedges: ["START -> add -> END"]';
    const graph = build(text, { file: 'o.yaml', read: f => (f === 'add.yaml' ? add : undefined) });
    expect((await createRuntime().thread(graph).invoke()).output.all).toEqual([1, 2, 3, 31]);
  });

  it('an input that cannot be worked out is the failure of its node', async () => {
    const text = `
state: { names: { type: array, items: string, default: [] } }
nodes: { sub: { type: graph, graph: inner.yaml, input: { word: "names[0]" } } }
edges: ["START -> sub -> END"]
`;
    const result = await createRuntime()
      .thread(build(text, { file: 'o.yaml', read }))
      .invoke();
    expect(result).toMatchObject({ status: 'failed', error: { node: 'sub' } });
  });
});

describe('a subgraph is refused', () => {
  const codes = (sub: string, more: Record<string, string> = {}) => {
    const text = `state: { n: { type: number, default: 0 } }\nnodes: { sub: { type: graph, ${sub} } }\nedges: ["START -> sub -> END"]`;
    const result = compileGraph(text, { file: 'o.yaml', read: f => ({ ...files, ...more })[f] });
    return result.ok ? [] : result.diagnostics.map(d => `${d.span.file} ${d.code}: ${d.message}`);
  };
  it.each([
    ['when its file is not there', 'graph: none.yaml', 'o.yaml missing-file'],
    ['when a required key is not given', 'graph: inner.yaml', 'gives no "word"'],
    ['when it has no such key', 'graph: inner.yaml, input: { word: "\'x\'", wrod: n }', 'has no state key "wrod"'],
    ['when a type does not fit', 'graph: inner.yaml, input: { word: n }', 'cannot take a number'],
    ['when an output does not exist', 'graph: inner.yaml, input: { word: "\'x\'" }, output: { n: output.okk }', 'okk'],
  ])('%s', (_, sub, found) => {
    expect(codes(sub).join('\n')).toContain(found);
  });

  it('with the findings of its own file', () => {
    expect(
      codes('graph: bad.yaml', { 'bad.yaml': 'nodes: { a: { type: sett } }\nedges: ["START -> a -> END"]' }).join('\n'),
    ).toContain('bad.yaml unknown-type');
  });

  it('when it contains itself, with the cycle spelled out', () => {
    const ring = {
      'a.yaml': 'nodes: { b: { type: graph, graph: b.yaml } }\nedges: ["START -> b -> END"]',
      'b.yaml': 'nodes: { a: { type: graph, graph: a.yaml } }\nedges: ["START -> a -> END"]',
    };
    expect(codes('graph: a.yaml', ring).join('\n')).toContain('a.yaml -> b.yaml -> a.yaml');
  });
});
