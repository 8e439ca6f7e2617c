/** What the pools of a graph do: those of its maps, and those of forks that are too wide for a parallel state. Pure. */
import { type BranchContext, type ErrorRecord, errorOf, type GraphContext, viewOf } from './context.ts';
import { type GraphInput, START_OPTIONS } from './input.ts';
import { itemContext, itemResult, itemStart, type Mapping, poolSpec } from './items.ts';
import type { PoolKind } from './naming.ts';
import { chartOf, forkOf, nodesWithin, type Plan } from './plan.ts';
import type { PoolOutput, PoolSpec } from './pool.ts';

/** What a pool does for its items, but for running them. */
export interface PoolWork extends PoolKind {
  /** The node or fork. */
  readonly id: string;
  /** The plan that the items follow. */
  readonly plan: Plan;
  spec(context: GraphContext): PoolSpec;
  readonly item: MachineItem | BodyItem;
}

/** Items that are machines. */
export interface MachineItem {
  /** Throws when the input cannot be worked out, or does not fit. */
  start(context: GraphContext, index: number, item: unknown): GraphInput;
  result(output: unknown): unknown;
}

/** Items that are a body each. */
export interface BodyItem {
  readonly node: string;
  context(context: GraphContext, index: number, item: unknown): GraphContext;
}

export function mapWork(mapping: Mapping): PoolWork {
  const { def, item: plan } = mapping;
  const machine: MachineItem = {
    start(context, index, item) {
      const { input, thread } = itemStart(mapping, context, item, index);
      return { ...input, [START_OPTIONS]: { thread: thread.id, path: thread.path } };
    },
    result: output => itemResult(mapping, output),
  };
  const body: BodyItem = {
    node: def.id,
    context: (context, index, item) => itemContext(mapping, context, item, index),
  };
  return {
    id: def.id,
    plan,
    kind: 'map',
    inlineNode: def.item.inline ? def.id : null,
    spec: context => poolSpec(mapping, context),
    item: def.item.bare ? body : machine,
  };
}

/** What became of a branch that ran as a machine of its own. */
export interface BranchResult {
  readonly scope: string;
  readonly branch: BranchContext;
  readonly visits: GraphContext['visits'];
  readonly errors: Readonly<Record<string, ErrorRecord>>;
  readonly failures: Readonly<Record<string, ErrorRecord>>;
}

export function forkWork(plan: Plan, id: string): PoolWork {
  const { branches } = forkOf(plan, id);
  const { length } = branches;
  return {
    id,
    plan,
    kind: 'fork',
    inlineNode: null,
    spec: () => ({ node: id, items: branches, concurrency: length, needed: length, gives: false }),
    item: {
      start: (context, _, scope) => ({ [START_OPTIONS]: { context: branchContext(context, String(scope)) } }),
      result: output => output,
    },
  };
}

/** What a branch begins with: what the graph knows, and of its branches itself alone. */
function branchContext(context: GraphContext, scope: string): GraphContext {
  const { state, visits, thread } = context;
  const error = errorOf(context, scope);
  const branch = context.scopes[scope] ?? { state: viewOf(context, scope), log: [], status: 'running' };
  return {
    state,
    scopes: { [scope]: branch },
    visits,
    interrupts: {},
    failures: {},
    held: {},
    moments: {},
    attempts: {},
    errors: {},
    ...(error ? { error } : {}),
    thread,
  };
}

/** What the machine of a branch gives when it ends. */
export function branchResult(plan: Plan, context: GraphContext, scope: string): BranchResult {
  const own = new Set(nodesWithin(plan, scope));
  const visits = Object.fromEntries(Object.entries(context.visits).filter(([id]) => own.has(id)));
  const branch = context.scopes[scope];
  if (!branch) throw new Error(`no branch "${scope}"`);
  return { scope, branch, visits, errors: context.errors, failures: context.failures };
}

/** Takes over what became of the branches of a wide fork. */
export function gatherBranches(context: GraphContext, output: unknown): Partial<GraphContext> {
  const results = (output as PoolOutput).results as readonly BranchResult[];
  return {
    scopes: { ...context.scopes, ...Object.fromEntries(results.map(r => [r.scope, r.branch])) },
    visits: Object.assign({ ...context.visits }, ...results.map(r => r.visits)) as GraphContext['visits'],
    errors: Object.assign({ ...context.errors }, ...results.map(r => r.errors)) as GraphContext['errors'],
    failures: Object.assign({ ...context.failures }, ...results.map(r => r.failures)) as GraphContext['failures'],
  };
}

/** The nodes that run in a fork. */
export function nodesOfFork(plan: Plan, id: string): ReadonlySet<string> {
  return new Set(forkOf(plan, id).branches.flatMap(scope => nodesWithin(plan, chartOf(plan, scope).scope)));
}
