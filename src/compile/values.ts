import type { Reporter } from '../diagnostic/diagnostic.ts';
import { didYouMean, quote } from '../diagnostic/suggest.ts';
import { createExprCompiler, type Expr, type ExprCompiler, type ExprType } from './expr.ts';
import { aType } from './expr-words.ts';
import type { Assignment, StateKey, Value, Writes } from './graph.ts';
import { copyJson, JsonProblem } from './json.ts';
import { takesItems } from './merge.ts';
import { isExpressionName } from './names.ts';
import type { Path, Source } from './source.ts';
import type { JsonSchema, ValueType } from './state-type.ts';
import { compileMarkedText, compileText, costOf, type MarkedText, type Text, type TextProblem } from './text.ts';

/** Compiles the expressions and texts of one graph, reporting what is wrong with each at its place. */
export interface ValueReader {
  /** An expression over the state, `visits` and `thread`, and over `output` where there is one. */
  expr(source: string, path: Path, output?: OutputScope): Expr | undefined;
  value(raw: unknown, path: Path, output?: OutputScope): Value | undefined;
  text(source: string, path: Path, from?: Source): Text | undefined;
  /** A text whose values stay apart when it is rendered. */
  markedText(source: string, path: Path): MarkedText | undefined;
  writes(raw: string | Record<string, unknown>, path: Path, output: OutputScope, whole?: ValueType): Writes;
  assignments(raw: Record<string, unknown>, path: Path, output?: OutputScope): Writes;
  /** One value for the state key that is named at `path`. */
  assign(name: string, source: string, path: Path, output: OutputScope): Assignment[] | undefined;
  /** A reader of what runs for one item of a map: the item's names are in scope, and `visits` is not. */
  within(names: Readonly<Record<string, ExprType>>): ValueReader;
  /** A reader for the same names and others. */
  with(types: Readonly<Record<string, ExprType>>): ValueReader;
  /** A reader for other names only. */
  over(types: Readonly<Record<string, ExprType>>): ValueReader;
  /** A reader for the same names of what stands in another file. */
  from(source: Source): ValueReader;
}

/** Says that `output` is in scope, and of which type. */
export interface OutputScope {
  readonly type: ExprType;
}

/** An `output` whose shape only the run knows. */
export const ANY_OUTPUT: OutputScope = { type: 'dyn' };

/** The JSON type of a value type, looked up behind `?`; undefined where it may be several. */
function kindOf(type: ValueType): unknown {
  const { schema } = type;
  const bare = type.nullable && Array.isArray(schema.anyOf) ? (schema.anyOf[0] as JsonSchema) : schema;
  return bare.type ?? (type.expr === 'string' ? 'string' : undefined);
}

/** Whether the result of an expression can be written to a type. */
export function canHold(type: ValueType, result: string): boolean {
  const kind = kindOf(type);
  if (result === 'dyn' || typeof kind !== 'string') return true;
  if (['int', 'uint', 'double'].includes(result)) return kind === 'number' || kind === 'integer';
  if (result === 'string') return kind === 'string';
  if (result === 'bool') return kind === 'boolean';
  if (result.startsWith('list'))
    return kind === 'array' && (type.items === undefined || holdsItems(type.items, result));
  if (result.startsWith('map') || result.startsWith('$')) return kind === 'object';
  return result === 'null' || result === 'null_type' ? type.nullable : true;
}

function holdsItems(items: ValueType, result: string): boolean {
  const inner = /^list<(.*)>$/.exec(result)?.[1];
  return inner === undefined || inner.length <= 1 || canHold(items, inner);
}

/** Whether an expression of this static type can be written to a key. */
export function resultFits(key: StateKey, result: string): boolean {
  if (canHold(key.type, result)) return true;
  return typeof key.merge === 'string' && takesItems(key.merge) && !!key.type.items && canHold(key.type.items, result);
}

/** Some 0.3 seconds: see {@link costOf}. */
const MAX_TEXT_COST = 50_000_000;

/** What the names in scope depend on beside the state. */
export interface NodeNames {
  readonly ids: readonly string[];
  /** A node says what is done about its errors, so that `error` is in scope. */
  readonly handlesErrors: boolean;
}

