/** Applies a decision: moves to where it leads. Pure. */

import { openFork } from './branches.ts';
import { errorRecord, type GraphContext, GraphRunError, withBranch } from './context.ts';
import { budgetOf, type Decision } from './decide.ts';
import { pauseId } from './names.ts';
import { forkOf, nodeOf, type Place, type Plan } from './plan.ts';
import { directEntry, exitsAt, type Point, scopeAt } from './point.ts';

/** Goes where a decision says. */
export function follow(plan: Plan, decision: Extract<Decision, { ok: true }>, point: Point): GraphContext {
  const { exit, hop } = decision;
  const context = point.kind === 'node' ? leave(decision.context, point.id) : decision.context;
  const route = exitsAt(plan, point)[exit]?.route ?? [];
  const place = route[hop]?.place;
  if (place) return enter(plan, context, place, scopeAt(plan, point), decision.taken);
  const full = route[0]?.limit;
  if (full === undefined) return context;
  const advice = 'raise "maxVisits", or say with "onLimit" where to go instead';
  const text = `node "${full}" was entered ${budgetOf(plan, full)} times, which is its limit; ${advice}`;
  const error = errorRecord(new GraphRunError('limit', text));
  return { ...context, failures: { ...context.failures, [full]: error } };
}

/** Forgets what a node left behind while it was active. */
function leave(context: GraphContext, id: string): GraphContext {
  let next = context;
  if (Object.hasOwn(next.interrupts, id)) next = { ...next, interrupts: without(next.interrupts, id) };
  if (Object.hasOwn(next.held, id))
    next = { ...next, held: without(next.held, id), interrupts: without(next.interrupts, pauseId(id, 'after')) };
  if (Object.hasOwn(next.moments, id)) next = { ...next, moments: without(next.moments, id) };
  if (next.notes && Object.hasOwn(next.notes, id)) next = { ...next, notes: without(next.notes, id) };
  if (Object.hasOwn(next.attempts, id)) next = { ...next, attempts: without(next.attempts, id) };
  if (next.waits && Object.hasOwn(next.waits, id)) next = { ...next, waits: without(next.waits, id) };
  return next;
}

/** A record less one member. */
export function without<T>(record: Readonly<Record<string, T>>, id: string): Record<string, T> {
  const { [id]: _dropped, ...rest } = record;
  return rest;
}

/** Moves to a place: counts the visit, opens the branches, or marks how the branch ended. */
function enter(
  plan: Plan,
  context: GraphContext,
  place: Place,
  scope: string,
  taken?: readonly string[],
): GraphContext {
  switch (place.kind) {
    case 'node':
      return countVisit(plan, context, place.id);
    case 'fork': {
      const opened = openFork(plan, context, place.id, taken);
      const direct = forkOf(plan, place.id).branches.flatMap(branch => directEntry(plan, branch) ?? []);
      return direct.reduce((at, id) => countVisit(plan, at, id), opened);
    }
    case 'onward':
      return withBranch(context, scope, { status: place.joins ? 'arrived' : 'ended', taken: place.to });
    case 'join':
    case 'end':
      return withBranch(context, scope, { status: place.kind === 'join' ? 'arrived' : 'ended' });
  }
}

/** Counts where a number can matter: a context that names every node of a long chain would grow with it. */
export function countVisit(plan: Plan, context: GraphContext, id: string): GraphContext {
  if (!plan.countsAll && !nodeOf(plan, id).repeats) return context;
  return { ...context, visits: { ...context.visits, [id]: (context.visits[id] ?? 0) + 1 } };
}
