import type { ErrorRecord, GraphContext, LogEntry, State } from '../compile/context.ts';
import { callsModel, type Plan } from '../compile/plan.ts';
import type { BranchResult } from '../compile/pools.ts';
import type { PoolSnapshot } from '../core/pool-logic.ts';
import { tableOf } from '../core/table.ts';
import type { Failure, Interrupt } from '../core/waiting.ts';
import type { Usage } from '../models/model.ts';
import type { BodyEvent } from '../nodes/node-io.ts';
import type { Member } from './member.ts';

/** How a run stands when it can go on no further by itself. */
export type RunStatus = 'done' | 'waiting' | 'failed' | 'cancelled';

/** Figures of a run so far, summed over its resumes. */
export interface Metrics {
  /** Node bodies that were started. */
  readonly nodeRuns: number;
  /** Bodies that failed. */
  readonly failedRuns: number;
  /** Wall-clock milliseconds during which the run was not waiting for anyone. */
  readonly durationMs: number;
  readonly modelCalls: number;
  /** Bodies that did not run because their result was known; they count as `nodeRuns` and not as `modelCalls`. */
  readonly cachedRuns: number;
  /** Tools that agents called, and those among them that failed. */
  readonly toolCalls: number;
  readonly failedToolCalls: number;
  /** How often each node was entered. */
  readonly visits: Readonly<Record<string, number>>;
}

/** The outcome of `invoke`, `resume` or `retry`. */
export interface RunResult {
  readonly thread: string;
  readonly status: RunStatus;
  /** The result: the whole state, or the keys the graph's `output` names. Partial unless `status` is `done`. */
  readonly output: State;
  readonly interrupts: readonly Interrupt[];
  /** The first failure; all of them are in `failures`. */
  readonly error?: ErrorRecord & { readonly node: string };
  readonly failures: readonly Failure[];
  /** Errors that `onError` handled, the last of each node. */
  readonly handled: readonly Failure[];
  /** `cost` is that of the calls whose models have a price; absent when there were none. */
  readonly usage: Usage & { readonly cost?: number };
  readonly metrics: Metrics;
}

/** A running branch and what it wrote that the state does not show yet. */
export interface BranchState {
  readonly branch: string;
  readonly values: State;
  readonly writes: readonly LogEntry[];
}

/** What `thread.state()` gives. */
export interface ThreadState {
  readonly status: RunStatus | 'running';
  /** The merged state: what branches wrote is not in it before their join. */
  readonly values: State;
  readonly branches: readonly BranchState[];
  readonly interrupts: readonly Interrupt[];
  readonly failures: readonly Failure[];
  readonly visits: Readonly<Record<string, number>>;
  /** Counts the steps of the graph itself. */
  readonly seq: number;
  /** The number of the checkpoint; there when the thread is in a store. */
  readonly checkpoint?: number;
}

/** What a thread counts while it runs. */
export interface Counters {
  nodeRuns: number;
  failedRuns: number;
  modelCalls: number;
  cachedRuns: number;
  toolCalls: number;
  failedToolCalls: number;
  durationMs: number;
  inputTokens: number;
  outputTokens: number;
  cost: number | undefined;
  readonly visits: Record<string, number>;
  /** Errors handled in subgraphs and items that have ended, by node. */
  readonly handled: Map<string, Failure>;
}

export const newCounters = (): Counters => ({
  nodeRuns: 0,
  failedRuns: 0,
  modelCalls: 0,
  toolCalls: 0,
  failedToolCalls: 0,
  cachedRuns: 0,
  durationMs: 0,
  inputTokens: 0,
  outputTokens: 0,
  cost: undefined,
  visits: tableOf({}),
  handled: new Map(),
});

/**
 * Counters as JSON, without those that are 0.
 *
 * @param since milliseconds of the run that are not in them yet
 * @param whole whether visits are wanted: they grow with the run, and are kept when it rests
 */
export function keptCounters({ handled, visits, ...rest }: Counters, since: number, whole: boolean): object {
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(rest) as (keyof typeof rest)[]) if (rest[name]) kept[name] = rest[name];
  kept.durationMs = rest.durationMs + since;
  if (handled.size > 0) kept.handled = [...handled.values()];
  if (whole) kept.visits = { ...visits };
  return kept;
}

