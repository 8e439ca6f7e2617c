import type { Reporter } from '../diagnostic/diagnostic.ts';
import { didYouMean, listed, quote } from '../diagnostic/suggest.ts';
import { referenceKey } from './files.ts';
import type { StateKey } from './graph.ts';
import { copyJson, JsonProblem } from './json.ts';
import { type MergeName, mergeMisfit, merges, neutral } from './merge.ts';
import { RESERVED_STATE_NAMES, STATE_NAME } from './names.ts';
import type { Path, Source } from './source.ts';
import { ANY, type OnProblem, readType, type ValueType } from './state-type.ts';
import { describe } from './value-check.ts';

/** Reads a type, reporting what is wrong with it at its place. What cannot be read holds anything. */
export function readTypeAt(
  value: unknown,
  path: Path,
  source: Source,
  reporter: Reporter,
  optioned = false,
): ValueType {
  let fits = true;
  const onProblem: OnProblem = ({ code, message, path: inner, hint, atKey }) => {
    fits = false;
    const at = [...path, ...inner];
    const span = atKey ? source.keySpan(at) : source.span(at);
    if (!reporter.knows(span)) reporter.report(code, span, message, { hint });
  };
  const type = readType(value, onProblem, [], optioned);
  return fits ? type : ANY;
}

function readMerge(
  raw: unknown,
  at: Path,
  source: Source,
  reducers: ReadonlySet<string>,
  reporter: Reporter,
): StateKey['merge'] {
  if (raw === undefined) return 'replace';
  if (typeof raw === 'string' && Object.hasOwn(merges, raw)) return raw as MergeName;
  if (typeof raw === 'string' && (reducers.has(raw) || raw.includes('#')))
    return { reducer: raw, key: referenceKey(raw, source.file), span: source.span(at) };
  const hint =
    typeof raw === 'string'
      ? didYouMean(raw, [...Object.keys(merges), ...reducers], 'merge rules')
      : `${listed(Object.keys(merges), 'merge rules')}, or a reducer such as "./file.ts#export"`;
  const what = typeof raw === 'string' ? quote(raw) : describe(raw);
  reporter.report('bad-merge', source.span(at), `there is no merge rule ${what}`, { hint });
  return 'replace';
}

interface Options {
  readonly source: Source;
  readonly reporter: Reporter;
  readonly reducers: ReadonlySet<string>;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function readKey(name: string, raw: unknown, { source, reporter, reducers }: Options): StateKey {
  const path = ['state', name];
  const options = isMap(raw) ? raw : {};
  const { merge: rawMerge, default: stated, description, ...rest } = options;
  const bare = Object.keys(options).length > 0 && Object.keys(rest).length === 0;
  const typed = bare ? 'any' : Object.keys(options).length > 0 ? rest : raw;
  const type = readTypeAt(typed, path, source, reporter, stated !== undefined || rawMerge !== undefined);
  const messages = type.label === 'messages' && rawMerge === undefined;
  const merge = messages ? 'messages' : readMerge(rawMerge, [...path, 'merge'], source, reducers, reporter);
  const misfit = typeof merge === 'string' ? mergeMisfit(merge, type) : undefined;
  if (misfit !== undefined) {
    const hint = fittingRules(type);
    reporter.report('bad-merge', source.span([...path, 'merge']), `${misfit} (state key ${quote(name)})`, { hint });
  }
  const implied = typeof merge === 'string' ? neutral[merge] : undefined;
  const initial = stated === undefined ? (implied ?? (type.nullable ? null : undefined)) : stated;
  if (stated !== undefined) checkDefault(stated, type, path, source, reporter);
  return {
    name,
    type,
    merge,
    required: initial === undefined,
    initial,
    span: source.keySpan(path),
    ...(typeof description === 'string' ? { description } : {}),
  };
}

/** The rules that a type can have. */
function fittingRules(type: ValueType): string {
  const names = Object.keys(merges) as MergeName[];
  return listed(
    names.filter(rule => mergeMisfit(rule, type) === undefined),
    `rules for ${type.label}`,
  );
}

function checkDefault(value: unknown, type: ValueType, path: Path, source: Source, reporter: Reporter): void {
  const at = source.span([...path, 'default']);
  const name = quote(String(path.at(-1)));
  if (reporter.knows(at)) return;
  try {
    copyJson(value, 'it');
  } catch (problem) {
    if (!(problem instanceof JsonProblem)) throw problem;
    reporter.report('bad-default', at, `the default of ${name} is not JSON: ${problem.message}`);
    return;
  }
  const [wrong] = type.check(value);
  if (wrong === undefined) return;
  const hint =
    value === null
      ? 'a key that may be null has a type that ends in "?"; without a default the input must give it'
      : 'change the default or the type; without a default the input must give it';
  reporter.report('bad-default', at, `the default of ${name} does not fit its type, ${type.label}: ${wrong}`, { hint });
}

/** Reads the `state` section. */
export function readState(raw: Readonly<Record<string, unknown>>, options: Options): StateKey[] {
  const { source, reporter } = options;
  return Object.entries(raw).flatMap(([name, value]) => {
    const span = source.keySpan(['state', name]);
    if (!STATE_NAME.test(name)) {
      const hint = `a state key has letters, digits and "_" and begins with no digit${suggestName(name)}`;
      reporter.report('bad-name', span, `${quote(name)} cannot be a state key`, { hint });
      return [];
    }
    if (RESERVED_STATE_NAMES.has(name)) {
      const hint = `choose another name, such as "${name}Value"; expressions use this one`;
      reporter.report('reserved-name', span, `the name ${quote(name)} is reserved; no state key may have it`, { hint });
      return [];
    }
    return [readKey(name, value, options)];
  });
}

/** A near name that is allowed: `a.b` as `a_b`. */
function suggestName(name: string): string {
  const near = name.replace(/[^A-Za-z0-9_]+/g, '_');
  return STATE_NAME.test(near) && near !== '_' ? `, such as "${near}"` : '';
}
