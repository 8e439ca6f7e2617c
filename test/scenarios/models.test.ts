/** Real providers over a real wire: the packages of the AI SDK against a server on the loopback. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, toPromise } from 'xstate';
import {
  type CompileOptions,
  createRuntime,
  loadGraph,
  type RunEvent,
  type RunResult,
  type RuntimeOptions,
} from '../../src/index.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { begin, calls, delta, fails, finish, frame, ModelServer, type Reply, says } from '../helpers/model-server.ts';
import { build, settle } from '../helpers.ts';

const server = new ModelServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

const KEY = 'sk-a-secret-of-tests';

/** A graph of one node that asks the server; `more` are further keys of the node. */
const asking = (more = '', top = ''): string => `
model: test
models:
  test: { model: local/small, baseURL: "${server.baseURL}", apiKeyEnv: TEST_KEY }
${top}
state: { question: { type: string, default: Hello? }, answer: any? }
nodes:
  ask: { type: llm, prompt: { system: Be brief., user: "{{ question }}" }, output: answer${more && `, ${more}`} }
edges: [START -> ask -> END]
`;

interface Ran {
  readonly result: RunResult;
  readonly events: RunEvent[];
}

async function run(text: string, runtime: RuntimeOptions = {}, compile: CompileOptions = {}): Promise<Ran> {
  const events: RunEvent[] = [];
  const thread = createRuntime({ env: { TEST_KEY: KEY }, ...runtime }).thread(build(text, compile), 't');
  const result = await thread.invoke({}, { onEvent: event => events.push(event) });
  return { result, events };
}

const errorOf = async (text: string, runtime?: RuntimeOptions): Promise<NonNullable<RunResult['error']>> => {
  const { result } = await run(text, runtime);
  if (!result.error) throw new Error(`it did not fail: ${JSON.stringify(result.output)}`);
  return result.error;
};

