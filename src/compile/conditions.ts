/**
 * Conditions as far as they can be followed without a run: comparisons of names with constants, joined by `&&`, `||`, `!`
 * and `?:`. Whatever else stands in them is a condition of its own that may be true or false, the same wherever it
 * stands again.
 */
import { type ExprNode, isNode } from './expr-numbers.ts';
import { type Asked, behindNull, listedValues, OTHER, type Scalar } from './samples.ts';
import type { JsonSchema } from './state-type.ts';

/** The evaluation of a part fails, and with it the node, unless what stands beside it decides. */
export const FAILS: unique symbol = Symbol('fails');
/** A part is not followed: it may be true, false or fail. */
export const UNKNOWN: unique symbol = Symbol('unknown');

type Result = Scalar | typeof OTHER | typeof FAILS | typeof UNKNOWN;

/** A condition as a function of the values of its variables, by their index. */
export type Test = (at: readonly Result[]) => Result;

/** A name, a field, a size, or a part that is not looked into. */
export interface Variable extends Asked {
  readonly name: string;
  readonly index: number;
  readonly schema: JsonSchema;
  /** It is a part that is not looked into, so it has no name that says anything. */
  readonly opaque: boolean;
}

/** A comparison with a value that the name never has. */
export interface Impossible {
  readonly name: string;
  readonly literal: Scalar;
  readonly values: readonly Scalar[];
}

/** The schema of what a bare name holds; undefined where nothing is known of it. */
export type SchemaOf = (name: string) => JsonSchema | undefined;

const ORDER: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};
const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

const both = (args: unknown): [unknown, unknown] => (Array.isArray(args) ? [args[0], args[1]] : [undefined, undefined]);

/** The value of a literal, signs included; undefined for all else. */
function literalOf(node: unknown): Scalar | undefined {
  if (!isNode(node)) return undefined;
  const { op, args } = node;
  if (op === '-_') {
    const inner = literalOf(args);
    return typeof inner === 'number' ? -inner : undefined;
  }
  if (op !== 'value') return undefined;
  if (typeof args === 'bigint') return Number(args);
  return args === null || typeof args === 'string' || typeof args === 'number' || typeof args === 'boolean'
    ? args
    : undefined;
}

/** The text of a part, the same for equal parts. */
function keyOf(part: unknown): string {
  if (Array.isArray(part)) return `[${part.map(keyOf).join()}]`;
  if (isNode(part)) return `(${part.op} ${keyOf(part.args)})`;
  return typeof part === 'bigint' ? String(part) : (JSON.stringify(part) ?? '');
}

function fieldOf(schema: JsonSchema, field: string): JsonSchema {
  const { properties } = behindNull(schema) ?? schema;
  const known = properties !== null && typeof properties === 'object' && Object.hasOwn(properties, field);
  return known ? ((properties as Record<string, JsonSchema>)[field] ?? {}) : {};
}

const LENGTH: JsonSchema = { type: 'integer', minimum: 0 };

/** Reads the conditions of one node; they share their variables. */
export class Conditions {
  readonly variables: Variable[] = [];
  readonly impossible: Impossible[] = [];
  /** How many parts were read: what one evaluation of all costs. */
  size = 0;
  private readonly known = new Map<string, Variable>();
  private readonly schemaOf: SchemaOf;
  constructor(schemaOf: SchemaOf) {
    this.schemaOf = schemaOf;
  }

  /** What a condition amounts to. */
  test(node: ExprNode): Test {
    this.size++;
    const { op, args } = node;
    const [left, right] = both(args);
    if (op === '!_' && isNode(args)) return negation(this.test(args));
    if ((op === '&&' || op === '||') && isNode(left) && isNode(right)) {
      return junction(this.test(left), this.test(right), op === '||');
    }
    if (op === '?:' && Array.isArray(args)) return this.choice(args);
    if (op === '==' || op === '!=') return this.equality(node, left, right, op === '!=');
    if (op === 'in') return this.membership(node, left, right);
    if (Object.hasOwn(ORDER, op)) return this.order(node, op, left, right);
    const literal = literalOf(node);
    if (typeof literal === 'boolean') return () => literal;
    const variable = this.path(node);
    if (!variable) return this.opaque(node);
    variable.bare = true;
    return at => bare(at[variable.index] ?? null);
  }

  private choice([condition, yes, no]: unknown[]): Test {
    if (!isNode(condition) || !isNode(yes) || !isNode(no)) return () => UNKNOWN;
    const [when, then, otherwise] = [this.test(condition), this.test(yes), this.test(no)];
    return at => {
      const chosen = when(at);
      return chosen === true ? then(at) : chosen === false ? otherwise(at) : chosen;
    };
  }

