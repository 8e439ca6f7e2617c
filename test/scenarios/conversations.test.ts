/** Conversations: what was said before is sent again, what is said is kept, and what is too long is clipped or summed up. */
import { describe, expect, it } from 'vitest';
import { createActor, toPromise } from 'xstate';
import {
  compileGraph,
  createRuntime,
  type Model,
  type ModelMessage,
  type ModelRequest,
  type RunResult,
} from '../../src/index.ts';
import { fitContext, tokensOf } from '../../src/nodes/fit-context.ts';
import { type Script, scriptedModel } from '../../src/testing/index.ts';
import { build, refusals } from '../helpers.ts';

/** A scripted model that keeps what it was asked. */
function recorded(script: Script): { readonly model: Model; readonly asked: ModelRequest[] } {
  const model = scriptedModel(script);
  const asked: ModelRequest[] = [];
  const stream = (request: ModelRequest) => {
    asked.push(request);
    return model.stream(request);
  };
  return { model: { stream }, asked };
}

const sent = ({ messages }: ModelRequest): string[] => messages.map(m => `${m.role}: ${String(m.content)}`);

const chat = (more = '', chatKey = 'messages'): string => `
model: scripted
state: { question: string, chat: ${chatKey}, answer: any? }
nodes:
  ask: { type: llm, prompt: { system: Be brief., user: "{{ question }}" }, output: answer, history: chat${more} }
edges: [START -> ask -> END]
`;

describe('history', () => {
  it('is sent before what the user says, and takes what is said', async () => {
    const { model, asked } = recorded({ ask: ['Ada.', 'In 1815.'] });
    const thread = createRuntime({ models: { scripted: model } }).thread(build(chat()));
    await thread.invoke({ question: 'Who?' });
    const { output } = await thread.invoke({ question: 'When?' });
    expect(asked.map(sent)).toEqual([
      ['system: Be brief.', 'user: Who?'],
      ['system: Be brief.', 'user: Who?', 'assistant: Ada.', 'user: When?'],
    ]);
    expect(output).toEqual({
      question: 'When?',
      answer: 'In 1815.',
      chat: [
        { id: 'ask-1', role: 'user', content: 'Who?' },
        { id: 'ask-2', role: 'assistant', content: 'Ada.' },
        { id: 'ask-3', role: 'user', content: 'When?' },
        { id: 'ask-4', role: 'assistant', content: 'In 1815.' },
      ],
    });
  });

  it('is kept in plain actors too, and expressions see the answer alone', async () => {
    const { model } = recorded({ ask: [{ object: { name: 'Ada' } }] });
    const text = chat(', schema: { name: string }').replace('output: answer', 'output: { answer: output.name }');
    const { machine } = build(text, { models: { scripted: model } });
    const output = await toPromise(createActor(machine, { input: { question: 'Who?' } }).start());
    expect(output).toMatchObject({ answer: 'Ada', chat: [{ content: 'Who?' }, { content: '{"name":"Ada"}' }] });
  });

  it('holds the answer that fitted, and not what had to be mended', async () => {
    const { model } = recorded({ ask: ['Ada', { object: { name: 'Ada' } }] });
    const thread = createRuntime({ models: { scripted: model } }).thread(build(chat(', schema: { name: string }')));
    const { output } = await thread.invoke({ question: 'Who?' });
    expect((output.chat as ModelMessage[]).map(m => m.content)).toEqual(['Who?', '{"name":"Ada"}']);
  });

  it('is written once behind a pause, and not at all by what fails', async () => {
    const { model } = recorded({ ask: ['Ada.'] });
    const paused = createRuntime({ models: { scripted: model } }).thread(build(chat(', interruptAfter: true')));
    expect(await paused.invoke({ question: 'Who?' })).toMatchObject({ status: 'waiting', output: { answer: 'Ada.' } });
    expect((await paused.resume(null)).output.chat).toHaveLength(2);
    const failing = createRuntime({ models: { scripted: scriptedModel({ ask: [{ error: { message: 'no' } }] }) } });
    expect((await failing.thread(build(chat())).invoke({ question: 'Who?' })).output.chat).toEqual([]);
  });

  it('of two branches is joined in the order of the file, with ids of their own', async () => {
    const { model } = recorded({ a: [{ text: 'A', delayMs: 20 }], b: ['B'] });
    const graph = build(`
model: scripted
state: { chat: messages }
nodes:
  a: { type: llm, prompt: To a, history: chat }
  b: { type: llm, prompt: To b, history: chat }
edges: ["START -> [a, b] -> END"]
`);
    const { output } = await createRuntime({ models: { scripted: model } })
      .thread(graph)
      .invoke({});
    expect((output.chat as ModelMessage[]).map(m => `${m.id} ${m.content}`)).toEqual([
      'a-1 To a',
      'a-2 A',
      'b-1 To b',
      'b-2 B',
    ]);
  });

  it('is part of what a cached result depends on', async () => {
    const { model, asked } = recorded({ ask: ['Ada.', 'Ada.'] });
    const thread = createRuntime({ models: { scripted: model } }).thread(build(chat(', cache: true')));
    await thread.invoke({ question: 'Who?' });
    const { output } = await thread.invoke({ question: 'Who?' });
    expect(asked).toHaveLength(2);
    expect(output.chat).toHaveLength(4);
  });

  it('is a use of its state key', () => {
    const compiled = compileGraph(`${chat()}output: answer\n`);
    expect(compiled.ok ? compiled.value.warnings : compiled.diagnostics).toEqual([]);
  });

  it.each([
    ['a key that is not there', chat().replace('history: chat', 'history: chatt'), 'unknown-state-key'],
    ['a key that is no conversation', chat('', '{ type: list<string>, default: [] }'), 'wrong-value'],
    ['a key that the output is written to', chat().replace('output: answer', 'output: chat'), 'wrong-value'],
    [
      'what runs for an item',
      'model: scripted\nstate: { chat: messages }\nnodes: { each: { type: map, over: [1], node: { type: llm, prompt: x, history: chat } } }\nedges: [START -> each -> END]',
      'wrong-value',
    ],
  ])('refuses %s', (_, text, code) => {
    expect(refusals(text)).toEqual([code]);
  });

  it('a state that holds no messages is an error of the node', async () => {
    const bad = { question: 'Who?', chat: [{ role: 'user' }] };
    const { error } = await createRuntime({ models: { scripted: scriptedModel({}) } })
      .thread(build(chat()))
      .invoke(bad);
    expect(error).toMatchObject({ code: 'wrong-messages', message: expect.stringContaining('"chat"') });
  });
});

