import type { Reporter } from '../diagnostic/diagnostic.ts';
import { edgePast, type Junction, reportFork } from './fork-faults.ts';
import { analyseFork, type ForkProblem } from './forks.ts';
import { type Exit, errorTarget, type GraphDef, type NodeDef } from './graph.ts';
import { END, START } from './names.ts';
import type { Chart, Hop, Place, Plan, PlanExit, PlanFork, PlanNode, Route } from './plan.ts';
import { conditionsOf, ROOT } from './plan.ts';
import { readsVisits } from './reads.ts';
import { backTargets, reachable, stronglyConnected } from './walk.ts';
import { findZone, type Zone } from './zones.ts';

/** XState recurses over nested states: 500 levels take seconds, 3,000 overflow the stack. */
const MAX_NESTING = 50;

/** Every node of a zone looks at the others whenever one of them ends. */
const MAX_ZONE = 50;

/**
 * Turns a graph into charts and forks. Reports forks that have no join of their own.
 *
 * Several targets of one exit become a vertex of their own, so that a fork is a place a path can be at.
 */
class Planner {
  readonly next = new Map<string, string[]>();
  readonly junctions = new Map<string, Junction>();
  private readonly charts = new Map<string, Chart>();
  private readonly nodes = new Map<string, PlanNode>();
  private readonly forks = new Map<string, PlanFork>();
  private readonly budgets: ReadonlyMap<string, number>;
  private readonly repeating: ReadonlySet<string>;
  readonly graph: GraphDef;
  readonly reporter: Reporter;
  private readonly width: number;
  private readonly gives: boolean;

  constructor(graph: GraphDef, reporter: Reporter, { width = WIDE_FORK, gives = false }: PlanOptions) {
    this.graph = graph;
    this.reporter = reporter;
    this.width = width;
    this.gives = gives;
    for (const id of [START, ...graph.nodes.keys()]) {
      this.next.set(id, [...new Set((graph.exits.get(id) ?? []).map(exit => this.vertexOf(id, exit)))]);
    }
    this.addLimitEdges();
    this.budgets = this.findBudgets();
    this.repeating = new Set(stronglyConnected([...this.next.keys()], this.next).flat());
  }

  /** An exit to several targets leads to a junction; equal target lists share one. */
  private vertexOf(from: string, exit: Exit): string {
    const [only] = exit.targets;
    if (exit.targets.length === 1 && only !== undefined) return only;
    const key = exit.targets.join(',');
    const partial = exit.each !== undefined;
    for (const [id, known] of this.junctions) {
      if (known.targets.join(',') === key && known.partial === partial && (!partial || known.from === from)) return id;
    }
    return this.addJunction({ from, targets: exit.targets, span: exit.span, partial });
  }

  private addJunction(junction: Junction): string {
    const { from, targets } = junction;
    let id = `$fork_${from}`;
    for (let n = 2; this.junctions.has(id); n++) id = `$fork_${from}_${n}`;
    this.junctions.set(id, junction);
    this.next.set(id, [...new Set(targets)]);
    return id;
  }

  private addLimitEdges(): void {
    for (const [id, node] of this.graph.nodes) {
      const { onLimit } = node;
      // Taken instead of entering the node, so it belongs to the chart the node belongs to.
      const targets = this.next.get(id);
      if (onLimit !== undefined && targets && !targets.includes(onLimit)) targets.push(onLimit);
      const handler = errorTarget(node);
      if (handler !== undefined && targets && !targets.includes(handler)) targets.push(handler);
    }
  }

  /** Stated budgets, and the default for one node of each cycle that states none. */
  private findBudgets(): Map<string, number> {
    const out = new Map<string, number>();
    for (const [id, node] of this.graph.nodes) if (node.maxVisits !== undefined) out.set(id, node.maxVisits);
    const free = new Map([...this.next].filter(([id]) => !out.has(id)));
    for (const cycle of stronglyConnected([...free.keys()], free)) {
      const inside = new Map(cycle.map(id => [id, (free.get(id) ?? []).filter(t => cycle.includes(t))]));
      const head = cycle.find(
        id => this.graph.nodes.has(id) && [...this.next].some(([from, to]) => !cycle.includes(from) && to.includes(id)),
      );
      for (const id of backTargets([...(head === undefined ? [] : [head]), ...cycle], inside)) {
        // A junction cannot count visits; the first node behind it can.
        const counted = this.graph.nodes.has(id) ? [id] : (this.junctions.get(id)?.targets ?? []);
        for (const node of counted) if (this.graph.nodes.has(node)) out.set(node, this.graph.maxVisits);
      }
    }
    return out;
  }

  plan(): Plan {
    const start = (this.graph.exits.get(START) ?? []).map(exit => ({ exit, vertex: this.vertexOf(START, exit) }));
    const entry = start.map(({ exit, vertex }) => ({ ...conditionsOf(exit), route: this.route(vertex, undefined) }));
    this.planChart({ scope: ROOT, heads: start.map(s => s.vertex), exit: undefined, depth: 0, entry, some: false });
    const { graph } = this;
    const gives = this.gives ? { gives: true as const } : {};
    const { charts, nodes, forks } = this;
    return { graph, charts, nodes, forks, countsAll: readsVisits(graph), ...gives };
  }

