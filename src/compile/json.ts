/** A value that JSON would lose or change. The message begins with the path to it. */
export class JsonProblem extends Error {
  override readonly name = 'JsonError';
  readonly code = 'not-json';
  /** What is wrong, without the path: ` is a Date, and …`. */
  readonly reason: string;
  constructor(reason: string, path = '') {
    super(`${path}${reason}`);
    this.reason = reason;
  }

  /** The same problem seen from further out. Paths are made only when there is a problem to tell. */
  within(path: string, before: string): JsonProblem {
    return new JsonProblem(this.reason, `${path}${before}`);
  }

  /** The path so far. */
  get path(): string {
    return this.message.slice(0, this.message.length - this.reason.length);
  }
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
  try {
    return copy(value, 0);
  } catch (problem) {
    throw problem instanceof JsonProblem ? problem.within(name, problem.path) : problem;
  }
}

const made = new WeakSet<object>();

function copy(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return Object.is(value, -0) ? 0 : value;
    throw new JsonProblem(` is ${value}, and JSON cannot hold it`);
  }
  if (typeof value !== 'object') throw new JsonProblem(` is ${article(typeof value)}, and JSON cannot hold it`);
  if (made.has(value)) return value;
  if (depth > MAX_DEPTH) throw new JsonProblem(` is nested more than ${MAX_DEPTH} levels deep, or contains itself`);
  const out = Array.isArray(value) ? copyList(value, depth) : copyObject(value, depth);
  made.add(Object.freeze(out));
  return out;
}

function article(type: string): string {
  return type === 'undefined' ? 'undefined' : `a ${type}`;
}

function copyList(value: readonly unknown[], depth: number): unknown[] {
  const out = new Array<unknown>(value.length);
  let i = 0;
  try {
    for (; i < value.length; i++) out[i] = copy(value[i], depth + 1);
  } catch (problem) {
    throw problem instanceof JsonProblem ? problem.within(`[${i}]`, problem.path) : problem;
  }
  return out;
}

function copyObject(value: object, depth: number): Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new JsonProblem(` is a ${value.constructor?.name ?? 'object with a prototype'}, and JSON cannot hold it`);
  }
  const out: Record<string, unknown> = {};
  let at = '';
  try {
    for (const key of Object.keys(value)) {
      at = key;
      const member = (value as Record<string, unknown>)[key];
      if (key === '__proto__') throw new JsonProblem(' is not allowed as a name');
      if (member !== undefined) out[key] = copy(member, depth + 1);
    }
  } catch (problem) {
    throw problem instanceof JsonProblem ? problem.within(`.${at}`, problem.path) : problem;
  }
  return out;
}