describe('messages are taken away', () => {
  const removing = (write: string): Promise<RunResult> =>
    createRuntime()
      .thread(
        build(`
state:
  chat: { type: messages, default: [{ id: a, role: user, content: A }, { role: user, content: B }, { id: c, role: user, content: C }] }
nodes: { work: { type: set, set: { chat: ${write} } } }
edges: [START -> work -> END]
`),
      )
      .invoke({});

  it.each([
    ['one by its id', '{ id: a, remove: true }', ['B', 'C']],
    ['one that is not there', '[{ id: x, remove: true }]', ['A', 'B', 'C']],
    ['all', '{ remove: all }', []],
    ['all, and others put in their place', '[{ remove: all }, { role: user, content: D }]', ['D']],
    ['one, and another changed', '[{ id: a, remove: true }, { id: c, role: user, content: D }]', ['B', 'D']],
  ])('%s', async (_, write, expected) => {
    const { output } = await removing(write);
    expect((output.chat as ModelMessage[]).map(m => m.content)).toEqual(expected);
  });

  it('by a branch, whatever the other adds', async () => {
    const { output } = await createRuntime()
      .thread(
        build(`
state: { chat: { type: messages, default: [{ id: a, role: user, content: A }] } }
nodes:
  one: { type: set, set: { chat: { id: b, role: user, content: B } } }
  two: { type: set, set: { chat: { id: a, remove: true } } }
edges: ["START -> [one, two] -> END"]
`),
      )
      .invoke({});
    expect(output.chat).toMatchObject([{ content: 'B' }]);
  });
});

const user = (content: string): ModelMessage => ({ role: 'user', content });
const assistant = (content: string): ModelMessage => ({ role: 'assistant', content });
const called = (id: string): ModelMessage => ({
  role: 'assistant',
  content: [{ type: 'tool-call', toolCallId: id, toolName: 'find', input: {} }],
});
const result = (id: string): ModelMessage => ({
  role: 'tool',
  content: [{ type: 'tool-result', toolCallId: id, toolName: 'find', output: { type: 'text', value: 'x'.repeat(40) } }],
});

