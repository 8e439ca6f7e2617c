/** Answers as values: read, checked, and refused with a reason that the model can be told. */
import type { JsonSchema, ValueType } from '../compile/state-type.ts';
import type { Answer } from '../models/answer.ts';
import { ModelError } from '../models/model.ts';

/** The member that holds an answer which is no object: providers take only objects. */
const WRAPPED = 'value';

const isObjectSchema = ({ type, properties }: JsonSchema): boolean =>
  type === 'object' || (type === undefined && properties !== undefined);

/** A schema as providers take it. */
export function answerSchema({ schema }: ValueType): JsonSchema {
  if (isObjectSchema(schema)) return schema;
  return { type: 'object', properties: { [WRAPPED]: schema }, required: [WRAPPED], additionalProperties: false };
}

/** The text inside the fence that models like to put around JSON. */
function bare(text: string): string {
  return /^\s*```\w*\s*\n(.*?)\n?\s*```\s*$/s.exec(text)?.[1] ?? text;
}

function unwrapped(value: unknown, schema: JsonSchema): unknown {
  const only = value !== null && typeof value === 'object' && Object.keys(value).join() === WRAPPED;
  return only && !isObjectSchema(schema) ? (value as { readonly [WRAPPED]: unknown })[WRAPPED] : value;
}

/** The value that an answer is. Throws {@link ModelError} when it does not fit; `node` is who asked. */
export function parseAnswer(node: string, { schema, check }: ValueType, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(bare(text));
  } catch (cause) {
    const shown = JSON.stringify(text.slice(0, 200));
    throw new ModelError('answer-not-json', `the answer of node "${node}" is not JSON: ${shown}`, { cause });
  }
  const problems = check(value);
  if (problems.length === 0) return value;
  const inner = unwrapped(value, schema);
  if (inner !== value && check(inner).length === 0) return inner;
  throw new ModelError('answer-schema', `the answer of node "${node}" does not fit its schema: ${problems.join('; ')}`);
}

/** Refuses an answer that the model did not bring to its end. `whole` says that a part of one is of no use. */
export function checkFinish(node: string, { finish, text }: Pick<Answer, 'finish' | 'text'>, whole: boolean): void {
  if (finish === 'content-filter') {
    const message = `the provider's filter stopped the answer of node "${node}"`;
    throw new ModelError('content-filter', message, { retryable: false });
  }
  if (finish === 'error') throw new ModelError('provider-error', `the model of node "${node}" failed in its answer`);
  if (finish !== 'length' || !whole) return;
  const message = `the answer of node "${node}" was cut off after ${text.length} characters; raise "maxTokens"`;
  throw new ModelError('answer-cut', message, { retryable: false });
}

/** What the model is told of an answer that does not fit. */
export function mendRequest(problem: unknown): string {
  return `${(problem as Error).message}. Answer again, with JSON that fits and nothing else.`;
}
