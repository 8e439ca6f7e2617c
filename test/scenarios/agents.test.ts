/** Agents: a model that works with tools, each call of either a node of its own. */

import { describe, expect, it } from 'vitest';
import { createActor, type Snapshot, toPromise } from 'xstate';
import {
  createRuntime,
  type Graph,
  interruptsOf,
  type Model,
  type ModelRequest,
  type NodeFunction,
  type RunEvent,
} from '../../src/index.ts';
import { type Script, scriptedModel } from '../../src/testing/index.ts';
import { Bodies, build, refusals, settle } from '../helpers.ts';

const TOOLS = `tools:
  add: { type: function, function: add, description: Adds two numbers., input: { a: number, b: number } }
  send: { type: function, function: send, description: Sends a text., input: { text: string } }
`;

const agent = (more = '', schema = 'answer: any'): string =>
  `model: scripted
state: { question: string, ${schema}${schema === '' ? '' : '?'} }
${TOOLS}nodes:
  helper:
    type: agent
    prompt: { system: You help., user: "{{ question }}" }
    tools: [add, send]
    output: answer
${more}
edges: [START -> helper -> END]
`;

/** A model that keeps what it was asked. */
function recording(script: Script, asked: ModelRequest[]): Model {
  const model = scriptedModel(script);
  return {
    stream(request) {
      asked.push(request);
      return model.stream(request);
    },
  };
}

const add: NodeFunction = ({ a, b }) => a + b;

function made(script: Script, more = '', functions: Record<string, NodeFunction> = {}): Graph {
  return build(agent(more), {
    functions: { add, send: () => 'sent', ...functions },
    models: { scripted: scriptedModel(script) },
  });
}

const call = (tool: string, input: unknown, id?: string): { tool: string; input: unknown } => ({
  tool,
  input,
  ...(id === undefined ? {} : { id }),
});

const run = (graph: Graph, events: RunEvent[] = []) =>
  createRuntime()
    .thread(graph, 't')
    .invoke({ question: 'What is 1 + 2?' }, { onEvent: e => events.push(e) });