/** The last error that `onError` took care of, as `HandledError` has it. */
const ERROR_TYPE: ExprType = { node: 'string', name: 'string', message: 'string', code: 'string' };

function scopeTypes(state: readonly StateKey[], { ids: nodeIds, handlesErrors }: NodeNames): Record<string, ExprType> {
  const visits = Object.fromEntries(nodeIds.map(id => [id, 'double']));
  return {
    ...Object.fromEntries(state.map(k => [k.name, k.type.expr])),
    visits: nodeIds.length === 0 ? 'dyn' : visits,
    thread: { id: 'string' },
    ...(handlesErrors ? { error: ERROR_TYPE } : {}),
  };
}

class Reader implements ValueReader {
  private readonly types: Record<string, ExprType>;
  private readonly plain: ExprCompiler;
  private readonly withOutput = new Map<string, ExprCompiler>();
  private readonly keys: ReadonlyMap<string, StateKey>;
  /** Of all texts of the graph, whatever names they see. */
  private readonly cost: { text: number };
  private readonly source: Source;
  private readonly reporter: Reporter;
  constructor(
    types: Record<string, ExprType>,
    keys: ReadonlyMap<string, StateKey>,
    source: Source,
    reporter: Reporter,
    cost = { text: 0 },
  ) {
    this.types = types;
    // Arguments of tools may have names that expressions cannot use; texts can.
    this.plain = createExprCompiler(
      Object.fromEntries(Object.entries(types).filter(([name]) => isExpressionName(name))),
    );
    this.keys = keys;
    this.source = source;
    this.reporter = reporter;
    this.cost = cost;
  }

  over(types: Readonly<Record<string, ExprType>>): ValueReader {
    return new Reader({ ...types }, this.keys, this.source, this.reporter, this.cost);
  }

  from(source: Source): ValueReader {
    return new Reader(this.types, this.keys, source, this.reporter, this.cost);
  }

  with(types: Readonly<Record<string, ExprType>>): ValueReader {
    return this.over({ ...this.types, ...types });
  }

  within(names: Readonly<Record<string, ExprType>>): ValueReader {
    const { visits: _outside, ...types } = this.types;
    return this.over({ ...types, ...names });
  }

  private compilerFor(output: OutputScope | undefined): ExprCompiler {
    if (!output) return this.plain;
    const id = JSON.stringify(output.type);
    const known = this.withOutput.get(id) ?? this.plain.extend({ output: output.type });
    this.withOutput.set(id, known);
    return known;
  }

  expr(text: string, path: Path, output?: OutputScope): Expr | undefined {
    const result = this.compilerFor(output).compile(text);
    if (result.ok) return result.expr;
    const { code, message, start, end, hint } = result.problem;
    this.reporter.report(code, this.source.textSpan(path, start, end), message, { hint });
    return undefined;
  }

  value(raw: unknown, path: Path, output?: OutputScope): Value | undefined {
    if (typeof raw === 'string') {
      const expr = this.expr(raw, path, output);
      return expr && { kind: 'expr', expr };
    }
    try {
      return { kind: 'literal', value: copyJson(raw) };
    } catch (problem) {
      if (!(problem instanceof JsonProblem)) throw problem;
      this.reporter.report('wrong-value', this.source.span(path), problem.message);
      return undefined;
    }
  }

  text(text: string, path: Path, from = this.source): Text | undefined {
    return this.compiled(text, path, from, compileText);
  }

  markedText(text: string, path: Path): MarkedText | undefined {
    return this.compiled(text, path, this.source, compileMarkedText);
  }

  private compiled<T extends Text>(
    text: string,
    path: Path,
    from: Source,
    compile: (text: string, types: Readonly<Record<string, ExprType>>) => { text?: T; problems: TextProblem[] },
  ): T | undefined {
    this.cost.text += costOf(text);
    if (this.cost.text > MAX_TEXT_COST) {
      const hint = 'make long texts in a function node';
      this.reporter.report('text-syntax', from.span(path), 'the texts of this graph have too many tags', { hint });
      return undefined;
    }
    const { text: compiled, problems } = compile(text, this.types);
    for (const { code, message, start, end, hint } of problems) {
      this.reporter.report(code, from.textSpan(path, start, end), message, { hint });
    }
    return compiled;
  }

