/** Which model answers a node: what its name stands for, and what is asked instead when that fails. */
import { errorRecord } from '../compile/context.ts';
import type { ModelChoice, ModelUse } from '../compile/model-call.ts';
import { type Model, ModelError, type ModelPart, type ModelRequest, type Models, modelNamed } from '../models/model.ts';
import type { ModelIo } from './node-io.ts';
import type { Env, World } from './world.ts';

/** Where models come from. */
export interface ModelMeans {
  readonly models: Models;
  readonly world: Pick<World, 'providerModel'>;
  readonly env?: Env | undefined;
  /** The graph file, beside which the packages of providers are looked for. */
  readonly from: string;
}

/** The model of a name: one that the program registers, else that of a provider. `who` asks, as messages call it. */
function find(choice: ModelChoice, who: string, { models, world, env, from }: ModelMeans): Model {
  const { name, alias } = choice;
  const own = alias !== undefined && Object.hasOwn(models, alias) ? models[alias] : modelNamed(models, name);
  if (own) return own;
  const provided = name.includes('/') || choice.baseURL ? world.providerModel?.(choice, from, env) : undefined;
  if (provided) return provided;
  const known = Object.keys(models).join(', ') || 'none';
  const scripted = 'give it replies with --script, or scriptedModel(…) in "models"';
  const named = `a provider's is "provider/model", such as openai/gpt-5-mini; models at hand: ${known}`;
  const advice = name === 'scripted' ? scripted : named;
  throw new ModelError('missing-model', `there is no model "${name}" for ${who}; ${advice}`, { retryable: false });
}

/** The last error, and what it says of those before: another attempt may help if it may help any of the models. */
function together(failed: readonly { readonly name: string; readonly error: unknown }[], last: unknown): unknown {
  if (failed.length === 0) return last;
  const records = [...failed.map(f => f.error), last].map(errorRecord);
  const { code = 'provider-error', message } = errorRecord(last);
  const passing = records.filter(r => r.retryable !== false);
  const before = failed.map(({ name }, i) => `"${name}" failed (${records[i]?.message})`).join(', ');
  const wait = Math.min(...passing.map(r => r.retryAfter ?? 0));
  return new ModelError(code, `${message}; before it, ${before}`, {
    cause: last,
    retryable: passing.length > 0,
    ...(passing.length > 0 && wait > 0 ? { retryAfter: wait } : {}),
  });
}

class ChosenModel implements Model {
  private readonly choices: readonly ModelChoice[];
  private readonly who: string;
  private readonly means: ModelMeans;
  private readonly io: ModelIo;
  private answering: Model['price'];

  constructor({ model, choices }: ModelUse, who: string, means: ModelMeans, io: ModelIo) {
    this.choices = choices ?? [{ name: model }];
    this.who = who;
    this.means = means;
    this.io = io;
  }

  /** That of the model which answered last. */
  get price(): Model['price'] {
    return this.answering;
  }

  async *stream(request: ModelRequest): AsyncIterable<ModelPart> {
    const failed: { readonly name: string; readonly error: unknown }[] = [];
    for (const [i, choice] of this.choices.entries()) {
      const next = this.choices[i + 1];
      let said = false;
      try {
        const model = find(choice, this.who, this.means);
        this.answering = choice.price ?? model.price;
        const settings = { ...choice.settings, ...request.settings };
        for await (const part of model.stream({ ...request, model: choice.name, settings })) {
          said ||= part.type === 'text' || part.type === 'tool-call';
          yield part;
        }
        return;
      } catch (error) {
        if (request.signal.aborted) throw error;
        if (said || !next) throw together(failed, error);
        failed.push({ name: choice.name, error });
        this.tell(choice, next, error);
      }
    }
  }

  private tell(choice: ModelChoice, next: ModelChoice, thrown: unknown): void {
    const { stack: _stack, cause: _cause, ...error } = errorRecord(thrown);
    const { node } = this.io.context;
    this.io.notify({ type: 'model-fallback', node, model: choice.name, next: next.name, error });
  }
}

/**
 * The model of a node. When it fails before it has said anything, the next of its fallbacks is asked; thinking aloud is
 * not saying.
 */
export function modelFor(use: ModelUse, who: string, means: ModelMeans, io: ModelIo): Model {
  return new ChosenModel(use, who, means, io);
}