describe('an agent', () => {
  it('calls tools, hands their results to its model, and gives the answer', async () => {
    const asked: ModelRequest[] = [];
    const model = recording(
      {
        helper: [{ toolCalls: [call('add', { a: 1, b: 2 }, 'c1')], text: 'Let me see.' }, 'It is 3.'],
      },
      asked,
    );
    const graph = build(agent(), { functions: { add, send: () => '' }, models: { scripted: model } });
    const events: RunEvent[] = [];
    const result = await run(graph, events);
    expect(result).toMatchObject({ status: 'done', output: { answer: 'It is 3.' }, metrics: { modelCalls: 2 } });
    expect(asked[1]).toMatchObject({
      messages: [
        { role: 'system', content: 'You help.' },
        { role: 'user', content: 'What is 1 + 2?' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Let me see.' },
            { type: 'tool-call', toolCallId: 'c1', toolName: 'add', input: { a: 1, b: 2 } },
          ],
        },
        {
          role: 'tool',
          content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'add', output: { type: 'json', value: 3 } }],
        },
      ],
    });
    expect(asked[0]?.tools?.map(t => t.name)).toEqual(['add', 'send']);
    const told = events.filter(e => e.type === 'tool-call' || e.type === 'tool-result');
    expect(told).toMatchObject([
      { type: 'tool-call', path: 'helper/', node: 'tools[0]', tool: 'add', id: 'c1', input: { a: 1, b: 2 } },
      { type: 'tool-result', tool: 'add', id: 'c1', output: { type: 'json', value: 3 } },
    ]);
    expect(events.find(e => e.type === 'token')).toMatchObject({ path: 'helper/', node: 'model', text: 'Let' });
    expect(result.metrics.visits).toMatchObject({ helper: 1, 'helper/model': 2, 'helper/tools': 1 });
  });

  it('makes the calls of one turn at once', async () => {
    const bodies = new Bodies();
    const graph = made(
      { helper: [{ toolCalls: [call('add', { a: 1, b: 1 }), call('add', { a: 2, b: 2 })] }, 'done'] },
      '',
      { add: bodies.hold('add') },
    );
    const result = run(graph);
    await settle();
    expect(bodies.count('add')).toBe(2);
    bodies.get('add').finish(2);
    bodies.get('add').finish(4);
    expect((await result).output.answer).toBe('done');
  });

  it('an error of a tool, wrong arguments and an unknown tool are told to the model', async () => {
    const events: RunEvent[] = [];
    const graph = made(
      {
        helper: [
          { toolCalls: [call('add', { a: 'x', b: 1 }), call('subtract', {}), call('send', { text: 'hi' })] },
          'I give up.',
        ],
      },
      '',
      {
        send: () => {
          throw new Error('no line');
        },
      },
    );
    expect((await run(graph, events)).output.answer).toBe('I give up.');
    const outputs = events.flatMap(e => (e.type === 'tool-result' ? [e.output] : []));
    expect(outputs).toEqual([
      { type: 'error-text', value: 'there is no tool "subtract"; tools: add, send' },
      { type: 'error-text', value: expect.stringMatching(/arguments of the tool "add" do not fit: .*a/) },
      { type: 'error-text', value: 'no line' },
    ]);
  });

  it.each([
    ['maxTurns: 2', 'max-turns', /asked its model 2 times/],
    ['budget: { tokens: 12 }', 'token-budget', /used 24 tokens/],
    ['maxRepeats: 1', 'repeated-call', /asked for add\(\{"a":1,"b":1\}\) 2 times in a row/],
  ])('%s ends in an error, and not silently', async (key, code, message) => {
    const again = { toolCalls: [call('add', { a: 1, b: 1 })], usage: { inputTokens: 20, outputTokens: 4 } };
    const result = await run(made({ helper: [again, again, again, again] }, `    ${key}`));
    expect(result).toMatchObject({ status: 'failed', error: { code } });
    expect(result.error?.message).toMatch(message);
    expect(result.failures[0]?.id).toBe('helper/model');
  });

  it('`onError` takes it where it is asked to', async () => {
    const again = { toolCalls: [call('add', { a: 1, b: 1 })] };
    const result = await run(made({ helper: [again, again] }, '    maxTurns: 2\n    onError: continue'));
    expect(result.status).toBe('done');
    expect(result.handled).toMatchObject([{ node: 'helper', error: { code: 'max-turns' } }]);
  });

  it('`retry` tries one call of the model again, and nothing before it', async () => {
    const bodies = new Bodies();
    const graph = made(
      { helper: [{ toolCalls: [call('add', { a: 1, b: 1 })] }, { error: { message: 'slow down' } }, 'two'] },
      '    retry: { attempts: 2, delay: 1ms }',
      { add: bodies.now('add', 2) },
    );
    expect((await run(graph)).output.answer).toBe('two');
    expect(bodies.count('add')).toBe(1);
  });
});

describe('a structured answer', () => {
  const schema = '    schema: { sum: number }';
  it('is checked, mended once, and given as an object', async () => {
    const graph = made({ helper: ['three', { object: { sum: 3 } }] }, schema);
    expect((await run(graph)).output.answer).toEqual({ sum: 3 });
  });

  it('that never fits is a typed error', async () => {
    const graph = made({ helper: ['three', { object: { sum: 'three' } }] }, schema);
    expect((await run(graph)).error).toMatchObject({ code: 'answer-schema', name: 'ModelError' });
  });
});

describe('a history', () => {
  const chat = `model: scripted
state: { said: string, log: messages, answer: string? }
${TOOLS}nodes:
  helper: { type: agent, prompt: "{{ said }}", tools: [add, send], history: log, output: answer }
edges: [START -> helper -> END]
`;
  it('is read and added to, calls and results with it, from one run of the thread to the next', async () => {
    const asked: ModelRequest[] = [];
    const script: Script = { helper: [{ toolCalls: [call('add', { a: 1, b: 2 }, 'c1')] }, 'Three.', 'Yes.'] };
    const graph = build(chat, { functions: { add, send: () => '' }, models: { scripted: recording(script, asked) } });
    const thread = createRuntime().thread(graph, 't');
    const first = await thread.invoke({ said: '1 + 2?' });
    const log = first.output.log as { id: string; role: string }[];
    expect(log.map(m => [m.id, m.role])).toEqual([
      ['helper-1', 'user'],
      ['helper-2', 'assistant'],
      ['helper-3', 'tool'],
      ['helper-4', 'assistant'],
    ]);
    const second = await thread.invoke({ said: 'Sure?' });
    expect(second.output.answer).toBe('Yes.');
    expect((second.output.log as unknown[]).length).toBe(6);
    expect(asked[2]?.messages.map(m => m.role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'user']);
  });

  it('that is too long is clipped, and kept whole in the state', async () => {
    const asked: ModelRequest[] = [];
    const model = recording({ helper: ['one', 'two', 'three'] }, asked);
    const graph = build(chat.replace('history: log,', 'history: log, context: { clip: 30 },'), {
      functions: { add, send: () => '' },
      models: { scripted: model },
    });
    const thread = createRuntime().thread(graph, 't');
    for (const said of ['first '.repeat(10), 'second '.repeat(5), 'third']) await thread.invoke({ said });
    expect(asked[2]?.messages.length).toBeLessThan(5);
    expect(((await thread.state()).values.log as unknown[]).length).toBe(6);
  });
});

