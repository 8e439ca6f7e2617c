import { z } from 'zod';
import { type Model, ModelError, type ModelPart, type ModelRequest } from './model.ts';

const usage = z.strictObject({ inputTokens: z.int().min(0), outputTokens: z.int().min(0) });
const options = { usage: usage.optional(), delayMs: z.number().min(0).optional() };

const reply = z.union([
  z.string(),
  z.strictObject({ text: z.string(), ...options }),
  z.strictObject({ object: z.unknown(), ...options }),
  z.strictObject({
    toolCalls: z
      .array(z.strictObject({ tool: z.string(), input: z.unknown().optional(), id: z.string().optional() }))
      .min(1),
    text: z.string().optional(),
    ...options,
  }),
  z.strictObject({
    error: z.strictObject({ name: z.string().optional(), message: z.string(), code: z.string().optional() }),
    delayMs: options.delayMs,
  }),
]);

/** Replies per node, in the order they are given out. */
export const scriptSchema = z.record(z.string(), z.array(reply));

export type Script = z.input<typeof scriptSchema>;
type Reply = z.infer<typeof reply>;

/** A model that answers from a script, through the same path as a real one: parts, schemas, errors, usage. */
export interface ScriptedModel extends Model {
  /** What nobody asked for, as lines for people; empty when the script was used up. */
  leftovers(): string[];
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Splits text where a provider would, roughly: before each word. */
function tokens(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** @param nth how many replies of the node came before, for the ids of its tool calls */
async function* play(given: Reply, nth: number, signal: AbortSignal): AsyncIterable<ModelPart> {
  const { delayMs, ...rest } = typeof given === 'string' ? { text: given, delayMs: undefined } : given;
  if (delayMs !== undefined) await wait(delayMs, signal);
  signal.throwIfAborted();
  if ('error' in rest) {
    const error = new ModelError(rest.error.code ?? 'scripted', rest.error.message);
    if (rest.error.name !== undefined) Object.defineProperty(error, 'name', { value: rest.error.name });
    throw error;
  }
  const calls = 'toolCalls' in rest ? rest.toolCalls : [];
  const text = 'object' in rest ? JSON.stringify(rest.object) : (rest.text ?? '');
  for (const token of tokens(text)) yield { type: 'text', text: token };
  for (const [i, { tool, input = {}, id }] of calls.entries()) {
    yield { type: 'tool-call', id: id ?? `call_${nth}_${i}`, name: tool, input };
  }
  const counted = 'usage' in rest ? rest.usage : undefined;
  if (counted) yield { type: 'usage', usage: counted };
  yield { type: 'finish', reason: calls.length > 0 ? 'tool-calls' : 'stop' };
}

/**
 * Makes a model from replies per node: `{ classify: [{ object: … }], draft: ['First', { text: 'Second' }] }`.
 *
 * A call beyond a node's replies throws a {@link ModelError} with code `script-missing` that names the node.
 */
export function scriptedModel(script: Script): ScriptedModel {
  const replies = scriptSchema.parse(script);
  const used = new Map<string, number>();
  return {
    stream({ node, item, signal }: ModelRequest) {
      const own = `${node}[${item}]`;
      const name = item !== undefined && Object.hasOwn(replies, own) ? own : node;
      const list = Object.hasOwn(replies, name) ? (replies[name] ?? []) : [];
      const at = used.get(name) ?? 0;
      const next = list[at];
      if (next === undefined) {
        const had = list.length === 0 ? 'has no replies' : `has only ${list.length} replies`;
        throw new ModelError('script-missing', `the script ${had} for node "${name}"; it was asked ${at + 1} times`);
      }
      used.set(name, at + 1);
      return play(next, at, signal);
    },
    leftovers() {
      return Object.entries(replies).flatMap(([node, list]) => {
        const left = list.length - (used.get(node) ?? 0);
        return left > 0 ? [`${left} of ${list.length} replies for "${node}" were not used`] : [];
      });
    },
  };
}
