/**
 * A few values in place of all that a type may hold: those that the comparisons of some conditions can tell apart.
 *
 * `score > 0.5` needs three numbers, `category == "billing"` that value and one other. What holds for every sample
 * holds for every value of the type.
 */
import type { JsonSchema } from './state-type.ts';

/** A value that no condition names. */
export const OTHER: unique symbol = Symbol('other');

export type Scalar = string | number | boolean | null;

/** A stretch of numbers that all compare alike; both ends are left out unless they are equal. */
interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Sample {
  readonly value: Scalar | typeof OTHER;
  readonly range?: Range;
}

/** What conditions ask of one name. */
export interface Asked {
  readonly literals: Set<Scalar>;
  /** It is compared by `<` and its kin. */
  ordered: boolean;
  /** It stands as a condition by itself. */
  bare: boolean;
}

/** What a type may hold. */
interface Kinds {
  readonly closed?: readonly Scalar[];
  readonly boolean?: true;
  readonly number?: { readonly integer: boolean; readonly bounds: JsonSchema };
  readonly string?: true;
  readonly null?: true;
  /** Lists, objects, and whatever is not said. */
  readonly other?: true;
}

const ANYTHING: Kinds = {
  boolean: true,
  number: { integer: false, bounds: {} },
  string: true,
  null: true,
  other: true,
};

const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** The schema behind a `T?`, or undefined. */
export function behindNull({ anyOf }: JsonSchema): JsonSchema | undefined {
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return undefined;
  const [base, none] = anyOf as JsonSchema[];
  return none?.type === 'null' ? base : undefined;
}

/** The values of a schema that lists them all. */
export function listedValues(schema: JsonSchema): readonly Scalar[] | undefined {
  const base = behindNull(schema);
  if (base) {
    const values = listedValues(base);
    return values && [...values, null];
  }
  const values = Array.isArray(schema.enum) ? schema.enum : Object.hasOwn(schema, 'const') ? [schema.const] : undefined;
  return values?.every(isScalar) ? values : undefined;
}

function kindsOf(schema: JsonSchema): Kinds {
  const closed = listedValues(schema);
  if (closed) return { closed };
  const base = behindNull(schema);
  if (base) return { ...kindsOf(base), null: true };
  const types: unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type];
  const each = types.map((type): Kinds => {
    if (type === 'boolean' || type === 'string' || type === 'null') return { [type]: true };
    if (type === 'number' || type === 'integer') return { number: { integer: type === 'integer', bounds: schema } };
    return type === 'object' || type === 'array' ? { other: true } : ANYTHING;
  });
  return each.length === 1 ? (each[0] ?? ANYTHING) : each.includes(ANYTHING) ? ANYTHING : Object.assign({}, ...each);
}

const numbersIn = (values: Iterable<unknown>): number[] => [...values].filter(v => typeof v === 'number');

/** A number between two others, or undefined when there is none. */
function between(from: number, to: number, integer: boolean): number | undefined {
  let value: number;
  if (from === -Infinity && to === Infinity) value = 0;
  else if (from === -Infinity) value = integer ? Math.ceil(to) - 1 : to - Math.max(1, Math.abs(to));
  else if (to === Infinity) value = integer ? Math.floor(from) + 1 : from + Math.max(1, Math.abs(from));
  else value = integer ? Math.floor(from) + 1 : from + (to - from) / 2;
  return Number.isFinite(value) && from < value && value < to ? value : undefined;
}

function numberSamples({ integer, bounds }: NonNullable<Kinds['number']>, literals: Iterable<unknown>): Sample[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = bounds;
  const given = numbersIn([...literals, minimum, maximum, exclusiveMinimum, exclusiveMaximum]);
  const points = [...new Set(given)].sort((a, b) => a - b);
  const low = Math.max(-Infinity, ...numbersIn([minimum, exclusiveMinimum]));
  const high = Math.min(Infinity, ...numbersIn([maximum, exclusiveMaximum]));
  const out: Sample[] = [];
  const add = (value: number | undefined, from: number, to: number): void => {
    if (value === undefined || value < low || value > high) return;
    if (value === exclusiveMinimum || value === exclusiveMaximum) return;
    out.push({ value, range: { from, to } });
  };
  let last = -Infinity;
  for (const point of points) {
    add(between(last, point, integer), last, point);
    if (!integer || Number.isInteger(point)) add(point, point, point);
    last = point;
  }
  add(between(last, Infinity, integer), last, Infinity);
  return out;
}

/** The samples of a type for what is asked. Empty when the type holds nothing. */
export function samplesOf(schema: JsonSchema, { literals, ordered, bare }: Asked): Sample[] {
  const kinds = kindsOf(schema);
  if (kinds.closed) return [...new Set(kinds.closed)].map(value => ({ value }));
  const open = kinds.other === true;
  const out: Sample[] = [];
  const named = (test: (value: Scalar) => boolean): Sample[] =>
    [...literals].filter(test).map((value): Sample => ({ value }));
  if (kinds.boolean) {
    out.push(...(open && !bare ? named(v => typeof v === 'boolean') : [{ value: true }, { value: false }]));
  }
  if (kinds.number) {
    out.push(...(open && !ordered ? named(v => typeof v === 'number') : numberSamples(kinds.number, literals)));
  }
  if (kinds.string) out.push(...named(v => typeof v === 'string'));
  if (kinds.null && (!open || literals.has(null))) out.push({ value: null });
  return open || kinds.string ? [...out, { value: OTHER }] : out;
}

function rangeWords({ from, to }: Range, closedLow: boolean, closedHigh: boolean): string {
  if (from === to) return String(from);
  const low = from === -Infinity ? '' : `${closedLow ? 'at least' : 'above'} ${from}`;
  const high = to === Infinity ? '' : `${closedHigh ? 'at most' : 'below'} ${to}`;
  if (low === '' && high === '') return 'any number';
  return low === '' || high === '' ? low + high : `${low} and ${high}`;
}

/** Joins ranges that follow each other: a point, what lies between it and the next, and so on. */
function numberWords(all: readonly Sample[], chosen: ReadonlySet<Sample>): string[] {
  const words: string[] = [];
  const numbers = all.filter(s => s.range);
  for (let i = 0; i < numbers.length; i++) {
    const first = numbers[i];
    if (!first?.range || !chosen.has(first)) continue;
    let last = first;
    for (let next = numbers[i + 1]; next && chosen.has(next) && next.range?.from === last.range?.to; i++) {
      last = next;
      next = numbers[i + 2];
    }
    const whole = { from: first.range.from, to: last.range?.to ?? first.range.to };
    const isPoint = ({ range }: Sample): boolean => range?.from === range?.to;
    words.push(
      first === last && !isPoint(first)
        ? rangeWords(whole, false, false)
        : rangeWords(whole, isPoint(first), isPoint(last)),
    );
  }
  return words;
}

/** Says which of the samples of a name are meant: `"a" or "b"`, `at most 0.5`. */
export function sampleWords(all: readonly Sample[], chosen: ReadonlySet<Sample>): string {
  const words = numberWords(all, chosen);
  for (const sample of all) {
    if (!chosen.has(sample) || sample.range) continue;
    if (sample.value === OTHER) words.push('anything else');
    else words.push(JSON.stringify(sample.value));
  }
  return words.length > 4 ? `${words.slice(0, 4).join(', ')} or ${words.length - 4} more` : orWords(words);
}

/** `a, b or c`. */
export function orWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
