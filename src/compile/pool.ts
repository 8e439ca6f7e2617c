/**
 * The pool that runs the items of a map: so many at once, results in item order. Pure, and no more work for the
 * thousandth item than for the first.
 *
 * A state is a prefix of a log of changes, and the log is shared by the states of one run: what an item became is one
 * entry. What the newest state knows is kept beside the log; an older one is worked out again from its prefix.
 */
import { type ErrorRecord, errorRecord } from './context.ts';
import { copyJson } from './json.ts';

/** What a pool is about. */
export interface PoolSpec {
  /** The node. */
  readonly node: string;
  readonly items: readonly unknown[];
  /** The most items at once. */
  readonly concurrency: number;
  /** How many items must succeed. */
  readonly needed: number;
  /** Too few successes end the pool with an error, instead of waiting for a retry. */
  readonly gives: boolean;
}

const PENDING = 0;
const RUNNING = 1;
const OK = 2;
const FAILED = 3;

type Status = typeof PENDING | typeof RUNNING | typeof OK | typeof FAILED;

/** What an item became. */
export interface Change {
  readonly index: number;
  readonly status: Status;
  /** The step at which it was started, the result, or the error. */
  readonly value: unknown;
}

/** What the newest state of a log knows. */
class Head {
  readonly status: Uint8Array;
  readonly values: unknown[];
  /** The last change of each item that was begun. */
  readonly last: Change[] = [];
  /** Items that are to run again, in item order: it is known from what became of the items, whenever each was retried. */
  readonly again: number[] = [];
  next = 0;
  running = 0;
  ok = 0;
  failed = 0;

  constructor(total: number) {
    this.status = new Uint8Array(total);
    this.values = new Array<unknown>(total);
  }

  apply(change: Change): void {
    const { index, status, value } = change;
    this.last[index] = change;
    this.count(this.status[index] as Status, -1);
    this.count(status, 1);
    this.status[index] = status;
    this.values[index] = value;
    if (status === PENDING) this.again.splice(this.again.findLastIndex(other => other < index) + 1, 0, index);
    else if (status === RUNNING && this.again[0] === index) this.again.shift();
    if (index === this.next) this.next++;
  }

  private count(status: Status, by: number): void {
    if (status === RUNNING) this.running += by;
    else if (status === OK) this.ok += by;
    else if (status === FAILED) this.failed += by;
  }
}

interface Log {
  readonly changes: Change[];
  head: Head;
}

export interface PoolState {
  readonly spec: PoolSpec;
  readonly log: Log;
  /** How much of the log this state is. */
  readonly length: number;
}

/** What came of an item. */
export type ItemOutcome =
  | { readonly index: number; readonly ok: true; readonly value: unknown }
  | { readonly index: number; readonly ok: false; readonly error: ErrorRecord };

/** An item that did not succeed, as the result of a map lists it. */
export interface ItemFailure {
  readonly index: number;
  readonly item: unknown;
  readonly error: Pick<ErrorRecord, 'name' | 'message' | 'code'>;
}

export interface PoolOutput {
  /** Of the items that succeeded, in item order. */
  readonly results: readonly unknown[];
  readonly failures: readonly ItemFailure[];
}

function headOf({ spec, log, length }: PoolState): Head {
  if (log.changes.length === length) return log.head;
  const head = new Head(spec.items.length);
  for (let i = 0; i < length; i++) head.apply(log.changes[i] as Change);
  return head;
}

/** The log that may be added to: the state's own, or a copy when it went on without this state. */
function ownLog(state: PoolState): Log {
  if (state.log.changes.length === state.length) return state.log;
  return { changes: state.log.changes.slice(0, state.length), head: headOf(state) };
}

function changed(state: PoolState, changes: readonly Change[]): PoolState {
  if (changes.length === 0) return state;
  const log = ownLog(state);
  for (const change of changes) {
    log.changes.push(change);
    log.head.apply(change);
  }
  return { spec: state.spec, log, length: log.changes.length };
}

export function createPool(spec: PoolSpec): PoolState {
  return { spec, log: { changes: [], head: new Head(spec.items.length) }, length: 0 };
}

/** Starts as many items as there is room for; `step` is what their tasks are known by. */
export function startItems(state: PoolState, step: number): { state: PoolState; started: number[] } {
  const { next, again, running } = headOf(state);
  const { concurrency, items } = state.spec;
  const room = concurrency - running;
  const started = again.slice(0, Math.max(0, room));
  for (let index = next; started.length < room && index < items.length; index++) started.push(index);
  return {
    state: changed(
      state,
      started.map(index => ({ index, status: RUNNING, value: step })),
    ),
    started,
  };
}