describe('S30: a call that needs approval', () => {
  const script = (): Script => ({
    helper: [{ toolCalls: [call('send', { text: 'hi' }, 'c1'), call('add', { a: 1, b: 1 }, 'c2')] }, 'Done.'],
  });
  const approving = (bodies: Bodies): Graph =>
    made(script(), '    approve: [send]', {
      send: input => bodies.now(`send ${input.text}`, 'sent')(input, {} as never),
    });

  it('is not made before "approve", and once after it', async () => {
    const bodies = new Bodies();
    const thread = createRuntime().thread(approving(bodies), 't');
    const first = await thread.invoke({ question: 'Send hi' });
    expect(first.interrupts).toMatchObject([
      {
        id: 'helper/tools[0]/approve',
        node: 'approve',
        message: 'Approve send({"text":"hi"})',
        data: { toolName: 'send', input: { text: 'hi' } },
        path: ['helper', 'tools[0]'],
      },
    ]);
    expect(bodies.runs).toEqual([]);
    await expect(thread.resume({ action: 'perhaps' })).rejects.toThrow(/does not fit/);
    expect((await thread.resume(true)).output.answer).toBe('Done.');
    expect(bodies.runs).toEqual(['send hi']);
  });

  it('is never made after "reject", and the model is told why', async () => {
    const bodies = new Bodies();
    const asked: ModelRequest[] = [];
    const model = recording(script(), asked);
    const graph = build(agent('    approve: [send]'), {
      functions: { add, send: bodies.now('send') },
      models: { scripted: model },
    });
    const thread = createRuntime().thread(graph, 't');
    await thread.invoke({ question: 'Send hi' });
    expect((await thread.resume({ action: 'reject', reason: 'too short' })).status).toBe('done');
    expect(bodies.runs).toEqual([]);
    expect(asked[1]?.messages.at(-1)).toMatchObject({
      content: [{ output: { type: 'error-text', value: 'the call was rejected: too short' } }, { toolName: 'add' }],
    });
  });

  it('is made with other arguments when they are given', async () => {
    const bodies = new Bodies();
    const thread = createRuntime().thread(approving(bodies), 't');
    await thread.invoke({ question: 'Send hi' });
    await thread.resume({ action: 'edit', input: { text: 'hello' } });
    expect(bodies.runs).toEqual(['send hello']);
  });

  it('in a plain actor, stored while it waits', async () => {
    const bodies = new Bodies();
    const graph = approving(bodies);
    const actor = createActor(graph.machine, { input: { question: 'Send hi' } }).start();
    await settle();
    const stored = JSON.parse(JSON.stringify(actor.getPersistedSnapshot())) as Snapshot<unknown>;
    actor.stop();
    const again = createActor(graph.machine, { snapshot: stored, input: undefined }).start();
    await settle();
    expect(interruptsOf(again.getSnapshot()).map(i => i.id)).toEqual(['helper/tools[0]/approve']);
    again.send({ type: 'resume', id: 'helper/tools[0]/approve', value: true });
    expect(await toPromise(again)).toMatchObject({ answer: 'Done.' });
    expect(bodies.runs).toEqual(['send hi']);
  });
});

describe('a tool that the client calls', () => {
  it('waits for its result', async () => {
    const graph = made(
      { helper: [{ toolCalls: [call('send', { text: 'hi' }, 'c1')] }, 'Sent.'] },
      '    client: [send]',
    );
    const thread = createRuntime().thread(graph, 't');
    const first = await thread.invoke({ question: 'Send hi' });
    expect(first.interrupts).toMatchObject([
      { id: 'helper/tools[0]/client', message: 'Call send({"text":"hi"})', data: { input: { text: 'hi' } } },
    ]);
    expect((await thread.resume({ ok: true })).output.answer).toBe('Sent.');
  });
});