describe('an answer', () => {
  it('S38 comes token by token between start and finish of its node, and is counted', async () => {
    server.answer(says('It is quite fine.'));
    const { result, events } = await run(asking());
    expect(result).toMatchObject({
      status: 'done',
      output: { answer: 'It is quite fine.' },
      usage: { inputTokens: 10, outputTokens: 2 },
      metrics: { modelCalls: 1 },
    });
    expect(events.map(e => e.type)).toEqual([
      ...['run-started', 'value', 'checkpoint', 'node-started'],
      ...['token', 'token', 'token', 'token', 'usage'],
      ...['update', 'node-finished', 'value', 'checkpoint', 'run-finished'],
    ]);
    expect(server.seen[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${KEY}` },
      body: {
        model: 'small',
        stream: true,
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hello?' },
        ],
      },
    });
  });

  it('comes in a plain actor as well', async () => {
    server.answer(says('Yes.'));
    const { machine } = build(asking(), { env: { TEST_KEY: KEY } });
    expect(await toPromise(createActor(machine, { input: {} }).start())).toMatchObject({ answer: 'Yes.' });
  });

  it('is told of within 5 ms of the server sending its first token', async () => {
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      let sent = 0;
      let heard = 0;
      server.answer(async response => {
        begin(response);
        await settle();
        sent = performance.now();
        response.write(delta({ content: 'One' }));
        await server.until(() => heard > 0);
        response.end(finish('stop'));
      });
      const thread = createRuntime({ env: { TEST_KEY: KEY } }).thread(build(asking()));
      await thread.invoke(
        {},
        {
          onEvent: event => {
            if (event.type !== 'token') return;
            heard = performance.now();
            server.look();
          },
        },
      );
      waits.push(heard - sent);
    }
    const sorted = waits.sort((a, b) => a - b);
    // The median is half a millisecond on an idle machine; on a busy one a quarter of them is quick still.
    expect(sorted[3]).toBeLessThan(5);
  });

  it('with an unknown reason to end is an answer', async () => {
    server.answer(says('Well.', 'tired'));
    expect((await run(asking())).result).toMatchObject({ status: 'done', output: { answer: 'Well.' } });
  });

  it('that a filter stopped is an error which no retry changes', async () => {
    server.answer(says('I am', 'content_filter'));
    expect(await errorOf(asking('retry: 3'))).toMatchObject({ code: 'content-filter', retryable: false });
    expect(server.seen.length).toBe(1);
  });

  it('may be thought about aloud', async () => {
    server.answer(response => {
      begin(response);
      response.write(delta({ reasoning_content: 'Hm.' }));
      response.write(delta({ content: 'Yes.' }));
      response.end(finish('stop'));
    });
    const { events, result } = await run(asking());
    expect(result.output).toMatchObject({ answer: 'Yes.' });
    expect(events.filter(e => e.type === 'reasoning').map(e => e.text)).toEqual(['Hm.']);
  });

  it('a cancel closes the connection', async () => {
    server.answer(response => {
      begin(response);
      response.write(delta({ content: 'One' }));
    });
    const controller = new AbortController();
    const thread = createRuntime({ env: { TEST_KEY: KEY } }).thread(build(asking()));
    const result = thread.invoke(
      {},
      {
        signal: controller.signal,
        onEvent: event => {
          if (event.type === 'token') controller.abort();
        },
      },
    );
    await server.until(() => server.closed === 1);
    expect(await result).toMatchObject({ status: 'cancelled', failures: [] });
  });

  it('a timeout closes the connection before the first token, too', async () => {
    const clock = simulatedClock();
    server.answer(() => {});
    const running = run(asking('timeout: 5s'), { clock });
    await server.until(() => server.seen.length === 1);
    await clock.advance(5_000);
    await server.until(() => server.closed === 1);
    expect((await running).result.error).toMatchObject({ code: 'timeout' });
  });
});

describe('errors of the wire', () => {
  it('a retry waits as long as the provider asks, and no less than its own delay', async () => {
    const clock = simulatedClock();
    server.answer(fails(429, { 'retry-after': '30' }), fails(429, { 'retry-after-ms': '1' }), says('Now.'));
    const waits: number[] = [];
    let retrying = (): void => {};
    const thread = createRuntime({ env: { TEST_KEY: KEY }, clock }).thread(
      build(asking('retry: { attempts: 3, delay: 2s }')),
    );
    const next = (): Promise<void> => new Promise(resolve => (retrying = resolve));
    const first = next();
    const result = thread.invoke(
      {},
      {
        onEvent: event => {
          if (event.type === 'node-retrying') retrying();
          if (event.type === 'node-retrying' || event.type === 'node-started') waits.push(event.at);
        },
      },
    );
    await first;
    await clock.advance(29_999);
    expect(server.seen.length).toBe(1);
    const second = next();
    await clock.advance(1);
    await second;
    expect(server.seen.length).toBe(2);
    await clock.advance(3_999);
    expect(server.seen.length).toBe(2);
    await clock.advance(1);
    expect(await result).toMatchObject({ status: 'done', output: { answer: 'Now.' }, metrics: { failedRuns: 2 } });
    expect(waits).toHaveLength(5);
  });

  it.each<[string, Reply, object]>([
    ['a 429', fails(429, { 'retry-after': '9' }), { code: 'http-429', retryable: true, retryAfter: 9_000 }],
    ['a 500', fails(500), { code: 'http-500', retryable: true }],
    ['a 401', fails(401), { code: 'http-401', retryable: false }],
    ['a 404', fails(404), { code: 'http-404', retryable: false }],
    ['no answer', r => void r.destroy(), { code: 'http-network', retryable: true }],
    [
      'a stream that is cut',
      r => {
        begin(r);
        r.write(delta({ content: 'Half' }), () => r.destroy());
      },
      { code: 'stream-cut', retryable: true },
    ],
    [
      'a stream without an end',
      r => {
        begin(r);
        r.end(delta({ content: 'Half' }));
      },
      { code: 'stream-cut', retryable: true },
    ],
    [
      'an error inside the stream',
      r => {
        begin(r);
        r.end(frame({ error: { message: 'overloaded', type: 'server_error' } }));
      },
      { code: 'provider-error', retryable: true, message: 'the model "local/small" failed: overloaded' },
    ],
    [
      'a stream that is no JSON',
      r => {
        begin(r);
        r.end('data: {"a":\n\n');
      },
      { code: 'bad-response', retryable: true },
    ],
  ])('%s has a code of its own', async (_, reply, expected) => {
    server.answer(reply);
    expect(await errorOf(asking())).toMatchObject({ name: 'ModelError', ...expected });
    expect(server.seen.length).toBe(1);
  });

  it('no server at all is an error that may pass', async () => {
    const text = asking().replace(server.baseURL, 'http://127.0.0.1:1/v1');
    expect(await errorOf(text)).toMatchObject({ code: 'http-network', retryable: true });
  });

  it('no error, and no event, shows the key', async () => {
    server.answer(fails(401, {}, `Incorrect API key: ${KEY}`));
    const { result, events } = await run(asking());
    expect(result.error?.message).toBe('the model "local/small" answered with status 401: Incorrect API key: ***');
    expect(JSON.stringify([result, events])).not.toContain(KEY);
  });
});

describe('structured answers', () => {
  const schema = 'schema: { ok: boolean }';

  it('are asked for by their schema', async () => {
    server.answer(says('{ "ok": true }'));
    expect((await run(asking(schema))).result.output).toMatchObject({ answer: { ok: true } });
    expect(server.seen[0]?.body.response_format).toMatchObject({
      type: 'json_schema',
      json_schema: { schema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] } },
    });
  });

  it('may be put into a fence; a type that is no object is asked for as one', async () => {
    server.answer(says('```json\n{ "value": ["a", "b"] }\n```'));
    expect((await run(asking('schema: list<string>'))).result.output).toMatchObject({ answer: ['a', 'b'] });
    expect(server.seen[0]?.body.response_format.json_schema.schema).toMatchObject({
      properties: { value: { type: 'array', items: { type: 'string' } } },
    });
  });

  it('that do not fit are shown to the model once, with what is wrong', async () => {
    server.answer(says('{ "ok": "perhaps" }'), says('{ "ok": false }'));
    const { result, events } = await run(asking(schema));
    expect(result).toMatchObject({ output: { answer: { ok: false } }, metrics: { modelCalls: 2, nodeRuns: 1 } });
    expect(events.filter(e => e.type === 'model-again')).toMatchObject([{ node: 'ask', why: 'repair' }]);
    expect(server.seen[1]?.body.messages.slice(2)).toEqual([
      { role: 'assistant', content: '{ "ok": "perhaps" }' },
      { role: 'user', content: expect.stringMatching(/does not fit its schema: .*ok.* Answer again, with JSON/) },
    ]);
  });

  it('that never fit are an error with a code', async () => {
    server.answer(says('{ "ok": 1 }'), says('{ "ok": 2 }'));
    expect(await errorOf(asking(schema))).toMatchObject({ code: 'answer-schema' });
    server.answer(says('No.'), says('No!'));
    expect(await errorOf(asking(schema))).toMatchObject({ code: 'answer-not-json' });
    expect(server.seen.length).toBe(2);
  });

  it('that were cut off say so, and are not asked for again', async () => {
    server.answer(says('{ "ok": tr', 'length'));
    expect(await errorOf(asking(`${schema}, retry: 3`))).toMatchObject({ code: 'answer-cut', retryable: false });
    expect(server.seen.length).toBe(1);
  });
});

describe('what is sent', () => {
  it('settings of the node come before those of its model', async () => {
    server.answer(says('Yes.'));
    await run(
      asking('temperature: 0.9, stop: [END, STOP]').replace(
        'apiKeyEnv',
        'temperature: 0.1, maxTokens: 50, topP: 0.5, seed: 7, apiKeyEnv',
      ),
    );
    expect(server.seen[0]?.body).toMatchObject({
      temperature: 0.9,
      max_tokens: 50,
      top_p: 0.5,
      seed: 7,
      stop: ['END', 'STOP'],
    });
  });

  it('headers, with values of the environment', async () => {
    server.answer(says('Yes.'), says('Yes.'));
    const text = asking().replace('apiKeyEnv: TEST_KEY', 'headers: { x-team: blue, x-key: "{{ env.OTHER_KEY }}" }');
    await run(text, { env: { OTHER_KEY: 'other' } });
    expect(server.seen[0]?.headers).toMatchObject({ 'x-team': 'blue', 'x-key': 'other' });
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
    expect(await errorOf(text, { env: {} })).toMatchObject({
      code: 'missing-env',
      message: expect.stringMatching(/OTHER_KEY/),
    });
  });

  it('messages and files go with the text of the user', async () => {
    server.answer(says('A cat.'));
    await run(`
model: local/small
models: { local: { model: local/small, baseURL: "${server.baseURL}" } }
state:
  before: { type: messages, default: [{ role: user, content: Hi }, { role: assistant, content: Hello }] }
  photo: { type: string, default: "data:image/png;base64,AAAA" }
  none: any?
nodes:
  ask:
    type: llm
    model: local
    prompt: { user: What is it?, messages: before, files: [photo, "'https://example.org/b.jpg'", none] }
edges: [START -> ask -> END]
`);
    expect(server.seen[0]?.body.messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          { type: 'image_url', image_url: { url: 'https://example.org/b.jpg' } },
        ],
      },
    ]);
  });

  it('calls of tools and their results', async () => {
    server.answer(calls({ id: 'c1', name: 'add', arguments: '{"a":1,"b":2}' }), says('It is 3.'));
    const { result, events } = await run(
      `
model: test
models: { test: { model: local/small, baseURL: "${server.baseURL}" } }
state: { answer: string? }
tools: { add: { type: function, function: add, description: Adds, input: { a: number, b: number } } }
nodes:
  helper: { type: agent, prompt: What is 1 + 2?, tools: [add], output: answer }
edges: [START -> helper -> END]
`,
      { functions: { add: ({ a, b }: { a: number; b: number }) => a + b } },
    );
    expect(result).toMatchObject({ status: 'done', output: { answer: 'It is 3.' } });
    expect(server.seen[0]?.body.tools).toMatchObject([
      { type: 'function', function: { name: 'add', description: 'Adds' } },
    ]);
    expect(server.seen[1]?.body.messages.slice(1)).toMatchObject([
      { role: 'assistant', tool_calls: [{ id: 'c1', function: { name: 'add', arguments: '{"a":1,"b":2}' } }] },
      { role: 'tool', tool_call_id: 'c1', content: '3' },
    ]);
    expect(events.find(e => e.type === 'tool-call')).toMatchObject({ tool: 'add', input: { a: 1, b: 2 } });
  });
});

describe('fallbacks', () => {
  const withFallback = (more = ''): string =>
    asking(more)
      .replace('apiKeyEnv: TEST_KEY', 'price: { input: 1, output: 1 }, fallback: [spare]')
      .replace(
        'models:\n',
        `models:\n  spare: { model: local/spare, baseURL: "${server.baseURL}", temperature: 0.3 }\n`,
      );

  it('another model is asked when the first fails before its first text', async () => {
    server.answer(fails(503), says('From the spare.'));
    const { result, events } = await run(withFallback());
    expect(result).toMatchObject({ status: 'done', output: { answer: 'From the spare.' }, metrics: { modelCalls: 2 } });
    // The spare has no price.
    expect(result.usage).toEqual({ inputTokens: 10, outputTokens: 2 });
    expect(server.seen.map(s => s.body.model)).toEqual(['small', 'spare']);
    expect(server.seen[1]?.body.temperature).toBe(0.3);
    expect(events.find(e => e.type === 'model-fallback')).toMatchObject({
      node: 'ask',
      model: 'local/small',
      next: 'local/spare',
      error: { code: 'http-503' },
    });
  });

  it('not when it had begun to speak, and the last error stands when all fail', async () => {
    server.answer(response => {
      begin(response);
      response.write(delta({ content: 'Half' }), () => response.destroy());
    });
    expect(await errorOf(withFallback())).toMatchObject({ code: 'stream-cut' });
    expect(server.seen.length).toBe(1);
    server.answer(fails(503, { 'retry-after': '9' }), fails(401));
    expect(await errorOf(withFallback())).toMatchObject({
      code: 'http-401',
      message: expect.stringMatching(/"local\/spare" answered with status 401.*before it, "local\/small" failed .*503/),
      retryable: true,
      retryAfter: 9_000,
    });
  });

  it('the tokens of a model with a price are a cost', async () => {
    server.answer(says('From the first.'));
    const { result, events } = await run(withFallback());
    expect(result.usage).toEqual({ inputTokens: 10, outputTokens: 2, cost: 12 / 1e6 });
    expect(events.find(e => e.type === 'usage')).toMatchObject({ cost: 12 / 1e6 });
  });

  it('may lead round in a circle, and to what the program registers', async () => {
    server.answer(fails(503), fails(502));
    const text = withFallback().replace('temperature: 0.3', 'fallback: [test, own]');
    const own = {
      async *stream() {
        yield { type: 'text', text: 'Mine.' } as const;
      },
    };
    expect((await run(text, { models: { own } })).result.output).toMatchObject({ answer: 'Mine.' });
  });
});

describe('names', () => {
  const named = (model: string): Promise<NonNullable<RunResult['error']>> =>
    errorOf(`model: ${model}\nstate: {}\nnodes: { ask: { type: llm, prompt: Hello } }\nedges: [START -> ask -> END]`, {
      env: {},
    });

  it('a missing key names the variable', async () => {
    expect(await named('openai/gpt-5-mini')).toMatchObject({
      code: 'missing-key',
      message: 'the environment variable OPENAI_API_KEY is not set; the model "openai/gpt-5-mini" needs it',
      retryable: false,
    });
    expect(await named('anthropic/claude')).toMatchObject({ message: expect.stringMatching(/ANTHROPIC_API_KEY/) });
    expect(await errorOf(asking(), { env: {} })).toMatchObject({
      code: 'missing-key',
      message: expect.stringMatching(/TEST_KEY/),
    });
  });

  it('a missing package is named with the command that installs it, or the name that was meant', async () => {
    expect(await named('huggingface/x')).toMatchObject({
      code: 'missing-package',
      message: expect.stringMatching(/needs the package @ai-sdk\/huggingface.*npm install @ai-sdk\/huggingface/),
      retryable: false,
    });
    expect(await named('opanai/gpt-5')).toMatchObject({
      code: 'missing-package',
      message: expect.stringMatching(/did you mean "openai\/gpt-5"/),
    });
    expect(await named('unheard-of/x')).toMatchObject({
      message: expect.stringMatching(/npm install @ai-sdk\/unheard-of/),
    });
  });

  it('a name that is no model says what a name is', async () => {
    expect(await named('gpt-5')).toMatchObject({
      code: 'missing-model',
      message: expect.stringMatching(/provider\/model/),
    });
    expect(await named('"../../x/y"')).toMatchObject({ code: 'missing-model' });
    expect(await named('openai-compatible/x')).toMatchObject({
      code: 'missing-setting',
      message: expect.stringMatching(/baseURL/),
    });
  });

  it('ollama is a server at home', async () => {
    server.answer(says('Hi.'));
    const { result } = await run(
      'model: ollama/qwen3:4b\nstate: { a: string? }\nnodes: { ask: { type: llm, prompt: Hello, output: a } }\nedges: [START -> ask -> END]',
      { env: { OLLAMA_BASE_URL: server.baseURL } },
    );
    expect(result.output).toEqual({ a: 'Hi.' });
    expect(server.seen[0]?.body.model).toBe('qwen3:4b');
  });

  it.each([
    ['openai/gpt-5-mini', '/v1/responses', 'authorization', `Bearer ${KEY}`],
    ['anthropic/claude-sonnet', '/v1/messages', 'x-api-key', KEY],
  ])('%s goes by its own package, to another address if need be', async (model, path, header, value) => {
    server.answer(fails(400));
    const text = asking().replace('local/small', model);
    expect(await errorOf(text)).toMatchObject({ code: 'http-400', message: expect.stringContaining(model) });
    expect(server.seen[0]).toMatchObject({ path, headers: { [header]: value } });
  });
});

describe('packages', () => {
  it('are those beside the graph', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'statewright-packages-'));
    try {
      const own = path.join(folder, 'node_modules/@ai-sdk/house-brand');
      mkdirSync(own, { recursive: true });
      writeFileSync(path.join(own, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
      writeFileSync(
        path.join(own, 'index.js'),
        `export const helper = 1;
export const createHouseBrand = ({ apiKey, baseURL }) => id => ({
  specificationVersion: 'v3',
  supportedUrls: {},
  async doStream() {
    return {
      stream: ReadableStream.from([
        { type: 'text-delta', id: '1', delta: [id, apiKey, baseURL].join(' ') },
        { type: 'finish', finishReason: { unified: 'stop' }, usage: {} },
      ]),
    };
  },
});
`,
      );
      const file = path.join(folder, 'graph.yaml');
      writeFileSync(
        file,
        'model: m\nmodels: { m: { model: house-brand/large, apiKeyEnv: HOUSE_KEY } }\nstate: { a: string? }\nnodes: { ask: { type: llm, prompt: Hi, output: a } }\nedges: [START -> ask -> END]\n',
      );
      const thread = createRuntime({ env: { HOUSE_KEY: 'k' } }).thread(await loadGraph(file));
      expect((await thread.invoke({})).output).toEqual({ a: 'large k ' });
      const other = path.join(folder, 'node_modules/@ai-sdk/broken');
      mkdirSync(other, { recursive: true });
      writeFileSync(path.join(other, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
      writeFileSync(path.join(other, 'index.js'), 'throw new Error("it is broken");\n');
      writeFileSync(file, 'nodes: { ask: { type: llm, model: broken/x, prompt: Hi } }\nedges: [START -> ask -> END]\n');
      const broken = await createRuntime()
        .thread(await loadGraph(file))
        .invoke({});
      expect(broken.error).toMatchObject({
        code: 'missing-package',
        message: 'the package @ai-sdk/broken cannot be loaded: it is broken',
        retryable: false,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
