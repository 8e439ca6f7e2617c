import type { Exit, GraphDef, NodeDef, Value } from './graph.ts';
import { END } from './names.ts';

/** Where a path goes next, inside one chart. */
export type Place =
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'fork'; readonly id: string }
  /** The chart's own join: the path arrives there and waits for its siblings. */
  | { readonly kind: 'join' }
  /** The path ends. */
  | { readonly kind: 'end' }
  /** In a fork that is not series-parallel: on to these branches, and perhaps to the join. */
  | { readonly kind: 'onward'; readonly to: readonly string[]; readonly joins: boolean };

/** One possibility of a route: taken when its node has visits left, else the next hop is tried. */
export interface Hop {
  readonly place: Place;
  /** The node whose budget is asked. Absent: always taken. */
  readonly limit?: string;
}

/** Where an exit leads once its limits are asked. When no hop is left, the run fails at the first hop's node. */
export type Route = readonly Hop[];

/** A way out of a node. */
export interface PlanExit {
  readonly when?: Value;
  /** Targets with a condition each (`route: all`): the exit is taken when any is true, into those that are. */
  readonly each?: readonly { readonly target: string; readonly when: Value }[];
  readonly route: Route;
}

export interface PlanNode {
  readonly def: NodeDef;
  /** The chart it belongs to, by scope. */
  readonly scope: string;
  readonly exits: readonly PlanExit[];
  /** Where its errors go, when `onError` names a node or END. */
  readonly errorRoute?: Route;
  /** How the graph of a subgraph node runs. */
  readonly child?: Plan;
  /** How what a map runs for each item runs. */
  readonly item?: Plan;
  /** The most visits in one run. */
  readonly budget?: number;
  /** A cycle leads through it, so that it may be entered more than once in a run. */
  readonly repeats: boolean;
}

/** A sequential chart: the graph itself (scope `''`) or one branch of a fork, with a view of the state of its own. */
export interface Chart {
  /** The branches that lead here, from outermost: `''`, `stats`, `stats/words`. */
  readonly scope: string;
  readonly parent?: string;
  /** Whether the branch is taken is known only when its fork is entered. */
  readonly conditional?: true;
  /** The branches it waits for, in a fork that is not series-parallel. */
  readonly waits?: BranchWait;
  /** Where it begins. */
  readonly entry: readonly PlanExit[];
  /** Its own nodes and forks, in file order. */
  readonly nodes: readonly string[];
  readonly forks: readonly string[];
}

/** When a branch of a fork that is not series-parallel begins, and what it sees. All are scopes. */
export interface BranchWait {
  readonly from: readonly string[];
  /** The fork itself leads to it. */
  readonly first: boolean;
  /** The branches whose writes it sees, each after those it sees itself. */
  readonly ancestors: readonly string[];
}

/** Branches that run at once, up to where they meet. */
export interface PlanFork {
  readonly id: string;
  readonly scope: string;
  /** The node, or START, that it follows; for messages. */
  readonly from: string;
  readonly branches: readonly string[];
  /** For `route: all`: the targets that lead into each branch, and those that are the join itself; others are not taken. */
  readonly heads?: { readonly branches: readonly (readonly string[])[]; readonly join: readonly string[] };
  /** One of the fork's edges leads straight to the join, so the join runs whatever the branches do. */
  readonly arrives: boolean;
  /** How many arrivals are enough; the other branches are then cancelled. Absent: all that run are waited for. */
  readonly need?: number;
  /** So many branches that each runs as an actor of its own: a parallel state costs its width for every event. */
  readonly wide?: true;
  /** Where the paths that arrive go on. Absent: they never meet, each ends by itself. */
  readonly then?: Route;
}

/**
 * How a graph runs: charts of nodes, forks of charts. Pure data but for compiled expressions, and all that emission,
 * drawing and the tests' reference interpreter read.
 */
export interface Plan {
  readonly graph: GraphDef;
  readonly charts: ReadonlyMap<string, Chart>;
  readonly nodes: ReadonlyMap<string, PlanNode>;
  readonly forks: ReadonlyMap<string, PlanFork>;
  /** An expression or text reads `visits`, so that every node is counted; otherwise those that repeat are. */
  readonly countsAll: boolean;
  /** A failure ends the graph with an error, which whoever contains it handles, instead of waiting for a retry. */
  readonly gives?: true;
}

/** The id of the root chart. */
export const ROOT = '';

export function chartOf(plan: Plan, scope: string): Chart {
  const chart = plan.charts.get(scope);
  if (!chart) throw new Error(`no chart "${scope}"`);
  return chart;
}

export function nodeOf(plan: Plan, id: string): PlanNode {
  const node = plan.nodes.get(id);
  if (!node) throw new Error(`no node "${id}"`);
  return node;
}

export function forkOf(plan: Plan, id: string): PlanFork {
  const fork = plan.forks.get(id);
  if (!fork) throw new Error(`no fork "${id}"`);
  return fork;
}

/** Whether a branch begins after another one, and sees what it wrote. */
export function sees(plan: Plan, branch: string, other: string): boolean {
  return chartOf(plan, branch).waits?.ancestors.includes(other) ?? false;
}

/** Every node of a chart and of the forks in it. */
export function nodesWithin(plan: Plan, scope: string): string[] {
  const chart = chartOf(plan, scope);
  const inner = chart.forks.flatMap(id => forkOf(plan, id).branches.flatMap(branch => nodesWithin(plan, branch)));
  return [...chart.nodes, ...inner];
}

/** A plan and those of the graphs within, each once for every node that runs it. */
export function plansWithin(plan: Plan): Plan[] {
  const inner = [...plan.nodes.values()].flatMap(({ child, item }) => child ?? item ?? []);
  return [plan, ...inner.flatMap(plansWithin)];
}

/** The conditions of an exit, as a plan keeps them. */
export function conditionsOf({ when, each, targets }: Exit): Pick<PlanExit, 'when' | 'each'> {
  if (each) return { each: each.map((value, i) => ({ target: targets[i] ?? END, when: value })) };
  return when === undefined ? {} : { when };
}

/** Whether the body of a node asks a language model. */
export function callsModel(plan: Plan, id: string): boolean {
  const kind = plan.nodes.get(id)?.def.kind;
  return kind === 'llm' || kind === 'router' || kind === 'turn';
}
