import { didYouMean, listed, nearest, quote } from '../diagnostic/suggest.ts';
import type { ExprType } from './expr.ts';
import { nodeKinds } from './schema.ts';
import { schemaProblems, TypeProblem } from './schema-check.ts';
import { checkerOf, describe, type JsonSchema } from './value-check.ts';

export type { JsonSchema };

/** A type of the language: what a state key, an llm answer or an interrupt answer may hold. */
export interface ValueType {
  /** Printed in messages: `string`, `list<number>`, `object?`. */
  readonly label: string;
  readonly schema: JsonSchema;
  readonly expr: ExprType;
  readonly nullable: boolean;
  /** The type of the items of a list. */
  readonly items?: ValueType;
  /** What is wrong with a value, as `path: reason` lines; empty when it fits. */
  check(value: unknown): readonly string[];
}

/** Takes the problems of a type; reading goes on with `any` in place of what is wrong. */
export type OnProblem = (problem: TypeProblem) => void;

export const TYPE_NAMES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'any', 'messages', 'list<T>'];

const SCALARS: Record<string, { schema: JsonSchema; expr: ExprType }> = {
  string: { schema: { type: 'string' }, expr: 'string' },
  number: { schema: { type: 'number' }, expr: 'double' },
  integer: { schema: { type: 'integer' }, expr: 'double' },
  boolean: { schema: { type: 'boolean' }, expr: 'bool' },
  object: { schema: { type: 'object' }, expr: 'dyn' },
  array: { schema: { type: 'array' }, expr: 'list<dyn>' },
  any: { schema: {}, expr: 'dyn' },
  messages: { schema: { type: 'array', items: { type: 'object' } }, expr: 'list<dyn>' },
};

/** What other languages call a type. */
const ALIASES: Readonly<Record<string, string>> = {
  str: 'did you mean "string"?',
  text: 'did you mean "string"?',
  int: 'did you mean "integer"?',
  float: 'did you mean "number"?',
  double: 'did you mean "number"?',
  bool: 'did you mean "boolean"?',
  dict: 'did you mean "object"?',
  map: 'did you mean "object"?',
  list: 'write "list<string>", or "array" for a list of anything',
};

const KEYWORDS = new Set(
  (
    'type enum const properties required additionalProperties items prefixItems minItems maxItems uniqueItems minimum ' +
    'maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern format anyOf oneOf allOf not ' +
    '$ref $defs title description default examples nullable patternProperties propertyNames minProperties maxProperties'
  ).split(' '),
);

const JSON_TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

/** True when an object is a JSON Schema or a type with options, false when it is a map from property to type. */
function isSchema(value: Record<string, unknown>): boolean {
  const keys = Object.keys(value);
  if (!keys.every(k => KEYWORDS.has(k))) return false;
  if (typeof value.type === 'string') return true;
  return (
    Array.isArray(value.type) ||
    ['enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref', 'properties', 'items', 'not'].some(
      k => Object.hasOwn(value, k) && typeof value[k] !== 'string',
    )
  );
}

const MAX_SHORTHAND = 200;

/**
 * Reads a type in any of its forms. What is wrong goes to `onProblem`.
 *
 * @param optioned keys beside the type were already taken from it, so that an unknown one was meant as another
 */
export function readType(
  value: unknown,
  onProblem: OnProblem,
  path: readonly string[] = [],
  optioned = false,
): ValueType {
  if (typeof value === 'string') return readShorthand(value.trim(), onProblem, path);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const hint = `a type is text such as "string", or a map: ${TYPE_NAMES.join(', ')}`;
    onProblem(new TypeProblem(`a type cannot be ${describe(value)}`, path, { hint }));
    return ANY;
  }
  const object = value as Record<string, unknown>;
  if (isSchema(object)) return readSchema(object, onProblem, path);
  return readProperties(object, onProblem, path, optioned);
}

