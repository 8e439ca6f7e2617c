/** A value that JSON would lose or change, with the path to it. */
export class JsonProblem extends Error {
  override readonly name = 'JsonError';
  readonly code = 'not-json';
}

const MAX_DEPTH = 200;

/**
 * Copies a value as JSON and freezes the copy; a frozen copy of its own making is returned as it is.
 *
 * Object members that are `undefined` are left out, as JSON does. Throws {@link JsonProblem} for what JSON would
 * change silently: BigInt, NaN, Infinity, Date, Map, class instances, functions, symbols, cycles, `__proto__`.
 *
 * @param name what to call the value in messages
 */
export function copyJson(value: unknown, name = 'value'): unknown {
  return copy(value, name, 0);
}

const made = new WeakSet<object>();

function copy(value: unknown, path: string, depth: number): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return Object.is(value, -0) ? 0 : value;
    throw new JsonProblem(`${path} is ${value}, which JSON cannot hold`);
  }
  if (typeof value !== 'object') throw new JsonProblem(`${path} is ${article(typeof value)}, which JSON cannot hold`);
  if (made.has(value)) return value;
  if (depth > MAX_DEPTH)
    throw new JsonProblem(`${path} is nested more than ${MAX_DEPTH} levels deep, or contains itself`);
  const out = Array.isArray(value) ? copyList(value, path, depth) : copyObject(value, path, depth);
  made.add(Object.freeze(out));
  return out;
}

function article(type: string): string {
  return type === 'undefined' ? 'undefined' : `a ${type}`;
}

function copyList(value: readonly unknown[], path: string, depth: number): unknown[] {
  const out = new Array<unknown>(value.length);
  for (let i = 0; i < value.length; i++) out[i] = copy(value[i], `${path}[${i}]`, depth + 1);
  return out;
}

function copyObject(value: object, path: string, depth: number): Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new JsonProblem(
      `${path} is a ${value.constructor?.name ?? 'object with a prototype'}, which JSON cannot hold`,
    );
  }
  const out: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') throw new JsonProblem(`${path} has a member "__proto__"`);
    if (member !== undefined) out[key] = copy(member, `${path}.${key}`, depth + 1);
  }
  return out;
}
