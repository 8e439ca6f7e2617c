/** Checks that a JSON Schema in a graph is one, before a library throws or silently checks nothing. */
import type { Code } from '../diagnostic/codes.ts';
import { quote } from '../diagnostic/suggest.ts';
import { describe, zodOf } from './value-check.ts';

/** What is wrong with a type, with the path of the offending part below the type itself. */
export class TypeProblem {
  readonly message: string;
  readonly path: readonly string[];
  readonly code: Code;
  readonly hint: string | undefined;
  /** The key that the path ends in is wrong, not its value. */
  readonly atKey: boolean;
  constructor(
    message: string,
    path: readonly string[],
    more: { code?: Code; hint?: string | undefined; atKey?: boolean } = {},
  ) {
    this.message = message;
    this.path = path;
    this.code = more.code ?? 'unknown-type';
    this.hint = more.hint;
    this.atKey = more.atKey ?? false;
  }
}

type Form = { readonly needs: string; readonly test: (value: unknown) => boolean };

const isMap = (v: unknown): v is Record<string, unknown> => v !== null && typeof v === 'object' && !Array.isArray(v);
const isList = (v: unknown): v is unknown[] => Array.isArray(v) && v.length > 0;

const count: Form = { needs: 'a whole number from 0', test: v => Number.isSafeInteger(v) && Number(v) >= 0 };
const bound: Form = { needs: 'a number', test: v => typeof v === 'number' };
const schemas: Form = {
  needs: 'a list of JSON Schemas such as { type: string }',
  test: v => isList(v) && v.every(isMap),
};
const map: Form = { needs: 'a map', test: isMap };
const text: Form = { needs: 'text', test: v => typeof v === 'string' };
const pattern: Form = { needs: 'a regular expression', test: isPattern };

const FORMS: Readonly<Record<string, Form>> = {
  minLength: count,
  maxLength: count,
  minItems: count,
  maxItems: count,
  minProperties: count,
  maxProperties: count,
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
  multipleOf: { needs: 'a number above 0', test: v => typeof v === 'number' && v > 0 },
  uniqueItems: { needs: 'true or false', test: v => typeof v === 'boolean' },
  nullable: { needs: 'true or false', test: v => typeof v === 'boolean' },
  pattern,
  format: text,
  title: text,
  description: text,
  enum: { needs: 'a list of values', test: isList },
  required: { needs: 'a list of names', test: v => Array.isArray(v) && v.every(n => typeof n === 'string') },
  anyOf: schemas,
  oneOf: schemas,
  allOf: schemas,
  prefixItems: schemas,
  properties: map,
  $defs: map,
  patternProperties: {
    needs: 'a map from pattern to JSON Schema',
    test: v => isMap(v) && Object.keys(v).every(isPattern),
  },
  propertyNames: map,
  additionalProperties: { needs: 'true, false or a JSON Schema', test: v => typeof v === 'boolean' || isMap(v) },
  $ref: {
    needs: 'a place in this schema, such as "#/$defs/name"',
    test: v => typeof v === 'string' && v.startsWith('#'),
  },
  not: { needs: 'left out: it cannot be checked', test: () => false },
};

function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    return new RegExp(value, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** The keywords whose values are schemas themselves, with the paths to them. */
function* inner(schema: Record<string, unknown>): Generator<[string[], unknown]> {
  for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems', 'properties', '$defs', 'patternProperties']) {
    const group = schema[key];
    if (group !== null && typeof group === 'object') for (const [k, v] of Object.entries(group)) yield [[key, k], v];
  }
  for (const key of ['items', 'additionalProperties', 'propertyNames']) yield [[key], schema[key]];
}

/** Every keyword of a schema, and of those inside it, whose value has a wrong form. */
function* wrongForms(schema: Record<string, unknown>, path: readonly string[]): Generator<TypeProblem> {
  for (const [key, value] of Object.entries(schema)) {
    const form = Object.hasOwn(FORMS, key) ? FORMS[key] : undefined;
    if (!form || form.test(value)) continue;
    const message = `"${key}" must be ${form.needs}, not ${typeof value === 'string' ? quote(value) : describe(value)}`;
    yield new TypeProblem(message, [...path, key], { code: 'wrong-value' });
  }
  for (const [at, part] of inner(schema)) if (isMap(part)) yield* wrongForms(part, [...path, ...at]);
}

/** What is wrong with a schema that was written by hand. */
export function schemaProblems(schema: Record<string, unknown>, path: readonly string[]): TypeProblem[] {
  const found = [...wrongForms(schema, path)];
  if (found.length > 0) return found;
  try {
    zodOf(schema);
    return [];
  } catch {
    // The library's reasons speak of itself; forms that it refuses are rare once the keywords are right.
    const hint = 'check its "type" names and "$ref" places against JSON Schema draft 2020-12';
    return [new TypeProblem('this JSON Schema cannot be used', path, { hint })];
  }
}