function readShorthand(text: string, onProblem: OnProblem, path: readonly string[]): ValueType {
  if (text.length <= MAX_SHORTHAND) {
    if (text.endsWith('?')) return nullableOf(readShorthand(text.slice(0, -1).trim(), onProblem, path));
    const list = /^list\s*<(.*)>$/.exec(text);
    if (list?.[1] !== undefined) return listOf(readShorthand(list[1].trim(), onProblem, path), {});
  }
  const scalar = Object.hasOwn(SCALARS, text) ? SCALARS[text] : undefined;
  if (scalar) {
    const items = text === 'array' || text === 'messages' ? ANY : undefined;
    return createType(text, scalar.schema, scalar.expr, items);
  }
  const alias = text.toLowerCase();
  const hint = Object.hasOwn(nodeKinds, text)
    ? 'this is a type of nodes, which stand under "nodes:"'
    : Object.hasOwn(ALIASES, alias)
      ? ALIASES[alias]
      : didYouMean(text, TYPE_NAMES, 'types');
  onProblem(new TypeProblem(`there is no type ${quote(text)}`, path, { hint }));
  return ANY;
}

function readSchema(object: Record<string, unknown>, onProblem: OnProblem, path: readonly string[]): ValueType {
  const { type, nullable, default: _default, ...rest } = object;
  const nullish = nullable === true || (Array.isArray(type) && type.includes('null'));
  const base = readBase(type, rest, onProblem, path);
  return nullish && !base.nullable ? nullableOf(base) : base;
}

/** Checks the names in `type`: those of JSON Schema when there are several. One alone may be any of ours. */
function reportTypeNames(type: unknown, onProblem: OnProblem, path: readonly string[]): boolean {
  if (type === undefined || typeof type === 'string') return true;
  const names = Array.isArray(type) ? type : [type];
  const wrong = names.findIndex(name => typeof name !== 'string' || !JSON_TYPES.has(name));
  if (wrong < 0 && names.length > 0) return true;
  const name: unknown = names[wrong];
  const at = Array.isArray(type) && names.length > 0 ? [...path, 'type', String(wrong)] : [...path, 'type'];
  const hint = typeof name === 'string' ? didYouMean(name, [...JSON_TYPES], 'types') : listed([...JSON_TYPES], 'types');
  const what =
    typeof name === 'string'
      ? `there is no type ${quote(name)}`
      : `a type cannot be ${describe(names.length === 0 ? type : name)}`;
  onProblem(new TypeProblem(what, at, { hint }));
  return false;
}

function readBase(
  type: unknown,
  rest: Record<string, unknown>,
  onProblem: OnProblem,
  path: readonly string[],
): ValueType {
  const { items, properties, ...own } = rest;
  if (!reportTypeNames(type, onProblem, path)) return ANY;
  const problems = schemaProblems(isObject(properties) ? own : { ...own, ...defined({ properties }) }, path);
  problems.forEach(onProblem);
  if (problems.length > 0) return ANY;
  if (typeof type === 'string' && !JSON_TYPES.has(type)) {
    const short = readShorthand(type, onProblem, [...path, 'type']);
    return Object.keys(rest).every(k => k === 'description' || k === 'title')
      ? short
      : createType(short.label, { ...short.schema, ...rest }, short.expr, short.items);
  }
  const single = Array.isArray(type) ? type.filter(t => t !== 'null') : type === undefined ? [] : [type];
  const implied = properties !== undefined ? 'object' : items !== undefined ? 'array' : undefined;
  const name = single.length === 1 ? String(single[0]) : single.length === 0 ? implied : undefined;
  if (name === 'array') return listOf(items === undefined ? ANY : readType(items, onProblem, [...path, 'items']), own);
  if (name === 'object' && isObject(properties)) return objectOf(properties, own, onProblem, [...path, 'properties']);
  return readPlain(name, name === undefined ? { ...rest, ...typeList(single) } : { type: name, ...rest });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const defined = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, v]) => v !== undefined));

const typeList = (types: readonly unknown[]): JsonSchema => (types.length === 0 ? {} : { type: types });

function readPlain(name: string | undefined, schema: JsonSchema): ValueType {
  const values = schema.enum;
  const strings = Array.isArray(values) && values.every(v => typeof v === 'string');
  const known = name === undefined ? undefined : SCALARS[name];
  const label = Array.isArray(values) ? values.map(v => JSON.stringify(v)).join(' | ') : (name ?? 'any');
  return createType(label, schema, strings ? 'string' : (known?.expr ?? 'dyn'));
}

const COMMON = 'type enum items properties required nullable minimum maximum pattern description default merge'.split(
  ' ',
);

