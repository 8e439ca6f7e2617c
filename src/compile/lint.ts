import type { Reporter } from '../diagnostic/diagnostic.ts';
import { errorTarget, type GraphDef, type NodeDef } from './graph.ts';
import { lintConditions } from './lint-conditions.ts';
import { lintReads } from './lint-reads.ts';
import { lintUsage } from './lint-usage.ts';
import { START } from './names.ts';
import { reachable, stronglyConnected } from './walk.ts';

/** The successors of every node, limits included. */
export function successors(graph: GraphDef): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const id of [START, ...graph.nodes.keys()]) {
    const targets = (graph.exits.get(id) ?? []).flatMap(e => e.targets);
    out.set(id, [...new Set(targets)]);
  }
  for (const [id, node] of graph.nodes) {
    const targets = out.get(id);
    for (const target of [node.onLimit, errorTarget(node)]) {
      if (target !== undefined && target !== id && targets && !targets.includes(target)) targets.push(target);
    }
  }
  return out;
}

/**
 * Checks the shape that needs no plan: what is reached, what ends, what is decided.
 *
 * @param options.partial an edge names something unknown, so that what is reached and left cannot be said
 */
export function lintGraph(graph: GraphDef, reporter: Reporter, options: { readonly partial?: boolean } = {}): void {
  const next = successors(graph);
  lintConditions(graph, reporter);
  if (options.partial === true) return;
  if (!graph.exits.has(START)) {
    reportNoStart(graph, reporter);
    return;
  }
  const lost = lintReach(graph, next, reporter);
  for (const [id, node] of graph.nodes) {
    // A node that nothing leads to is one finding, not two.
    if (graph.exits.has(id) || lost.has(id)) continue;
    const hint = `add "${id} -> END", or an edge to the node that comes next`;
    reporter.report('no-way-out', node.span, `no edge leaves node "${id}"`, { hint });
  }
  lintCycles(graph, next, reporter);
  // What could not be read may have meant what seems to be left over.
  if (reporter.failed()) return;
  lintTools(graph, reporter);
  lintUsage(graph, reporter);
  lintReads(graph, next, reporter);
}

function lintTools(graph: GraphDef, reporter: Reporter): void {
  const usedBy = (node: NodeDef): string[] => {
    if (node.kind === 'map' && node.item.inline) return [...node.item.graph.nodes.values()].flatMap(usedBy);
    if (node.kind === 'agent') return [...node.child.nodes.values()].flatMap(usedBy);
    if (node.kind === 'turn') return node.tools.map(tool => tool.name);
    return node.kind === 'tool' ? [node.tool.name] : [];
  };
  const used = new Set([...graph.nodes.values()].flatMap(usedBy));
  for (const { name, span } of graph.tools?.values() ?? []) {
    if (used.has(name)) continue;
    const hint = 'call it in a node of type "tool", give it to an agent, or remove it';
    reporter.report('unused-tool', span, `no node uses the tool "${name}"`, { hint });
  }
}

function reportNoStart(graph: GraphDef, reporter: Reporter): void {
  const first = graph.nodes.keys().next().value;
  const span = graph.edges[0]?.span ?? (first === undefined ? undefined : graph.nodes.get(first)?.span);
  const hint = first === undefined ? 'add a node, and an edge "START -> node"' : `add "START -> ${first}"`;
  reporter.report('no-start', span ?? { file: graph.file, start: 0, end: 1 }, 'no edge leaves START', { hint });
}

/** Reports the nodes that cannot be reached, and returns them. */
function lintReach(
  graph: GraphDef,
  next: ReadonlyMap<string, readonly string[]>,
  reporter: Reporter,
): ReadonlySet<string> {
  const reached = reachable([START], next);
  const lost = [...graph.nodes.keys()].filter(id => !reached.has(id));
  const isLost = new Set(lost);
  // Behind an unreachable node more are: those that no other of them leads to are where an edge is missing.
  const behind = new Set(lost.flatMap(id => (next.get(id) ?? []).filter(to => to !== id)));
  const told = new Set<string>();
  for (const id of [...lost.filter(id => !behind.has(id)), ...lost]) {
    const node = graph.nodes.get(id);
    if (!node || told.has(id)) continue;
    const group = [...reachable([id], next)].filter(other => isLost.has(other) && !told.has(other));
    for (const other of group) told.add(other);
    const also = group.filter(other => other !== id);
    const rest = also.length === 0 ? '' : `, nor ${ring(also)} behind it`;
    const hint = `add an edge that leads to "${id}", or remove the node`;
    reporter.report('unreachable', node.span, `no path from START reaches node "${id}"${rest}`, { hint });
  }
  return isLost;
}

function lintCycles(graph: GraphDef, next: ReadonlyMap<string, readonly string[]>, reporter: Reporter): void {
  const endless = new Set<string>();
  for (const component of cyclesOf(graph, next)) {
    const inside = new Set(component);
    const exits = component.some(id => (next.get(id) ?? []).some(t => !inside.has(t)));
    const head = graph.nodes.get(component[0] ?? '');
    if (exits || !head) continue;
    for (const id of component) endless.add(id);
    const hint = 'add an edge with a condition that leads out, or "maxVisits:" with an "onLimit:" to one of its nodes';
    reporter.report('endless-cycle', head.span, `no edge leaves the cycle through ${ring(component)}`, { hint });
  }
  const free = new Map([...next].filter(([id]) => graph.nodes.get(id)?.maxVisits === undefined));
  for (const component of cyclesOf(graph, free)) {
    const head = graph.nodes.get(component[0] ?? '');
    if (!head || endless.has(head.id)) continue;
    const hint = `add "maxVisits:" (and perhaps "onLimit:") to node "${head.id}"`;
    const message = `the cycle through ${ring(component)} has no budget; the default of ${graph.maxVisits} visits holds`;
    reporter.report('unbounded-cycle', head.span, message, { hint });
  }
}

/** The cycles, each in file order. */
function cyclesOf(graph: GraphDef, next: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map([...graph.nodes.keys()].map((id, i) => [id, i]));
  const found = stronglyConnected(
    [...order.keys()].filter(id => next.has(id)),
    next,
  );
  return found.map(cycle => cycle.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)));
}

function ring(ids: readonly string[]): string {
  const shown = ids.slice(0, 8).join(', ');
  return ids.length > 8 ? `${shown}, …` : shown;
}
