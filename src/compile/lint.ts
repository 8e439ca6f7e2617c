import type { Reporter } from '../diagnostic/diagnostic.ts';
import type { Exit, GraphDef } from './graph.ts';
import { START } from './names.ts';
import { reachable, stronglyConnected } from './walk.ts';

/** The successors of every node, limits included. */
export function successors(graph: GraphDef): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const id of [START, ...graph.nodes.keys()]) {
    const targets = (graph.exits.get(id) ?? []).flatMap(e => e.targets);
    out.set(id, [...new Set(targets)]);
  }
  for (const [id, { onLimit }] of graph.nodes) {
    const targets = out.get(id);
    if (onLimit !== undefined && targets && !targets.includes(onLimit)) targets.push(onLimit);
  }
  return out;
}

/** Checks the shape that needs no plan: what is reached, what ends, what is decided. */
export function lintGraph(graph: GraphDef, reporter: Reporter): void {
  const next = successors(graph);
  const start = graph.exits.get(START);
  if (!start) {
    const span = [...graph.nodes.values()][0]?.span ?? { file: graph.file, start: 0, end: 1 };
    const first = graph.nodes.keys().next().value;
    const hint = first === undefined ? 'add a node and "START -> node"' : `add "START -> ${first}"`;
    reporter.report('no-start', span, 'no edge leaves START', { hint });
    return;
  }
  const reached = reachable([START], next);
  for (const [id, node] of graph.nodes) {
    if (!reached.has(id)) {
      const hint = `add an edge that leads to "${id}", or remove the node`;
      reporter.report('unreachable', node.span, `no path from START reaches node "${id}"`, { hint });
    }
    if (!graph.exits.has(id)) {
      reporter.report('no-way-out', node.span, `no edge leaves node "${id}"`, { hint: `add "${id} -> END"` });
    }
  }
  for (const [from, exits] of graph.exits) lintChoice(from, exits, reporter);
  lintCycles(graph, next, reporter);
}

function lintChoice(from: string, exits: readonly Exit[], reporter: Reporter): void {
  const last = exits.at(-1);
  const certain = exits.some(e => e.when === undefined || (e.when.kind === 'literal' && e.when.value === true));
  if (!last || certain) return;
  const hint = `add "${from} -> END" or another edge without "when"; with none true the run fails`;
  reporter.report('missing-default', last.span, `all edges of "${from}" have a condition`, { hint });
}

function lintCycles(graph: GraphDef, next: ReadonlyMap<string, readonly string[]>, reporter: Reporter): void {
  for (const component of cyclesOf(graph, next)) {
    const inside = new Set(component);
    const exits = component.some(id => (next.get(id) ?? []).some(t => !inside.has(t)));
    const head = graph.nodes.get(component[0] ?? '');
    if (!exits && head) {
      const hint = 'add an edge with a condition that leads out, or an "onLimit"';
      reporter.report('endless-cycle', head.span, `no edge leaves the cycle through ${ring(component)}`, { hint });
    }
  }
  const free = new Map([...next].filter(([id]) => graph.nodes.get(id)?.maxVisits === undefined));
  for (const component of cyclesOf(graph, free)) {
    const head = graph.nodes.get(component[0] ?? '');
    if (!head) continue;
    const hint = `add "maxVisits:" (and perhaps "onLimit:") to node "${head.id}"`;
    reporter.report(
      'unbounded-cycle',
      head.span,
      `the cycle through ${ring(component)} has no budget; the default of ${graph.maxVisits} visits holds`,
      { hint },
    );
  }
}

/** The cycles, each in file order. */
function cyclesOf(graph: GraphDef, next: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = [...graph.nodes.keys()];
  const found = stronglyConnected(
    order.filter(id => next.has(id)),
    next,
  );
  return found.map(cycle => cycle.sort((a, b) => order.indexOf(a) - order.indexOf(b)));
}

function ring(ids: readonly string[]): string {
  const shown = ids.slice(0, 8).join(', ');
  return ids.length > 8 ? `${shown}, …` : shown;
}
