/**
 * What happens when something finishes: its writes are accepted and merged, then the way out is chosen. Pure.
 *
 * The two are one decision, because a condition sees what the node just wrote. Guards ask it, actions apply it; a
 * decision that cannot be made (a wrong write, no edge that is true, a conflict at a join) is the failure of its node.
 */
import {
  acceptWrite,
  closeFork,
  type ErrorRecord,
  errorRecord,
  type GraphContext,
  GraphRunError,
  openFork,
  type Reducers,
  type State,
  stateKeys,
  viewOf,
  writeTo,
} from './context.ts';
import type { Scope } from './expr.ts';
import type { Value } from './graph.ts';
import { START } from './names.ts';
import { chartOf, forkOf, nodeOf, type Place, type Plan, type PlanExit, type PlanNode } from './plan.ts';

/** A point where a path goes on: a node, START, the join of a fork, or the beginning of a branch. */
export type Point =
  | { readonly kind: 'start' }
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'join'; readonly id: string }
  | { readonly kind: 'branch'; readonly id: string };

/** The id under which a point's failure is listed. */
export function pointId(point: Point): string {
  return point.kind === 'start' ? START : point.id;
}

/** `hop` is the index after the last when every hop of the route is full: the limited node fails without being entered. */
export type Decision =
  | { readonly ok: true; readonly exit: number; readonly hop: number; readonly context: GraphContext }
  | { readonly ok: false; readonly error: ErrorRecord };

/** The exits of a point. A join has two: on with the paths that arrived, or the end of a path none of which did. */
export function exitsAt(plan: Plan, point: Point): readonly PlanExit[] {
  switch (point.kind) {
    case 'start':
      return chartOf(plan, '').entry;
    case 'node':
      return nodeOf(plan, point.id).exits;
    case 'branch':
      return chartOf(plan, point.id).entry;
    case 'join': {
      const { then } = forkOf(plan, point.id);
      const ended: PlanExit = { route: [{ place: { kind: 'end' } }] };
      return then ? [{ route: then }, ended] : [ended];
    }
  }
}

/** The chart a point belongs to, by scope. */
export function scopeAt(plan: Plan, point: Point): string {
  switch (point.kind) {
    case 'start':
      return '';
    case 'node':
      return nodeOf(plan, point.id).scope;
    case 'branch':
      return point.id;
    case 'join':
      return forkOf(plan, point.id).scope;
  }
}

/** The names an expression or text of this scope sees. */
export function expressionScope(plan: Plan, context: GraphContext, scope: string): Scope {
  const names = { ...viewOf(context, scope), thread: context.thread };
  return plan.countsAll ? { ...names, visits: allVisits(plan, context) } : names;
}

function allVisits(plan: Plan, context: GraphContext): Record<string, number> {
  const out: Record<string, number> = {};
  for (const id of plan.nodes.keys()) out[id] = context.visits[id] ?? 0;
  return out;
}

export function evaluate(value: Value, scope: () => Scope): unknown {
  return value.kind === 'literal' ? value.value : value.expr.evaluate(scope());
}

