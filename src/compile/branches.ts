/** Opening and closing the branches of a fork. Pure. */
import {
  type BranchContext,
  type GraphContext,
  GraphRunError,
  type HandledError,
  type LogEntry,
  type Reducers,
  setError,
  stateKeys,
  viewOf,
  withBranch,
} from './context.ts';
import { mergeWrites, writeTo } from './merging.ts';
import { waitingNode } from './names.ts';
import { chartOf, forkOf, type Plan, sees } from './plan.ts';
import type { Point } from './point.ts';

/**
 * Opens the branches of a fork, each with the view of its parent.
 *
 * @param taken the targets that `route: all` takes; branches that none of them leads into have ended before they begin
 */
export function openFork(plan: Plan, context: GraphContext, forkId: string, taken?: readonly string[]): GraphContext {
  const fork = forkOf(plan, forkId);
  const into = fork.heads && (taken ?? context.scopes[fork.scope]?.taken ?? []);
  const state = viewOf(context, fork.scope);
  const scopes: Record<string, BranchContext> = { ...context.scopes };
  for (const [i, scope] of fork.branches.entries()) {
    const skipped = into !== undefined && !fork.heads?.branches[i]?.some(head => into.includes(head));
    scopes[scope] = { state, log: [], status: skipped ? 'ended' : 'running', ...(into ? { taken: into } : {}) };
  }
  return { ...context, scopes };
}

/** How a waiting branch stands: it can begin, it never will, or that is not known yet. */
export function readiness(plan: Plan, context: GraphContext, scope: string): 'ready' | 'dead' | 'waiting' {
  const { waits } = chartOf(plan, scope);
  if (!waits) return 'ready';
  const before = waits.from.map(id => context.scopes[id]);
  if (before.some(b => b?.status === 'running')) return 'waiting';
  return waits.first || before.some(b => b?.taken?.includes(scope)) ? 'ready' : 'dead';
}

/** Begins a waiting branch with the writes of the branches that led to it, in order. */
export function beginBranch(plan: Plan, context: GraphContext, scope: string, reducers: Reducers): GraphContext {
  const branch = context.scopes[scope];
  if (!branch) return context;
  const entries = (chartOf(plan, scope).waits?.ancestors ?? []).flatMap(id => context.scopes[id]?.log ?? []);
  const state = entries.reduce((at, { writes }) => mergeWrites(plan.graph, at, writes, reducers), branch.state);
  return withBranch(context, scope, { state });
}

/** Ends a branch that no path led to. */
export function skipBranch(context: GraphContext, scope: string): GraphContext {
  return withBranch(context, scope, { status: 'ended', taken: [] });
}

function findConflict(
  plan: Plan,
  branches: readonly { readonly scope: string; readonly log: readonly LogEntry[] }[],
): GraphRunError | undefined {
  const keys = stateKeys(plan.graph);
  const writer = new Map<string, { branch: string; node: string }>();
  for (const { scope: branch, log } of branches) {
    for (const { node, writes } of log) {
      for (const name of Object.keys(writes)) {
        if (keys.get(name)?.merge !== 'replace') continue;
        const before = writer.get(name);
        if (
          before &&
          before.branch !== branch &&
          !sees(plan, before.branch, branch) &&
          !sees(plan, branch, before.branch)
        ) {
          return new GraphRunError(
            'write-conflict',
            `"${before.node}" and "${node}" ran in parallel and both wrote "${name}", whose merge rule is "replace"; give "${name}" another rule, or write it in one branch`,
          );
        }
        writer.set(name, { branch, node });
      }
    }
  }
  return undefined;
}

/** Whether an edge that was taken leads from the fork straight to its join. */
function arrivesAtOnce(plan: Plan, context: GraphContext, forkId: string): boolean {
  const { arrives, heads, branches } = forkOf(plan, forkId);
  if (!arrives || !heads) return arrives;
  const taken = context.scopes[branches[0] ?? '']?.taken ?? [];
  return heads.join.some(head => taken.includes(head));
}

/** How many branches a join takes: those that come later, or after them in file order, are cancelled. */
function wantedBy(plan: Plan, context: GraphContext, forkId: string): number {
  const { need } = forkOf(plan, forkId);
  return need === undefined ? Number.POSITIVE_INFINITY : need - (arrivesAtOnce(plan, context, forkId) ? 1 : 0);
}

