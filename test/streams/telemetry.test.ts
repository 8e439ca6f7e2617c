/** Spans of OpenTelemetry, gathered by a tracer of the test's own. */
import {
  type Attributes,
  type Context,
  type Exception,
  type Span,
  SpanKind,
  type SpanOptions,
  trace,
} from '@opentelemetry/api';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  createRuntime,
  type Model,
  type RuntimeOptions,
  type TelemetryOptions,
  type TracerLike,
} from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { fails, ModelServer, says } from '../helpers/model-server.ts';
import { build } from '../helpers.ts';
import { collect } from './tools.ts';

class TestSpan {
  readonly name: string;
  readonly kind: SpanKind | undefined;
  readonly parent: TestSpan | undefined;
  readonly attributes: Attributes;
  readonly exceptions: Exception[] = [];
  readonly events: string[] = [];
  status: { code: number; message?: string } = { code: 0 };
  ended = 0;

  constructor(name: string, { kind, attributes }: SpanOptions, parent: TestSpan | undefined) {
    this.name = name;
    this.kind = kind;
    this.parent = parent;
    this.attributes = { ...attributes };
  }

  setAttribute(key: string, value: never): this {
    this.attributes[key] = value;
    return this;
  }

  setAttributes(attributes: Attributes): this {
    Object.assign(this.attributes, attributes);
    return this;
  }

  setStatus(status: { code: number; message?: string }): this {
    this.status = status;
    return this;
  }

  recordException(exception: Exception): void {
    this.exceptions.push(exception);
  }

  addEvent(name: string): this {
    this.events.push(name);
    return this;
  }

  end(): void {
    this.ended++;
  }
}

class TestTracer {
  readonly spans: TestSpan[] = [];

  startSpan(name: string, options: SpanOptions, context: Context): Span {
    const span = new TestSpan(name, options, trace.getSpan(context) as unknown as TestSpan | undefined);
    this.spans.push(span);
    return span as unknown as Span;
  }

  /** The spans as a tree, indented. */
  tree(): string[] {
    const depth = (span: TestSpan): number => (span.parent ? depth(span.parent) + 1 : 0);
    return this.spans.map(span => `${'  '.repeat(depth(span))}${span.name}`);
  }

  named(name: string): TestSpan {
    const found = this.spans.find(s => s.name === name);
    if (!found) throw new Error(`no span "${name}": ${this.tree().join('\n')}`);
    return found;
  }
}

interface Setup extends RuntimeOptions {
  readonly content?: boolean;
}

function traced(text: string, { content, ...options }: Setup, build_: Parameters<typeof build>[1] = {}) {
  const tracer = new TestTracer();
  const telemetry: TelemetryOptions = { tracer, ...(content === undefined ? {} : { content }) };
  return { tracer, thread: createRuntime({ ...options, telemetry }).thread(build(text, build_), 'thread-1') };
}

const CHAT = `
name: triage
model: openai/gpt-5-mini
tools: { look: { type: function, function: look, description: Looks things up, input: { q: string } } }
state: { kind: string?, answer: string?, found: { type: array, merge: append }, sub: string? }
nodes:
  sort: { type: llm, prompt: { system: Sort, user: secret question }, schema: { kind: string }, temperature: 0.5, output: { kind: output.kind } }
  help: { type: agent, prompt: secret wish, tools: [look], output: answer }
  each: { type: map, over: '["a", "b"]', as: x, node: { type: function, function: up, input: { x: x } }, collect: found }
  sub: { type: graph, graph: ./inner.yaml, output: { sub: output.out } }
edges: [START -> sort -> help -> each -> sub -> END]
`;
const INNER =
  'name: inner\nstate: { out: string? }\nnodes: { deep: { type: tool, tool: t, args: { q: "\'z\'" }, output: out } }\ntools: { t: { type: function, function: look } }\nedges: [START -> deep -> END]\n';

const functions = {
  look: ({ q }: { q: string }) => `found secret ${q}`,
  up: ({ x }: { x: string }) => x.toUpperCase(),
};
const parts = { file: 'o.yaml', read: () => INNER, functions };
const script = {
  sort: [{ object: { kind: 'secret kind' }, usage: { inputTokens: 5, outputTokens: 2 } }],
  help: [{ toolCalls: [{ tool: 'look', input: { q: 'secret q' }, id: 'call-7' }] }, 'secret answer'],
};

