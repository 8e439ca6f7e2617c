import type { z } from 'zod';
import type { Reporter } from '../diagnostic/diagnostic.ts';
import { didYouMean } from '../diagnostic/suggest.ts';
import type { Path, Source } from './source.ts';
import { describe } from './state-type.ts';

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

/** What to call the thing at a path: `node "draft"`, `"state"`, `the graph`. */
function nameOf(path: Path): string {
  if (path.length === 0) return 'the graph';
  if (path[0] === 'nodes' && path.length >= 2) {
    const inner = path.slice(2).join('.');
    return inner === '' ? `node "${path[1]}"` : `"${inner}" of node "${path[1]}"`;
  }
  if (path[0] === 'edges' && path.length >= 2) return `edge ${Number(path[1]) + 1}`;
  return `"${path.join('.')}"`;
}

/**
 * Reports what zod found, in the words of the language.
 *
 * @param base the path of the checked value in the file
 */
export function reportZodIssues(
  error: z.ZodError,
  schema: z.ZodType,
  source: Source,
  base: Path,
  reporter: Reporter,
): void {
  for (const issue of error.issues) reportIssue(issue, schema, source, base, [], reporter);
}

function reportIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  source: Source,
  base: Path,
  within: Path,
  reporter: Reporter,
): void {
  const local = [...within, ...(issue.path as Path)];
  const path = [...base, ...local];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, local);
    for (const key of issue.keys) {
      const hint = didYouMean(key, known, 'its keys');
      reporter.report('unknown-key', source.keySpan([...path, key]), `unknown key "${key}" in ${nameOf(path)}`, {
        hint,
      });
    }
    return;
  }
  const value = valueAt(source.value, path);
  if (value === undefined) {
    const key = String(path.at(-1) ?? '');
    const owner = path.slice(0, -1);
    const hint = `add "${key}:" to ${nameOf(owner)}`;
    reporter.report('missing-key', source.keySpan(owner), `missing key "${key}" in ${nameOf(owner)}`, { hint });
    return;
  }
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.find(branch => branch.every(i => i.path.length > 0 || i.code === 'unrecognized_keys'));
    if (inner) {
      for (const i of inner) reportIssue(i, schema, source, base, local, reporter);
      return;
    }
  }
  const expected = issue.code === 'invalid_union' ? expectedOf(issue) : issue.message.replace(/^Invalid input: /, '');
  reporter.report('wrong-value', source.span(path), `${nameOf(path)} is ${describe(value)}: ${expected}`);
}

function expectedOf(issue: z.core.$ZodIssueInvalidUnion): string {
  const kinds = issue.errors.flatMap(branch =>
    branch.flatMap(i => (i.code === 'invalid_type' && i.path.length === 0 ? [i.expected] : [])),
  );
  return kinds.length === 0 ? 'not one of the allowed forms' : `expected ${[...new Set(kinds)].join(' or ')}`;
}
