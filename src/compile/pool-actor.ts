/** The pool of a map as XState actor logic, for plain actors. A runtime runs the same pool as an actor of its own. */
import {
  type ActorLogic,
  type ActorScope,
  type AnyActorRef,
  type AnyStateMachine,
  createActor,
  type NonReducibleUnknown,
  type Snapshot,
} from 'xstate';
import type { RunBody } from './body-call.ts';
import { type ErrorRecord, errorRecord, type GraphContext } from './context.ts';
import { givenError } from './given-up.ts';
import { itemId, type PoolKind, splitItem } from './naming.ts';
import type { AnyEvent } from './outcome.ts';
import {
  createPool,
  failedItems,
  type ItemOutcome,
  type PersistedPool,
  type PoolState,
  persistPool,
  poolEnd,
  restorePool,
  retryItems,
  runningItems,
  settleItems,
  startItems,
} from './pool.ts';
import type { PoolWork } from './pools.ts';

/** The machine of an item; absent where items are bodies. */
export type MachineOf = (index: number) => AnyStateMachine;

interface PoolParts {
  readonly pool?: PoolState;
  readonly persisted?: PersistedSnapshot;
  /** The machines of the items that run, by item. */
  readonly children: Readonly<Record<string, AnyActorRef>>;
  readonly poolKind: PoolKind;
  readonly context: { readonly failures: Readonly<Record<string, ErrorRecord>> };
}

type PoolSnapshot = Snapshot<unknown> & PoolParts;

interface PersistedSnapshot extends PersistedPool {
  readonly children: Readonly<Record<string, { readonly snapshot: unknown }>>;
}

interface PoolEvent extends AnyEvent {
  readonly outcomes?: readonly ItemOutcome[];
}

type PoolLogic = ActorLogic<PoolSnapshot, PoolEvent, NonReducibleUnknown>;
type Scope = ActorScope<PoolSnapshot, PoolEvent>;

const BEGIN = 'statewright.pool.begin';
const SETTLED = 'statewright.pool.settled';

/** What a pool's actor has that is no state: what tells its bodies to stop, and the results on their way. */
class Running {
  readonly abort = new AbortController();
  private arrived: ItemOutcome[] = [];
  private readonly self: Scope['self'];

  constructor(self: Scope['self']) {
    this.self = self;
  }

  /** Results that arrive together are one event. */
  readonly settle = (outcome: ItemOutcome): void => {
    this.arrived.push(outcome);
    if (this.arrived.length > 1) return;
    queueMicrotask(() => {
      const outcomes = this.arrived;
      this.arrived = [];
      if (!this.abort.signal.aborted) this.self.send({ type: SETTLED, outcomes });
    });
  };
}

const running = new WeakMap<object, Running>();

function runningOf(self: Scope['self']): Running {
  const known = running.get(self) ?? new Running(self);
  running.set(self, known);
  return known;
}

function parentContext(self: Scope['self']): GraphContext {
  const { _parent } = self as { _parent?: { getSnapshot(): { context: GraphContext } } };
  if (!_parent) throw new Error('a map runs only inside its graph');
  return _parent.getSnapshot().context;
}

function snapshotOf(
  before: PoolSnapshot,
  pool: PoolState,
  children: Readonly<Record<string, AnyActorRef>>,
): PoolSnapshot {
  const end = poolEnd(pool);
  const { poolKind } = before;
  const own = { pool, children, poolKind };
  if (end && 'output' in end)
    return { ...own, status: 'done', output: end.output, error: undefined, context: { failures: {} } };
  if (end) return { ...own, status: 'error', output: undefined, error: end.error, context: { failures: {} } };
  return {
    ...own,
    status: 'active',
    output: undefined,
    error: undefined,
    get context() {
      return { failures: Object.fromEntries(failedItems(pool).map(([index, error]) => [itemId(index), error])) };
    },
  };
}

class Pool {
  private readonly work: PoolWork;
  private readonly machineOf: MachineOf | undefined;
  private readonly runBody: RunBody;

  constructor(work: PoolWork, machineOf: MachineOf | undefined, runBody: RunBody) {
    this.work = work;
    this.machineOf = machineOf;
    this.runBody = runBody;
  }

  /** Starts what there is room for, once the snapshot stands. */
  go(before: PoolSnapshot, pool: PoolState, scope: Scope, resumed: readonly number[] = []): PoolSnapshot {
    const { state, started } = startItems(pool, 0);
    const { spec } = state;
    const { item } = this.work;
    const indices = [...resumed, ...started];
    if ('node' in item) {
      const { node } = item;
      scope.defer(() => {
        const { abort, settle } = runningOf(scope.self);
        const context = parentContext(scope.self);
        for (const index of indices) {
          const own = item.context(context, index, spec.items[index]);
          this.runBody({ node, context: own, signal: abort.signal }).then(
            value => settle({ index, ok: true, value }),
            error => settle({ index, ok: false, error: errorRecord(error) }),
          );
        }
      });
      return snapshotOf(before, state, before.children);
    }
    const children = { ...before.children };
    for (const index of indices) {
      const id = itemId(index);
      try {
        const snapshot = before.persisted?.children[id]?.snapshot;
        const begin = snapshot
          ? { snapshot }
          : { input: item.start(parentContext(scope.self), index, spec.items[index]) };
        const child = createActor(this.machine(index), { id, parent: scope.self, ...begin } as object) as AnyActorRef;
        children[id] = child;
        scope.defer(() => child.start());
      } catch (thrown) {
        runningOf(scope.self).settle({ index, ok: false, error: errorRecord(thrown) });
      }
    }
    return snapshotOf(before, state, children);
  }