/** A key that was meant as an option of the type: it is spelled nearly so, or its value can be no type. */
function mistypedOption(key: string, value: unknown): TypeProblem | undefined {
  if (KEYWORDS.has(key)) return undefined;
  const options = [...KEYWORDS, 'merge'];
  const near = nearest(key, options);
  const canBeType = typeof value === 'string' || isObject(value);
  if (canBeType && (near === undefined || isType(value))) return undefined;
  const hint = near === undefined ? listed(COMMON, 'its keys') : `did you mean "${near}"?`;
  return new TypeProblem(`unknown key ${quote(key)} in a type`, [key], { code: 'unknown-key', hint, atKey: true });
}

function isType(value: unknown): boolean {
  let fits = true;
  readType(value, () => {
    fits = false;
  });
  return fits;
}

function readProperties(
  object: Record<string, unknown>,
  onProblem: OnProblem,
  path: readonly string[],
  optioned: boolean,
): ValueType {
  if (Object.keys(object).length === 0) {
    const hint = 'write "object" for an object of any shape';
    onProblem(new TypeProblem('a type must not be empty', path, { hint }));
    return ANY;
  }
  const { type } = object;
  if (typeof type === 'string' && !isType(type)) {
    // With a type that does not exist, the other keys say nothing either.
    readShorthand(type.trim(), onProblem, [...path, 'type']);
    return ANY;
  }
  const keywords = Object.keys(object).every(k => KEYWORDS.has(k)) && !Object.values(object).every(isType);
  const wrong = keywords ? schemaProblems(object, path) : [];
  wrong.forEach(onProblem);
  if (wrong.length > 0) return ANY;
  const hasOptions = optioned || Object.keys(object).some(k => KEYWORDS.has(k));
  const mistyped = hasOptions ? Object.entries(object).flatMap(([k, v]) => mistypedOption(k, v) ?? []) : [];
  for (const { message, path: at, ...more } of mistyped) {
    onProblem(new TypeProblem(message, [...path, ...at], { ...more, hint: more.hint ?? '' }));
  }
  if (mistyped.length > 0) return ANY;
  return objectOf(object, { required: Object.keys(object), additionalProperties: false }, onProblem, path);
}

function objectOf(
  properties: Record<string, unknown>,
  more: JsonSchema,
  onProblem: OnProblem,
  path: readonly string[],
): ValueType {
  const types = Object.entries(properties).map(
    ([key, value]) => [key, readType(value, onProblem, [...path, key])] as const,
  );
  const schema = { type: 'object', properties: Object.fromEntries(types.map(([k, t]) => [k, t.schema])), ...more };
  const required = new Set(Array.isArray(more.required) ? more.required : []);
  const fields = Object.fromEntries(types.map(([k, t]) => [k, required.has(k) ? t.expr : 'dyn']));
  const identifiers = types.every(([k]) => /^[A-Za-z_]\w*$/.test(k));
  const label = `{ ${types.map(([k, t]) => `${k}: ${t.label}`).join(', ')} }`;
  return createType(label, schema, identifiers && more.additionalProperties === false ? fields : 'dyn');
}

function listOf(items: ValueType, more: JsonSchema): ValueType {
  const expr = typeof items.expr === 'string' ? `list<${items.expr}>` : 'list<dyn>';
  const schema =
    Object.keys(items.schema).length === 0
      ? { type: 'array', ...more }
      : { type: 'array', items: items.schema, ...more };
  return createType(`list<${items.label}>`, schema, expr, items);
}

function nullableOf(base: ValueType): ValueType {
  if (base.nullable) return base;
  const type = createType(`${base.label}?`, { anyOf: [base.schema, { type: 'null' }] }, 'dyn', base.items);
  return { ...type, nullable: true };
}

function createType(label: string, schema: JsonSchema, expr: ExprType, items?: ValueType): ValueType {
  const check = checkerOf(schema);
  return { label, schema, expr, nullable: false, check, ...(items === undefined ? {} : { items }) };
}

/** Stands in for a type that could not be read, and holds anything. */
export const ANY: ValueType = createType('any', {}, 'dyn');

/** What a model answers without a schema. */
export const STRING: ValueType = createType('string', { type: 'string' }, 'string');
