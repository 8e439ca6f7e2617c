/** S38: the events of one run, in order. */
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { createRuntime, type NodeFunction, type StreamOptions } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { Bodies, build, settle } from '../helpers.ts';
import { collect, line } from './tools.ts';

const all: StreamOptions = { modes: ['debug'] };

const CHAT = `
name: chat
model: scripted
state: { n: { type: number, merge: sum }, text: string?, seen: { type: array, items: string, merge: append } }
nodes:
  say: { type: llm, prompt: Hi, output: text }
  mark: { type: set, set: { seen: '[text]' } }
  add: { type: function, function: add }
edges: [START -> say -> mark -> add -> END]
`;

const chat = (): Parameters<typeof build>[1] => ({ functions: { add: () => ({ n: 2 }) } });
const models = { '*': scriptedModel({ say: ['Hello you'] }) };

describe('S38: events in order', () => {
  it('started, tokens and updates within their node, the checkpoint before the next node, the result last', async () => {
    const thread = createRuntime({ models }).thread(build(CHAT, chat()), 't');
    const events = await collect(thread.stream({}, all));
    expect(events.map(line)).toEqual([
      'run-started invoke',
      'value {"n":0,"text":null,"seen":[]}',
      'checkpoint t 1',
      'node-started say',
      'token say Hello',
      'token say  you',
      'update say {"text":"Hello you"}',
      'node-finished say',
      'node-started mark',
      'update mark {"seen":["Hello you"]}',
      'node-finished mark',
      'value {"n":0,"text":"Hello you","seen":["Hello you"]}',
      'checkpoint t 2',
      'node-started add',
      'update add {"n":2}',
      'node-finished add',
      'value {"n":2,"text":"Hello you","seen":["Hello you"]}',
      'checkpoint t 3',
      'run-finished done',
    ]);
    const numbers = events.map(e => e.number);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    const last = events.at(-1);
    expect(last?.type === 'run-finished' && last.result.output).toEqual({
      n: 2,
      text: 'Hello you',
      seen: ['Hello you'],
    });
  });

  it('subgraph events arrive while it runs, with their path; without `subgraphs` they are left out', async () => {
    const inner =
      'name: inner\nstate: { x: number? }\nnodes: { w: { type: function, function: w, output: x } }\nedges: [START -> w -> END]\n';
    const outer =
      'name: outer\nstate: { y: number? }\nnodes: { sub: { type: graph, graph: ./inner.yaml, output: { y: output.x } } }\nedges: [START -> sub -> END]\n';
    const bodies = new Bodies();
    const graph = build(outer, { file: 'outer.yaml', read: () => inner, functions: { w: bodies.hold('w') } });
    const stream = createRuntime().thread(graph, 't').stream({}, all);
    const whole = collect(stream);
    await settle();
    const seen: string[] = [];
    const live = createRuntime().thread(graph, 'u').stream({}, all);
    void (async () => {
      for await (const event of live) seen.push(line(event));
    })();
    await settle();
    expect(seen).toContain('node-started sub/w');
    expect(seen).not.toContain('node-finished sub/w');
    bodies.get('w').finish(1);
    bodies.get('w').finish(7);
    await settle();
    expect(seen.slice(-10)).toEqual([
      'node-started sub/w',
      'update sub/w {"x":7}',
      'node-finished sub/w',
      'value sub/{"x":7}',
      'checkpoint u/1.sub 2',
      'update sub {"y":7}',
      'node-finished sub',
      'value {"y":7}',
      'checkpoint u 2',
      'run-finished done',
    ]);
    await whole;
    const thread = createRuntime().thread(
      build(outer, { file: 'o.yaml', read: () => inner, functions: { w: () => 3 } }),
    );
    const top = await collect(thread.stream({}, { modes: ['debug'], subgraphs: false }));
    expect(top.filter(e => e.path !== '')).toEqual([]);
    expect(top.map(line)).toContain('update sub {"y":3}');
  });

  it('an update has what was said to a history too', async () => {
    const text =
      'model: scripted\nstate: { chat: messages, text: string? }\nnodes: { say: { type: llm, prompt: Hi, output: text, history: chat } }\nedges: [START -> say -> END]\n';
    const runtime = createRuntime({ models: { '*': scriptedModel({ say: ['Hello'] }) } });
    const events = await collect(runtime.thread(build(text), 't').stream({}, { modes: ['updates'] }));
    expect(events[0]).toMatchObject({
      writes: {
        text: 'Hello',
        chat: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Hello' },
        ],
      },
    });
  });

  it('branches write where they are, and the state shows it after the join', async () => {
    const text = `
state: { items: { type: array, items: string, merge: append }, one: string? }
nodes:
  a: { type: set, set: { items: '["a"]' } }
  b: { type: function, function: b }
  b2: { type: function, function: b2 }
edges: ["START -> [a, b]", b -> b2 -> END, a -> END]
`;
    const graph = build(text, { functions: { b: () => ({ items: ['b'] }), b2: () => ({ items: 'b2', one: 'x' }) } });
    const events = await collect(
      createRuntime()
        .thread(graph, 't')
        .stream({}, { modes: ['updates', 'values'] }),
    );
    const updates = events.filter(e => e.type === 'update').map(e => [e.branch, e.node, e.writes]);
    expect(updates).toEqual([
      ['a', 'a', { items: ['a'] }],
      ['b', 'b', { items: ['b'] }],
      ['b', 'b2', { items: 'b2', one: 'x' }],
    ]);
    expect(events.filter(e => e.type === 'value').map(e => e.values)).toEqual([
      { items: [], one: null },
      { items: ['a', 'b', 'b2'], one: 'x' },
    ]);
  });

  it('wide forks tell the same as narrow ones, and show one merged state', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
    const nodes = names.map(n => `  ${n}: { type: function, function: f, input: { n: "'${n}'" } }`).join('\n');
    const text = `state: { items: { type: array, items: string, merge: append } }\nnodes:\n${nodes}\nedges: ["START -> [${names}] -> END"]\n`;
    const graph = build(text, { functions: { f: ({ n }: { n: string }) => ({ items: n }) } });
    const events = await collect(createRuntime().thread(graph, 't').stream({}, all));
    const of = (type: string): string[] =>
      events.flatMap(e => (e.type === type && 'node' in e ? [e.path + e.node] : []));
    for (const type of ['node-started', 'update', 'node-finished']) expect(of(type), type).toEqual(names);
    expect(events.filter(e => e.type === 'value').map(e => e.values)).toEqual([{ items: [] }, { items: names }]);
  });

  it('a failure, what tries again, and what `onError` took care of say so, and write nothing', async () => {
    const text = `
state: { x: number?, y: number? }
nodes:
  twice: { type: function, function: twice, retry: { attempts: 2, delay: 0ms }, output: x }
  bad: { type: function, function: bad, onError: after, output: x }
  wrong: { type: function, function: wrong, onError: continue, output: x }
  after: { type: set, set: { y: '1.0' } }
  fails: { type: function, function: bad }
edges: [START -> twice -> bad -> wrong, wrong -> fails, after -> wrong, fails -> END]
`;
    let tries = 0;
    const functions = {
      twice: () => {
        if (tries++ === 0) throw new Error('once');
        return 1;
      },
      bad: () => {
        throw new Error('bad');
      },
      wrong: () => 'no number',
    };
    const thread = createRuntime().thread(build(text, { functions }), 't');
    const events = await collect(thread.stream({}, all));
    const lines = events.map(line).filter(l => !/^(value|checkpoint)/.test(l));
    expect(lines).toEqual([
      'run-started invoke',
      'node-started twice',
      'node-retrying twice',
      'node-started twice',
      'update twice {"x":1}',
      'node-finished twice',
      'node-started bad',
      'node-finished bad',
      'node-started after',
      'update after {"y":1}',
      'node-finished after',
      'node-started wrong',
      'node-finished wrong',
      'node-started fails',
      'node-failed fails',
      'run-finished failed',
    ]);
    const mended = events.flatMap(e => (e.type === 'node-finished' && e.error ? [[e.node, e.error.message]] : []));
    expect(mended).toEqual([
      ['bad', 'bad'],
      ['wrong', 'node "wrong" writes "x", which is number?: expected number or null, got text "no number"'],
    ]);
    const again = await collect(thread.stream.retry(all));
    expect(again.map(line).filter(l => !/^(value|checkpoint)/.test(l))).toEqual([
      'run-started retry',
      'node-started fails',
      'node-failed fails',
      'run-finished failed',
    ]);
  });

  it('what is stopped says so, and is silent afterwards: the losers of a race, and all that runs in them', async () => {
    const inner = 'name: inner\nnodes: { deep: { type: function, function: slow } }\nedges: [START -> deep -> END]\n';
    const text = `
state: { won: { type: array, items: string, merge: append } }
nodes:
  fast: { type: function, function: fast }
  sub: { type: graph, graph: ./inner.yaml }
  meet: { type: set, join: any, set: { won: '["met"]' } }
edges: ["START -> [fast, sub]", fast -> meet, sub -> meet, meet -> END]
`;
    const bodies = new Bodies();
    let emit: ((value: unknown) => void) | undefined;
    const slow = bodies.hold('slow');
    const functions = {
      fast: bodies.hold('fast'),
      slow: (input: unknown, ctx: Parameters<typeof slow>[1]) => {
        emit = ctx.emit;
        return slow(input, ctx);
      },
    };
    const graph = build(text, { file: 'o.yaml', read: () => inner, functions });
    const stream = createRuntime().thread(graph, 't').stream({}, all);
    await settle();
    emit?.('heard');
    bodies.get('fast').finish({ won: ['fast'] });
    await settle();
    emit?.('not heard');
    bodies.get('slow').finish();
    const lines = (await collect(stream)).map(line);
    expect(lines.filter(l => /cancelled|custom/.test(l))).toEqual([
      'custom sub/deep "heard"',
      'node-cancelled sub/deep',
      'node-cancelled sub',
    ]);
    expect(lines.at(-1)).toBe('run-finished done');
  });

  it('a cancelled run says what it stopped; going on, what begins again', async () => {
    const bodies = new Bodies();
    const text =
      'nodes: { a: { type: function, function: a }, b: { type: set, set: {} } }\nedges: [START -> a -> END]\n';
    const graph = build(text.replace(', b: { type: set, set: {} }', ''), { functions: { a: bodies.hold('a') } });
    const thread = createRuntime().thread(graph, 't');
    const stream = thread.stream({}, all);
    await settle();
    const cancelled = thread.cancel();
    bodies.get('a').fail('stopped');
    await cancelled;
    const lines = (await collect(stream)).map(line);
    expect(lines.slice(-2)).toEqual(['node-cancelled a', 'run-finished cancelled']);
    const again = thread.stream.retry(all);
    await settle();
    bodies.get('a').finish();
    expect((await collect(again)).map(line)).toEqual([
      'run-started retry',
      'node-started a',
      'node-finished a',
      'checkpoint t 2',
      'run-finished done',
    ]);
    const stopped = await collect(
      createRuntime()
        .thread(graph, 'u')
        .stream({}, { ...all, signal: AbortSignal.abort() }),
    );
    expect(stopped.map(line).filter(l => l.includes('node'))).toEqual([]);
    expect(stopped.at(-1)).toMatchObject({ type: 'run-finished', status: 'cancelled' });
  });

  it('a question is told with the id that answers it, after its checkpoint and in every mode', async () => {
    const inner =
      'name: inner\nstate: { ok: boolean? }\nnodes: { ask: { type: interrupt, message: Well?, output: ok } }\nedges: [START -> ask -> END]\n';
    const text = `
state: { ok: boolean? }
nodes:
  sub: { type: graph, graph: ./inner.yaml, output: { ok: output.ok } }
  late: { type: function, function: late, interruptAfter: true, output: ok }
edges: [START -> sub -> late -> END]
`;
    const graph = build(text, { file: 'o.yaml', read: () => inner, functions: { late: () => false } });
    const thread = createRuntime().thread(graph, 't');
    const events = await collect(thread.stream({}, { modes: ['tokens'], subgraphs: false }));
    expect(events.map(line)).toEqual(['interrupt sub/ask', 'run-finished waiting']);
    expect(events[0]).toMatchObject({ interrupt: { id: 'sub/ask', node: 'ask', path: ['sub'], message: 'Well?' } });
    const on = await collect(thread.stream.resume({ 'sub/ask': true }, all));
    expect(on.map(line)).toEqual([
      'run-started resume',
      'update sub/ask {"ok":true}',
      'node-finished sub/ask',
      'value sub/{"ok":true}',
      'checkpoint t/1.sub 2',
      'update sub {"ok":true}',
      'node-finished sub',
      'value {"ok":true}',
      'checkpoint t 2',
      'node-started late',
      'update late {"ok":false}',
      'value {"ok":false}',
      'checkpoint t 3',
      'interrupt late:after',
      'run-finished waiting',
    ]);
    const end = await collect(thread.stream.resume(undefined, all));
    expect(end.map(line)).toEqual(['run-started resume', 'node-finished late', 'checkpoint t 4', 'run-finished done']);
  });

  it('a function that asks in its middle: each step is a checkpoint, and it begins again with the answer', async () => {
    const text =
      'state: { x: number? }\nnodes: { f: { type: function, function: f, output: x } }\nedges: [START -> f -> END]\n';
    const f: NodeFunction = async (_, ctx) => {
      await ctx.step('one', () => 1);
      return ctx.interrupt('Well?');
    };
    const thread = createRuntime().thread(build(text, { functions: { f } }), 't');
    expect((await collect(thread.stream({}, all))).map(line)).toEqual([
      'run-started invoke',
      'value {"x":null}',
      'checkpoint t 1',
      'node-started f',
      'checkpoint t 2',
      'checkpoint t 3',
      'interrupt f',
      'run-finished waiting',
    ]);
    expect((await collect(thread.stream.resume(3, all))).map(line)).toEqual([
      'run-started resume',
      'checkpoint t 4',
      'node-started f',
      'update f {"x":3}',
      'node-finished f',
      'value {"x":3}',
      'checkpoint t 5',
      'run-finished done',
    ]);
  });

  it('a machine that waits for an event is told as a question', async () => {
    const text = 'nodes: { m: { type: machine, machine: door } }\nedges: [START -> m -> END]\n';
    const door = createMachine({
      initial: 'shut',
      states: { shut: { on: { open: 'done' } }, done: { type: 'final' } },
    });
    const thread = createRuntime().thread(build(text, { machines: { door } }), 't');
    const events = await collect(thread.stream());
    expect(events.map(line)).toEqual(['interrupt m', 'run-finished waiting']);
    expect(events[0]).toMatchObject({ interrupt: { event: 'open' } });
    expect((await collect(thread.stream.send({ type: 'open' }))).map(line)).toEqual(['run-finished done']);
  });

  it('an event that a node waits for can be sent as a stream', async () => {
    const text =
      'state: { n: number? }\nnodes: { w: { type: wait, event: go, schema: { n: number }, output: { n: output.n } } }\nedges: [START -> w -> END]\n';
    const thread = createRuntime().thread(build(text), 't');
    await thread.invoke();
    const stream = thread.stream.send({ type: 'go', n: 3 } as { type: string }, { modes: ['updates'] });
    expect((await collect(stream)).map(line)).toEqual(['update w {"n":3}', 'run-finished done']);
    expect((await stream.result).output).toEqual({ n: 3 });
  });

  it('an agent tells what it says and calls, from inside, and a map of its items', async () => {
    const text = `
name: helper
model: scripted
tools: { look: { type: function, function: look, input: { q: string } } }
state: { answer: string?, out: { type: array, items: number, merge: append } }
nodes:
  help: { type: agent, prompt: Go, tools: [look], output: answer }
  each: { type: map, over: '[1.0, 2.0]', as: n, node: { type: function, function: double, input: { n: n } }, collect: out }
edges: [START -> help -> each -> END]
`;
    const functions = { look: () => 'found', double: ({ n }: { n: number }) => n * 2 };
    const script = { help: [{ toolCalls: [{ tool: 'look', input: { q: 'x' } }] }, 'Here'] };
    const runtime = createRuntime({ models: { '*': scriptedModel(script) } });
    const events = await collect(runtime.thread(build(text, { functions }), 't').stream({}, all));
    const lines = events.map(line).filter(l => !/^(value|checkpoint|update|usage)/.test(l));
    expect(lines).toEqual([
      'run-started invoke',
      'node-started help',
      'node-started help/model',
      'node-finished help/model',
      'node-started help/tools',
      'item-started help/tools',
      'tool-call help/tools[0]',
      'tool-result help/tools[0]',
      'item-finished help/tools',
      'node-finished help/tools',
      'node-started help/model',
      'token help/model Here',
      'node-finished help/model',
      'node-finished help',
      'node-started each',
      'item-started each',
      'item-started each',
      'item-finished each',
      'item-finished each',
      'node-finished each',
      'run-finished done',
    ]);
  });
});
