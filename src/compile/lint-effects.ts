import type { Reporter } from '../diagnostic/diagnostic.ts';
import type { Plan, PlanNode } from './plan.ts';

/** The nodes at which branches of a fork meet. */
function joinsOf(plan: Plan): Set<string> {
  const places = [...plan.forks.values()].flatMap(fork => fork.then?.map(hop => hop.place) ?? []);
  return new Set(places.flatMap(place => (place.kind === 'node' ? [place.id] : [])));
}

function idleKeys(
  { def, exits, repeats }: PlanNode,
  joins: ReadonlySet<string>,
): { key: string; why: string; hint: string }[] {
  const out: { key: string; why: string; hint: string }[] = [];
  if (def.join !== undefined && !joins.has(def.id)) {
    out.push({
      key: 'join',
      why: 'no branches of one fork meet here',
      hint: 'remove it, or let the branches lead here',
    });
  }
  if (def.routeAll && !exits.some(e => e.each)) {
    out.push({
      key: 'route',
      why: 'fewer than two edges of it have a "when"',
      hint: 'remove it, or give the edges conditions',
    });
  }
  if (def.onLimit !== undefined && !repeats) {
    out.push({ key: 'onLimit', why: 'no cycle leads through it', hint: 'remove it; the node is entered once at most' });
  }
  return out;
}

/** Reports keys that change nothing where they stand. */
export function lintEffects(plan: Plan, reporter: Reporter): void {
  const joins = joinsOf(plan);
  for (const node of plan.nodes.values()) {
    for (const { key, why, hint } of idleKeys(node, joins)) {
      const { id, span } = node.def;
      reporter.report('no-effect', span, `"${key}" of node "${id}" has no effect: ${why}`, { hint });
    }
  }
}
