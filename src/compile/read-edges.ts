import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { didYouMean, quote } from '../diagnostic/suggest.ts';
import { END, START } from './names.ts';
import type { Path, Source } from './source.ts';

/** An edge as written: a condition is still text. */
export interface RawEdge {
  readonly from: string;
  readonly to: readonly string[];
  readonly when?: string | boolean;
  readonly whenPath?: Path;
  readonly span: Span;
}

/** The edges that could be read, and what could not. */
export interface RawEdges {
  readonly edges: readonly RawEdge[];
  /** A name was unknown: END stands in its place. */
  readonly lostNames: boolean;
  /** An edge could not be read at all. */
  readonly lostEdges: boolean;
}

interface Name {
  readonly name: string;
  readonly span: Span;
}

/** What an edge needs: the nodes, and the ids that were refused and are not reported again. */
export interface EdgeNames {
  readonly nodes: readonly string[];
  readonly refused: ReadonlySet<string>;
}

/** What stands between arrows: whether such a node exists is asked later. */
const STEP_NAME = /^[^\s[\]{},>]+$/;

function chainHint(text: string): string {
  if (/-->|=>|→|->>|- >/.test(text)) return 'the arrow is "->": "a -> b"';
  if (!text.includes('->')) return 'an edge needs an arrow: "a -> b"';
  if (/\s(when|if)\s|[?:]/.test(text)) return 'a condition needs the long form: { from: a, to: b, when: score > 1 }';
  if (/^\s*->|->\s*(->|$)/.test(text)) return 'a node is missing beside an arrow';
  if (/[\w\]]\s+[\w[]/.test(text)) return 'several nodes go in brackets, with commas: "a -> [b, c]"';
  return 'write it as "a -> b -> [c, d]"';
}

/** Splits `a -> b -> [c, d]` into its steps. Returns undefined after reporting when the text has another form. */
function readChain(text: string, path: Path, source: Source, reporter: Reporter): Name[][] | undefined {
  const refuse = (start: number, end: number): undefined => {
    const span = source.textSpan(path, start, Math.max(end, start + 1));
    reporter.report('edge-syntax', span, `${quote(text)} is not an edge`, { hint: chainHint(text) });
    return undefined;
  };
  const parts = text.split('->');
  if (parts.length < 2) return refuse(0, text.length);
  const steps: Name[][] = [];
  let at = 0;
  for (const part of parts) {
    const step = readStep(part, at, path, source);
    if (!step) {
      const body = part.trim();
      // Beside an arrow without a name, the arrow is what can be pointed at.
      const start = body === '' ? Math.max(0, at - 2) : at + part.indexOf(body);
      return refuse(start, start + (body.length || 2));
    }
    steps.push(step);
    at += part.length + 2;
  }
  return steps;
}

function readStep(part: string, at: number, path: Path, source: Source): Name[] | undefined {
  const body = part.trim();
  const inner = /^\[(.*)\]$/s.exec(body)?.[1] ?? body;
  const names = inner === body ? [inner] : inner.split(',');
  let cursor = at + part.indexOf(inner);
  const out: Name[] = [];
  for (const raw of names) {
    const name = raw.trim();
    if (!STEP_NAME.test(name)) return undefined;
    const start = cursor + raw.indexOf(name);
    out.push({ name, span: source.textSpan(path, start, start + name.length) });
    cursor += raw.length + 1;
  }
  return out;
}

/** The names at one end of an edge in the long form, or undefined when it has another form. */
function namesOf(value: unknown, path: Path, source: Source): Name[] | undefined {
  if (typeof value === 'string') return [{ name: value, span: source.span(path) }];
  if (!Array.isArray(value) || value.length === 0 || !value.every(v => typeof v === 'string')) return undefined;
  return value.map((name: string, i) => ({ name, span: source.span([...path, i]) }));
}

const EDGE_KEYS = new Set(['from', 'to', 'when']);

