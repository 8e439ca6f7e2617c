/**
 * Expressions: CEL, typed against the state. The only module that knows the CEL library.
 *
 * Numbers of YAML and JSON are CEL doubles; literals such as `1` are CEL ints, so the mixed operators are registered.
 * Results are plain JSON: BigInt comes out as a number.
 */
import { type ASTNode, Environment, EvaluationError } from '@marcbachmann/cel-js';
import type { Code } from '../diagnostic/codes.ts';
import { nearest } from '../diagnostic/suggest.ts';

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
  env.registerOperator('list<double> + list<int>: list<double>', (x: number[], y: bigint[]) => [
    ...x,
    ...y.map(Number),
  ]);
  env.registerOperator('double in list<int>: bool', (x: number, y: bigint[]) => y.some(v => Number(v) === x));
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
    return refuse(explain(cause, source, types, 'expression-syntax'));
  }
  const check = parsed.check();
  if (!check.valid) return refuse(explain(check.error, source, types, 'expression-type'));
  const names = new Set<string>();
  collectNames(parsed.ast, names);
  return {
    ok: true,
    expr: {
      source,
      type: check.type ?? 'dyn',
      names,
      evaluate(scope) {
        try {
          return toJson(parsed(scope as Record<string, unknown>));
        } catch (cause) {
          const why = cause instanceof EvaluationError ? cause.summary : String((cause as Error).message);
          throw new ExprError(`${source}: ${firstLine(why)}`, { cause });
        }
      },
    },
  };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

function explain(
  error: unknown,
  source: string,
  types: Readonly<Record<string, ExprType>>,
  fallback: Code,
): ExprProblem {
  const { code, summary, range } = error as { code?: string; summary?: string; range?: { start: number; end: number } };
  const start = Math.min(range?.start ?? 0, Math.max(0, source.length - 1));
  const end = Math.max(range?.end ?? source.length, start + 1);
  const text = firstLine(summary ?? String((error as Error | undefined)?.message ?? 'not a valid expression'));
  const named = /^(?:Unknown variable|No such key): (\S+)/.exec(text)?.[1];
  if (named !== undefined) {
    const near = nearest(named, code === 'no_such_key' ? fieldNames(types) : Object.keys(types));
    const hint = near === undefined ? `names in scope: ${Object.keys(types).join(', ')}` : `did you mean "${near}"?`;
    const message = code === 'no_such_key' ? `there is no field "${named}"` : `there is no name "${named}" in scope`;
    return { code: 'expression-name', message, start, end, hint };
  }
  const hint = /^no such overload: .*null/.test(text)
    ? 'only a key that may be null (a type that ends in "?") can be compared with null'
    : undefined;
  const message = text.charAt(0).toLowerCase() + text.slice(1);
  return { code: fallback, message, start, end, ...(hint === undefined ? {} : { hint }) };
}

function fieldNames(types: Readonly<Record<string, ExprType>>): string[] {
  return Object.values(types).flatMap(t => (typeof t === 'string' ? [] : [...Object.keys(t), ...fieldNames(t)]));
}

function collectNames(node: ASTNode, into: Set<string>): void {
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (value !== null && typeof value === 'object' && 'op' in value) collectNames(value as ASTNode, into);
  };
  if (node.op === 'id') into.add(node.args);
  else visit(node.args);
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
