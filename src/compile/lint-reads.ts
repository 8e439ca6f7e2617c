import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { writtenKeys } from './declared-writes.ts';
import type { Expr } from './expr.ts';
import type { Edge, GraphDef, NodeDef, Value } from './graph.ts';
import { START } from './names.ts';
import { failsOnNull } from './null-reads.ts';
import { valuesOf } from './reads.ts';
import { reachable, type Successors } from './walk.ts';

/** A read that every run comes to, and that fails when the key is null. */
interface Read {
  readonly key: string;
  /** The node, or START, by whose end it is made. */
  readonly at: string;
  /** It is a condition, which sees what its node wrote. */
  readonly after: boolean;
  readonly source: string;
  readonly span: Span;
}

/** Keys that are looked at: each costs a walk over the graph. */
const MAX_KEYS = 200;

/**
 * Reports keys that are null when they are read first, by an expression that cannot take null, although a node writes
 * them later. The input may give such a key; but a run that needs it from there would have it required.
 */
export function lintReads(graph: GraphDef, next: Successors, reporter: Reporter): void {
  const empty = new Set(graph.state.filter(k => !k.required && k.initial === null).map(k => k.name));
  if (empty.size === 0) return;
  const writers = writersOf(graph, empty);
  const looked = new Set<string>();
  const conditions = firstConditions(graph);
  for (const at of certainNodes(graph)) {
    for (const read of readsAt(at, graph.nodes.get(at), conditions.get(at))) {
      const { key, source, span } = read;
      if (!empty.has(key) || looked.has(key) || looked.size >= MAX_KEYS) continue;
      looked.add(key);
      const later = writers.get(key)?.[0];
      if (!later || isWrittenBefore(read, graph, next)) continue;
      const message = `"${key}" is read in "${source}" before anything writes it: it is null unless the input gives it`;
      const hint = `give "${key}" a default, leave out its "?" so that the input must give it, or ask first: ${key} == null ? … : …`;
      const related = later.id === at ? [] : [{ message: 'it is written here, later', span: later.span }];
      reporter.report('read-before-write', span, message, { hint, related });
    }
  }
}

const mayWrite = (node: NodeDef | undefined, key: string): boolean =>
  node !== undefined && (node.writes.kind === 'object' || writtenKeys(node).includes(key));

function writersOf(graph: GraphDef, keys: ReadonlySet<string>): Map<string, NodeDef[]> {
  const pairs = [...graph.nodes.values()].flatMap(node => writtenKeys(node).map(key => ({ key, node })));
  const groups = Map.groupBy(
    pairs.filter(p => keys.has(p.key)),
    p => p.key,
  );
  return new Map([...groups].map(([key, list]) => [key, list.map(p => p.node)]));
}

/** Whether a node that may run before writes the key. In a cycle, what runs before is what runs before the first time. */
function isWrittenBefore({ key, at, after }: Read, graph: GraphDef, next: Successors): boolean {
  if (after && mayWrite(graph.nodes.get(at), key)) return true;
  const before = at === START ? [] : reachable([START], next, new Set([at]));
  return [...before].some(id => mayWrite(graph.nodes.get(id), key));
}

/** START and the nodes that every run comes to unless it fails before: no condition, limit or race decides. */
function certainNodes(graph: GraphDef): Set<string> {
  const races = [...graph.nodes.values()].some(node => node.join !== undefined);
  const certain = new Set<string>();
  const open = [START];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (certain.has(at)) continue;
    certain.add(at);
    const [only, other] = graph.exits.get(at) ?? [];
    if (!only || other || only.when || only.each || (races && only.targets.length > 1)) continue;
    open.push(...only.targets.filter(id => graph.nodes.has(id)).toReversed());
  }
  return certain;
}

/** The condition that is asked first where a node, or START, has any. */
function firstConditions(graph: GraphDef): Map<string, Edge> {
  const out = new Map<string, Edge>();
  for (const edge of graph.edges) if (edge.when && !out.has(edge.from)) out.set(edge.from, edge);
  return out;
}

/** What a node, or START, reads for certain: its own expressions, and the first condition of its edges. */
function* readsAt(at: string, node: NodeDef | undefined, edge: Edge | undefined): Generator<Read> {
  const exprs = (value: Value): Expr[] => (value.kind === 'expr' ? [value.expr] : []);
  if (node) {
    for (const { tree, source } of valuesOf(node).flatMap(exprs)) {
      for (const key of failsOnNull(tree)) yield { key, at, after: false, source, span: node.span };
    }
  }
  if (edge?.when?.kind !== 'expr' || node?.kind === 'router') return;
  const { tree, source } = edge.when.expr;
  for (const key of failsOnNull(tree, true)) {
    yield { key, at, after: true, source, span: edge.whenSpan ?? edge.span };
  }
}