describe('fitContext', () => {
  const never = (): Promise<string> => Promise.reject(new Error('nobody should be asked'));
  const texts = (messages: readonly ModelMessage[]): string[] =>
    messages.map(m => (typeof m.content === 'string' ? m.content : (m.content[0]?.type ?? '')));
  const turns = Array.from({ length: 10 }, (_, i) => [user(`question ${i}`), assistant(`answer ${i}`)]).flat();
  const per = tokensOf(user('question 0'));

  it('sends all that fits, and all when nothing is said', async () => {
    expect((await fitContext(turns, { kind: 'clip', maxTokens: 1_000 }, never)).messages).toEqual(turns);
    expect((await fitContext(turns, undefined, never)).messages).toBe(turns);
  });

  it('clip keeps the newest, and what the system says', async () => {
    const system: ModelMessage = { role: 'system', content: 'Be brief.' };
    const maxTokens = tokensOf(system) + 4 * per;
    const { messages, dropped } = await fitContext([system, ...turns], { kind: 'clip', maxTokens }, never);
    expect(texts(messages)).toEqual(['Be brief.', 'question 8', 'answer 8', 'question 9', 'answer 9']);
    expect(dropped).toHaveLength(16);
  });

  it('clip begins with the user', async () => {
    const { messages } = await fitContext(turns, { kind: 'clip', maxTokens: 3 * per }, never);
    expect(texts(messages)).toEqual(['question 9', 'answer 9']);
  });

  it('clip keeps what the user said last and the newest message, whatever they cost', async () => {
    const long = user('x'.repeat(1_000));
    const { messages } = await fitContext([...turns, long, assistant('yes')], { kind: 'clip', maxTokens: 1 }, never);
    expect(texts(messages)).toEqual(['x'.repeat(1_000), 'yes']);
  });

  it('clip never parts a call from its results, nor an agent from its task', async () => {
    const loop = [user('task'), ...['1', '2', '3'].flatMap(id => [called(id), result(id)])];
    const unit = tokensOf(called('1')) + tokensOf(result('1'));
    for (let maxTokens = 1; maxTokens < 5 * unit; maxTokens++) {
      const { messages } = await fitContext(loop, { kind: 'clip', maxTokens }, never);
      expect(messages[0]).toEqual(user('task'));
      const ids = messages.flatMap(m => (typeof m.content === 'string' ? [] : m.content)) as { toolCallId: string }[];
      expect(ids.map(p => p.toolCallId)).toEqual(['1', '2', '3'].slice(-ids.length / 2).flatMap(id => [id, id]));
      expect(ids.length).toBeGreaterThanOrEqual(2);
    }
  });

  it('summarize keeps the newest and puts a summary in place of the rest', async () => {
    const asked: ModelMessage[][] = [];
    const ask = async (messages: readonly ModelMessage[]): Promise<string> => {
      asked.push([...messages]);
      return 'They talked.';
    };
    const { messages, summary } = await fitContext(turns, { kind: 'summarize', maxTokens: 8 * per }, ask);
    expect(texts(messages)).toEqual([
      'Summary of the conversation so far:\nThey talked.',
      'question 8',
      'answer 8',
      'question 9',
      'answer 9',
    ]);
    expect(messages[0]).toBe(summary);
    expect(asked).toHaveLength(1);
    expect(String(asked[0]?.[1]?.content)).toMatch(
      /^user: question 0\n\nassistant: answer 0[\s\S]*assistant: answer 7$/,
    );
  });
});

describe('context of a node', () => {
  const long = Array.from({ length: 6 }, (_, i) => ({
    id: `m${i}`,
    role: i % 2 === 0 ? 'user' : 'assistant',
    content: `${i} ${'word '.repeat(20)}`,
  }));

  it('clip sends less and keeps all', async () => {
    const { model, asked } = recorded({ ask: ['Yes.'] });
    const thread = createRuntime({ models: { scripted: model } }).thread(build(chat(', context: { clip: 80 }')));
    const { output } = await thread.invoke({ question: 'Now?', chat: long });
    expect(asked[0]?.messages.map(m => String(m.content).slice(0, 4))).toEqual(['Be b', '4 wo', '5 wo', 'Now?']);
    expect(output.chat).toHaveLength(8);
  });

  it('summarize sends a summary, which takes the place of what it sums up in the history', async () => {
    const { model, asked } = recorded({ ask: ['Six words were said.', 'Yes.'] });
    const thread = createRuntime({ models: { scripted: model } }).thread(build(chat(', context: { summarize: 160 }')));
    const events: string[] = [];
    const { output, metrics } = await thread.invoke(
      { question: 'Now?', chat: long },
      { onEvent: e => events.push(e.type === 'token' ? e.text : e.type) },
    );
    expect(asked.map(a => a.messages.length)).toEqual([2, 5]);
    expect(output.chat).toMatchObject([
      { id: 'm0', role: 'user', content: 'Summary of the conversation so far:\nSix words were said.' },
      { id: 'm4' },
      { id: 'm5' },
      { id: 'ask-1', content: 'Now?' },
      { id: 'ask-2', content: 'Yes.' },
    ]);
    expect(metrics.modelCalls).toBe(2);
    const inNode = events.slice(events.indexOf('node-started'), events.indexOf('node-finished'));
    expect(inNode).toEqual(['node-started', 'model-again', 'Yes.', 'update']);
  });

  it('summarize leaves a history alone whose messages have no ids', async () => {
    const { model } = recorded({ ask: ['Words.', 'Yes.'] });
    const thread = createRuntime({ models: { scripted: model } }).thread(build(chat(', context: { summarize: 160 }')));
    const nameless = long.map(({ id: _, ...message }) => message);
    expect((await thread.invoke({ question: 'Now?', chat: nameless })).output.chat).toHaveLength(8);
  });
});
