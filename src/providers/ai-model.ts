/**
 * A model of the AI SDK as a model of ours.
 *
 * It is asked through its own interface (`doStream`) and not through `streamText` of `ai`: measured, that costs 18 to
 * 25 µs for every token instead of 0.5 and 100 ms to load, and its retries, tool loop and messages are ours here.
 */
import type { FinishReason, Model, ModelPart, ModelRequest, Usage } from '../models/model.ts';
import { streamCut, toModelError } from './ai-errors.ts';
import { callOptions } from './ai-prompt.ts';
import type { AiCount, AiLanguageModel, AiPart, AiReader } from './ai-types.ts';

export interface AiModelOptions {
  /** What a million tokens cost, in any one currency. */
  readonly price?: { readonly input: number; readonly output: number };
}

const REASONS: readonly FinishReason[] = ['stop', 'length', 'tool-calls', 'content-filter', 'error'];

const total = (count: AiCount): number => (typeof count === 'object' ? count?.total : count) ?? 0;

function usageOf({ usage }: Extract<AiPart, { type: 'finish' }>): Usage {
  return { inputTokens: total(usage?.inputTokens), outputTokens: total(usage?.outputTokens) };
}

/** The arguments of a call: an object, or what came instead with the reason why it cannot be used. */
function argumentsOf(text: string): { readonly input: unknown; readonly invalid?: string } {
  if (text.trim() === '') return { input: {} };
  try {
    const input: unknown = JSON.parse(text);
    if (input !== null && typeof input === 'object' && !Array.isArray(input)) return { input };
    return { input, invalid: 'the arguments are no object' };
  } catch (cause) {
    return { input: text, invalid: `the arguments are not JSON: ${(cause as Error).message}` };
  }
}

/** What the provider says beside the reason, as JSON; undefined when that is nothing. */
function metadataOf(raw: string | undefined, reason: string, given: unknown): unknown {
  const said = { ...(given as object), ...(raw === undefined || raw === reason ? {} : { finishReason: raw }) };
  const json = JSON.parse(JSON.stringify(said)) as Record<string, unknown>;
  const empty = Object.values(json).every(v => typeof v === 'object' && v !== null && Object.keys(v).length === 0);
  return empty ? undefined : json;
}

function* endOf(part: Extract<AiPart, { type: 'finish' }>, who: string): Iterable<ModelPart> {
  const { finishReason } = part;
  const { unified, raw } = typeof finishReason === 'string' ? { unified: finishReason, raw: undefined } : finishReason;
  if (unified === 'interrupted') throw streamCut(who);
  yield { type: 'usage', usage: usageOf(part) };
  const reason = REASONS.find(known => known === unified) ?? 'other';
  const metadata = metadataOf(raw, unified, part.providerMetadata);
  yield { type: 'finish', reason, ...(metadata === undefined ? {} : { metadata }) };
}

/** What a part of the provider's stream is for us. Throws for errors. */
function* partsOf(part: AiPart, who: string): Iterable<ModelPart> {
  if (part.type === 'text-delta') {
    if (part.delta !== '') yield { type: 'text', text: part.delta };
  } else if (part.type === 'reasoning-delta') yield { type: 'reasoning', text: part.delta };
  else if (part.type === 'error') throw part.error;
  else if (part.type === 'finish') yield* endOf(part, who);
  else if (part.type === 'tool-call' && part.providerExecuted !== true)
    yield { type: 'tool-call', id: part.toolCallId, name: part.toolName, ...argumentsOf(part.input) };
}

/** Rejects as soon as a signal fires, whether or not what is waited for heeds it. */
async function unlessAborted<T>(signal: AbortSignal, waited: PromiseLike<T>): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([waited, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function* streamOf(model: AiLanguageModel, request: ModelRequest): AsyncIterable<ModelPart> {
  const { signal } = request;
  const who = `the model "${request.model}"`;
  let reader: AiReader | undefined;
  let begun = false;
  let finished = false;
  // Whoever stops listening ends the request, too. A stream that has ended refuses, which is no news.
  const end = (): void => void reader?.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', end, { once: true });
  try {
    const { stream } = await unlessAborted(signal, model.doStream(await callOptions(model, request)));
    reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) break;
      const part = value as AiPart;
      finished ||= part.type === 'finish';
      begun = true;
      yield* partsOf(part, who);
    }
    if (!finished) throw streamCut(who);
  } catch (thrown) {
    throw signal.aborted ? signal.reason : toModelError(thrown, request.model, begun, Date.now());
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/**
 * Makes a model from one of the AI SDK (`ai` 6 and 7): `aiModel(openai('gpt-5-mini'), { price: { input: 0.25, output: 2 } })`.
 *
 * It never tries again by itself: that is for `retry` of a node. Files that the provider does not fetch from their URL
 * are refused, not downloaded.
 */
export function aiModel(model: AiLanguageModel, { price }: AiModelOptions = {}): Model {
  return { stream: request => streamOf(model, request), ...(price ? { price } : {}) };
}
