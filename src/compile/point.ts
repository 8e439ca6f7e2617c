import { START } from './names.ts';
import { chartOf, forkOf, nodeOf, type Plan, type PlanExit } from './plan.ts';

/** A point where a path goes on: START, a node, the join of a fork, or the beginning of a branch. */
export type Point =
  | { readonly kind: 'start' }
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'join'; readonly id: string }
  | { readonly kind: 'branch'; readonly id: string };

/** The id under which a point's failure is listed. */
export function pointId(point: Point): string {
  return point.kind === 'start' ? START : point.id;
}

const ENDED: PlanExit = { route: [{ place: { kind: 'end' } }] };

/**
 * The exits of a point. The last of a join is the end of a path none of whose branches arrived; behind the exits of a
 * node stands, where it has one, the route its errors take.
 */
export function exitsAt(plan: Plan, point: Point): readonly PlanExit[] {
  switch (point.kind) {
    case 'start':
      return chartOf(plan, '').entry;
    case 'branch':
      return chartOf(plan, point.id).entry;
    case 'join': {
      const { then } = forkOf(plan, point.id);
      return then ? [{ route: then }, ENDED] : [ENDED];
    }
    case 'node': {
      const { exits, errorRoute } = nodeOf(plan, point.id);
      return errorRoute ? [...exits, { route: errorRoute }] : exits;
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

/** The node a branch begins with, when nothing is to be decided there. */
export function directEntry(plan: Plan, scope: string): string | undefined {
  const { entry, conditional } = chartOf(plan, scope);
  const [hop] = entry[0]?.route ?? [];
  if (conditional) return undefined;
  return hop?.place.kind === 'node' && hop.limit === undefined ? hop.place.id : undefined;
}
