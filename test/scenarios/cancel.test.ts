import { describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/index.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { Bodies, build, settle } from '../helpers.ts';

const text = `
state: { seen: { type: array, items: string, merge: append } }
nodes:
  a: { type: function, function: a }
  b: { type: function, function: b }
edges: ["START -> a -> b -> END"]
`;

describe('cancelling a run', () => {
  it('before it starts: no body runs, and the thread can go on later', async () => {
    const bodies = new Bodies();
    const graph = build(text, { functions: { a: bodies.now('a', { seen: 'a' }), b: bodies.now('b') } });
    const thread = createRuntime().thread(graph);
    expect((await thread.invoke({}, { signal: AbortSignal.abort() })).status).toBe('cancelled');
    expect(bodies.runs).toEqual([]);
    expect((await thread.retry()).status).toBe('done');
    expect(bodies.runs).toEqual(['a', 'b']);
  });

  it('during a body: it sees its signal, its late result is dropped, the next node never starts', async () => {
    const bodies = new Bodies();
    const graph = build(text, { functions: { a: bodies.hold('a'), b: bodies.now('b') } });
    const thread = createRuntime().thread(graph);
    const controller = new AbortController();
    const result = thread.invoke({}, { signal: controller.signal });
    await settle();
    const body = bodies.get('a');
    controller.abort();
    expect(body.signal.aborted).toBe(true);
    body.finish({ seen: 'late' });
    expect((await result).status).toBe('cancelled');
    await settle();
    expect((await thread.state()).values.seen).toEqual([]);
    const again = thread.retry();
    await settle();
    bodies.get('a').finish({ seen: 'again' });
    expect((await again).output.seen).toEqual(['again']);
    expect(bodies.runs).toEqual(['a', 'a', 'b']);
  });
});

describe('a thread that is busy or finished', () => {
  it('refuses a second invoke while it runs, and while it waits', async () => {
    const bodies = new Bodies();
    const graph = build(text, { functions: { a: bodies.hold('a'), b: bodies.now('b') } });
    const app = createRuntime();
    const thread = app.thread(graph, 'x');
    const result = thread.invoke();
    await settle();
    await expect(app.thread(graph, 'x').invoke()).rejects.toMatchObject({ code: 'busy' });
    bodies.get('a').fail('no');
    await result;
    await expect(thread.invoke()).rejects.toMatchObject({ code: 'waiting' });
  });

  it('carries its state over to a new run, with the input merged in', async () => {
    const graph = build(text, { functions: { a: () => ({ seen: 'a' }), b: () => ({}) } });
    const thread = createRuntime().thread(graph);
    await thread.invoke({ seen: ['one'] });
    expect((await thread.invoke({ seen: 'two' })).output.seen).toEqual(['one', 'a', 'two', 'a']);
  });

  it('refuses an input that does not fit, and says all that is wrong', async () => {
    const graph = build(
      'state: { n: number, s: string }\nnodes: { a: { type: set, set: {} } }\nedges: ["START -> a -> END"]',
    );
    const refused = createRuntime().thread(graph).invoke({ n: 'x', m: 1 });
    await expect(refused).rejects.toMatchObject({
      name: 'InputError',
      problems: [expect.stringContaining('"n"'), expect.stringContaining('"m"'), expect.stringContaining('"s"')],
    });
  });
});

describe('S22 cancelling inside a subgraph and during a wait', () => {
  it('S22 a subgraph: its body sees the signal, nothing after it starts, a retry goes on inside it', async () => {
    const inner =
      'name: inner\nstate: {}\nnodes: { a: { type: function, function: a }, b: { type: function, function: b } }\nedges: ["START -> a -> b -> END"]';
    const outer =
      'nodes: { sub: { type: graph, graph: i.yaml }, after: { type: function, function: after } }\nedges: ["START -> sub -> after -> END"]';
    const bodies = new Bodies();
    const functions = { a: bodies.hold('a'), b: bodies.now('b'), after: bodies.now('after') };
    const thread = createRuntime().thread(build(outer, { file: 'o.yaml', read: () => inner, functions }));
    const controller = new AbortController();
    const result = thread.invoke({}, { signal: controller.signal });
    await settle();
    const body = bodies.get('a');
    controller.abort();
    expect(body.signal.aborted).toBe(true);
    body.fail('stopped');
    expect((await result).status).toBe('cancelled');
    expect(bodies.runs).toEqual(['a']);
    const again = thread.retry();
    await settle();
    bodies.get('a').finish();
    expect((await again).status).toBe('done');
    expect(bodies.runs).toEqual(['a', 'a', 'b', 'after']);
  });

  it('S22 before a subgraph could begin: it is given its input when the thread goes on', async () => {
    const inner =
      'name: inner\nstate: { word: string }\nnodes: { a: { type: set, set: { word: word + "!" } } }\nedges: ["START -> a -> END"]';
    const outer =
      'state: { word: { type: string, default: hi } }\nnodes: { sub: { type: graph, graph: i.yaml, input: { word: word }, output: { word: output.word } } }\nedges: ["START -> sub -> END"]';
    const thread = createRuntime().thread(build(outer, { file: 'o.yaml', read: () => inner }));
    expect((await thread.invoke({}, { signal: AbortSignal.abort() })).status).toBe('cancelled');
    expect(await thread.retry()).toMatchObject({ status: 'done', output: { word: 'hi!' } });
  });

  it('S22 a wait: the time that is left is waited after the retry', async () => {
    const clock = simulatedClock();
    const thread = createRuntime({ clock }).thread(
      build('nodes: { w: { type: wait, for: 10s } }\nedges: ["START -> w -> END"]'),
    );
    const controller = new AbortController();
    const result = thread.invoke({}, { signal: controller.signal });
    await clock.advance(4_000);
    controller.abort();
    expect((await result).status).toBe('cancelled');
    await clock.advance(3_000);
    const again = thread.retry();
    await clock.advance(2_999);
    expect((await thread.state()).status).toBe('running');
    await clock.advance(1);
    expect((await again).status).toBe('done');
  });
});
