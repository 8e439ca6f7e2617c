import type { ValueType } from './state-type.ts';

/** How a written value meets the one that is there. Pure; neither argument is changed. */
type Merge = (current: unknown, written: unknown) => unknown;

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value == null ? [] : [value]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function mergeDeep(a: unknown, b: unknown): unknown {
  if (!isObject(a) || !isObject(b)) return b;
  const out: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) out[key] = Object.hasOwn(out, key) ? mergeDeep(out[key], value) : value;
  return out;
}

const append = (a: unknown, b: unknown): readonly unknown[] => list(a).concat(list(b));

/** The same for items that are the same, and for those alone: a text itself, unless it begins as those do that are made here. */
const sameness = (item: unknown): unknown =>
  typeof item === 'string' && !item.startsWith('\0') ? item : `\0${JSON.stringify(item)}`;

/** What is in a list that was made here, and goes on to be what is in the next one. */
const itemsIn = new WeakMap<readonly unknown[], Set<unknown>>();

function union(a: unknown, b: unknown): unknown {
  const there = list(a);
  const seen = itemsIn.get(there) ?? new Set(there.map(sameness));
  itemsIn.delete(there);
  const out = there.concat(list(b).filter(value => seen.size < seen.add(sameness(value)).size));
  itemsIn.set(out, seen);
  return out;
}

/**
 * Appends messages; one whose `id` is there already takes its place. `{ id, remove: true }` takes the message with this
 * id away, or does nothing when it is not there; `{ remove: 'all' }` takes away all that stand before it.
 */
function messages(a: unknown, b: unknown): unknown {
  const written = list(b);
  if (written.every(message => !isObject(message) || (message.id === undefined && message.remove === undefined)))
    return append(a, written);
  let out = [...list(a)];
  for (const message of written) {
    const { id, remove } = isObject(message) ? message : {};
    const at = id === undefined ? -1 : out.findIndex(m => isObject(m) && m.id === id);
    if (remove === 'all') out = [];
    else if (remove === true) out = out.filter((_, i) => i !== at);
    else if (at < 0) out.push(message);
    else out[at] = message;
  }
  return out;
}

/** The built-in merge rules. */
export const merges = {
  replace: (_, b) => b,
  append,
  union,
  sum: (a, b) => Number(a ?? 0) + Number(b ?? 0),
  // Nothing is neither large nor small: a null leaves what is there.
  max: (a, b) => (a == null || b == null ? (b ?? a) : Math.max(Number(a), Number(b))),
  min: (a, b) => (a == null || b == null ? (b ?? a) : Math.min(Number(a), Number(b))),
  object: (a, b) => (isObject(a) && isObject(b) ? { ...a, ...b } : b),
  deep: mergeDeep,
  messages,
} as const satisfies Record<string, Merge>;

export type MergeName = keyof typeof merges;

/** The value of a key that nothing was written to, for the rules that have a neutral one. */
export const neutral: Partial<Record<MergeName, unknown>> = {
  append: [],
  union: [],
  messages: [],
  sum: 0,
  object: {},
  deep: {},
};

/** Why a rule does not fit a type, or undefined when it does. */
export function mergeMisfit(merge: MergeName, type: ValueType): string | undefined {
  const kind = String(type.schema.type ?? (type.nullable ? 'nullable' : 'any'));
  if (kind === 'any' || kind === 'nullable' || merge === 'replace') return undefined;
  const needs: Record<Exclude<MergeName, 'replace'>, readonly string[]> = {
    append: ['array'],
    union: ['array'],
    messages: ['array'],
    sum: ['number', 'integer'],
    max: ['number', 'integer'],
    min: ['number', 'integer'],
    object: ['object'],
    deep: ['object'],
  };
  return needs[merge].includes(kind)
    ? undefined
    : `merge "${merge}" needs ${needs[merge].join(' or ')}, not ${type.label}`;
}

/** The rules under which a list may be written item by item. */
export function takesItems(merge: MergeName): boolean {
  return merge === 'append' || merge === 'union' || merge === 'messages';
}
