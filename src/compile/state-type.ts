import { z } from 'zod';
import type { ExprType } from './expr.ts';

/** A JSON Schema as plain data. */
export type JsonSchema = { readonly [key: string]: unknown };

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
  check(value: unknown): string[];
}

/** A type that does not exist, with the path of the offending part below the type itself. */
export class TypeProblem extends Error {
  readonly path: readonly string[];
  constructor(message: string, path: readonly string[]) {
    super(message);
    this.path = path;
  }
}

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
      k => k in value && typeof value[k] !== 'string',
    )
  );
}

/** Reads a type in any of its forms. Throws {@link TypeProblem}. */
export function readType(value: unknown, path: readonly string[] = []): ValueType {
  if (typeof value === 'string') return readShorthand(value.trim(), path);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new TypeProblem(`a type is text such as "string" or an object, not ${JSON.stringify(value)}`, path);
  }
  const object = value as Record<string, unknown>;
  return isSchema(object) ? readSchema(object, path) : readProperties(object, path);
}

function readShorthand(text: string, path: readonly string[]): ValueType {
  if (text.endsWith('?')) return nullableOf(readShorthand(text.slice(0, -1).trim(), path));
  const list = /^list\s*<(.+)>$/.exec(text);
  if (list?.[1] !== undefined) return listOf(readShorthand(list[1].trim(), path), {});
  const scalar = Object.hasOwn(SCALARS, text) ? SCALARS[text] : undefined;
  if (!scalar) throw new TypeProblem(`there is no type "${text}"`, path);
  return createType(
    text,
    scalar.schema,
    scalar.expr,
    text === 'array' || text === 'messages' ? readShorthand('any', path) : undefined,
  );
}

function readSchema(object: Record<string, unknown>, path: readonly string[]): ValueType {
  const { type, nullable, default: _default, ...rest } = object;
  const nullish = nullable === true || (Array.isArray(type) && type.includes('null'));
  const base = readBase(type, rest, path);
  return nullish && !base.nullable ? nullableOf(base) : base;
}

function readBase(type: unknown, rest: Record<string, unknown>, path: readonly string[]): ValueType {
  if (typeof type === 'string' && !JSON_TYPES.has(type)) {
    const short = readShorthand(type, [...path, 'type']);
    return Object.keys(rest).every(k => k === 'description' || k === 'title')
      ? short
      : createType(short.label, { ...short.schema, ...rest }, short.expr, short.items);
  }
  const single = Array.isArray(type) ? type.filter(t => t !== 'null') : type === undefined ? [] : [type];
  const name = single.length === 1 ? String(single[0]) : undefined;
  if (name === 'array') {
    const { items, ...more } = rest;
    return listOf(items === undefined ? readShorthand('any', path) : readType(items, [...path, 'items']), more);
  }
  if (name === 'object' && rest.properties !== undefined) {
    const { properties, ...more } = rest;
    return objectOf(properties as Record<string, unknown>, more, [...path, 'properties']);
  }
  const schema = name === undefined ? rest : { type: name, ...rest };
  const values = rest.enum;
  const strings = Array.isArray(values) && values.every(v => typeof v === 'string');
  const known = name === undefined ? undefined : SCALARS[name];
  const label = Array.isArray(values) ? values.map(v => JSON.stringify(v)).join(' | ') : (name ?? 'any');
  return createType(label, schema, strings ? 'string' : (known?.expr ?? 'dyn'));
}

function readProperties(object: Record<string, unknown>, path: readonly string[]): ValueType {
  if (Object.keys(object).length === 0) throw new TypeProblem('a type must not be empty', path);
  return objectOf(object, { required: Object.keys(object), additionalProperties: false }, path);
}

function objectOf(properties: Record<string, unknown>, more: JsonSchema, path: readonly string[]): ValueType {
  const types = Object.entries(properties).map(([key, value]) => [key, readType(value, [...path, key])] as const);
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
  const type = createType(`${base.label}?`, { anyOf: [base.schema, { type: 'null' }] }, 'dyn', base.items);
  return { ...type, nullable: true };
}

function createType(label: string, schema: JsonSchema, expr: ExprType, items?: ValueType): ValueType {
  const checker = lazyChecker(schema);
  return { label, schema, expr, nullable: false, check: checker, ...(items === undefined ? {} : { items }) };
}

/** Checks without `fromJSONSchema` where the schema is plain: most state keys are. */
function lazyChecker(schema: JsonSchema): (value: unknown) => string[] {
  const keys = Object.keys(schema);
  if (keys.length === 0) return () => [];
  if (keys.length === 1 && typeof schema.type === 'string') return plainChecker(schema.type);
  let compiled: z.ZodType | undefined;
  return value => {
    compiled ??= z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    const result = compiled.safeParse(value);
    return result.success ? [] : result.error.issues.flatMap(i => explainIssue(i, []));
  };
}

function plainChecker(type: string): (value: unknown) => string[] {
  const fits: Record<string, (value: unknown) => boolean> = {
    string: v => typeof v === 'string',
    number: v => typeof v === 'number',
    integer: v => Number.isSafeInteger(v),
    boolean: v => typeof v === 'boolean',
    array: v => Array.isArray(v),
    object: v => v !== null && typeof v === 'object' && !Array.isArray(v),
  };
  const test = fits[type];
  return value => (test === undefined || test(value) ? [] : [`expected ${type}, got ${describe(value)}`]);
}

/** A short word for what a value is, for messages. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  return `${typeof value} ${String(value)}`;
}

function explainIssue(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): string[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch that got furthest says most: `null` branches fail at once.
    const best = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a))[0] ?? [];
    return best.flatMap(i => explainIssue(i, path));
  }
  const message = issue.message.replace(/^Invalid (input|option): /, '');
  return [path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`];
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  const expectsNull = issues.some(i => i.code === 'invalid_type' && i.expected === 'null');
  return expectsNull ? -1 : Math.max(0, ...issues.map(i => i.path.length));
}