  private equality(node: ExprNode, left: unknown, right: unknown, negated: boolean): Test {
    const [a, b] = [literalOf(left), literalOf(right)];
    if (a !== undefined && b !== undefined) return () => (a === b) !== negated;
    const literal = a ?? b ?? (a === null || b === null ? null : undefined);
    const variable = literal === undefined ? undefined : this.path(a === undefined ? left : right);
    if (!variable || literal === undefined) return this.opaque(node);
    this.compare(variable, literal);
    return at => equal(at[variable.index] ?? null, literal, negated);
  }

  private membership(node: ExprNode, item: unknown, list: unknown): Test {
    const items =
      isNode(list) && list.op === 'list' && Array.isArray(list.args) ? list.args.map(literalOf) : [undefined];
    const literals = items.filter(i => i !== undefined);
    const single = literalOf(item);
    if (literals.length < items.length) return this.opaque(node);
    if (single !== undefined) return () => literals.includes(single);
    const variable = this.path(item);
    if (!variable) return this.opaque(node);
    for (const literal of literals) this.compare(variable, literal);
    this.size += literals.length;
    return at => {
      const value = at[variable.index] ?? null;
      return value === FAILS || value === UNKNOWN ? value : value !== OTHER && literals.includes(value);
    };
  }

  private order(node: ExprNode, op: string, left: unknown, right: unknown): Test {
    const [a, b] = [literalOf(left), literalOf(right)];
    const literal = a ?? b;
    if (typeof literal !== 'number') return this.opaque(node);
    const holds = ORDER[a === undefined ? op : (MIRRORED[op] ?? op)];
    if (!holds) return this.opaque(node);
    if (typeof a === 'number' && typeof b === 'number') return () => holds(b, a);
    const variable = this.path(a === undefined ? left : right);
    if (!variable) return this.opaque(node);
    variable.ordered = true;
    variable.literals.add(literal);
    return at => {
      const value = at[variable.index] ?? null;
      if (typeof value === 'number') return holds(value, literal);
      return value === UNKNOWN ? UNKNOWN : FAILS;
    };
  }

  private compare(variable: Variable, literal: Scalar): void {
    variable.literals.add(literal);
    const values = listedValues(variable.schema);
    if (!values || literal === null || values.includes(literal)) return;
    this.impossible.push({ name: variable.name, literal, values });
  }

  /** A state key, a field of one, or the size of one. */
  private path(node: unknown): Variable | undefined {
    const found = this.place(node);
    return found && this.variable(found.name, found.schema, false);
  }

  private place(node: unknown): { name: string; schema: JsonSchema } | undefined {
    if (!isNode(node)) return undefined;
    const { op, args } = node;
    if (op === 'id' && typeof args === 'string') return { name: args, schema: this.schemaOf(args) ?? {} };
    const list: unknown[] = Array.isArray(args) ? args : [];
    if (op === '.' && typeof list[1] === 'string') {
      const owner = this.place(list[0]);
      return owner && { name: `${owner.name}.${list[1]}`, schema: fieldOf(owner.schema, list[1]) };
    }
    const whole = op === 'call' && list[0] === 'size' && Array.isArray(list[1]) && list[1].length === 1;
    const method = op === 'rcall' && list[0] === 'size' && Array.isArray(list[2]) && list[2].length === 0;
    const sized = whole ? this.place((list[1] as unknown[])[0]) : method ? this.place(list[1]) : undefined;
    return sized && { name: `size(${sized.name})`, schema: LENGTH };
  }

  private opaque(node: ExprNode): Test {
    const { index } = this.variable(keyOf(node), { type: 'boolean' }, true);
    return at => at[index] ?? null;
  }

  private variable(name: string, schema: JsonSchema, opaque: boolean): Variable {
    const known = this.known.get(name);
    if (known) return known;
    const index = this.variables.length;
    const made = { name, index, schema, opaque, literals: new Set<Scalar>(), ordered: false, bare: opaque };
    this.known.set(name, made);
    this.variables.push(made);
    return made;
  }
}

const bare = (value: Result): Result => (typeof value === 'boolean' || value === UNKNOWN ? value : FAILS);

function equal(value: Result, literal: Scalar, negated: boolean): Result {
  return value === FAILS || value === UNKNOWN ? value : (value === literal) !== negated;
}

function negation(test: Test): Test {
  return at => {
    const value = test(at);
    return typeof value === 'boolean' ? !value : value;
  };
}

/** `&&` and `||` as CEL has them: one side alone may decide, whatever comes of the other. */
function junction(left: Test, right: Test, decides: boolean): Test {
  return at => {
    const a = left(at);
    if (a === decides) return decides;
    const b = right(at);
    if (b === decides) return decides;
    if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN;
    return a === FAILS || b === FAILS ? FAILS : !decides;
  };
}
