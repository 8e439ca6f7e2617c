/** Values to try: a few of every kind that a schema allows, those next to the constants that something is held against. */
import type { Constant } from '../compile/expr-reads.ts';
import { checkerOf, type JsonSchema } from '../compile/value-check.ts';

const MAX_DEPTH = 6;
const MAX_LENGTH = 24;
const MAX_PADDING = 10_000;

/** Of these one usually fits a format or a pattern. */
const TEXTS = [
  'text',
  'ann@example.org',
  'https://example.org',
  '2030-01-01',
  '2030-01-01T00:00:00Z',
  '12:00:00Z',
  '00000000-0000-4000-8000-000000000000',
  'A',
  'a',
  'ABC',
  'abc-1',
  '1',
  '12345',
  '',
];

const isSchema = (value: unknown): value is JsonSchema =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const schemas = (value: unknown): JsonSchema[] => (Array.isArray(value) ? value.filter(isSchema) : []);

/** The smallest step that a constant is written in: 0.1 for 0.5, 1 for 3. */
function stepOf(value: number): number {
  const decimals = /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0;
  return 10 ** -decimals;
}

const rounded = (value: number): number => Number(value.toPrecision(12));

function numbers(schema: JsonSchema, constants: readonly Constant[]): number[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const held = [...constants, minimum, maximum, exclusiveMinimum, exclusiveMaximum].filter(c => typeof c === 'number');
  const near = held.flatMap(c => {
    const step = schema.type === 'integer' ? 1 : stepOf(c);
    return [c, rounded(c - step), rounded(c + step)];
  });
  // What is reckoned with on the way may shift a constant: values well beyond all of them come last.
  const beyond = held.length === 0 ? [] : [Math.min(...held) - 100, Math.max(...held) + 100];
  return [...near, 1, 0, ...beyond].map(n => (schema.type === 'integer' ? Math.round(n) : n));
}

/** Lengths on both sides of the whole numbers that something is held against. */
function lengths(constants: readonly Constant[], first: number): number[] {
  const held = constants.filter(c => typeof c === 'number' && Number.isInteger(c)) as number[];
  return [first, ...held.flatMap(c => [c - 1, c, c + 1]), 1, 0].filter(n => n >= 0 && n <= MAX_LENGTH);
}

function texts({ minLength, maxLength }: JsonSchema, constants: readonly Constant[]): string[] {
  const held = constants.filter(c => typeof c === 'string');
  const least = typeof minLength === 'number' ? minLength : 0;
  const most = typeof maxLength === 'number' ? maxLength : Number.POSITIVE_INFINITY;
  const sized = lengths(constants, 4)
    .filter(n => n >= least && n <= most)
    .map(n => 'text '.repeat(n).slice(0, n));
  const numeric = constants.some(c => typeof c === 'number') ? sized : sized.slice(0, 1);
  const padded = least <= MAX_PADDING ? ['text '.repeat(least).slice(0, least)] : [];
  return [...held, 'text', ...numeric, ...padded, ...TEXTS.slice(1)];
}

function lists(schema: JsonSchema, constants: readonly Constant[], depth: number): unknown[][] {
  const items = isSchema(schema.items) ? all(schema.items, constants, depth + 1) : ['text'];
  const [item = 'text'] = items;
  const least = typeof schema.minItems === 'number' ? schema.minItems : 1;
  const sized = lengths(constants, least).map(n => Array.from({ length: n }, () => item));
  return [...sized, ...items.slice(1).map(one => [one])];
}

function objects(schema: JsonSchema, constants: readonly Constant[], depth: number): object[] {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const values = new Map(
    Object.entries(properties).flatMap(([key, own]) =>
      isSchema(own) ? [[key, all(own, constants, depth + 1)] as const] : [],
    ),
  );
  const base = Object.fromEntries(required.map(key => [key, values.get(key)?.[0] ?? null]));
  const changed = [...values].flatMap(([key, own]) => own.map(value => ({ ...base, [key]: value })));
  return [base, ...changed];
}

function ofType(type: string, schema: JsonSchema, constants: readonly Constant[], depth: number): unknown[] {
  switch (type) {
    case 'boolean':
      return [true, false];
    case 'null':
      return [null];
    case 'number':
    case 'integer':
      return numbers({ ...schema, type }, constants);
    case 'string':
      return texts(schema, constants);
    case 'array':
      return lists(schema, constants, depth);
    case 'object':
      return objects(schema, constants, depth);
    default:
      return [];
  }
}

/** Values of a schema before any is checked; the first is the plainest. */
function all(schema: JsonSchema, constants: readonly Constant[], depth: number): unknown[] {
  if (depth > MAX_DEPTH) return [null];
  if ('const' in schema) return [schema.const];
  if (Array.isArray(schema.enum)) return [...schema.enum];
  const choices = [...schemas(schema.anyOf), ...schemas(schema.oneOf)];
  if (choices.length > 0) return choices.flatMap(one => all(one, constants, depth));
  const parts = schemas(schema.allOf);
  if (parts.length > 0) return all(Object.assign({}, ...parts) as JsonSchema, constants, depth);
  const { type } = schema;
  if (typeof type === 'string') return ofType(type, schema, constants, depth);
  if (Array.isArray(type)) return type.flatMap(one => ofType(String(one), schema, constants, depth));
  if (isSchema(schema.properties)) return objects(schema, constants, depth);
  const counted = constants.some(c => typeof c === 'number') ? numbers({}, constants) : [];
  return [...constants, ...counted, true, false, 'text', 1, null, {}];
}

/** One of each value, in order. */
export function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map(v => [JSON.stringify(v), v])).values()];
}

/** Values that fit a schema, plainest first. Empty when none that was thought of fits. */
export function samplesOf(schema: JsonSchema, constants: Iterable<Constant> = []): unknown[] {
  const check = checkerOf(schema);
  return distinct(all(schema, [...constants], 0)).filter(value => check(value).length === 0);
}
