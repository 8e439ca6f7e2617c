/** Runs as UI message streams, read by the AI SDK itself: the chat that `useChat` is, in both versions that are allowed. */
import * as ai7 from 'ai';
import * as ai6 from 'ai6';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  createRuntime,
  type RunEvent,
  type RuntimeOptions,
  toUIMessageStream,
  type UIChunk,
  type UIStreamOptions,
  uiMessageResponse,
} from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { Bodies, build, settle } from '../helpers.ts';
import { collect, GatedModel } from './tools.ts';

type Message = ai7.UIMessage;

/** What `useChat` keeps in React. */
class State {
  status = 'ready';
  error: Error | undefined;
  messages: Message[] = [];
  pushMessage = (message: Message): void => void this.messages.push(structuredClone(message));
  popMessage = (): void => void this.messages.pop();
  replaceMessage = (index: number, message: Message): void => {
    this.messages[index] = structuredClone(message);
  };
  snapshot = <T>(value: T): T => structuredClone(value);
}

interface Chat {
  readonly messages: Message[];
  readonly status: string;
  readonly error: Error | undefined;
  sendMessage(message: { text: string }): Promise<void>;
}

interface Seen {
  readonly chat: Chat;
  readonly data: unknown[];
  readonly asked: unknown[];
}

/** A chat whose server answers each message with the run that `reply` starts. */
function chatOf(ai: typeof ai7, reply: () => AsyncIterable<RunEvent>, options: UIStreamOptions = {}): Seen {
  const data: unknown[] = [];
  const asked: unknown[] = [];
  const transport = new ai.DefaultChatTransport({
    api: 'http://localhost/chat',
    fetch: async () => uiMessageResponse(reply(), options),
  });
  const Chat = ai.AbstractChat as unknown as new (init: object) => Chat;
  class TestChat extends Chat {}
  const chat = new TestChat({
    state: new State(),
    transport,
    onData: (part: unknown) => data.push(part),
    onToolCall: (call: unknown) => asked.push(call),
    onError: () => {},
  });
  return { chat, data, asked };
}

const AGENT = `
name: helper
model: scripted
tools: { look: { type: function, function: look, input: { q: string } } }
state: { answer: string?, note: string? }
nodes:
  plan: { type: llm, prompt: Plan, output: note }
  help: { type: agent, prompt: Go, tools: [look], output: answer }
  ask: { type: interrupt, message: "Good? {{ answer }}", schema: { ok: boolean } }
edges: [START -> plan -> help -> ask -> END]
`;

const look = ({ q }: { q: string }, ctx: { emit(value: unknown): void }): unknown => {
  ctx.emit({ looking: q });
  if (q === 'bad') throw new Error('nothing there');
  return { found: q };
};

const script = {
  plan: ['I will look'],
  help: [
    {
      text: 'Looking',
      toolCalls: [
        { tool: 'look', input: { q: 'x' } },
        { tool: 'look', input: { q: 'bad' } },
      ],
    },
    { text: 'Here it is', usage: { inputTokens: 7, outputTokens: 3 } },
  ],
};

const run = (text: string, more: RuntimeOptions = {}, functions = {}) =>
  createRuntime({ models: { '*': scriptedModel(script) }, ...more }).thread(build(text, { functions }), 't');