/** Notes what came of items. An item that does not run is left as it is. */
export function settleItems(state: PoolState, outcomes: readonly ItemOutcome[]): PoolState {
  const { status } = headOf(state);
  const running = outcomes.filter(o => status[o.index] === RUNNING);
  return changed(
    state,
    running.map(outcome => settled(state.spec.node, outcome)),
  );
}

function settled(node: string, outcome: ItemOutcome): Change {
  const { index } = outcome;
  if (!outcome.ok) return { index, status: FAILED, value: outcome.error };
  try {
    return { index, status: OK, value: copyJson(outcome.value ?? null, `the result of item ${index} of "${node}"`) };
  } catch (problem) {
    return { index, status: FAILED, value: errorRecord(problem) };
  }
}

/** Lets an item that failed run again; without an index, all that did. */
export function retryItems(state: PoolState, index?: number): PoolState {
  const { status } = headOf(state);
  const indices = index === undefined ? [...status.keys()] : [index];
  const failed = indices.filter(i => status[i] === FAILED);
  return changed(
    state,
    failed.map(i => ({ index: i, status: PENDING, value: undefined })),
  );
}

/** The step at which a running item was started; undefined when it does not run. */
export function startedAt(state: PoolState, index: number): number | undefined {
  const head = headOf(state);
  return head.status[index] === RUNNING ? (head.values[index] as number) : undefined;
}

/** The items that run, in item order. */
export function runningItems(state: PoolState): number[] {
  const { status } = headOf(state);
  return [...status.keys()].filter(i => status[i] === RUNNING);
}

/** The results so far, in item order. */
export function resultsSoFar(state: PoolState): unknown[] {
  const { status, values } = headOf(state);
  return values.filter((_, i) => status[i] === OK);
}

/** Whether so many items failed that the pool cannot succeed as it stands. */
function isFailing({ failed }: Head, { items, needed }: PoolSpec): boolean {
  return items.length - failed < needed;
}

/** The errors that keep the pool from ending, by index: none while enough items may still succeed. */
export function failedItems(state: PoolState): [number, ErrorRecord][] {
  const head = headOf(state);
  if (state.spec.gives || head.failed === 0 || !isFailing(head, state.spec)) return [];
  const { status, values } = head;
  return [...status.keys()].filter(i => status[i] === FAILED).map(i => [i, values[i] as ErrorRecord]);
}

/** How a pool ended, or undefined while it has not. */
export function poolEnd(
  state: PoolState,
): { readonly output: PoolOutput } | { readonly error: ErrorRecord } | undefined {
  const { spec } = state;
  const head = headOf(state);
  if (head.ok + head.failed < spec.items.length) return undefined;
  if (!isFailing(head, spec)) return { output: outputOf(spec, head) };
  return spec.gives ? { error: tooFew(spec, head) } : undefined;
}

function outputOf({ items }: PoolSpec, { status, values, failed }: Head): PoolOutput {
  if (failed === 0) return { results: values.slice(), failures: [] };
  const failures = [...status.keys()]
    .filter(i => status[i] === FAILED)
    .map((index): ItemFailure => ({ index, item: items[index], error: shortError(values[index] as ErrorRecord) }));
  return { results: values.filter((_, i) => status[i] === OK), failures };
}

function shortError({ name, message, code }: ErrorRecord): ItemFailure['error'] {
  return { name, message, ...(code === undefined ? {} : { code }) };
}

function tooFew({ node, items, needed }: PoolSpec, { ok, status, values }: Head): ErrorRecord {
  const first = values[status.indexOf(FAILED)] as ErrorRecord;
  const message = `${ok} of ${items.length} items of node "${node}" succeeded, ${needed} must; the first error: ${first.message}`;
  return { name: 'MapError', code: 'min-success', message, cause: first };
}

/** A pool as JSON: what became of the items that were begun, not the items themselves. */
export interface PersistedPool {
  /** By index. What did not change from one state to the next is the same object. */
  readonly items: readonly Change[];
}

export function persistPool(state: PoolState): PersistedPool {
  const { last } = headOf(state);
  return { items: last.slice() };
}

export function restorePool(spec: PoolSpec, { items }: PersistedPool): PoolState {
  return changed(createPool(spec), items);
}