describe('spans', () => {
  it('of the run, its nodes, agents, items, models and tools, each within what it is part of', async () => {
    const { tracer, thread } = traced(CHAT, { models: { '*': scriptedModel(script) } }, parts);
    expect((await thread.invoke()).status).toBe('done');
    expect(tracer.tree()).toEqual([
      'invoke_workflow triage',
      '  llm sort',
      '    chat gpt-5-mini',
      '  invoke_agent help',
      '    turn model',
      '      chat gpt-5-mini',
      '    map tools',
      '      item tools',
      '        execute_tool look',
      '    turn model',
      '      chat gpt-5-mini',
      '  map each',
      '    item each',
      '    item each',
      '  graph sub',
      '    tool deep',
      '      execute_tool t',
    ]);
    expect(tracer.spans.filter(s => s.ended !== 1)).toEqual([]);
    expect(tracer.spans.filter(s => s.status.code !== 0)).toEqual([]);
  });

  it('say what the conventions for generative AI ask for, and no content', async () => {
    const { tracer, thread } = traced(CHAT, { models: { '*': scriptedModel(script) } }, parts);
    await thread.invoke();
    expect(tracer.named('invoke_workflow triage')).toMatchObject({
      kind: SpanKind.INTERNAL,
      attributes: {
        'gen_ai.operation.name': 'invoke_workflow',
        'gen_ai.workflow.name': 'triage',
        'gen_ai.conversation.id': 'thread-1',
        'statewright.run.status': 'done',
      },
    });
    expect(tracer.named('chat gpt-5-mini')).toMatchObject({ kind: SpanKind.CLIENT });
    expect(tracer.named('chat gpt-5-mini').attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.conversation.id': 'thread-1',
      'gen_ai.output.type': 'json',
      'gen_ai.request.temperature': 0.5,
      'gen_ai.usage.input_tokens': 5,
      'gen_ai.usage.output_tokens': 2,
      'gen_ai.response.finish_reasons': ['stop'],
    });
    expect(tracer.named('invoke_agent help').attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'help',
    });
    expect(tracer.named('execute_tool look').attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'look',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.description': 'Looks things up',
      'gen_ai.tool.call.id': 'call-7',
    });
    expect(tracer.named('tool deep').attributes).toMatchObject({ 'statewright.node': 'sub/deep' });
    expect(tracer.named('item each').attributes).toEqual({ 'statewright.node': 'each', 'statewright.item': 0 });
    const told = JSON.stringify(
      tracer.spans.map(({ attributes, exceptions, status }) => ({ attributes, exceptions, status })),
    );
    expect(told).not.toContain('secret');
  });

  it('have the content where it is asked for', async () => {
    const { tracer, thread } = traced(CHAT, { models: { '*': scriptedModel(script) }, content: true }, parts);
    await thread.invoke();
    const attributes = tracer.spans.filter(s => s.name === 'chat gpt-5-mini').map(s => s.attributes);
    const messages = (i: number, key: string): unknown => JSON.parse(String(attributes[i]?.[key]));
    expect(messages(0, 'gen_ai.input.messages')).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Sort' }] },
      { role: 'user', parts: [{ type: 'text', content: 'secret question' }] },
    ]);
    expect(messages(0, 'gen_ai.output.messages')).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: '{"kind":"secret kind"}' }], finish_reason: 'stop' },
    ]);
    expect(messages(1, 'gen_ai.output.messages')).toMatchObject([
      {
        parts: [{ type: 'tool_call', id: 'call-7', name: 'look', arguments: { q: 'secret q' } }],
        finish_reason: 'tool_call',
      },
    ]);
    expect(messages(2, 'gen_ai.input.messages')).toContainEqual({
      role: 'tool',
      parts: [{ type: 'tool_call_response', id: 'call-7', response: 'found secret secret q' }],
    });
    expect(tracer.named('execute_tool look').attributes).toMatchObject({
      'gen_ai.tool.call.arguments': '{"q":"secret q"}',
      'gen_ai.tool.call.result': '"found secret secret q"',
    });
  });

  it('record errors: of attempts, of models, of tools, of the run; those that quote an answer without it', async () => {
    const text = `
name: bad
model: m
tools: { t: { type: function, function: t } }
state: { x: number? }
nodes:
  try: { type: function, function: twice, retry: { attempts: 2, delay: 0ms } }
  mend: { type: tool, tool: t, onError: continue }
  ask: { type: llm, prompt: Hi, schema: { n: number }, output: { x: output.n } }
edges: [START -> try -> mend -> ask -> END]
`;
    let tries = 0;
    const fail = (message: string): never => {
      throw Object.assign(new Error(message), { code: 'E_OWN' });
    };
    const bodies = { twice: () => (tries++ === 0 ? fail('once') : {}), t: () => fail('no tool') };
    const models = { '*': scriptedModel({ ask: ['secret answer', 'secret again'] }) };
    const { tracer, thread } = traced(text, { models }, { functions: bodies });
    const { status } = await thread.invoke();
    expect(status).toBe('failed');
    const [first, second] = tracer.spans.filter(s => s.name === 'function try');
    expect(first).toMatchObject({
      status: { code: 2, message: 'once' },
      attributes: { 'error.type': 'E_OWN' },
      ended: 1,
    });
    expect(first?.exceptions).toMatchObject([{ name: 'Error', message: 'once' }]);
    expect(second).toMatchObject({ status: { code: 0 }, ended: 1 });
    for (const name of ['execute_tool t', 'tool mend']) {
      expect(tracer.named(name)).toMatchObject({ status: { code: 2, message: 'no tool' }, ended: 1 });
    }
    const run = tracer.named('invoke_workflow bad');
    for (const span of [tracer.named('llm ask'), run]) {
      expect(span.status).toEqual({ code: 2, message: 'answer-not-json' });
      expect(span.exceptions).toEqual([{ name: 'ModelError', message: 'answer-not-json' }]);
    }
    expect(run.attributes).toMatchObject({ 'statewright.run.status': 'failed', 'error.type': 'answer-not-json' });
    expect(tracer.named('chat m')).toMatchObject({ status: { code: 0 }, ended: 1 });
    const broken: Model = {
      // biome-ignore lint/correctness/useYield: it fails before it says anything
      async *stream() {
        throw new Error('no line');
      },
    };
    const down = traced(text, { models: { m: broken } }, { functions: bodies });
    await down.thread.invoke();
    expect(down.tracer.named('chat m')).toMatchObject({ status: { code: 2, message: 'no line' }, ended: 1 });
  });

  it('a run that waits has ended its spans; going on, what waited has a span again', async () => {
    const inner =
      'name: inner\nstate: { out: string? }\nnodes: { ask: { type: interrupt, message: Well? }, after: { type: function, function: up, input: { x: "\'a\'" }, output: out } }\nedges: [START -> ask -> after -> END]\n'.replace(
        'out: any',
        'out: string?',
      );
    const text = 'name: outer\nnodes: { sub: { type: graph, graph: ./inner.yaml } }\nedges: [START -> sub -> END]\n';
    const { tracer, thread } = traced(text, {}, { file: 'o.yaml', read: () => inner, functions });
    await thread.invoke();
    expect(tracer.tree()).toEqual(['invoke_workflow outer', '  graph sub']);
    expect(tracer.spans.map(s => s.ended)).toEqual([1, 1]);
    expect(tracer.spans[0]).toMatchObject({
      attributes: { 'statewright.run.status': 'waiting' },
      events: ['interrupt'],
    });
    await collect(thread.stream.resume(true));
    expect(tracer.tree().slice(2)).toEqual([
      'invoke_workflow outer',
      '  graph sub',
      '    interrupt ask',
      '    function after',
    ]);
    expect(tracer.spans.map(s => s.ended)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('a cancelled run ends its spans', async () => {
    const controller = new AbortController();
    const wait = (_: unknown, { signal }: { signal: AbortSignal }): Promise<void> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        controller.abort();
      });
    const text = 'name: slow\nnodes: { w: { type: function, function: wait } }\nedges: [START -> w -> END]\n';
    const { tracer, thread } = traced(text, {}, { functions: { wait } });
    expect((await thread.invoke({}, { signal: controller.signal })).status).toBe('cancelled');
    expect(tracer.named('function w')).toMatchObject({ ended: 1, attributes: { 'statewright.cancelled': true } });
    expect(tracer.spans[0]).toMatchObject({ ended: 1, attributes: { 'statewright.run.status': 'cancelled' } });
  });

  it('models of providers have theirs, a fallback its own', async () => {
    const server = new ModelServer();
    await server.start();
    server.answer(fails(500), says('All well'));
    const text = `
name: two
model: first
models:
  first: { model: local/one, baseURL: "${server.baseURL}", apiKeyEnv: KEY, fallback: [second] }
  second: { model: local/two, baseURL: "${server.baseURL}", apiKeyEnv: KEY }
state: { answer: string? }
nodes: { ask: { type: llm, prompt: Well?, output: answer } }
edges: [START -> ask -> END]
`;
    const { tracer, thread } = traced(text, { env: { KEY: 'k' } });
    expect((await thread.invoke()).output).toEqual({ answer: 'All well' });
    await server.stop();
    expect(tracer.tree()).toEqual(['invoke_workflow two', '  llm ask', '    chat one', '    chat two']);
    expect(tracer.named('chat one')).toMatchObject({ status: { code: 2 }, ended: 1 });
    expect(tracer.named('chat two').attributes).toMatchObject({
      'gen_ai.provider.name': 'local',
      'gen_ai.usage.input_tokens': 10,
    });
  });

  it('`telemetry: true` takes the global provider, which does nothing unless there is one', async () => {
    const tracer = new TestTracer();
    const text =
      'name: one\nnodes: { f: { type: function, function: up, input: { x: "\'a\'" }, output: x } }\nstate: { x: string? }\nedges: [START -> f -> END]\n';
    const graph = build(text, { functions });
    expectTypeOf(trace.getTracer('x')).toExtend<TracerLike>();
    const runtime = createRuntime({ telemetry: true });
    expect((await runtime.thread(graph).invoke()).output).toEqual({ x: 'A' });
    trace.setGlobalTracerProvider({ getTracer: () => tracer } as never);
    expect((await runtime.thread(graph).invoke()).status).toBe('done');
    trace.disable();
    expect(tracer.tree()).toEqual(['invoke_workflow one', '  function f']);
  });
});
