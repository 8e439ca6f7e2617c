/** Models of the AI SDK, of each version of its interface, held to the same rules. */
import { type LanguageModel, wrapLanguageModel } from 'ai';
import { MockLanguageModelV3, MockLanguageModelV4 } from 'ai/test';
import { wrapLanguageModel as wrap6 } from 'ai6';
import { MockLanguageModelV3 as Mock6V3 } from 'ai6/test';
import { describe, expect, it } from 'vitest';
import { aiModel, type Model, ModelError, type ModelPart, type ModelRequest } from '../../src/index.ts';
import { retryAfterOf } from '../../src/providers/ai-errors.ts';

type Stream = ReadableStream<unknown>;

const streamOf = (parts: readonly unknown[]): Stream => ReadableStream.from(parts) as Stream;

/** A model whose calls are kept, and that answers with the parts of a provider's stream. */
interface Kind {
  readonly name: string;
  readonly version: 2 | 3 | 4;
  make(stream: (options: unknown) => Stream | Promise<Stream>): Model;
}

// biome-ignore lint/suspicious/noExplicitAny: the mocks of four versions take the same function under different types
type AnyMock = new (options: any) => any;

const kind = (name: string, version: Kind['version'], Mock: AnyMock, wrap = (model: unknown) => model): Kind => ({
  name,
  version,
  make: stream => {
    const doStream = async (options: unknown) => ({ stream: await stream(options) });
    return aiModel(wrap(new Mock({ doStream })) as never, { price: { input: 1, output: 2 } });
  },
});

/** The oldest version, of which neither package has a mock. */
class PlainV2 {
  readonly specificationVersion = 'v2';
  readonly provider = 'test';
  readonly modelId = 'test';
  readonly supportedUrls = {};
  readonly doStream: unknown;
  constructor({ doStream }: { readonly doStream: unknown }) {
    this.doStream = doStream;
  }
}

const KINDS: readonly Kind[] = [
  kind('ai 7, version 4', 4, MockLanguageModelV4),
  kind('ai 7, version 4, wrapped', 4, MockLanguageModelV4, model =>
    wrapLanguageModel({ model: model as never, middleware: {} as never }),
  ),
  kind('ai 7, version 3', 3, MockLanguageModelV3),
  kind('ai 6, version 3', 3, Mock6V3),
  kind('ai 6, version 3, wrapped', 3, Mock6V3, model => wrap6({ model: model as never, middleware: {} as never })),
  kind('version 2', 2, PlainV2),
];

const requestOf = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  node: 'ask',
  model: 'test/model',
  messages: [{ role: 'user', content: 'Hello' }],
  settings: {},
  signal: new AbortController().signal,
  ...more,
});

async function collect(stream: AsyncIterable<ModelPart>): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

async function failureOf(stream: AsyncIterable<ModelPart>): Promise<ModelError> {
  try {
    await collect(stream);
  } catch (thrown) {
    return thrown as ModelError;
  }
  throw new Error('it did not fail');
}