class EdgeReader {
  readonly edges: RawEdge[] = [];
  lostNames = false;
  lostEdges = false;
  private readonly known: ReadonlySet<string>;
  private readonly seen = new Map<string, Span>();
  private readonly names: EdgeNames;
  private readonly source: Source;
  private readonly reporter: Reporter;
  constructor(names: EdgeNames, source: Source, reporter: Reporter) {
    this.names = names;
    this.source = source;
    this.reporter = reporter;
    this.known = new Set([...names.nodes, START, END]);
  }

  private check({ name, span }: Name, side: 'from' | 'to'): boolean {
    const { nodes, refused } = this.names;
    if (side === 'from' && name === END) {
      const hint = 'the path ends there; go to another node first, or name the node that this edge leaves';
      this.reporter.report('edge-end', span, 'no edge can leave END', { hint });
    } else if (side === 'to' && name === START) {
      const first = nodes[0] === undefined ? 'a node' : `a node, such as "${nodes[0]}"`;
      this.reporter.report('edge-end', span, 'no edge can go to START', { hint: `to go round again, name ${first}` });
    } else if (this.known.has(name)) return true;
    else if (!refused.has(name)) {
      const hint = name.includes('->')
        ? 'write a chain as one text, without "from" and "to": - a -> b -> c'
        : didYouMean(name, [...nodes, START, END], 'nodes');
      this.reporter.report('unknown-node', span, `there is no node ${quote(name)}`, { hint });
    }
    this.lostNames = true;
    return false;
  }

  private add(from: Name[], to: Name[], condition: Pick<RawEdge, 'when' | 'whenPath'>): void {
    const targets = to.map(t => {
      const known = this.check(t, 'to');
      return { id: known ? t.name : END, known, end: t.span.end };
    });
    for (const { name, span } of from.filter(f => this.check(f, 'from'))) {
      // A condition leads to all its targets at once; plain targets are edges of their own, that fork.
      const groups = condition.when === undefined ? targets.map(t => [t]) : [targets];
      for (const group of groups) {
        const end = Math.max(span.end, group.at(-1)?.end ?? 0);
        const edge = { from: name, to: group.map(t => t.id), span: { ...span, end }, ...condition };
        this.edges.push(edge);
        if (group.every(t => t.known)) this.checkDouble(edge);
      }
    }
  }

  private checkDouble(edge: RawEdge): void {
    const key = JSON.stringify([edge.from, edge.to, edge.when]);
    const before = this.seen.get(key);
    this.seen.set(key, before ?? edge.span);
    if (!before) return;
    this.reporter.report('duplicate-edge', edge.span, `the edge ${edge.from} -> ${edge.to.join(', ')} stands twice`, {
      hint: 'remove one of them',
      related: [{ message: 'it stands here first', span: before }],
    });
  }

  read(edge: unknown, path: Path): void {
    if (typeof edge === 'string') {
      const steps = readChain(edge, path, this.source, this.reporter);
      if (!steps) this.lostEdges = true;
      for (const [i, to] of (steps ?? []).entries()) if (i > 0) this.add(steps?.[i - 1] ?? [], to, {});
      return;
    }
    const { from, to, when } = (edge ?? {}) as Record<string, unknown>;
    const [left, right] = [namesOf(from, [...path, 'from'], this.source), namesOf(to, [...path, 'to'], this.source)];
    if (!left || !right) {
      this.lostEdges = true;
      return;
    }
    const sure = Object.keys(edge as object).every(k => EDGE_KEYS.has(k)) && (when === undefined || isCondition(when));
    // A mistyped "when" would make a default of it, and that a finding of its own.
    const condition = sure ? (isCondition(when) ? { when, whenPath: [...path, 'when'] } : {}) : { when: true };
    this.add(left, right, condition);
  }
}

const isCondition = (when: unknown): when is string | boolean => typeof when === 'string' || typeof when === 'boolean';

/** Reads the `edges` section into single edges, checking that every name exists. Wrong forms are zod's to report. */
export function readEdges(raw: readonly unknown[], names: EdgeNames, source: Source, reporter: Reporter): RawEdges {
  const reader = new EdgeReader(names, source, reporter);
  raw.forEach((edge, i) => {
    reader.read(edge, ['edges', i]);
  });
  return reader;
}
