/**
 * The pool of a map as an actor of the core: a task per item, and nothing per item that is not its own.
 *
 * - C1. Results that arrive together are one step.
 * - C3. A task id is `seq.[index]`; a late or doubled result matches no running item and changes nothing.
 */
import type { ErrorRecord } from '../compile/context.ts';
import { itemId, itemIndex, splitItem } from '../compile/naming.ts';
import {
  createPool,
  failedItems,
  type ItemOutcome,
  type PersistedPool,
  type PoolSpec,
  type PoolState,
  persistPool,
  poolEnd,
  restorePool,
  resultsSoFar,
  retryItems,
  runningItems,
  settleItems,
  startedAt,
  startItems,
} from '../compile/pool.ts';
import type { ActorState, AnySnapshot, CoreEvent, CoreLogic, Step, Task, TaskResult } from './core.ts';

const NO_TIMERS = {};

/** What is read of a pool: beside what is read of every actor, its results so far. */
export interface PoolSnapshot extends AnySnapshot {
  readonly results: readonly unknown[];
}

/** What is read of a pool is worked out when asked for: a step of one item costs no more than the item. */
class PoolActorState implements ActorState {
  readonly seq: number;
  readonly pool: PoolState;
  readonly timers = NO_TIMERS;
  readonly snapshot: PoolSnapshot;

  constructor(seq: number, pool: PoolState) {
    this.seq = seq;
    this.pool = pool;
    const end = poolEnd(pool);
    const status = end === undefined ? 'active' : 'output' in end ? 'done' : 'error';
    this.snapshot = {
      status,
      ...end,
      get context() {
        return { failures: failuresOf(pool), interrupts: {} };
      },
      get results() {
        return resultsSoFar(pool);
      },
    };
  }

  get active(): Readonly<Record<string, string>> {
    const entries = runningItems(this.pool).map(index => [
      itemId(index),
      taskId(startedAt(this.pool, index) ?? 0, index),
    ]);
    return Object.fromEntries(entries);
  }
}

function failuresOf(pool: PoolState): Record<string, ErrorRecord> {
  return Object.fromEntries(failedItems(pool).map(([index, error]) => [itemId(index), error]));
}

const taskId = (seq: number, index: number): string => `${seq}.${itemId(index)}`;

function next(seq: number, pool: PoolState): Step {
  const { state, started } = startItems(pool, seq);
  const tasks = started.map((index): Task => ({ taskId: taskId(seq, index), childId: itemId(index), src: 'item' }));
  return { state: new PoolActorState(seq, state), tasks, timers: [], dropped: [], transitions: [] };
}

function isCurrent(pool: PoolState, task: Pick<Task, 'taskId' | 'childId'>): boolean {
  const index = itemIndex(task.childId);
  const seq = index === undefined ? undefined : startedAt(pool, index);
  return index !== undefined && seq !== undefined && taskId(seq, index) === task.taskId;
}

function outcomeOf(pool: PoolState, result: TaskResult): ItemOutcome[] {
  const index = itemIndex(result.childId);
  if (index === undefined || !isCurrent(pool, result)) return [];
  return result.kind === 'done'
    ? [{ index, ok: true, value: result.output }]
    : [{ index, ok: false, error: result.error as ErrorRecord }];
}

function applyTo({ pool }: PoolActorState, event: CoreEvent): PoolState {
  switch (event.kind) {
    case 'settled':
      return settleItems(
        pool,
        event.results.flatMap(r => outcomeOf(pool, r)),
      );
    case 'done':
    case 'error':
      return settleItems(pool, outcomeOf(pool, event));
    case 'event': {
      const { type, id } = event.event as { type: string; id?: string };
      return type === 'retry' ? retryItems(pool, id === undefined ? undefined : splitItem(id, null)?.index) : pool;
    }
    case 'step':
    case 'timer':
      return pool;
  }
}

/** The pool that a spec describes. */
export function poolLogic(spec: PoolSpec): CoreLogic {
  return {
    start: () => next(1, createPool(spec)),
    apply(state, event) {
      const own = state as PoolActorState;
      if (own.snapshot.status !== 'active') return undefined;
      const pool = applyTo(own, event);
      return pool === own.pool ? undefined : next(own.seq + 1, pool);
    },
    takes: () => false,
    runs: (state, task) => isCurrent((state as PoolActorState).pool, task),
    // The items themselves are left out: the state of the graph around has them.
    persist: state => ({ seq: state.seq, ...persistPool((state as PoolActorState).pool) }),
    restore(persisted) {
      const { seq, ...pool } = persisted as PersistedPool & { seq: number };
      return new PoolActorState(seq, restorePool(spec, pool));
    },
  };
}
