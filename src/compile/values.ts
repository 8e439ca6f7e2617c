import type { Reporter } from '../diagnostic/diagnostic.ts';
import { didYouMean } from '../diagnostic/suggest.ts';
import { createExprCompiler, type Expr, type ExprCompiler, type ExprType } from './expr.ts';
import type { StateKey, Value, Writes } from './graph.ts';
import { copyJson, JsonProblem } from './json.ts';
import { takesItems } from './merge.ts';
import type { Path, Source } from './source.ts';
import type { ValueType } from './state-type.ts';
import { compileText, type Text } from './text.ts';

/** Compiles the expressions and texts of one graph, reporting what is wrong with each at its place. */
export interface ValueReader {
  /** An expression over the state, `visits` and `thread`, and over `output` where there is one. */
  expr(source: string, path: Path, output?: OutputScope): Expr | undefined;
  value(raw: unknown, path: Path, output?: OutputScope): Value | undefined;
  text(source: string, path: Path, from?: Source): Text | undefined;
  writes(raw: string | Record<string, unknown>, path: Path, output: OutputScope, whole?: ValueType): Writes;
  assignments(raw: Record<string, unknown>, path: Path, output?: OutputScope): Writes;
}

/** Says that `output` is in scope, and of which type. */
export interface OutputScope {
  readonly type: ExprType;
}

/** An `output` whose shape only the run knows. */
export const ANY_OUTPUT: OutputScope = { type: 'dyn' };

/** The CEL result types that can be written to a JSON type. */
function canHold(type: ValueType, result: string): boolean {
  const kind = type.schema.type;
  if (result === 'dyn' || type.nullable || typeof kind !== 'string') return true;
  if (['int', 'uint', 'double'].includes(result)) return kind === 'number' || kind === 'integer';
  if (result === 'string') return kind === 'string';
  if (result === 'bool') return kind === 'boolean';
  if (result.startsWith('list')) return kind === 'array';
  if (result.startsWith('map')) return kind === 'object';
  return result !== 'null';
}

function fits(key: StateKey, result: string): boolean {
  if (canHold(key.type, result)) return true;
  return typeof key.merge === 'string' && takesItems(key.merge) && !!key.type.items && canHold(key.type.items, result);
}

function scopeTypes(state: readonly StateKey[], nodeIds: readonly string[]): Record<string, ExprType> {
  const visits = Object.fromEntries(nodeIds.map(id => [id, 'double']));
  return {
    ...Object.fromEntries(state.map(k => [k.name, k.type.expr])),
    visits: nodeIds.length === 0 ? 'dyn' : visits,
    thread: { id: 'string' },
  };
}

export function createValueReader(
  state: readonly StateKey[],
  nodeIds: readonly string[],
  source: Source,
  reporter: Reporter,
): ValueReader {
  const types = scopeTypes(state, nodeIds);
  const plain = createExprCompiler(types);
  const withOutput = new Map<string, ExprCompiler>();
  const keys = new Map(state.map(k => [k.name, k]));
  const textNames = Object.keys(types);

  const compilerFor = (output: OutputScope | undefined): ExprCompiler => {
    if (!output) return plain;
    const id = JSON.stringify(output.type);
    const known = withOutput.get(id) ?? plain.extend({ output: output.type });
    withOutput.set(id, known);
    return known;
  };

  const reader: ValueReader = {
    expr(text, path, output) {
      const result = compilerFor(output).compile(text);
      if (result.ok) return result.expr;
      const { code, message, start, end, hint } = result.problem;
      reporter.report(code, source.textSpan(path, start, end), message, { hint });
      return undefined;
    },
    value(raw, path, output) {
      if (typeof raw === 'string') {
        const expr = reader.expr(raw, path, output);
        return expr && { kind: 'expr', expr };
      }
      try {
        return { kind: 'literal', value: copyJson(raw) };
      } catch (problem) {
        if (!(problem instanceof JsonProblem)) throw problem;
        reporter.report('wrong-value', source.span(path), problem.message);
        return undefined;
      }
    },
    text(text, path, from = source) {
      const { text: compiled, problems } = compileText(text, textNames);
      for (const { code, message, start, end, hint } of problems) {
        reporter.report(code, from.textSpan(path, start, end), message, { hint });
      }
      return compiled;
    },
    writes(raw, path, output, whole) {
      if (typeof raw !== 'string') return reader.assignments(raw, path, output);
      const key = keyAt(raw, path, 'value');
      const result = whole && (typeof whole.expr === 'string' ? whole.expr : 'map');
      if (key && result !== undefined && !fits(key, result)) misfit(key, result, path);
      return { kind: 'key', key: raw };
    },
    assignments(raw, path, output) {
      const entries = Object.entries(raw).flatMap(([name, given]) => {
        const at = [...path, name];
        const key = keyAt(name, at, 'key');
        const value = reader.value(given, at, output);
        if (!key || !value) return [];
        if (value.kind === 'expr' && !fits(key, value.expr.type)) misfit(key, value.expr.type, at);
        if (value.kind === 'literal') checkLiteral(key, value.value, at);
        return [{ key: name, value }];
      });
      return { kind: 'map', entries };
    },
  };

  function keyAt(name: string, path: Path, side: 'key' | 'value'): StateKey | undefined {
    const key = keys.get(name);
    if (key) return key;
    const span = side === 'key' ? source.keySpan(path) : source.span(path);
    const hint = didYouMean(name, [...keys.keys()], 'state keys');
    reporter.report('unknown-state-key', span, `there is no state key "${name}"`, { hint });
    return undefined;
  }

  function misfit(key: StateKey, result: string, path: Path): void {
    const message = `a ${result} cannot be written to "${key.name}", which is ${key.type.label}`;
    reporter.report('expression-type', source.span(path), message);
  }

  function checkLiteral(key: StateKey, value: unknown, path: Path): void {
    const item = typeof key.merge === 'string' && takesItems(key.merge) ? key.type.items : undefined;
    const [wrong] = key.type.check(value);
    if (wrong === undefined || item?.check(value).length === 0) return;
    const hint = 'YAML text is an expression: quote text inside it, as in "\'text\'"';
    reporter.report('expression-type', source.span(path), `"${key.name}" is ${key.type.label}: ${wrong}`, { hint });
  }

  return reader;
}