/** The writes a node's result amounts to. Throws for results that do not fit the state. */
export function writesOf(plan: Plan, context: GraphContext, node: PlanNode, output: unknown): State {
  const { id, writes } = node.def;
  const keys = stateKeys(plan.graph);
  const by = `node "${id}"`;
  switch (writes.kind) {
    case 'none':
      return {};
    case 'key':
      return { [writes.key]: acceptWrite(keys, writes.key, output, by) };
    case 'map': {
      const scope = lazy(() => ({ ...expressionScope(plan, context, node.scope), output }));
      return Object.fromEntries(
        writes.entries.map(e => [e.key, acceptWrite(keys, e.key, evaluate(e.value, scope), by)]),
      );
    }
    case 'object': {
      if (output === undefined || output === null) return {};
      if (typeof output !== 'object' || Array.isArray(output)) {
        throw new GraphRunError(
          'wrong-result',
          `${by} returned ${Array.isArray(output) ? 'a list' : `a ${typeof output}`}; return an object of state keys, or give the node an "output"`,
        );
      }
      return Object.fromEntries(
        Object.entries(output).flatMap(([k, v]) => (v === undefined ? [] : [[k, acceptWrite(keys, k, v, by)]])),
      );
    }
  }
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Chooses the first exit that is true, then the first of its hops that has visits left. */
function choose(plan: Plan, context: GraphContext, point: Point, output: unknown): Decision {
  const exits = exitsAt(plan, point);
  const scope = lazy(() => ({ ...expressionScope(plan, context, scopeAt(plan, point)), output: output ?? null }));
  const exit = exits.findIndex(e => e.when === undefined || isTrue(evaluate(e.when, scope), e.when));
  if (exit < 0) throw noEdge(point, exits);
  const { route } = exits[exit] as PlanExit;
  const hop = route.findIndex(h => h.limit === undefined || (context.visits[h.limit] ?? 0) < budgetOf(plan, h.limit));
  return { ok: true, exit, hop: hop < 0 ? route.length : hop, context };
}

function budgetOf(plan: Plan, id: string): number {
  return nodeOf(plan, id).budget ?? Number.POSITIVE_INFINITY;
}

/** Goes where a decision says. */
export function follow(plan: Plan, decision: Extract<Decision, { ok: true }>, point: Point): GraphContext {
  const { context, exit, hop } = decision;
  const route = exitsAt(plan, point)[exit]?.route ?? [];
  const place = route[hop]?.place;
  if (place) return enter(plan, context, place, scopeAt(plan, point));
  const full = route[0]?.limit;
  if (full === undefined) return context;
  const advice = 'raise "maxVisits", or say with "onLimit" where to go instead';
  const error = new GraphRunError(
    'limit',
    `node "${full}" was entered ${budgetOf(plan, full)} times, which is its limit; ${advice}`,
  );
  return { ...context, failures: { ...context.failures, [full]: errorRecord(error) } };
}

function isTrue(result: unknown, when: Value): boolean {
  if (typeof result === 'boolean') return result;
  const source = when.kind === 'expr' ? when.expr.source : JSON.stringify(when.value);
  throw new GraphRunError('not-boolean', `the condition ${source} is ${JSON.stringify(result)}, not true or false`);
}

function noEdge(point: Point, exits: readonly PlanExit[]): GraphRunError {
  const tried = exits
    .map(e => (e.when?.kind === 'expr' ? e.when.expr.source : JSON.stringify(e.when?.value)))
    .join('; ');
  const name = point.kind === 'start' ? 'START' : `node "${pointId(point)}"`;
  return new GraphRunError('no-edge', `no edge of ${name} is true (${tried}) and none is the default`);
}

/** Decides how a point goes on. `output` is the result of the node, if it is one that has a result. */
export function decide(plan: Plan, context: GraphContext, point: Point, output: unknown, reducers: Reducers): Decision {
  try {
    return choose(plan, settle(plan, context, point, output, reducers), point, output);
  } catch (thrown) {
    if (point.kind !== 'join' || !(thrown instanceof Ended)) return { ok: false, error: errorRecord(thrown) };
    return { ok: true, exit: exitsAt(plan, point).length - 1, hop: 0, context: thrown.context };
  }
}

/** No path of a fork arrived at its join. */
class Ended extends Error {
  readonly context: GraphContext;
  constructor(context: GraphContext) {
    super('ended');
    this.context = context;
  }
}

function settle(plan: Plan, context: GraphContext, point: Point, output: unknown, reducers: Reducers): GraphContext {
  if (point.kind === 'node') {
    const node = nodeOf(plan, point.id);
    const writes = writesOf(plan, context, node, output);
    const entries = Object.keys(writes).length === 0 ? [] : [{ node: point.id, writes }];
    return writeTo(plan.graph, withoutInterrupt(context, point.id), node.scope, entries, reducers);
  }
  if (point.kind !== 'join') return context;
  const closed = closeFork(plan, context, point.id, reducers);
  if (!closed.arrived || !forkOf(plan, point.id).then) throw new Ended(closed.context);
  return closed.context;
}

function withoutInterrupt(context: GraphContext, id: string): GraphContext {
  if (!Object.hasOwn(context.interrupts, id)) return context;
  const { [id]: _answered, ...interrupts } = context.interrupts;
  return { ...context, interrupts };
}

/** Moves to a place: counts the visit, opens the branches, or marks the branch as arrived. */
export function enter(plan: Plan, context: GraphContext, place: Place, scope: string): GraphContext {
  switch (place.kind) {
    case 'node':
      return countVisit(plan, context, place.id);
    case 'fork': {
      const opened = openFork(plan, context, place.id);
      const direct = forkOf(plan, place.id).branches.flatMap(branch => directEntry(plan, branch) ?? []);
      return direct.reduce((at, id) => countVisit(plan, at, id), opened);
    }
    case 'join': {
      const branch = context.scopes[scope];
      if (!branch) return context;
      return { ...context, scopes: { ...context.scopes, [scope]: { ...branch, arrived: true } } };
    }
    case 'end':
      return context;
  }
}

/** Counts where a number can matter: a context that names every node of a long chain would grow with it. */
function countVisit(plan: Plan, context: GraphContext, id: string): GraphContext {
  if (!plan.countsAll && !nodeOf(plan, id).repeats) return context;
  return { ...context, visits: { ...context.visits, [id]: (context.visits[id] ?? 0) + 1 } };
}

/** The node a branch begins with, when nothing is to be decided there. */
export function directEntry(plan: Plan, scope: string): string | undefined {
  const hop = chartOf(plan, scope).entry[0]?.route[0];
  return hop?.place.kind === 'node' && hop.limit === undefined ? hop.place.id : undefined;
}