  private planChart(chart: {
    scope: string;
    parent?: string;
    heads: readonly string[];
    exit: string | undefined;
    depth: number;
    entry: readonly PlanExit[];
    conditional?: boolean;
    /** In a fork whose join does not wait for all, so that it may be cancelled. */
    some: boolean;
  }): void {
    const { scope, exit, depth, some } = chart;
    const own = new Set<string>();
    const open = chart.heads.filter(id => id !== END && id !== exit);
    for (let id = open.shift(); id !== undefined; id = open.shift()) {
      if (own.has(id)) continue;
      own.add(id);
      const targets = this.junctions.has(id)
        ? this.planFork(id, { scope, exit, depth, some })
        : (this.next.get(id) ?? []);
      open.push(...targets.filter(t => t !== END && t !== exit));
    }
    const nodes = [...this.graph.nodes.keys()].filter(id => own.has(id));
    for (const id of nodes) this.planNode(id, scope, exit);
    const forks = [...own].filter(id => this.junctions.has(id));
    const parent = chart.parent === undefined ? {} : { parent: chart.parent };
    const conditional = chart.conditional ? { conditional: true as const } : {};
    this.charts.set(scope, { scope, ...parent, ...conditional, entry: chart.entry, nodes, forks });
  }

  private planNode(
    id: string,
    scope: string,
    exit: string | undefined,
    routeTo = (vertex: string): Route => this.route(vertex, exit),
  ): void {
    const def = this.graph.nodes.get(id);
    if (!def) throw new Error(`no node "${id}"`);
    const exits = (this.graph.exits.get(id) ?? []).map(e => ({
      ...conditionsOf(e),
      route: routeTo(this.vertexOf(id, e)),
    }));
    const budget = this.budgets.get(id);
    const handler = errorTarget(def);
    const inner =
      def.kind === 'graph' || def.kind === 'agent' ? def.child : def.kind === 'map' ? def.item.graph : undefined;
    const plan =
      inner && planGraph(inner, this.reporter, { width: this.width, gives: this.gives || handlesFailures(def) });
    this.nodes.set(id, {
      def,
      scope,
      exits,
      repeats: this.repeating.has(id),
      ...(budget === undefined ? {} : { budget }),
      ...(plan ? { [def.kind === 'map' ? 'item' : 'child']: plan } : {}),
      ...(handler === undefined ? {} : { errorRoute: routeTo(handler) }),
    });
  }

  /** Plans the branches of a fork; returns where the chart goes on. */
  private planFork(
    id: string,
    { scope, exit, depth, some }: { scope: string; exit: string | undefined; depth: number; some: boolean },
  ): string[] {
    const junction = this.junctions.get(id);
    if (!junction) throw new Error(`no fork "${id}"`);
    if (depth >= MAX_NESTING) {
      this.reporter.report('fork-shape', junction.span, `forks are nested more than ${MAX_NESTING} deep`, {
        hint: 'put the inner part into a graph of its own',
      });
      return [];
    }
    const targets = this.next.get(id) ?? [];
    const outside = reachable([START], this.next, new Set([id, END]));
    const result = analyseFork({ fork: id, targets, next: this.next, exit, outside });
    if (!result.ok) {
      const next = this.planZone(id, junction, result.problem, { scope, exit, outside });
      if (!next) reportFork(this, junction, result.problem);
      return next ?? [];
    }
    const { groups, join, arrives, mixed } = result.shape;
    const meets = join === undefined ? [] : [join];
    const next = mixed && this.planZone(id, junction, { kind: 'shape', meets }, { scope, exit, outside });
    if (next) return next;
    const branches = groups.map(({ heads }) => {
      const head = this.headOf(heads, id, junction);
      const branch = `${scope === '' ? '' : `${scope}/`}${heads[0]}`;
      const entry = [{ route: this.route(head, join ?? exit) }];
      this.planChart({
        scope: branch,
        parent: scope,
        heads: [head],
        exit: join ?? exit,
        depth: depth + 1,
        entry,
        conditional: junction.partial,
        some: some || this.graph.nodes.get(join ?? '')?.join !== undefined,
      });
      return branch;
    });
    const need = this.needAt(join, branches.length + (arrives ? 1 : 0));
    const then = join === undefined ? {} : { then: this.route(join, exit), ...need };
    const heads = junction.partial
      ? { heads: { branches: groups.map(g => g.heads), join: targets.filter(t => t === join) } }
      : {};
    // What is cancelled keeps its visits, and those of other actors would be lost.
    const wide = branches.length > this.width && !some && !('need' in then) ? { wide: true as const } : {};
    this.forks.set(id, { id, scope, from: junction.from, branches, arrives, ...wide, ...heads, ...then });
    return join === undefined ? [] : [join];
  }

