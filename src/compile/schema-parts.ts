/** The forms that values of the language have, wherever they stand. */
import { z } from 'zod';

export const json: z.ZodType<unknown> = z.unknown();

export const expression = z
  .union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)])
  .meta({ id: 'Expression', description: 'Text is a CEL expression; any other YAML value stands for itself.' });

export const text = z.string().meta({ id: 'Text', description: 'A Liquid template over the state, or plain text.' });

export const type = z.union([z.string(), z.record(z.string(), json)]).meta({
  id: 'Type',
  description: 'string, number, integer, boolean, object, any, messages, list<T>, T?, or a JSON Schema.',
});

export const schemaOf = z.union([z.string(), z.record(z.string(), json)]).meta({
  id: 'Schema',
  description: 'The shape of an answer: a map from property to type, a type, or a JSON Schema.',
});

export const output = z
  .union([z.string(), z.record(z.string(), expression)])
  .describe('Where the result goes: a state key, or a map from state key to an expression over `output`.');

export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'expected a duration such as 250ms, 10s, 5m, 2h or 1d')
  .meta({ id: 'Duration', description: 'A length of time: 250ms, 10s, 5m, 2h or 1d.' });
