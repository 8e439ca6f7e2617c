/**
 * What happens when something finishes: its writes are accepted and merged, then the way out is chosen. Pure.
 *
 * The two are one decision, because a condition sees what the node just wrote. Guards ask it, actions apply it; a
 * decision that cannot be made (a wrong write, no edge that is true, a conflict at a join) is an error of its node, and
 * goes the way of every error: tried again, handled by `onError`, or a failure that waits for `retry`.
 */
import { closeFork } from './branches.ts';
import {
  type ErrorRecord,
  errorRecord,
  type GraphContext,
  GraphRunError,
  handleError,
  type Reducers,
} from './context.ts';
import { sourceOf, type Value } from './graph.ts';
import { writeTo } from './merging.ts';
import { questionIn } from './notes.ts';
import { nodeOf, type Plan, type PlanExit } from './plan.ts';
import { exitsAt, type Point, pointId, scopeAt } from './point.ts';
import { evaluate, expressionScope, lazy, writesOf } from './writes.ts';

/** What a node gave. */
export interface Result {
  /** Expressions see it as `output`. */
  readonly value: unknown;
  /** What was said, for the node's `history`. */
  readonly messages?: unknown;
}

/** What came of a point: nothing to speak of, the result of a body or a person, or an error. */
export type Outcome =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'result' } & Result)
  /** A node that waited after its body may go on: its writes stand, the way on is chosen now. */
  | { readonly kind: 'released'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: ErrorRecord };

/** `hop` is the index after the last when every hop of the route is full: the limited node fails without being entered. */
export type Decision =
  | {
      readonly ok: true;
      readonly exit: number;
      readonly hop: number;
      readonly context: GraphContext;
      /** The targets that `route: all` takes. */
      readonly taken?: readonly string[];
    }
  | { readonly ok: false; readonly error: ErrorRecord };

/** The most visits of a node in one run. */
export function budgetOf(plan: Plan, id: string): number {
  return nodeOf(plan, id).budget ?? Number.POSITIVE_INFINITY;
}

/** Takes an exit: the first of its hops that has visits left. */
function takeExit(plan: Plan, context: GraphContext, point: Point, exit: number): Decision {
  const route = exitsAt(plan, point)[exit]?.route ?? [];
  let hop = 0;
  for (const { limit } of route) {
    if (limit === undefined || (context.visits[limit] ?? 0) < budgetOf(plan, limit)) break;
    hop++;
  }
  return { ok: true, exit, hop, context };
}

/** Chooses the first exit that is true. */
function choose(plan: Plan, context: GraphContext, point: Point, output: unknown): Decision {
  const exits = point.kind === 'node' ? nodeOf(plan, point.id).exits : exitsAt(plan, point);
  // Most points have one way out and nothing to ask.
  if (exits[0] && !exits[0].when && !exits[0].each) return takeExit(plan, context, point, 0);
  const scope = lazy(() => ({ ...expressionScope(plan, context, scopeAt(plan, point)), output: output ?? null }));
  const holds = (when: Value): boolean => isTrue(evaluate(when, scope), when);
  for (const [exit, { when, each }] of exits.entries()) {
    const taken = each?.filter(e => holds(e.when)).map(e => e.target);
    if (taken?.length === 0 || (when && !holds(when))) continue;
    const decision = takeExit(plan, context, point, exit);
    return taken && decision.ok ? { ...decision, taken } : decision;
  }
  throw noEdge(point, exits);
}

function isTrue(result: unknown, when: Value): boolean {
  if (typeof result === 'boolean') return result;
  throw new GraphRunError(
    'not-boolean',
    `the condition ${sourceOf(when)} is ${JSON.stringify(result)}, not true or false`,
  );
}

function noEdge(point: Point, exits: readonly PlanExit[]): GraphRunError {
  const conditions = exits.flatMap(e => [...(e.when ? [e.when] : []), ...(e.each?.map(one => one.when) ?? [])]);
  const tried = conditions.map(sourceOf);
  const name = point.kind === 'start' ? 'START' : `node "${pointId(point)}"`;
  return new GraphRunError('no-edge', `no edge of ${name} is true (${tried.join('; ')}) and none is the default`);
}

/** Writes what a node's result amounts to. Throws for results that do not fit the state. */
export function writeResult(
  plan: Plan,
  context: GraphContext,
  id: string,
  result: Result,
  reducers: Reducers,
): GraphContext {
  const node = nodeOf(plan, id);
  // A node without a result, such as a wait for a time, has null.
  const writes = writesOf(plan, context, node, result.value ?? null, result.messages);
  const entries = Object.keys(writes).length === 0 ? [] : [{ node: id, writes }];
  return writeTo(plan.graph, context, node.scope, entries, reducers);
}

function decideNode(
  plan: Plan,
  context: GraphContext,
  point: Point & { kind: 'node' },
  result: Result,
  reducers: Reducers,
): Decision {
  return choose(plan, writeResult(plan, context, point.id, result, reducers), point, result.value);
}

function decideJoin(plan: Plan, context: GraphContext, point: Point & { kind: 'join' }, reducers: Reducers): Decision {
  const closed = closeFork(plan, context, point.id, reducers);
  const exits = exitsAt(plan, point);
  return takeExit(plan, closed.context, point, closed.arrived ? 0 : exits.length - 1);
}

/** How a point goes on by itself, before any handling of its error. */
export function attempt(
  plan: Plan,
  context: GraphContext,
  point: Point,
  outcome: Outcome,
  reducers: Reducers,
): Decision {
  if (outcome.kind === 'error') return { ok: false, error: outcome.error };
  const result: Result = outcome.kind === 'none' ? { value: undefined } : outcome;
  try {
    if (outcome.kind === 'released') return choose(plan, context, point, outcome.value);
    if (point.kind === 'node') return decideNode(plan, context, point, result, reducers);
    if (point.kind === 'join') return decideJoin(plan, context, point, reducers);
    return choose(plan, context, point, undefined);
  } catch (thrown) {
    return { ok: false, error: errorRecord(thrown) };
  }
}

/** Lets `onError` have an error that is not tried again. */
export function handled(plan: Plan, context: GraphContext, point: Point, tried: Decision): Decision {
  if (tried.ok || point.kind !== 'node') return tried;
  const { def, scope, exits, errorRoute } = nodeOf(plan, point.id);
  if (errorRoute === undefined && def.onError !== 'continue') return tried;
  const noted = handleError(context, scope, point.id, tried.error);
  if (errorRoute) return takeExit(plan, noted, point, exits.length);
  try {
    return choose(plan, noted, point, undefined);
  } catch (thrown) {
    return { ok: false, error: errorRecord(thrown) };
  }
}

/** Whether the error of a node is to be tried again. */
export function triesAgain(plan: Plan, context: GraphContext, point: Point, tried: Decision): boolean {
  if (tried.ok || point.kind !== 'node') return false;
  const { retry } = nodeOf(plan, point.id).def;
  const { error } = tried;
  if (!retry || error.code === 'deadline' || questionIn({ error })) return false;
  // What cannot help by itself is tried again where its very code is named.
  if (error.retryable === false && (error.code === undefined || !retry.on?.includes(error.code))) return false;
  const made = (context.attempts[point.id] ?? 0) + 1;
  const named = retry.on === undefined || retry.on.some(name => name === error.name || name === error.code);
  return named && made < retry.attempts;
}
