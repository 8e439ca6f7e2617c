import type { Reporter } from '../diagnostic/diagnostic.ts';
import { didYouMean } from '../diagnostic/suggest.ts';
import type { StateKey } from './graph.ts';
import { copyJson, JsonProblem } from './json.ts';
import { type MergeName, mergeMisfit, merges, neutral } from './merge.ts';
import { RESERVED_STATE_NAMES, STATE_NAME } from './names.ts';
import type { Path, Source } from './source.ts';
import { readType, TYPE_NAMES, TypeProblem, type ValueType } from './state-type.ts';

/** Reads a type, reporting what is wrong with it at its place. */
export function readTypeAt(value: unknown, path: Path, source: Source, reporter: Reporter): ValueType | undefined {
  try {
    return readType(value);
  } catch (problem) {
    if (!(problem instanceof TypeProblem)) throw problem;
    const named = /^there is no type "(.*)"$/.exec(problem.message)?.[1];
    const hint = named === undefined ? undefined : didYouMean(named, TYPE_NAMES, 'types');
    reporter.report('unknown-type', source.span([...path, ...problem.path]), problem.message, { hint });
    return undefined;
  }
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
  if (typeof raw === 'string' && (reducers.has(raw) || raw.includes('#'))) return { reducer: raw };
  const hint = didYouMean(String(raw), [...Object.keys(merges), ...reducers], 'merge rules');
  reporter.report('bad-merge', source.span(at), `there is no merge rule ${JSON.stringify(raw)}`, { hint });
  return 'replace';
}

interface Options {
  readonly source: Source;
  readonly reporter: Reporter;
  readonly reducers: ReadonlySet<string>;
}

function readKey(name: string, raw: unknown, { source, reporter, reducers }: Options): StateKey | undefined {
  const path = ['state', name];
  const options =
    raw !== null && typeof raw === 'object' && !Array.isArray(raw) ? (raw as Record<string, unknown>) : {};
  const { merge: rawMerge, default: stated, description, ...rest } = options;
  const bare = Object.keys(options).length > 0 && Object.keys(rest).length === 0;
  const type = readTypeAt(bare ? 'any' : Object.keys(options).length > 0 ? rest : raw, path, source, reporter);
  if (!type) return undefined;
  const messages = type.label === 'messages' && rawMerge === undefined;
  const merge = messages ? 'messages' : readMerge(rawMerge, [...path, 'merge'], source, reducers, reporter);
  const misfit = typeof merge === 'string' ? mergeMisfit(merge, type) : undefined;
  if (misfit !== undefined) reporter.report('bad-merge', source.span([...path, 'merge']), misfit);
  const implied = typeof merge === 'string' ? neutral[merge] : undefined;
  const initial = stated ?? implied ?? (type.nullable ? null : undefined);
  if (stated !== undefined) checkDefault(stated, type, path, source, reporter);
  return {
    name,
    type,
    merge,
    required: initial === undefined,
    initial,
    ...(typeof description === 'string' ? { description } : {}),
  };
}

function checkDefault(value: unknown, type: ValueType, path: Path, source: Source, reporter: Reporter): void {
  const at = source.span([...path, 'default']);
  try {
    copyJson(value);
  } catch (problem) {
    if (!(problem instanceof JsonProblem)) throw problem;
    reporter.report('bad-default', at, `the default of "${path.at(-1)}" is not JSON: ${problem.message}`);
    return;
  }
  const [wrong] = type.check(value);
  if (wrong !== undefined) {
    reporter.report('bad-default', at, `the default of "${path.at(-1)}" is not ${type.label}: ${wrong}`);
  }
}

/** Reads the `state` section. */
export function readState(raw: Readonly<Record<string, unknown>>, options: Options): StateKey[] {
  const { source, reporter } = options;
  return Object.entries(raw).flatMap(([name, value]) => {
    if (!STATE_NAME.test(name)) {
      const hint = 'a state key is letters, digits and underscores, and does not begin with a digit';
      reporter.report('bad-name', source.keySpan(['state', name]), `"${name}" cannot be a state key`, { hint });
      return [];
    }
    if (RESERVED_STATE_NAMES.has(name)) {
      const hint = 'choose another name; expressions use this one';
      reporter.report('reserved-name', source.keySpan(['state', name]), `"${name}" is a reserved name`, { hint });
      return [];
    }
    const key = readKey(name, value, options);
    return key ? [key] : [];
  });
}
