import type { z } from 'zod';
import type { Reporter } from '../diagnostic/diagnostic.ts';
import { didYouMean, nearest, quote } from '../diagnostic/suggest.ts';
import type { Path, Source } from './source.ts';
import { describe } from './value-check.ts';
import { requirement } from './zod-words.ts';

type Def = {
  readonly type: string;
  readonly shape?: Record<string, z.ZodType>;
  readonly innerType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
};

/** The keys that the objects at a path of a schema may have. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  const def = schema.def as unknown as Def;
  if (def.innerType) return keysAt(def.innerType, path);
  if (def.options) return def.options.flatMap(o => keysAt(o, path));
  const [head, ...rest] = path;
  if (head === undefined) return Object.keys(def.shape ?? {});
  const next = def.shape?.[String(head)] ?? def.valueType ?? def.element;
  return next ? keysAt(next, rest) : [];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<string | number, unknown> | undefined)?.[step], value);
}

/** What to call the thing at a path: `node "draft"`, `state key "score"`, `the graph`. */
function nameOf(path: Path, whole: string): string {
  const [section, member, ...inner] = path;
  if (section === undefined) return whole;
  const of = (owner: string): string => (inner.length === 0 ? owner : `"${inner.join('.')}" of ${owner}`);
  if (section === 'nodes' && member !== undefined) return of(`node ${quote(String(member))}`);
  if (section === 'tools' && member !== undefined) return of(`tool ${quote(String(member))}`);
  if (section === 'state' && member !== undefined) return of(`state key ${quote(String(member))}`);
  if (section === 'edges' && member !== undefined) return of(`edge ${Number(member) + 1}`);
  return quote(path.join('.'));
}

/** Where a checked value stands. */
export interface Checked {
  readonly schema: z.ZodType;
  readonly source: Source;
  /** The path of the value in the file. */
  readonly base: Path;
  /** What to call the value at the top of the file. Default: `the graph`. */
  readonly whole?: string;
  /** Where an unknown key would be in its place, as a hint. */
  readonly elsewhere?: (key: string) => string | undefined;
}

/** Reports what zod found, in the words of the language. */
export function reportZodIssues(error: z.ZodError, checked: Checked, reporter: Reporter): void {
  reportIssues(error.issues, checked, [], reporter);
}

function reportIssues(issues: readonly z.core.$ZodIssue[], checked: Checked, within: Path, reporter: Reporter): void {
  const unknown = issues.flatMap(issue => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  for (const issue of issues) {
    const local = [...within, ...(issue.path as Path)];
    if (issue.code === 'unrecognized_keys') reportUnknown(issue.keys, checked, local, reporter);
    else if (valueAt(checked.source.value, [...checked.base, ...local]) === undefined) {
      const key = String(local.at(-1) ?? '');
      // A mistyped key is reported once, as unknown, and not as missing too.
      if (nearest(key, unknown) === undefined) reportMissing(key, checked, local.slice(0, -1), reporter);
    } else reportWrong(issue, checked, local, reporter);
  }
}

function reportUnknown(keys: readonly string[], checked: Checked, local: Path, reporter: Reporter): void {
  const { schema, source, base, whole = 'the graph', elsewhere } = checked;
  const path = [...base, ...local];
  const known = keysAt(schema, local);
  for (const key of keys) {
    const other = local.length === 0 ? elsewhere?.(key) : undefined;
    const hint =
      key === '<<' ? 'YAML 1.2 has no merge keys: repeat the keys' : (other ?? didYouMean(key, known, 'its keys'));
    const message = `unknown key ${quote(key)} in ${nameOf(path, whole)}`;
    reporter.report('unknown-key', source.keySpan([...path, key]), message, { hint });
  }
}

function reportMissing(key: string, checked: Checked, local: Path, reporter: Reporter): void {
  const { source, base, whole = 'the graph' } = checked;
  const owner = nameOf([...base, ...local], whole);
  const hint = `add "${key}:" to ${owner}`;
  const message = `missing key "${key}" in ${owner}`;
  reporter.report('missing-key', source.keySpan([...base, ...local]), message, { hint });
}

function reportWrong(issue: z.core.$ZodIssue, checked: Checked, local: Path, reporter: Reporter): void {
  const { source, base, whole = 'the graph' } = checked;
  const path = [...base, ...local];
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.find(branch => branch.every(i => i.path.length > 0 || i.code === 'unrecognized_keys'));
    if (inner) {
      reportIssues(inner, checked, local, reporter);
      return;
    }
  }
  const span = source.span(path);
  // What could not be read was reported, and reads as null.
  if (reporter.knows(span)) return;
  const value = valueAt(source.value, path);
  const needed = neededAt(path) ?? requirement(issue, 'file');
  const message =
    value === null
      ? `${nameOf(path, whole)} is empty; it must be ${needed}`
      : `${nameOf(path, whole)} must be ${needed}, not ${describe(value)}`;
  reporter.report('wrong-value', span, message, { hint: hintFor(needed, value, path, checked.whole) });
}

/** Places whose need is better said by what they mean than by the forms they take. */
function neededAt(path: Path): string | undefined {
  const last = String(path.at(-1));
  if (path.length === 2 && path[0] === 'edges') return 'a chain such as "a -> b", or { from: a, to: b }';
  if (path.length === 2 && path[0] === 'state') return 'a type such as "string", or a map with "type:"';
  if (path[0] === 'edges' && last === 'when') return 'a condition such as "score > 0.5"';
  if (path[0] === 'edges' && (last === 'from' || last === 'to')) return 'a node or a list of nodes';
  if ((path[0] === 'nodes' || path[0] === 'tools') && DURATIONS.has(last))
    return 'a duration such as 250ms, 10s, 5m, 2h or 1d';
  return undefined;
}

const DURATIONS = new Set(['timeout', 'deadline', 'delay', 'maxDelay', 'for', 'after', 'ttl']);

function hintFor(needed: string, value: unknown, path: Path, whole: string | undefined): string | undefined {
  if (path.length === 1 && path[0] === 'nodes') return 'nodes are written as "id: { type: … }"';
  if (path.length === 1 && path[0] === 'edges') return 'edges are a list: "- START -> a -> END"';
  if (path.length === 2 && path[0] === 'edges' && Array.isArray(value)) {
    return 'a chain that begins with "[" is quoted: "[a, b] -> c"';
  }
  if (path.length === 0) return whole === undefined ? 'a graph is a map with "nodes:" and "edges:"' : undefined;
  if (needed.startsWith('text') && (typeof value === 'number' || typeof value === 'boolean')) {
    return `put quotes around it: "${value}"`;
  }
  if (needed === 'a list' && typeof value === 'string') return `put it in brackets: [${value}]`;
  if (typeof value === 'string' && value.trim() !== '' && needed.includes('number') && !Number.isNaN(Number(value))) {
    return 'remove the quotes';
  }
  return undefined;
}
