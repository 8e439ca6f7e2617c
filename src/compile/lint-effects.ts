import type { Reporter } from '../diagnostic/diagnostic.ts';
import type { NodeDef } from './graph.ts';
import { chartOf, nodeOf, type Plan, type PlanFork, type PlanNode } from './plan.ts';

/** The forks whose branches meet at a node, by the node. */
function forksByJoin(plan: Plan): Map<string, PlanFork[]> {
  const out = new Map<string, PlanFork[]>();
  for (const fork of plan.forks.values()) {
    for (const { place } of fork.then ?? []) {
      if (place.kind === 'node') out.set(place.id, [...(out.get(place.id) ?? []), fork]);
    }
  }
  return out;
}

type Idle = { readonly key: string; readonly why: string; readonly hint: string };

/** Why a `join` changes nothing, if so. */
function idleJoin(plan: Plan, { join }: NodeDef, forks: readonly PlanFork[]): Idle | undefined {
  if (join === undefined) return undefined;
  const [fork] = forks;
  if (!fork) {
    return { key: 'join', why: 'no branches of one fork meet here', hint: 'remove it, or let the branches lead here' };
  }
  const arrivals = Math.max(...forks.map(f => arriving(plan, f) + (f.arrives ? 1 : 0)));
  if (join === 'any' || join < arrivals) return undefined;
  const why = `${arrivals} branches meet here, and all of them are waited for anyway`;
  return { key: 'join', why, hint: 'remove it, or wait for fewer' };
}

/** How many branches of a fork lead to its join. Where branches cross, some lead to others only. */
function arriving(plan: Plan, { branches }: PlanFork): number {
  const leads = (scope: string): boolean => {
    const { waits, nodes } = chartOf(plan, scope);
    if (!waits) return true;
    const places = nodes.flatMap(id => nodeOf(plan, id).exits).flatMap(exit => exit.route.map(hop => hop.place));
    return places.some(place => place.kind === 'onward' && place.joins);
  };
  return branches.filter(leads).length;
}

function idleKeys({ def, exits, repeats }: PlanNode): Idle[] {
  const out: Idle[] = [];
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

/** Reports keys that change nothing where they stand, and races that are over before they begin. */
export function lintEffects(plan: Plan, reporter: Reporter): void {
  const joins = forksByJoin(plan);
  for (const node of plan.nodes.values()) {
    const { id, span } = node.def;
    const forks = joins.get(id) ?? [];
    const idle = idleJoin(plan, node.def, forks);
    for (const { key, why, hint } of [...(idle ? [idle] : []), ...idleKeys(node)]) {
      reporter.report('no-effect', span, `"${key}" of node "${id}" has no effect: ${why}`, { hint });
    }
    const over = forks.find(fork => fork.need === 1 && fork.arrives && !fork.heads);
    if (!over) continue;
    const message = `"join" of node "${id}" is met at once: an edge leads to it straight from the fork at ${over.from}, so branches that take any time are cancelled`;
    const hint = 'remove that edge, or wait for one more arrival';
    reporter.report('join-at-once', span, message, { hint });
  }
}
