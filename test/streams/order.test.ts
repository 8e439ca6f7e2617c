/** S38: the events of one run, in order. */
import { describe, expect, it } from 'vitest';
import { createRuntime, type RunEvent, type StreamOptions } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { Bodies, build, settle } from '../helpers.ts';

async function collect(stream: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const all: StreamOptions = { modes: ['debug'] };

/** An event as `type path+node detail`. */
function line(event: RunEvent): string {
  const name = 'node' in event ? event.path + event.node : event.path;
  switch (event.type) {
    case 'update':
      return `update ${name} ${JSON.stringify(event.writes)}`;
    case 'token':
      return `token ${name} ${event.text}`;
    case 'checkpoint':
      return `checkpoint ${event.address} ${event.seq}`;
    case 'value':
      return `value ${event.path}${JSON.stringify(event.values)}`;
    case 'run-started':
      return `run-started ${event.cause}`;
    case 'run-finished':
      return `run-finished ${event.status}`;
    default:
      return name === '' ? event.type : `${event.type} ${name}`;
  }
}

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
});
