/** One call of a model, without a graph: a prompt with variables in, an answer out. */
import { promptMessages } from '../compile/prompt-messages.ts';
import { environmentModel } from '../graph/project-files.ts';
import { type CallSettings, ModelError, type Models } from '../models/model.ts';
import { answerSchema, checkFinish, parseAnswer } from '../nodes/answers.ts';
import { modelFor } from '../nodes/choose-model.ts';
import { type Asker, allOf, answerTo, type Conversation, settingsOf, tellPart } from '../nodes/llm-node.ts';
import type { BodyEvent, ModelIo } from '../nodes/node-io.ts';
import type { Env } from '../nodes/world.ts';
import { createProviders } from '../providers/providers.ts';
import { type PromptInput, type ReadPrompt, readPromptInput } from './read.ts';

export interface PromptOptions extends CallSettings {
  /** What the prompt's texts see, by name. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** `provider/model` or a name in `models`. Default: that of the prompt file, else the environment's `STATEWRIGHT_MODEL`. */
  readonly model?: string;
  /** The shape of the answer, as in a graph: `{ score: 'number' }`, `'list<string>'`, a JSON Schema. Default: the file's. */
  readonly schema?: unknown;
  /** Models by name, before those of providers. */
  readonly models?: Models;
  /** Where keys are looked for. Default: the environment of the process. */
  readonly env?: Env;
  readonly signal?: AbortSignal;
  /** Called with tokens, usage, and whatever else happens on the way. */
  readonly onEvent?: (event: BodyEvent) => void;
}

interface Prepared {
  readonly asker: Asker;
  readonly said: Conversation;
  readonly read: ReadPrompt;
}

function prepare(input: PromptInput, options: PromptOptions): Prepared {
  const { variables = {}, schema, models = {}, env, signal = new AbortController().signal, onEvent } = options;
  const read = readPromptInput(input, Object.keys(variables), schema);
  const { name } = read;
  const model = options.model ?? read.model ?? environmentModel(env);
  if (model === undefined) {
    const advice = 'give "model", or set STATEWRIGHT_MODEL; "scripted" needs no key';
    throw new ModelError('missing-model', `the prompt "${name}" has no model; ${advice}`, { retryable: false });
  }
  const notify = (event: BodyEvent): void => onEvent?.(event);
  const io: ModelIo = { context: { node: name, signal }, notify };
  const means = { models, world: { providerModel: createProviders() }, env, from: read.from };
  const settings = { ...read.settings, ...settingsOf(options) };
  const asker: Asker = {
    node: name,
    model: modelFor({ model }, `the prompt "${name}"`, means, io),
    io,
    request: { node: name, model, signal, settings },
  };
  return { asker, said: promptMessages(read.prompt, variables) as Conversation, read };
}

/**
 * Asks a model: gives its text, or with a schema the value that fits it.
 *
 * Throws `GraphError` for a prompt that is wrong in itself, {@link ModelError} for what goes wrong in the call. Nothing
 * is tried again but an answer that does not fit its schema, once.
 */
export async function executePrompt(prompt: PromptInput, options: PromptOptions = {}): Promise<unknown> {
  const { asker, said, read } = prepare(prompt, options);
  const { output } = await answerTo(asker, said, read);
  return output;
}

/**
 * Asks a model and gives its text as it comes. With a schema that is JSON, which is checked at its end and not mended.
 * Whoever stops listening ends the request.
 */
export async function* streamPrompt(prompt: PromptInput, options: PromptOptions = {}): AsyncGenerator<string, void> {
  const { asker, said, read } = prepare(prompt, options);
  const { node, model, request, io } = asker;
  const schema = read.schema && answerSchema(read.schema);
  let text = '';
  for await (const part of model.stream({ ...request, messages: allOf(said), ...(schema ? { schema } : {}) })) {
    tellPart(io, node, part, model);
    if (part.type === 'finish') checkFinish(node, { finish: part.reason, text }, schema !== undefined);
    if (part.type !== 'text') continue;
    text += part.text;
    yield part.text;
  }
  if (read.schema) parseAnswer(node, read.schema, text);
}

/** One of several prompts, with options of its own before those of all. */
export type PromptTask = PromptOptions & { readonly prompt: PromptInput };

/** How many prompts run at once when nothing is said. */
const CONCURRENCY = 10;

/**
 * Asks several prompts at once, at most `concurrency` (default 10) of them at a time, and gives their answers in order.
 *
 * Rejects with the first error, and stops those that still run.
 */
export async function executePrompts(
  tasks: readonly PromptTask[],
  { concurrency = CONCURRENCY, ...shared }: PromptOptions & { readonly concurrency?: number } = {},
): Promise<unknown[]> {
  const stop = new AbortController();
  const signals = shared.signal ? [shared.signal, stop.signal] : [stop.signal];
  const results: unknown[] = [];
  const left = tasks.entries();
  const work = async (): Promise<void> => {
    for (const [i, { prompt, ...own }] of left) {
      const signal = AbortSignal.any(own.signal ? [...signals, own.signal] : signals);
      results[i] = await executePrompt(prompt, { ...shared, ...own, signal });
    }
  };
  const workers = Math.min(tasks.length, Math.max(1, concurrency));
  try {
    await Promise.all(Array.from({ length: workers }, work));
  } catch (thrown) {
    stop.abort(thrown);
    throw thrown;
  }
  return results;
}
