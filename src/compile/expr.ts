/**
 * Expressions: CEL, typed against the state. The only module that knows the CEL library.
 *
 * Numbers of YAML and JSON are CEL doubles; literals such as `1` are CEL ints, so the mixed operators are registered.
 * Results are plain JSON: BigInt comes out as a number.
 */
import { Environment } from '@marcbachmann/cel-js';
import type { Code } from '../diagnostic/codes.ts';
import { type ExprNode, listsOfDoubles, nodesOf, otherNumbers } from './expr-numbers.ts';
import { type ExprReads, readsOf } from './expr-reads.ts';
import { explainExpr } from './expr-words.ts';

/** What a name in scope may hold: a CEL type such as `double` or `list<string>`, or the fields of an object. */
export type ExprType = string | { readonly [field: string]: ExprType };

/** Names and their values while an expression or text is evaluated. */
export type Scope = Readonly<Record<string, unknown>>;

/** A compiled expression. */
export interface Expr {
  readonly source: string;
  /** The static result type; `dyn` where it is known only at run time. */
  readonly type: string;
  /** The names the expression uses, state keys and scope names alike. */
  readonly names: ReadonlySet<string>;
  /** The parsed form, for checks; only the library evaluates it. */
  readonly tree: ExprNode;
  /** The value of an expression that is a text or number by itself. */
  readonly constant?: string | number;
  readonly reads: ExprReads;
  /** Evaluates against a scope. Throws {@link ExprError}. */
  evaluate(scope: Scope): unknown;
}

/** An expression failed while running: a missing field, an index out of bounds, a null where a value was needed. */
export class ExprError extends Error {
  override readonly name = 'ExpressionError';
  readonly code = 'expression';
}

/** Why an expression was refused, with offsets into its source. */
export interface ExprProblem {
  readonly code: Code;
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly hint?: string;
}

export type ExprResult =
  | { readonly ok: true; readonly expr: Expr }
  | { readonly ok: false; readonly problem: ExprProblem };

/** Compiles expressions over one set of names. */
export interface ExprCompiler {
  compile(source: string): ExprResult;
  /** The same names with some typed otherwise. */
  extend(types: Readonly<Record<string, ExprType>>): ExprCompiler;
}

const MAX_SOURCE = 4_000;

function mixedNumbers(env: Environment): Environment {
  const arithmetic: Record<string, (x: number, y: number) => number> = {
    '+': (x, y) => x + y,
    '-': (x, y) => x - y,
    '*': (x, y) => x * y,
    '/': (x, y) => x / y,
    '%': (x, y) => x % y,
  };
  for (const [op, run] of Object.entries(arithmetic)) {
    const handler = (x: unknown, y: unknown): number => run(Number(x), Number(y));
    env.registerOperator(`double ${op} int: double`, handler);
    env.registerOperator(`int ${op} double: double`, handler);
  }
  env.registerOperator('double % double: double', (x: number, y: number) => x % y);
  // The library derives `!=` and the mirrored pair.
  env.registerOperator('double == int: bool', (x: number, y: bigint) => x === Number(y));
  return env;
}

function createEnvironment(types: Readonly<Record<string, ExprType>>): Environment {
  const env = mixedNumbers(
    new Environment({
      unlistedVariablesAreDyn: false,
      homogeneousAggregateLiterals: false,
      limits: { maxAstNodes: 2_000, maxDepth: 64 },
    }),
  );
  for (const [name, type] of Object.entries(types)) register(env, name, type);
  return env;
}

function register(env: Environment, name: string, type: ExprType): void {
  // The library types its schema argument as mutable; it does not change it.
  if (typeof type === 'string') env.registerVariable(name, type);
  else env.registerVariable(name, { schema: type as Record<string, never> });
}

/** Makes a compiler for expressions over these names and types. */
export function createExprCompiler(types: Readonly<Record<string, ExprType>>): ExprCompiler {
  let env: Environment | undefined;
  const cache = new Map<string, ExprResult>();
  return {
    compile(source) {
      const known = cache.get(source);
      if (known) return known;
      env ??= createEnvironment(types);
      const result = compileIn(env, types, source);
      cache.set(source, result);
      return result;
    },
    extend: more => createExprCompiler({ ...types, ...more }),
  };
}

function compileIn(env: Environment, types: Readonly<Record<string, ExprType>>, source: string): ExprResult {
  const refuse = (problem: ExprProblem): ExprResult => ({ ok: false, problem });
  if (source.trim() === '') {
    return refuse({ code: 'expression-syntax', message: 'the expression is empty', start: 0, end: 1 });
  }
  if (source.length > MAX_SOURCE) {
    const message = `the expression has ${source.length} characters; at most ${MAX_SOURCE} are allowed`;
    return refuse({ code: 'expression-syntax', message, start: 0, end: 1, hint: 'move the work into a function node' });
  }
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = env.parse(source);
  } catch (cause) {
    return refuse(explainExpr(cause, source, types, 'expression-syntax', functionsOf(env)));
  }
  const root: ExprNode = parsed.ast;
  listsOfDoubles(root);
  const check = checkNumbers(parsed);
  if (!check.valid) return refuse(explainExpr(check.error, source, types, 'expression-type', functionsOf(env)));
  const names = new Set<string>();
  for (const { op, args } of nodesOf(root)) if (op === 'id') names.add(String(args));
  const expr = {
    source,
    type: check.type ?? 'dyn',
    names,
    ...constantOf(root),
    reads: readsOf(root),
    evaluate(scope: Scope) {
      try {
        return toJson(parsed(scope as Record<string, unknown>));
      } catch (cause) {
        const why = explainExpr(cause, source, types, 'expression-type', []).message;
        throw new ExprError(`${source}: ${why}`, { cause });
      }
    },
  };
  return { ok: true, expr: withTree(expr, root) };
}

/** The source says all that the parsed form does: where a definition is written as JSON, it has no place. */
function withTree(expr: Omit<Expr, 'tree'>, tree: ExprNode): Expr {
  return Object.defineProperty(expr, 'tree', { value: tree }) as Expr;
}

/** Checks the types, giving number literals the kind that fits. */
function checkNumbers(parsed: ReturnType<Environment['parse']>): ReturnType<typeof parsed.check> {
  const tried = new Set<unknown>();
  for (;;) {
    const check = parsed.check();
    const node: unknown = (check.error as { node?: unknown } | undefined)?.node;
    if (check.valid || node === undefined || tried.has(node)) return check;
    tried.add(node);
    if (!otherNumbers(node)) return check;
  }
}

function constantOf({ op, args }: ExprNode): Pick<Expr, 'constant'> {
  if (op !== 'value' || typeof args === 'boolean') return {};
  return typeof args === 'string' || typeof args === 'number' || typeof args === 'bigint'
    ? { constant: typeof args === 'bigint' ? Number(args) : args }
    : {};
}

function functionsOf(env: Environment): string[] {
  return [...new Set(env.getDefinitions().functions.map(f => f.name))];
}

function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.some(needsConversion) ? value.map(toJson) : value;
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value);
    return entries.some(([, v]) => needsConversion(v))
      ? Object.fromEntries(entries.map(([k, v]) => [k, toJson(v)]))
      : value;
  }
  return value;
}

function needsConversion(value: unknown): boolean {
  return typeof value === 'bigint' || (value !== null && typeof value === 'object');
}