  /** Plans a fork whose branches cross. Returns where the chart goes on, or undefined when it cannot be planned. */
  private planZone(
    id: string,
    junction: Junction,
    problem: ForkProblem,
    { scope, exit, outside }: { scope: string; exit: string | undefined; outside: ReadonlySet<string> },
  ): string[] | undefined {
    if (problem.kind !== 'shape' || junction.partial || edgePast(this, junction, problem.meets)) return undefined;
    const order = [...this.graph.nodes.keys()];
    const next = new Map(order.map(node => [node, this.nodesBehind(node)]));
    const targets = junction.targets.filter(t => t !== END);
    const zone = findZone({ targets, next, fork: id, exit, order, meets: problem.meets, outside });
    if (!zone || zone.nodes.length > MAX_ZONE) return undefined;
    const scopeOf = (node: string): string => `${scope === '' ? '' : `${scope}/`}${node}`;
    for (const { id: node, from, first, ancestors } of zone.nodes) {
      const own = scopeOf(node);
      const waits = { from: from.map(scopeOf), first, ancestors: ancestors.map(scopeOf) };
      this.planNode(node, own, exit, vertex => this.onward(vertex, zone, scopeOf));
      this.charts.set(own, { scope: own, parent: scope, waits, entry: [], nodes: [node], forks: [] });
    }
    const branches = zone.nodes.map(n => scopeOf(n.id));
    const { join } = zone;
    const arrives = join !== undefined && targets.includes(join);
    const last = zone.nodes.filter(({ id: node }) => join !== undefined && this.nodesBehind(node).includes(join));
    const need = this.needAt(join, last.length + (arrives ? 1 : 0));
    const then = join === undefined ? {} : { then: this.route(join, exit), ...need };
    this.forks.set(id, { id, scope, from: junction.from, branches, arrives, ...then });
    return join === undefined ? [] : [join];
  }

  /** The nodes that a vertex leads to, forks looked through. */
  private nodesBehind(vertex: string): string[] {
    const behind = (this.next.get(vertex) ?? []).flatMap(t => (this.junctions.has(t) ? this.nodesBehind(t) : [t]));
    return [...new Set(behind)];
  }

  /** Where a path in a zone goes on from a vertex. */
  private onward(vertex: string, { nodes, join }: Zone, scopeOf: (node: string) => string): Route {
    const targets = this.junctions.has(vertex) ? this.nodesBehind(vertex) : [vertex];
    const to = targets.filter(t => nodes.some(n => n.id === t)).map(scopeOf);
    return [{ place: { kind: 'onward', to, joins: join !== undefined && targets.includes(join) } }];
  }

  /** How many arrivals the join asks for, when it does not ask for all. */
  private needAt(join: string | undefined, arrivals: number): Pick<PlanFork, 'need'> {
    const wanted = this.graph.nodes.get(join ?? '')?.join;
    if (wanted === undefined) return {};
    return { need: wanted === 'any' ? 1 : Math.min(wanted, arrivals) };
  }

  /** A group of several branches is entered through a fork of its own. */
  private headOf(heads: readonly string[], fork: string, junction: Junction): string {
    const [only] = heads;
    if (heads.length === 1 && only !== undefined) return only;
    const inner = this.addJunction({ ...junction, targets: heads });
    const targets = (this.next.get(fork) ?? []).filter(t => !heads.includes(t));
    this.next.set(fork, [...targets, inner]);
    return inner;
  }

  /** Follows limits: where a vertex is full, its `onLimit` is next. */
  private route(vertex: string, exit: string | undefined): Route {
    const hops: Hop[] = [];
    const seen = new Set<string>();
    for (let at: string | undefined = vertex; at !== undefined && !seen.has(at); ) {
      seen.add(at);
      const place = this.place(at, exit);
      const limited: boolean = place.kind === 'node' && this.budgets.has(at);
      hops.push(limited ? { place, limit: at } : { place });
      at = limited ? this.graph.nodes.get(at)?.onLimit : undefined;
    }
    return hops;
  }

  private place(vertex: string, exit: string | undefined): Place {
    if (vertex === END) return { kind: 'end' };
    if (vertex === exit) return { kind: 'join' };
    return this.junctions.has(vertex) ? { kind: 'fork', id: vertex } : { kind: 'node', id: vertex };
  }
}

export interface PlanOptions {
  readonly width?: number | undefined;
  /** Whether a failure ends the graph with an error instead of waiting. */
  readonly gives?: boolean;
}

/** Above so many branches a fork is no parallel state: measured, see docs/architecture.md. */
export const WIDE_FORK = 8;

/** Plans a graph, or reports why its forks cannot be. What else was reported does not matter here. */
export function planGraph(graph: GraphDef, reporter: Reporter, options: PlanOptions = {}): Plan | undefined {
  const before = reporter.errors();
  const plan = new Planner(graph, reporter, options).plan();
  return reporter.errors() > before || reporter.full() ? undefined : plan;
}

/** Whether a node makes something of the failure of what it contains; a map does of an item that is a node. */
function handlesFailures(def: NodeDef): boolean {
  const [item] = def.kind === 'map' && def.item.inline ? def.item.graph.nodes.values() : [];
  const kept = (def.kind === 'map' && def.minSuccess !== undefined) || (item && item.kind !== 'map');
  return kept || def.retry !== undefined || (def.onError !== undefined && def.onError !== 'fail');
}