describe.each([
  ['ai 7', ai7],
  ['ai 6', ai6 as unknown as typeof ai7],
])('a chat of %s', (_, ai) => {
  it('gets text, tool calls with their results in steps, data, and the question', async () => {
    const thread = run(AGENT, {}, { look });
    const { chat, data, asked } = chatOf(ai, () => thread.stream({}, { modes: ['updates'] }));
    await chat.sendMessage({ text: 'Hello' });
    expect(chat.error).toBeUndefined();
    expect(chat.status).toBe('ready');
    const message = chat.messages.at(-1);
    expect(message?.metadata).toEqual({ thread: 't', status: 'waiting', usage: { inputTokens: 7, outputTokens: 3 } });
    const tool = { type: 'dynamic-tool', toolName: 'look', providerExecuted: true };
    expect(message?.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'text', text: 'I will look', state: 'done' },
      { type: 'text', text: 'Looking', state: 'done' },
      { ...tool, toolCallId: 'call_0_0', state: 'output-available', input: { q: 'x' }, output: { found: 'x' } },
      { type: 'data-custom', data: { node: 'tools[0]', path: 'help/', value: { looking: 'x' } } },
      { ...tool, toolCallId: 'call_0_1', state: 'output-error', input: { q: 'bad' }, errorText: 'nothing there' },
      { type: 'data-custom', data: { value: { looking: 'bad' } } },
      { type: 'step-start' },
      { type: 'text', text: 'Here it is', state: 'done' },
      { type: 'data-interrupt', id: 'ask', data: { message: 'Good? Here it is', schema: { type: 'object' } } },
    ]);
    // The page is not asked to call the tools, and hears of writes though the message does not keep them.
    expect(asked).toEqual([]);
    const writes = data.flatMap(part => {
      const { type, data: own } = part as { type: string; data: { path: string; node: string; writes: unknown } };
      return type === 'data-update' && own.path === '' ? [[own.node, own.writes]] : [];
    });
    expect(writes).toEqual([
      ['plan', { note: 'I will look' }],
      ['help', { answer: 'Here it is' }],
    ]);
  });

  it('shows what the chosen nodes say, and all that is in them', async () => {
    const { chat } = chatOf(ai, () => run(AGENT, {}, { look }).stream(), { nodes: ['help'] });
    await chat.sendMessage({ text: 'Hello' });
    const texts = chat.messages.at(-1)?.parts.flatMap(p => (p.type === 'text' ? [p.text] : []));
    expect(texts).toEqual(['Looking', 'Here it is']);
  });

  it('gets reasoning before text, and texts of nodes that speak at once each in its own part', async () => {
    const text = `
state: { a: string?, b: string? }
nodes: { a: { type: llm, model: m, prompt: Hi, output: a }, b: { type: llm, model: n, prompt: Hi, output: b } }
edges: ["START -> [a, b] -> END"]
`;
    const [m, n] = [new GatedModel(), new GatedModel()];
    const { chat } = chatOf(ai, () => run(text, { models: { m, n } }).stream());
    const sent = chat.sendMessage({ text: 'Hello' });
    m.say({ type: 'reasoning', text: 'Hm' });
    await settle();
    for (const i of [1, 2]) {
      m.text(`a${i} `);
      n.text(`b${i} `);
      await settle();
    }
    m.end();
    n.end();
    await sent;
    expect(chat.messages.at(-1)?.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'Hm', state: 'done' },
      { type: 'text', text: 'a1 a2 ', state: 'done' },
      { type: 'text', text: 'b1 b2 ', state: 'done' },
    ]);
  });

  it('gets an answer that is mended as a text of its own', async () => {
    const text =
      'model: scripted\nstate: { n: number? }\nnodes: { a: { type: llm, prompt: Hi, schema: { n: number }, output: { n: output.n } } }\nedges: [START -> a -> END]\n';
    const models = { '*': scriptedModel({ a: ['seven', '{"n":7}'] }) };
    const { chat } = chatOf(ai, () => run(text, { models }).stream());
    await chat.sendMessage({ text: 'Hello' });
    const texts = chat.messages.at(-1)?.parts.flatMap(p => (p.type === 'text' ? [p.text] : []));
    expect(texts).toEqual(['seven', '{"n":7}']);
  });

  it('gets an error without its details, unless they are given', async () => {
    const text = 'nodes: { f: { type: function, function: f } }\nedges: [START -> f -> END]\n';
    const f = (): never => {
      throw new Error('secret');
    };
    const failed = chatOf(ai, () => run(text, {}, { f }).stream());
    await failed.chat.sendMessage({ text: 'Hello' });
    expect(failed.chat.error?.message).toBe('An error occurred.');
    const told = chatOf(ai, () => run(text, {}, { f }).stream(), { onError: e => (e as Error).message });
    await told.chat.sendMessage({ text: 'Hello' });
    expect(told.chat.error?.message).toBe('secret');
    const refused = chatOf(ai, () => run(text, {}, { f }).stream({ no: 1 }), { onError: e => (e as Error).name });
    await refused.chat.sendMessage({ text: 'Hello' });
    expect(refused.chat.error?.message).toBe('InputError');
  });

  it('every chunk fits the schema by which a page reads them', async () => {
    expectTypeOf<UIChunk>().toExtend<ai7.UIMessageChunk>();
    expectTypeOf<UIChunk>().toExtend<ai6.UIMessageChunk>();
    const schema = ai.uiMessageChunkSchema();
    const bodies = new Bodies();
    const text = 'nodes: { a: { type: function, function: a } }\nedges: [START -> a -> END]\n';
    const thread = createRuntime().thread(build(text, { functions: { a: bodies.hold('a') } }), 't');
    const cancelled = thread.stream();
    await settle();
    void thread.cancel();
    bodies.get('a').fail('stopped');
    const streams = [run(AGENT, {}, { look }).stream(), cancelled];
    const chunks = (await Promise.all(streams.map(stream => collect(toUIMessageStream(stream))))).flat();
    expect(new Set(chunks.map(c => c.type))).toEqual(
      new Set([
        ...['start', 'start-step', 'finish-step', 'text-start', 'text-delta', 'text-end', 'tool-input-available'],
        ...[
          'tool-output-available',
          'tool-output-error',
          'data-update',
          'data-custom',
          'data-interrupt',
          'finish',
          'abort',
        ],
      ]),
    );
    for (const chunk of chunks) {
      const result = await schema.validate?.(JSON.parse(JSON.stringify(chunk)));
      expect(result, JSON.stringify(chunk)).toMatchObject({ success: true });
    }
  });
});

describe('a response', () => {
  it('is a stream of server-sent events; a page that goes away leaves the run alone', async () => {
    const bodies = new Bodies();
    const text =
      'state: { x: number? }\nnodes: { a: { type: set, set: { x: 1.0 } }, b: { type: function, function: b } }\nedges: [START -> a -> b -> END]\n';
    const stream = createRuntime()
      .thread(build(text, { functions: { b: bodies.hold('b') } }), 't')
      .stream();
    const response = uiMessageResponse(stream, { headers: { 'x-own': '1' } });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'x-vercel-ai-ui-message-stream': 'v1',
      'x-own': '1',
    });
    const reader = response.body?.getReader();
    const first = new TextDecoder().decode((await reader?.read())?.value);
    expect(first).toBe('data: {"type":"start","messageMetadata":{"thread":"t"}}\n\n');
    await reader?.cancel();
    bodies.get('b').finish();
    expect((await stream.result).status).toBe('done');
  });

  it('ends with [DONE]', async () => {
    const text = 'nodes: { a: { type: set, set: { x: 1.0 } } }\nstate: { x: number? }\nedges: [START -> a -> END]\n';
    const body = await uiMessageResponse(run(text).stream()).text();
    expect(body).toMatch(/^data: \{"type":"start".*\n\ndata: \{"type":"data-update"/);
    expect(body).toMatch(/data: \{"type":"finish","finishReason":"stop".*\n\ndata: \[DONE\]\n\n$/);
  });
});