  writes(raw: string | Record<string, unknown>, path: Path, output: OutputScope, whole?: ValueType): Writes {
    if (typeof raw !== 'string') return this.assignments(raw, path, output);
    const key = this.keyAt(raw, path, 'value');
    const result = whole && (typeof whole.expr === 'string' ? whole.expr : 'map');
    if (key && result !== undefined && !resultFits(key, result)) this.misfit(key, result, path);
    return { kind: 'key', key: raw };
  }

  assignments(raw: Record<string, unknown>, path: Path, output?: OutputScope): Writes {
    const entries = Object.entries(raw).flatMap(([name, given]) => {
      const at = [...path, name];
      const key = this.keyAt(name, at, 'key');
      const value = this.value(given, at, output);
      if (!key || !value) return [];
      if (value.kind === 'literal') this.checkLiteral(key, value.value, at);
      else if (!resultFits(key, value.expr.type)) this.misfit(key, value.expr.type, at);
      else if (value.expr.constant !== undefined) this.checkLiteral(key, value.expr.constant, at);
      return [{ key: name, value }];
    });
    return { kind: 'map', entries };
  }

  assign(name: string, source: string, path: Path, output: OutputScope): Assignment[] | undefined {
    const key = this.keyAt(name, path, 'value');
    const expr = this.expr(source, path, output);
    if (!key || !expr) return undefined;
    if (!resultFits(key, expr.type)) this.misfit(key, expr.type, path);
    return [{ key: name, value: { kind: 'expr', expr } }];
  }

  private keyAt(name: string, path: Path, side: 'key' | 'value'): StateKey | undefined {
    const key = this.keys.get(name);
    if (key) return key;
    const span = side === 'key' ? this.source.keySpan(path) : this.source.span(path);
    const hint =
      side === 'value' && /^output\b/.test(name)
        ? 'name the state key: output: { key: output.field }'
        : didYouMean(name, [...this.keys.keys()], 'state keys');
    this.reporter.report('unknown-state-key', span, `there is no state key ${quote(name)}`, { hint });
    return undefined;
  }

  private misfit(key: StateKey, result: string, path: Path): void {
    const message = `${aType(result)} cannot be written to "${key.name}", which is ${key.type.label}`;
    this.reporter.report('expression-type', this.source.span(path), message, { hint: conversion(key, result) });
  }

  /** YAML text is an expression, so a literal value is either not text or a text in quotes of its own. */
  private checkLiteral(key: StateKey, value: unknown, path: Path): void {
    const item = typeof key.merge === 'string' && takesItems(key.merge) ? key.type.items : undefined;
    const [wrong] = key.type.check(value);
    if (wrong === undefined || item?.check(value).length === 0) return;
    const span = this.source.span(path);
    if (this.reporter.knows(span)) return;
    const hint = 'change the value, or the type of the state key';
    this.reporter.report('expression-type', span, `"${key.name}" is ${key.type.label}: ${wrong}`, { hint });
  }
}

export function createValueReader(
  state: readonly StateKey[],
  nodes: NodeNames,
  source: Source,
  reporter: Reporter,
): ValueReader {
  const keys = new Map(state.map(k => [k.name, k]));
  return new Reader(scopeTypes(state, nodes), keys, source, reporter);
}

/** How a result is made to fit a state key. */
function conversion(key: StateKey, result: string): string {
  const kind = kindOf(key.type);
  if (kind === 'string')
    return result.startsWith('list') ? 'join its items: tags.join(", ")' : 'make text of it: string(x)';
  if (kind === 'number' || kind === 'integer') {
    return result === 'bool' ? 'make a number of it: x ? 1 : 0' : 'make a number of it: double(x)';
  }
  if (kind === 'boolean') return 'make it a comparison, as in "score > 0.5"';
  if (kind === 'array' && !result.startsWith('list')) return 'make a list of it: [x]';
  return 'change the expression, or the type of the state key';
}
