/** Checks values against JSON Schemas, by zod, and says what is wrong in words of the language. */
import { z } from 'zod';
import { requirement } from './zod-words.ts';

/** A JSON Schema as plain data. */
export type JsonSchema = { readonly [key: string]: unknown };

/** What is wrong with a value, as `path: reason` lines; empty when it fits. */
export type Checker = (value: unknown) => readonly string[];

/** No problems; made once, as most values have none. */
const FITS: readonly string[] = Object.freeze([]);

/** A short word for what a value is, for messages. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  return typeof value === 'boolean' ? String(value) : `${typeof value} ${String(value)}`;
}

/** Makes the zod type of a JSON Schema. Throws what the library throws for a schema that it cannot check. */
export function zodOf(schema: JsonSchema): z.ZodType {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
}

/** Checks without `fromJSONSchema` where the schema is plain: most state keys are. */
export function checkerOf(schema: JsonSchema): Checker {
  const keys = Object.keys(schema);
  if (keys.length === 0) return () => FITS;
  if (keys.length === 1 && typeof schema.type === 'string') return plainChecker(schema.type);
  let compiled: z.ZodType | undefined;
  return value => {
    compiled ??= zodOf(schema);
    const result = compiled.safeParse(value);
    return result.success ? FITS : result.error.issues.flatMap(issue => explainIssue(issue, [], value));
  };
}

function plainChecker(type: string): Checker {
  const fits: Record<string, (value: unknown) => boolean> = {
    string: v => typeof v === 'string',
    number: v => typeof v === 'number',
    integer: v => Number.isSafeInteger(v),
    boolean: v => typeof v === 'boolean',
    array: v => Array.isArray(v),
    object: v => v !== null && typeof v === 'object' && !Array.isArray(v),
  };
  const test = fits[type];
  return value => (test === undefined || test(value) ? FITS : [`expected ${type}, got ${describe(value)}`]);
}

function explainIssue(issue: z.core.$ZodIssue, base: readonly PropertyKey[], whole: unknown): string[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'invalid_union') {
    // The branch that got furthest says most: `null` branches fail at once.
    const best = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a))[0] ?? [];
    if (best.some(i => i.path.length > 0)) return best.flatMap(i => explainIssue(i, path, whole));
  }
  const at = path.length === 0 ? '' : `${path.map(String).join('.')}: `;
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => `${at}unknown member ${JSON.stringify(key)}`);
  if (issue.code === 'custom') return [`${at}${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`];
  const value = path.reduce<unknown>((v, step) => ownMember(v, step), whole);
  return [`${at}expected ${requirement(issue, 'value')}, got ${describe(value)}`];
}

/** What every object inherits is no value of the file. */
function ownMember(value: unknown, step: PropertyKey): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, step)
    ? (value as Record<PropertyKey, unknown>)[step]
    : undefined;
}

function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  const expectsNull = issues.some(i => i.code === 'invalid_type' && i.expected === 'null');
  return expectsNull ? -1 : Math.max(0, ...issues.map(i => i.path.length));
}