/** Counters that were kept. */
export function countersOf(kept: unknown): Counters {
  const {
    handled = [],
    visits = {},
    ...rest
  } = kept as Partial<Omit<Counters, 'handled'>> & { readonly handled?: readonly Failure[] };
  return { ...newCounters(), ...rest, visits: tableOf(visits), handled: new Map(handled.map(f => [f.id, f])) };
}

/** Counts what a body of this plan says of itself. */
export function countBodyEvent(counters: Counters, event: BodyEvent, plan: Plan): void {
  if (event.type === 'tool-result') {
    counters.toolCalls++;
    if (event.output.type === 'error-text') counters.failedToolCalls++;
  } else if (event.type === 'model-again' || event.type === 'model-fallback') {
    counters.modelCalls++;
  } else if (event.type === 'usage') {
    counters.inputTokens += event.usage.inputTokens;
    counters.outputTokens += event.usage.outputTokens;
    if (event.cost !== undefined) counters.cost = (counters.cost ?? 0) + event.cost;
  } else if (event.type === 'cached') {
    counters.cachedRuns++;
    if (callsModel(plan, event.node)) counters.modelCalls--;
  }
}

/** The branches that an actor knows of: those of a wide fork that ended are results of its pool. */
function scopesOf({ work, state }: Member): GraphContext['scopes'] {
  if (work.kind === 'graph') return (state.snapshot.context as GraphContext).scopes;
  const { results } = state.snapshot as PoolSnapshot;
  return Object.fromEntries((results as readonly BranchResult[]).map(r => [r.scope, r.branch]));
}

/** The running branches of a graph; those of a wide fork are actors of their own and know more than the graph. */
function branchesOf(plan: Plan, members: readonly Member[]): BranchState[] {
  const own = members.filter(({ work }) =>
    work.kind === 'graph' ? work.plan === plan : work.pool.work.kind === 'fork' && work.pool.work.plan === plan,
  );
  const scopes = Object.assign({}, ...own.map(scopesOf)) as GraphContext['scopes'];
  return Object.entries(scopes).map(([branch, { state: values, log }]) => ({ branch, values, writes: log }));
}

interface Outcome {
  readonly thread: string;
  readonly status: RunStatus;
  readonly output: State;
  readonly members: readonly Member[];
  /** What bodies wait for, beside what the members ask. */
  readonly waits: readonly Interrupt[];
  readonly counters: Counters;
}

/** Puts the outcome of a run together. */
export function resultOf({ thread, status, output, members, waits, counters }: Outcome): RunResult {
  const interrupts = [...members.flatMap(m => m.interrupts()).map(i => i.shown), ...waits];
  const failures = members.flatMap(m => m.failures()).map(f => f.shown);
  const handled = members.flatMap(m => m.handled()).map(f => f.shown);
  const [first] = failures;
  const { inputTokens, outputTokens, nodeRuns, failedRuns, modelCalls, cachedRuns, durationMs, visits } = counters;
  const { toolCalls, failedToolCalls, cost } = counters;
  return {
    thread,
    status,
    output,
    interrupts,
    ...(first ? { error: { ...first.error, node: first.node } } : {}),
    failures,
    handled: [...new Map([...counters.handled, ...handled.map(f => [f.id, f] as const)]).values()],
    usage: { inputTokens, outputTokens, ...(cost === undefined ? {} : { cost }) },
    metrics: {
      nodeRuns,
      failedRuns,
      durationMs: Math.round(durationMs * 100) / 100,
      modelCalls,
      cachedRuns,
      toolCalls,
      failedToolCalls,
      visits: { ...visits },
    },
  };
}

/** How a thread stands. */
export function stateOf(
  root: Member,
  members: readonly Member[],
  status: ThreadState['status'],
  { interrupts, failures, metrics }: RunResult,
): ThreadState {
  const branches = root.work.kind === 'graph' ? branchesOf(root.work.plan, members) : [];
  const { visits } = metrics;
  return { status, values: root.context.state, branches, interrupts, failures, visits, seq: root.state.seq };
}