function arrivedAt(plan: Plan, context: GraphContext, forkId: string): number {
  return forkOf(plan, forkId).branches.filter(scope => context.scopes[scope]?.status === 'arrived').length;
}

/** Whether a join need wait for no further branch. */
export function isSatisfied(plan: Plan, context: GraphContext, forkId: string): boolean {
  const isOver = forkOf(plan, forkId).branches.every(scope => context.scopes[scope]?.status !== 'running');
  return isOver || arrivedAt(plan, context, forkId) >= wantedBy(plan, context, forkId);
}

/**
 * Whether something failed of what a point waits for: a join for its branches, unless enough of them arrived, a branch
 * for those before it.
 */
export function isBroken(plan: Plan, context: GraphContext, at: Point): boolean {
  if (at.kind === 'join' && arrivedAt(plan, context, at.id) >= wantedBy(plan, context, at.id)) return false;
  const before = at.kind === 'join' ? forkOf(plan, at.id).branches : [];
  const waitedFor = at.kind === 'branch' ? (chartOf(plan, at.id).waits?.ancestors ?? []) : before;
  return Object.keys(context.failures).some(id => {
    const scope = plan.nodes.get(id)?.scope ?? plan.forks.get(id)?.scope ?? '';
    return waitedFor.some(branch => scope === branch || scope.startsWith(`${branch}/`));
  });
}

/** The branches of which something is kept: those that ended, and as many of those that arrived as are wanted. */
function keptBranches(plan: Plan, context: GraphContext, forkId: string): string[] {
  const wanted = wantedBy(plan, context, forkId);
  let arrived = 0;
  return forkOf(plan, forkId).branches.filter(scope => {
    const status = context.scopes[scope]?.status;
    return status === 'arrived' ? arrived++ < wanted : status !== 'running';
  });
}

/**
 * Closes the branches of a fork, replaying what they wrote in file order. A branch that still runs, or comes at the same
 * moment when enough did, is cancelled: what it wrote is dropped, and so is all that waits in it. Throws {@link GraphRunError} on a conflict.
 */
export function closeFork(
  plan: Plan,
  context: GraphContext,
  forkId: string,
  reducers: Reducers,
): { context: GraphContext; arrived: boolean } {
  const fork = forkOf(plan, forkId);
  const finished = keptBranches(plan, context, forkId);
  const logs = finished.map(scope => ({ scope, log: context.scopes[scope]?.log ?? [] }));
  const conflict = findConflict(plan, logs);
  if (conflict) throw conflict;
  const arrived =
    arrivesAtOnce(plan, context, forkId) || finished.some(scope => context.scopes[scope]?.status === 'arrived');
  const cleared = forgetBranches(plan, context, fork.branches);
  const told = tellError(
    cleared,
    fork.scope,
    finished.map(scope => context.scopes[scope]?.error),
  );
  const entries = logs.flatMap(l => l.log);
  return { context: writeTo(plan.graph, told, fork.scope, entries, reducers), arrived };
}

/** Hands the errors that branches handled to what comes behind their join: the last in file order is `error` there. */
function tellError(context: GraphContext, scope: string, errors: readonly (HandledError | undefined)[]): GraphContext {
  const error = errors.filter(e => e !== undefined).at(-1);
  return error ? setError(context, scope, error) : context;
}

function forgetBranches(plan: Plan, context: GraphContext, branches: readonly string[]): GraphContext {
  const inside = (scope: string): boolean => branches.some(b => scope === b || scope.startsWith(`${b}/`));
  const scopes = Object.fromEntries(Object.entries(context.scopes).filter(([scope]) => !inside(scope)));
  const waits = [
    context.interrupts,
    context.failures,
    context.moments,
    context.held,
    context.attempts,
    context.notes ?? {},
  ].some(r => Object.keys(r).length > 0);
  if (!waits) return { ...context, scopes };
  const outside = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(record).filter(
        ([id]) => !inside(plan.nodes.get(waitingNode(id))?.scope ?? plan.forks.get(id)?.scope ?? ''),
      ),
    );
  return {
    ...context,
    scopes,
    interrupts: outside(context.interrupts),
    failures: outside(context.failures),
    moments: outside(context.moments),
    held: outside(context.held),
    attempts: outside(context.attempts),
    ...(context.notes ? { notes: outside(context.notes) } : {}),
  };
}