describe('graphs and agents as tools', () => {
  const inner = `state: { city: string, days: { type: integer, default: 1 }, ok: boolean?, report: string? }
nodes:
  check: { type: interrupt, message: "Look up {{ city }}?", schema: boolean, output: ok }
  look: { type: function, function: look, input: { city: city, days: days } }
edges: [START -> check -> look -> END]
output: report
`;
  const outer = `model: scripted
state: { answer: string? }
tools:
  weather: { type: graph, graph: inner.yaml, description: The weather. }
  writer: { type: agent, prompt: "Write of {{ topic }}.", input: { topic: string }, description: Writes. }
nodes:
  helper: { type: agent, prompt: Help., tools: [weather, writer], output: answer }
edges: [START -> helper -> END]
output: answer
`;
  const both = (script: Script, functions: Record<string, NodeFunction> = {}): Graph =>
    build(outer, {
      functions: { look: ({ city, days }) => ({ report: `${city} ${days}` }), ...functions },
      models: { scripted: scriptedModel(script) },
      read: file => (file === 'inner.yaml' ? inner : undefined),
    });

  it('run as children that wait, fail and are seen like any', async () => {
    const graph = both({
      helper: [{ toolCalls: [call('weather', { city: 'Bern' }), call('writer', { topic: 'rain' })] }, 'Wet.'],
      writer: ['Rain falls.'],
    });
    const events: RunEvent[] = [];
    const thread = createRuntime().thread(graph, 't');
    const first = await thread.invoke({}, { onEvent: e => events.push(e) });
    expect(first.interrupts).toMatchObject([
      { id: 'helper/tools[0]/weather/check', message: 'Look up Bern?', path: ['helper', 'tools[0]', 'weather'] },
    ]);
    expect(events.find(e => e.type === 'token')).toMatchObject({ path: 'helper/tools[1]/writer/', text: 'Rain' });
    const last = await thread.resume(true);
    expect(last).toMatchObject({ status: 'done', output: { answer: 'Wet.' } });
    const { handled } = last;
    expect(handled).toEqual([]);
  });

  it('tell the model of wrong arguments and of failures', async () => {
    const asked: ModelRequest[] = [];
    const model = recording(
      { helper: [{ toolCalls: [call('weather', { town: 'Bern' }), call('weather', { city: 'Bern' })] }, 'No.'] },
      asked,
    );
    const functions = {
      look: () => {
        throw new Error('no line');
      },
    };
    const graph = build(outer, { functions, models: { scripted: model }, read: () => inner });
    const thread = createRuntime().thread(graph, 't');
    await thread.invoke({});
    expect((await thread.resume(true)).output.answer).toBe('No.');
    expect(asked[1]?.messages.at(-1)).toMatchObject({
      content: [
        {
          output: {
            type: 'error-text',
            value: expect.stringMatching(/arguments of the tool "weather" do not fit: .*city/),
          },
        },
        { output: { type: 'error-text', value: 'no line' } },
      ],
    });
  });
});

describe('agents for the items of a map', () => {
  it('take their own replies, ten at once', async () => {
    const graph = build(
      `model: scripted
state: { topics: list<string>, notes: { type: list<any>, default: [] } }
${TOOLS}nodes:
  each: { type: map, over: topics, node: { type: agent, prompt: "{{ item }}", tools: [add] }, collect: notes }
edges: [START -> each -> END]
output: notes
`,
      {
        functions: { add, send: () => '' },
        models: { scripted: scriptedModel({ 'each[1]': ['b'], 'each[0]': ['a'] }) },
      },
    );
    const result = await createRuntime()
      .thread(graph, 't')
      .invoke({ topics: ['x', 'y'] });
    expect(result.output.notes).toEqual(['a', 'b']);
  });
});

describe('what an agent refuses', () => {
  const codes = (more: string): string[] => refusals(agent(more).replace('tools: [add, send]', 'tools: [add, sned]'));
  it('a tool that is not there', () => expect(codes('')).toEqual(['unknown-tool']));
  it('an approval of a tool that it has not', () => expect(codes('    approve: [nope]')).toContain('unknown-tool'));
});
