import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { didYouMean } from '../diagnostic/suggest.ts';
import { END, NODE_NAME, START } from './names.ts';
import type { Path, Source } from './source.ts';

/** An edge as written: a condition is still text. */
export interface RawEdge {
  readonly from: string;
  readonly to: readonly string[];
  readonly when?: string | boolean;
  readonly whenPath?: Path;
  readonly span: Span;
}

interface Name {
  readonly name: string;
  readonly span: Span;
}

type EdgeFile = string | { from: string | string[]; to: string | string[]; when?: string | boolean | undefined };

/** Splits `a -> b -> [c, d]` into its steps. Returns undefined after reporting when the text has another form. */
function readChain(text: string, path: Path, source: Source, reporter: Reporter): Name[][] | undefined {
  const steps: Name[][] = [];
  let at = 0;
  for (const part of text.split('->')) {
    const step = readStep(part, at, path, source);
    if (!step) {
      const hint = text.includes('->') ? 'write it as "a -> b -> [c, d]"' : 'an edge needs an arrow: "a -> b"';
      reporter.report('edge-syntax', source.textSpan(path, 0, text.length), `not an edge: ${JSON.stringify(text)}`, {
        hint,
      });
      return undefined;
    }
    steps.push(step);
    at += part.length + 2;
  }
  if (steps.length < 2) {
    const hint = 'an edge needs an arrow: "a -> b"';
    reporter.report('edge-syntax', source.textSpan(path, 0, text.length), `not an edge: ${JSON.stringify(text)}`, {
      hint,
    });
    return undefined;
  }
  return steps;
}

function readStep(part: string, at: number, path: Path, source: Source): Name[] | undefined {
  const body = part.trim();
  const inner = /^\[(.*)\]$/s.exec(body)?.[1] ?? body;
  const isList = inner !== body;
  const names = isList ? inner.split(',') : [inner];
  let cursor = at + part.indexOf(inner);
  const out: Name[] = [];
  for (const raw of names) {
    const name = raw.trim();
    if (!NODE_NAME.test(name)) return undefined;
    const start = cursor + raw.indexOf(name);
    out.push({ name, span: source.textSpan(path, start, start + name.length) });
    cursor += raw.length + 1;
  }
  return out;
}

function namesOf(value: string | string[], path: Path, source: Source): Name[] {
  if (typeof value === 'string') return [{ name: value, span: source.span(path) }];
  return value.map((name, i) => ({ name, span: source.span([...path, i]) }));
}

/** Reads the `edges` section into single edges, checking that every name exists. */
export function readEdges(
  raw: readonly EdgeFile[],
  nodeIds: readonly string[],
  source: Source,
  reporter: Reporter,
): RawEdge[] {
  const edges: RawEdge[] = [];
  const known = new Set([...nodeIds, START, END]);
  const check = ({ name, span }: Name, side: 'from' | 'to'): boolean => {
    if (!known.has(name)) {
      const hint = didYouMean(name, [...nodeIds, START, END], 'nodes');
      reporter.report('unknown-node', span, `there is no node "${name}"`, { hint });
      return false;
    }
    if (side === 'from' && name === END) reporter.report('edge-end', span, 'no edge can leave END');
    else if (side === 'to' && name === START) reporter.report('edge-end', span, 'no edge can go to START');
    else return true;
    return false;
  };
  const add = (from: Name[], to: Name[], when?: string | boolean, whenPath?: Path): void => {
    const targets = to.filter(t => check(t, 'to')).map(t => t.name);
    for (const source of from) {
      if (!check(source, 'from') || targets.length === 0) continue;
      const span = { ...source.span, end: Math.max(source.span.end, to.at(-1)?.span.end ?? 0) };
      const groups = when === undefined ? targets.map(t => [t]) : [targets];
      for (const group of groups) {
        edges.push({
          from: source.name,
          to: group,
          span,
          ...(when === undefined ? {} : { when }),
          ...(whenPath === undefined ? {} : { whenPath }),
        });
      }
    }
  };
  raw.forEach((edge, i) => {
    const path: Path = ['edges', i];
    if (typeof edge === 'string') {
      const steps = readChain(edge, path, source, reporter) ?? [];
      for (let s = 0; s + 1 < steps.length; s++) add(steps[s] ?? [], steps[s + 1] ?? []);
    } else {
      const from = namesOf(edge.from, [...path, 'from'], source);
      const to = namesOf(edge.to, [...path, 'to'], source);
      add(from, to, edge.when, [...path, 'when']);
    }
  });
  return edges;
}