  private machine(index: number): AnyStateMachine {
    const machine = this.machineOf?.(index);
    if (!machine) throw new Error(`no machine for item ${index} of "${this.work.id}"`);
    return machine;
  }

  /** The outcomes that an event carries. */
  outcomes(event: PoolEvent): readonly ItemOutcome[] {
    if (event.type === SETTLED) return event.outcomes ?? [];
    const done = /^xstate\.(done|error)\.actor\.(.*)$/s.exec(event.type);
    const index = done && splitItem(done[2] ?? '', null)?.index;
    if (index === undefined || index === null) return [];
    if (done?.[1] === 'error') return [{ index, ok: false, error: errorRecord(event.error) }];
    const error = givenError(event.output);
    if (error) return [{ index, ok: false, error }];
    const { item } = this.work;
    return [{ index, ok: true, value: 'result' in item ? item.result(event.output) : event.output }];
  }

  /** Passes an event on to the item that it is for; without an id, to the items that take it. */
  forward(snapshot: PoolSnapshot, event: PoolEvent, scope: Scope): void {
    const { inlineNode, kind } = this.work;
    const found = event.id === undefined || kind === 'fork' ? undefined : splitItem(event.id, inlineNode);
    const targets = found ? [snapshot.children[itemId(found.index)]] : Object.values(snapshot.children);
    const inner = found && found.inner !== '' ? { ...event, id: found.inner } : event;
    const takers = targets.filter(child => child?.getSnapshot().can?.(inner) === true);
    // A resume that names nobody is for the one that waits, or for none.
    if (event.type === 'resume' && event.id === undefined && takers.length !== 1) return;
    for (const child of takers) scope.defer(() => child?.send(inner));
  }
}

function withoutSettled(
  children: Readonly<Record<string, AnyActorRef>>,
  outcomes: readonly ItemOutcome[],
): Readonly<Record<string, AnyActorRef>> {
  const gone = new Set(outcomes.map(o => itemId(o.index)));
  const left = Object.entries(children).filter(([id]) => !gone.has(id));
  return left.length === Object.keys(children).length ? children : Object.fromEntries(left);
}

/** What a host that runs the pool by itself needs of it. */
export interface PoolImplementation {
  readonly work: PoolWork;
  readonly machineOf: MachineOf | undefined;
}

/** Makes the actor logic of a pool. */
export function poolActor(
  work: PoolWork,
  machineOf: MachineOf | undefined,
  runBody: RunBody,
): PoolLogic & PoolImplementation {
  const pool = new Pool(work, machineOf, runBody);
  const empty: PoolSnapshot = {
    status: 'active',
    output: undefined,
    error: undefined,
    children: {},
    poolKind: { kind: work.kind, inlineNode: work.inlineNode },
    context: { failures: {} },
  };
  return {
    work,
    machineOf,
    getInitialSnapshot: () => empty,
    // The items are worked out from the state of the parent, which has its new snapshot by now.
    start: ({ status }, { self }) => {
      if (status === 'active') self.send({ type: BEGIN });
    },
    transition(snapshot, event, scope) {
      if (snapshot.status !== 'active') return snapshot;
      if (event.type === 'xstate.stop') {
        runningOf(scope.self).abort.abort(new DOMException('it is not waited for any more', 'AbortError'));
        for (const child of Object.values(snapshot.children)) (child as AnyActorRef & { _stop(): void })._stop();
        return { ...snapshot, status: 'stopped', children: {} };
      }
      if (event.type === BEGIN) return begin(pool, work, snapshot, scope);
      if (!snapshot.pool) return snapshot;
      const outcomes = pool.outcomes(event);
      if (outcomes.length > 0) {
        const rest = { ...snapshot, children: withoutSettled(snapshot.children, outcomes) };
        return pool.go(rest, settleItems(snapshot.pool, outcomes), scope);
      }
      const own = event.id === undefined || work.kind === 'fork' ? undefined : splitItem(event.id, null);
      const again = event.type === 'retry' && work.kind === 'map' && (event.id === undefined || own?.inner === '');
      pool.forward(snapshot, event, scope);
      return again ? pool.go(snapshot, retryItems(snapshot.pool, own?.index), scope) : snapshot;
    },
    getPersistedSnapshot({ status, output, error, pool: state, persisted, children, poolKind, context }) {
      const kept = state ? persistPool(state) : persisted;
      const actors = Object.entries(children).map(([id, child]) => [id, { snapshot: child.getPersistedSnapshot() }]);
      const machines = state ? Object.fromEntries(actors) : persisted?.children;
      return { status, output, error, ...(kept ?? {}), children: machines ?? {}, poolKind, context } as never;
    },
    restoreSnapshot(raw) {
      const { status, output, error } = raw;
      const persisted = raw as unknown as PersistedSnapshot;
      const begun = (persisted as Partial<PersistedSnapshot>).items !== undefined;
      return { ...empty, status, output, error, ...(begun ? { persisted } : {}) } as PoolSnapshot;
    },
  };
}

function begin(pool: Pool, work: PoolWork, snapshot: PoolSnapshot, scope: Scope): PoolSnapshot {
  try {
    const spec = work.spec(parentContext(scope.self));
    const { persisted } = snapshot;
    const state = persisted ? restorePool(spec, persisted) : createPool(spec);
    const begun = pool.go(snapshot, state, scope, runningItems(state));
    const { persisted: _used, ...rest } = begun;
    return rest;
  } catch (thrown) {
    return { ...snapshot, status: 'error', output: undefined, error: errorRecord(thrown) };
  }
}