describe.each(KINDS)('a model of $name', ({ version, make }) => {
  const usage = version === 2 ? { inputTokens: 3, outputTokens: 4, totalTokens: 7 } : counted(3, 4);
  const finish = (reason: string, raw = reason, more: object = {}): object => ({
    type: 'finish',
    usage,
    finishReason: version === 2 ? reason : { unified: reason, raw },
    ...more,
  });
  const start = { type: 'stream-start', warnings: [] };

  it('streams text and thoughts, counts, and says why it ended', async () => {
    const model = make(() =>
      streamOf([
        start,
        { type: 'response-metadata', id: 'r' },
        { type: 'reasoning-start', id: 'a' },
        { type: 'reasoning-delta', id: 'a', delta: 'Hm.' },
        { type: 'text-start', id: 'b' },
        { type: 'text-delta', id: 'b', delta: 'He' },
        { type: 'text-delta', id: 'b', delta: '' },
        { type: 'text-delta', id: 'b', delta: 'llo' },
        { type: 'text-end', id: 'b' },
        finish('stop', 'stop', { providerMetadata: { test: { logprobs: [1], none: undefined } } }),
      ]),
    );
    expect(model.price).toEqual({ input: 1, output: 2 });
    expect(await collect(model.stream(requestOf()))).toEqual([
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: 'He' },
      { type: 'text', text: 'llo' },
      { type: 'usage', usage: { inputTokens: 3, outputTokens: 4 } },
      { type: 'finish', reason: 'stop', metadata: { test: { logprobs: [1] } } },
    ]);
  });

  it('gives calls of tools, and says which cannot be read', async () => {
    const call = (toolCallId: string, input: string) => ({ type: 'tool-call', toolCallId, toolName: 'find', input });
    const model = make(() =>
      streamOf([
        { type: 'tool-input-start', id: '1', toolName: 'find' },
        { type: 'tool-input-delta', id: '1', delta: '{' },
        call('1', '{"q":"x"}'),
        call('2', ''),
        call('3', '{"q":'),
        call('4', '[1]'),
        { ...call('5', '{}'), providerExecuted: true },
        finish('tool-calls'),
      ]),
    );
    const parts = await collect(model.stream(requestOf()));
    expect(parts.filter(p => p.type === 'tool-call')).toEqual([
      { type: 'tool-call', id: '1', name: 'find', input: { q: 'x' } },
      { type: 'tool-call', id: '2', name: 'find', input: {} },
      { type: 'tool-call', id: '3', name: 'find', input: '{"q":', invalid: expect.stringMatching(/not JSON/) },
      { type: 'tool-call', id: '4', name: 'find', input: [1], invalid: 'the arguments are no object' },
    ]);
    expect(parts.at(-1)).toEqual({ type: 'finish', reason: 'tool-calls' });
  });

  it('sends messages, files, tools, settings and the schema as the version has them', async () => {
    let sent: Record<string, unknown> = {};
    const model = make(options => {
      sent = options as never;
      return streamOf([finish('stop')]);
    });
    const signal = new AbortController().signal;
    await collect(
      model.stream(
        requestOf({
          messages: [
            {
              id: 'm1',
              role: 'user',
              content: [
                { type: 'text', text: 'See' },
                { type: 'image', image: 'data:image/png;base64,AAAA' },
              ],
            },
            { role: 'assistant', content: [{ type: 'tool-call', toolCallId: '1', toolName: 'find', input: {} }] },
            {
              role: 'tool',
              content: [
                { type: 'tool-result', toolCallId: '1', toolName: 'find', output: { type: 'text', value: 'x' } },
              ],
            },
            { role: 'user', content: [{ type: 'file', data: 'QUJD', mediaType: 'text/plain', filename: 'a.txt' }] },
            { role: 'system', content: 'Be brief.' },
          ],
          tools: [{ name: 'find', description: 'Finds', input: { type: 'object' } }],
          schema: { type: 'object' },
          settings: { temperature: 0.5, maxTokens: 9, topP: 0.9, seed: 7, stop: ['END'] },
          signal,
        }),
      ),
    );
    const data = (text: string): unknown => (version === 4 ? { type: 'data', data: text } : text);
    expect(sent).toMatchObject({
      prompt: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'file', mediaType: 'image/png', data: data('AAAA') },
          ],
        },
        { role: 'assistant', content: [{ type: 'tool-call', toolCallId: '1', toolName: 'find', input: {} }] },
        { role: 'tool', content: [{ type: 'tool-result', toolCallId: '1', output: { type: 'text', value: 'x' } }] },
        { role: 'user', content: [{ type: 'file', mediaType: 'text/plain', filename: 'a.txt', data: data('QUJD') }] },
      ],
      tools: [{ type: 'function', name: 'find', description: 'Finds', inputSchema: { type: 'object' } }],
      toolChoice: { type: 'auto' },
      responseFormat: { type: 'json', schema: { type: 'object' } },
      temperature: 0.5,
      maxOutputTokens: 9,
      topP: 0.9,
      seed: 7,
      stopSequences: ['END'],
      abortSignal: signal,
    });
    expect(JSON.stringify(sent.prompt)).not.toContain('m1');
  });

  it('takes an unknown reason to end as another one, and keeps its word', async () => {
    const model = make(() => streamOf([finish('other', 'weird')]));
    const metadata = version === 2 ? {} : { metadata: { finishReason: 'weird' } };
    expect((await collect(model.stream(requestOf()))).at(-1)).toEqual({ type: 'finish', reason: 'other', ...metadata });
  });

  it('says that a stream was cut: with no end, or broken off', async () => {
    const text = { type: 'text-delta', id: 'a', delta: 'He' };
    const ended = make(() => streamOf([start, text]));
    expect(await failureOf(ended.stream(requestOf()))).toMatchObject({ code: 'stream-cut', retryable: true });
    const broken = make(() => {
      let sent = false;
      return new ReadableStream({
        pull(controller) {
          if (sent) controller.error(new TypeError('terminated'));
          else controller.enqueue(text);
          sent = true;
        },
      });
    });
    const failure = await failureOf(broken.stream(requestOf()));
    expect(failure).toMatchObject({ name: 'ModelError', code: 'stream-cut', retryable: true });
    expect((failure.cause as Error).message).toBe('terminated');
  });

  it('gives the errors of a provider codes, and says whether another attempt may help', async () => {
    const failing = (thrown: unknown): Model =>
      make(() => {
        throw thrown;
      });
    const http = (statusCode: number, responseHeaders = {}): Error =>
      Object.assign(new Error('no luck'), { name: 'AI_APICallError', statusCode, responseHeaders });
    const cases: readonly [Error, object][] = [
      [http(429, { 'retry-after': '7' }), { code: 'http-429', retryable: true, retryAfter: 7_000 }],
      [http(500), { code: 'http-500', retryable: true }],
      [http(401), { code: 'http-401', retryable: false }],
      [Object.assign(new Error('no key'), { name: 'AI_LoadAPIKeyError' }), { code: 'missing-key', retryable: false }],
      [Object.assign(new Error('no pdf'), { name: 'AI_UnsupportedFunctionalityError' }), { code: 'unsupported' }],
      [new TypeError('fetch failed'), { code: 'http-network', retryable: true }],
    ];
    for (const [thrown, expected] of cases) {
      const failure = await failureOf(failing(thrown).stream(requestOf()));
      expect(failure).toBeInstanceOf(ModelError);
      expect(failure).toMatchObject(expected);
    }
    const told = make(() =>
      streamOf([start, { type: 'error', error: { message: 'overloaded', type: 'server_error' } }]),
    );
    expect(await failureOf(told.stream(requestOf()))).toMatchObject({
      code: 'provider-error',
      retryable: true,
      message: 'the model "test/model" failed: overloaded',
    });
  });

  it('stops when its signal fires, even if the provider does not heed it', async () => {
    const controller = new AbortController();
    let cancelled = false;
    const model = make(
      () =>
        new ReadableStream({
          start: c => c.enqueue({ type: 'text-delta', id: 'a', delta: 'He' }),
          cancel: () => {
            cancelled = true;
          },
        }),
    );
    const parts = model.stream(requestOf({ signal: controller.signal }))[Symbol.asyncIterator]();
    expect((await parts.next()).value).toEqual({ type: 'text', text: 'He' });
    const next = parts.next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    expect(cancelled).toBe(true);
    const never = make(() => new Promise<Stream>(() => {}));
    await expect(collect(never.stream(requestOf({ signal: controller.signal })))).rejects.toThrow('enough');
  });

  it('ends the request when nobody listens any more', async () => {
    let cancelled = false;
    const model = make(
      () =>
        new ReadableStream({
          pull: c => c.enqueue({ type: 'text-delta', id: 'a', delta: 'x' }),
          cancel: () => {
            cancelled = true;
          },
        }),
    );
    for await (const _ of model.stream(requestOf())) break;
    expect(cancelled).toBe(true);
  });

  it('refuses a file by its URL where the provider would not fetch it', async () => {
    const model = make(() => streamOf([finish('stop')]));
    const messages = [{ role: 'user', content: [{ type: 'image', image: 'https://example.org/a.png' }] }] as const;
    const failure = await failureOf(model.stream(requestOf({ messages })));
    expect(failure).toMatchObject({ code: 'file-url', retryable: false });
  });
});

function counted(input: number, output: number): object {
  return {
    inputTokens: { total: input, noCache: input, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: output, reasoning: undefined },
  };
}

describe('retry-after', () => {
  const now = Date.parse('2030-01-01T00:00:00Z');
  it.each([
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Tue, 01 Jan 2030 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Mon, 31 Dec 2029 23:00:00 GMT' }, 0],
    [{ 'retry-after': '999999999' }, 86_400_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ] as const)('%j is %s ms', (headers, expected) => {
    expect(retryAfterOf(headers, now)).toBe(expected);
  });
});

it('takes every model of the AI SDK by its type', () => {
  const model: Exclude<LanguageModel, string> = new MockLanguageModelV4();
  expect(typeof aiModel(model).stream).toBe('function');
});
