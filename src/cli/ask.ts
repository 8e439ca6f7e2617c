import { confirm, isCancel, select, text } from '@clack/prompts';
import type { JsonSchema } from '../compile/state-type.ts';
import type { Interrupt } from '../core/waiting.ts';
import { readValue } from './input.ts';

/** The person pressed Ctrl-C at a question. */
export class AskCancelled extends Error {
  override readonly name = 'AskCancelled';
}

function given<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new AskCancelled('cancelled');
  return answer as Exclude<T, symbol>;
}

async function askText(message: string, schema: JsonSchema): Promise<unknown> {
  const wantsText = schema.type === 'string' || schema.type === undefined;
  const wantsNumber = schema.type === 'number' || schema.type === 'integer';
  const answer = await text({
    message,
    validate: value => (wantsNumber && !Number.isFinite(Number(value || 'x')) ? 'a number, please' : undefined),
  });
  return readValue(given(answer), wantsText);
}

async function askFor(message: string, schema: JsonSchema): Promise<unknown> {
  const nullable = (schema.anyOf as JsonSchema[] | undefined)?.find(s => s.type !== 'null');
  if (nullable) return askFor(message, nullable);
  if (schema.type === 'boolean') return given(await confirm({ message }));
  if (Array.isArray(schema.enum)) {
    const options = schema.enum.map(value => ({ value: value as unknown, label: String(value) }));
    return given(await select({ message, options }));
  }
  const properties = schema.properties as Record<string, JsonSchema> | undefined;
  if (!properties) return askText(message, schema);
  const answers: Record<string, unknown> = {};
  const names = Object.keys(properties);
  for (const [name, property] of Object.entries(properties)) {
    answers[name] = await askFor(names.length === 1 ? message : `${message}\n${name}`, property);
  }
  return answers;
}

/** Asks the person at the terminal, in the form that the schema of the answer suggests. */
export function ask(interrupt: Interrupt): Promise<unknown> {
  return askFor(interrupt.message, interrupt.schema ?? { type: 'string' });
}
