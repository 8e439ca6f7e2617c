/** The means of node bodies, with a span for every call of a model and of a tool. */
import { type Attributes, type Context, context, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import { errorRecord } from '../compile/context.ts';
import type { CalledTool } from '../compile/tool.ts';
import type { FinishReason, Model, ModelPart, ModelRequest, Models, Usage } from '../models/model.ts';
import type { BodyDeps } from '../nodes/run-body.ts';
import type { World } from '../nodes/world.ts';
import {
  answerAttributes,
  chatSpanName,
  noteError,
  outputAttributes,
  promptAttributes,
  requestAttributes,
  toolAttributes,
} from './span-attributes.ts';

/** What the spans of one body are made with. */
export interface BodyTrace {
  readonly tracer: Tracer;
  readonly content: boolean;
  readonly thread: string;
  /** The span of the node. */
  readonly inside: Context;
  /** The id of the tool call that the body is for, if a model made it. */
  readonly callId: () => string | undefined;
}

/** Collects what a model says of itself. */
class Heard {
  text = '';
  reasoning = '';
  readonly calls: Extract<ModelPart, { type: 'tool-call' }>[] = [];
  usage: Usage = { inputTokens: 0, outputTokens: 0 };
  finish: FinishReason = 'stop';

  take(part: ModelPart): void {
    if (part.type === 'text') this.text += part.text;
    else if (part.type === 'reasoning') this.reasoning += part.text;
    else if (part.type === 'tool-call') this.calls.push(part);
    else if (part.type === 'finish') this.finish = part.reason;
    else if (part.type === 'usage') {
      const { inputTokens, outputTokens } = this.usage;
      this.usage = {
        inputTokens: inputTokens + part.usage.inputTokens,
        outputTokens: outputTokens + part.usage.outputTokens,
      };
    }
  }
}

/** The stream of a model, each part of it made inside the call's span. */
async function* within<T>(own: Context, open: () => AsyncIterable<T>): AsyncIterable<T> {
  const parts = context.with(own, () => open()[Symbol.asyncIterator]());
  let done = false;
  try {
    for (;;) {
      const part = await context.with(own, () => parts.next());
      done = part.done === true;
      if (part.done) return;
      yield part.value;
    }
  } catch (thrown) {
    done = true;
    throw thrown;
  } finally {
    if (!done) await parts.return?.();
  }
}

async function* tracedStream(model: Model, request: ModelRequest, by: BodyTrace): AsyncIterable<ModelPart> {
  const { content, inside } = by;
  const asked = { ...requestAttributes(request, by.thread), ...(content ? promptAttributes(request) : {}) };
  const span = by.tracer.startSpan(chatSpanName(request), { kind: SpanKind.CLIENT, attributes: asked }, inside);
  const heard = new Heard();
  try {
    for await (const part of within(trace.setSpan(inside, span), () => model.stream(request))) {
      heard.take(part);
      yield part;
    }
    span.setAttributes({ ...answerAttributes(heard), ...(content ? outputAttributes(heard) : {}) });
  } catch (thrown) {
    noteError(span, errorRecord(thrown), content);
    throw thrown;
  } finally {
    span.end();
  }
}

function tracedModel(model: Model, by: BodyTrace): Model {
  const stream = (request: ModelRequest): AsyncIterable<ModelPart> => tracedStream(model, request, by);
  return Object.create(model, { stream: { value: stream } }) as Model;
}

/** Models are looked up by name, and there may be many: each gets its span when it is asked for. */
function tracedModels(models: Models, by: BodyTrace): Models {
  return new Proxy(models, {
    get(target, name) {
      const model = Reflect.get(target, name) as Model | undefined;
      return model && tracedModel(model, by);
    },
  });
}

/** Calls a tool in a span of its own. */
async function tracedCall(
  name: string,
  tool: Pick<CalledTool, 'description'>,
  args: unknown,
  by: BodyTrace,
  call: () => Promise<unknown>,
): Promise<unknown> {
  const { content, inside } = by;
  const given: Attributes = content ? { 'gen_ai.tool.call.arguments': JSON.stringify(args) } : {};
  const attributes = { ...toolAttributes(name, tool, by.callId()), ...given };
  const span = by.tracer.startSpan(`execute_tool ${name}`, { kind: SpanKind.INTERNAL, attributes }, inside);
  try {
    const result = await context.with(trace.setSpan(inside, span), call);
    if (content) span.setAttribute('gen_ai.tool.call.result', JSON.stringify(result ?? null));
    return result;
  } catch (thrown) {
    noteError(span, errorRecord(thrown), content);
    throw thrown;
  } finally {
    span.end();
  }
}

/** The world, but for what calls a tool or gives a model. */
function tracedWorld(world: World, by: BodyTrace): World {
  const provided = world.providerModel?.bind(world);
  const own: Partial<World> = {
    providerModel: provided && ((...asked) => tracedModel(provided(...asked), by)),
    callTool: (tool, args, io) => tracedCall(tool.name, tool, args, by, () => world.callTool(tool, args, io)),
    callMcp: (server, name, args, io) => tracedCall(name, {}, args, by, () => world.callMcp(server, name, args, io)),
  };
  return new Proxy(world, {
    get(target, name) {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The means of a body, with spans. */
export function tracedDeps(deps: BodyDeps, by: BodyTrace): BodyDeps {
  return { ...deps, models: tracedModels(deps.models, by), world: tracedWorld(deps.world, by) };
}
