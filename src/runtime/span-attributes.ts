/** How spans are named and what they say, by the semantic conventions of OpenTelemetry for generative AI. */
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';
import type { ErrorRecord } from '../compile/context.ts';
import type { CalledTool } from '../compile/tool.ts';
import type { Answer } from '../models/answer.ts';
import type { ContentPart, FinishReason, ModelMessage, ModelRequest } from '../models/model.ts';

/** `provider/model`, split; a model of the program's own has no provider. */
function modelName(name: string): { provider: string; model: string } {
  const at = name.indexOf('/');
  return at < 0 ? { provider: name, model: name } : { provider: name.slice(0, at), model: name.slice(at + 1) };
}

export const chatSpanName = ({ model }: ModelRequest): string => `chat ${modelName(model).model}`;

export function requestAttributes(request: ModelRequest, thread: string): Attributes {
  const { provider, model } = modelName(request.model);
  const { temperature, maxTokens, topP, seed, stop } = request.settings;
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    'gen_ai.conversation.id': thread,
    'gen_ai.output.type': request.schema ? 'json' : 'text',
    ...defined({
      'gen_ai.request.temperature': temperature,
      'gen_ai.request.max_tokens': maxTokens,
      'gen_ai.request.top_p': topP,
      'gen_ai.request.seed': seed,
      'gen_ai.request.stop_sequences': stop && [...stop],
    }),
  };
}

function defined(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

const reasonWord = (reason: FinishReason): string => (reason === 'tool-calls' ? 'tool_call' : reason.replace('-', '_'));

export function answerAttributes({ usage, finish }: Pick<Answer, 'usage' | 'finish'>): Attributes {
  return {
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    'gen_ai.response.finish_reasons': [reasonWord(finish)],
  };
}

function partOf(part: ContentPart): object {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return { type: part.type, content: part.text };
    case 'tool-call':
      return { type: 'tool_call', id: part.toolCallId, name: part.toolName, arguments: part.input };
    case 'tool-result':
      return { type: 'tool_call_response', id: part.toolCallId, response: part.output.value };
    case 'image':
    case 'file':
      return { type: 'blob', mime_type: part.mediaType ?? 'image/*' };
  }
}

function messageOf({ role, content }: ModelMessage): object {
  return { role, parts: typeof content === 'string' ? [{ type: 'text', content }] : content.map(partOf) };
}

export function promptAttributes({ messages, tools }: ModelRequest): Attributes {
  return {
    'gen_ai.input.messages': JSON.stringify(messages.map(messageOf)),
    ...(tools ? { 'gen_ai.tool.definitions': JSON.stringify(tools) } : {}),
  };
}

export function outputAttributes({ text, reasoning, calls, finish }: Omit<Answer, 'usage'>): Attributes {
  const said = (type: string, content: string): object[] => (content === '' ? [] : [{ type, content }]);
  const asked = calls.map(({ id, name, input }) => ({ type: 'tool_call', id, name, arguments: input }));
  const parts = [...said('reasoning', reasoning), ...said('text', text), ...asked];
  return {
    'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts, finish_reason: reasonWord(finish) }]),
  };
}

/** @param id that of the call, when a model made it */
export function toolAttributes(
  name: string,
  tool: Pick<CalledTool, 'description'>,
  id: string | undefined,
): Attributes {
  return {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': name,
    'gen_ai.tool.type': 'function',
    ...defined({ 'gen_ai.tool.description': tool.description, 'gen_ai.tool.call.id': id }),
  };
}

/** The codes of errors whose messages quote answers, arguments or values. */
const QUOTES = /^(answer-.*|repeated-call|tool-args|wrong-type|wrong-result|not-boolean)$/;

function exceptionOf(
  { name, message, code, stack }: ErrorRecord,
  content: boolean,
): { name: string; message: string; stack?: string } {
  if (!content && code !== undefined && QUOTES.test(code)) return { name, message: code };
  return { name, message, ...(stack === undefined ? {} : { stack }) };
}

/** Records an error on the span of what failed. */
export function noteError(span: Span, error: ErrorRecord | undefined, content: boolean): void {
  if (!error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    return;
  }
  const exception = exceptionOf(error, content);
  span.recordException(exception);
  span.setAttribute('error.type', error.code ?? error.name);
  span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
}
