/** What may happen next in a state: the nodes that run or wait, in the order in which they are looked at. */
import type { GraphContext } from '../compile/context.ts';
import { expiryDelay } from '../compile/delays.ts';
import { waitingNode } from '../compile/names.ts';
import { chartOf, forkOf, nodeOf, type Plan, ROOT } from '../compile/plan.ts';
import { directEntry } from '../compile/point.ts';
import type { ActorState, CoreSnapshot } from '../core/core.ts';

/** The state of a graph's machine. */
export type GraphState = ActorState<CoreSnapshot>;

/** A node that something can happen to. */
export type Pending =
  /** Its body, or the graph in it, runs. */
  | { readonly kind: 'body'; readonly node: string }
  /** It waits for an answer or an event. */
  | { readonly kind: 'answer'; readonly node: string; readonly event?: string }
  /** It waits before or after its body. */
  | { readonly kind: 'pause'; readonly node: string; readonly id: string }
  /** It waits for a time; `expiry` says that the time is only how long it waits for an answer. */
  | { readonly kind: 'time'; readonly node: string; readonly timer: string; readonly expiry: boolean };

export const contextOf = ({ snapshot }: GraphState): GraphContext => snapshot.context as GraphContext;

/** The wait nodes that are active, with the id of their state. */
function waits(plan: Plan, { snapshot }: GraphState): { node: string; state: string }[] {
  return snapshot._nodes.flatMap(({ id, meta }: { id: string; meta?: { node?: string } }) => {
    const def = meta?.node === undefined ? undefined : plan.nodes.get(meta.node)?.def;
    return def?.kind === 'wait' && def.until.kind !== 'event' ? [{ node: def.id, state: id }] : [];
  });
}

/** All that is pending in a state that rests. */
export function pendingIn(plan: Plan, state: GraphState): Pending[] {
  if (state.snapshot.status !== 'active') return [];
  const context = contextOf(state);
  const timers = Object.keys(state.timers);
  const asked = Object.entries(context.interrupts).map(([id, { node, event }]): Pending => {
    if (waitingNode(id) !== id) return { kind: 'pause', node, id };
    return { kind: 'answer', node, ...(event === undefined ? {} : { event }) };
  });
  const expiring = Object.keys(context.interrupts).flatMap((node): Pending[] => {
    const timer = timers.find(t => t.startsWith(`xstate.after.${expiryDelay(node)}.`));
    return timer === undefined ? [] : [{ kind: 'time', node, timer, expiry: true }];
  });
  const waiting = waits(plan, state).flatMap(({ node, state: id }): Pending[] => {
    const timer = timers.find(t => t.endsWith(`.${id}`));
    return timer === undefined ? [] : [{ kind: 'time', node, timer, expiry: false }];
  });
  return [
    ...Object.keys(state.active).map((node): Pending => ({ kind: 'body', node })),
    ...asked,
    ...expiring,
    ...waiting,
  ];
}

/** The branches that lead to a scope, from outermost. */
function trail(plan: Plan, scope: string): string[] {
  const out: string[] = [];
  for (let at: string | undefined = scope; at !== undefined && at !== ROOT; at = chartOf(plan, at).parent)
    out.unshift(at);
  return out;
}

/** Whether a branch has done anything yet. */
function hasBegun(plan: Plan, context: GraphContext, branch: string, nodes: readonly string[]): boolean {
  if ((context.scopes[branch]?.log.length ?? 0) > 0) return true;
  const entry = directEntry(plan, branch);
  return nodes.some(node => node !== entry);
}

/**
 * Those of the pending nodes that are looked at next. Branches share nothing until they meet, so the order in which
 * they move changes nothing, and one order stands for all: the first in the file moves first. Only where the first to
 * arrive ends the others does it matter who that is; there each branch that has not begun may be the next.
 */
export function nextOf(plan: Plan, context: GraphContext, pending: readonly Pending[]): readonly Pending[] {
  const forkOfBranch = new Map([...plan.forks.values()].flatMap(f => f.branches.map(b => [b, f.id] as const)));
  const trails = new Map(pending.map(p => [p, trail(plan, nodeOf(plan, p.node).scope)]));
  const narrow = (group: readonly Pending[], depth: number): readonly Pending[] => {
    const own = group.filter(p => trails.get(p)?.length === depth);
    if (own.length > 0 || group.length === 0) return own;
    const inside = Map.groupBy(group, p => trails.get(p)?.[depth] ?? '');
    const [first = ''] = inside.keys();
    const fork = forkOf(plan, forkOfBranch.get(first) ?? '');
    const order = fork.branches.filter(b => inside.has(b));
    if (fork.need === undefined) return narrow(inside.get(order[0] ?? '') ?? [], depth + 1);
    const begun = order.find(b =>
      hasBegun(
        plan,
        context,
        b,
        (inside.get(b) ?? []).map(p => p.node),
      ),
    );
    const chosen = begun === undefined ? order : [begun];
    return chosen.flatMap(b => narrow(inside.get(b) ?? [], depth + 1));
  };
  return narrow(pending, 0);
}
