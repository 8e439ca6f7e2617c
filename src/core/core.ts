/**
 * The pure core: a machine, a state and an event in, the next state and what is to be done out. No I/O, no clock, and
 * no ids but those derived from `seq`.
 *
 * - C1. A step is whole: event in, snapshot out, tasks and timers out.
 * - C3. A task id is `seq.childId`; a late or doubled result matches no active task and changes nothing.
 *
 * `machine.transition` is called with a scope of our own: XState's `transition()` recomputes the initial state on every
 * call (36 times slower at 100 regions), and runs nothing less.
 */

import { type AnyStateMachine, createActor, createMachine, type MachineSnapshot, type Snapshot } from 'xstate';
import { DONE_ACTOR, ERROR_ACTOR } from '../compile/actor-events.ts';
import { isMomentTimer, PURE_ACTOR } from '../compile/delays.ts';
import { STEP_EVENT } from '../compile/notes.ts';
import { SteadyScope } from '../compile/steady-scope.ts';
import { tableOf } from './table.ts';
import { TASK, type TaskParams, taskMachine, tasksOf } from './task-machine.ts';

/** Any snapshot of a machine, live. */
// biome-ignore lint/suspicious/noExplicitAny: XState's own AnyMachineSnapshot is this type
export type CoreSnapshot = MachineSnapshot<any, any, any, any, any, any, any, any>;

/** Any machine, for hosts: they know no XState. */
export type CoreMachine = AnyStateMachine;

/** What is read of any actor's snapshot, whatever its logic. */
export interface AnySnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly output?: unknown;
  readonly error?: unknown;
  readonly context: unknown;
}

/** The whole durable state of an actor. */
export interface ActorState<S extends AnySnapshot = AnySnapshot> {
  /** Counts the steps, from 1. */
  readonly seq: number;
  /** Immutable; `persist` turns it into JSON. */
  readonly snapshot: S;
  /** The tasks that run for it: child id to task id. */
  readonly active: Readonly<Record<string, string>>;
  /** The timers that are set: event id to timer id. */
  readonly timers: Readonly<Record<string, string>>;
}

/** A body to run. */
export interface Task {
  readonly taskId: string;
  /** The id of the child actor: the node. */
  readonly childId: string;
  /** The registered name of the actor logic. */
  readonly src: string;
}

/** A timer to set: when it is due, `event` is to be delivered. */
export interface TimerStart {
  readonly timerId: string;
  readonly id: string;
  /** Milliseconds from the commit of the step; or, where `at` is given, nothing. */
  readonly delay: number;
  /** The moment it is due, in milliseconds since 1970. */
  readonly at?: number;
  readonly event: { readonly type: string };
}

/** What came of a task. */
export type TaskResult =
  | { readonly kind: 'done'; readonly taskId: string; readonly childId: string; readonly output: unknown }
  | { readonly kind: 'error'; readonly taskId: string; readonly childId: string; readonly error: unknown };

/** What can happen to an actor. Results that arrive together are one event for a pool. */
export type CoreEvent =
  | TaskResult
  /** A body that runs keeps the result of a step. */
  | {
      readonly kind: 'step';
      readonly taskId: string;
      readonly childId: string;
      readonly name: string;
      readonly value: unknown;
    }
  | { readonly kind: 'settled'; readonly results: readonly TaskResult[] }
  | { readonly kind: 'timer'; readonly timerId: string; readonly id: string; readonly event: { readonly type: string } }
  | { readonly kind: 'event'; readonly event: { readonly type: string } };

/** A transition that was taken, for whoever watches: its actions name nodes. */
export interface TakenTransition {
  readonly actions: readonly unknown[];
  /** The context right after it: a later one of the same step may have changed it again. */
  readonly context: unknown;
}

/** The outcome of one step. */
export interface Step<S extends AnySnapshot = AnySnapshot> {
  readonly state: ActorState<S>;
  /** Bodies to start, after the commit. */
  readonly tasks: readonly Task[];
  readonly timers: readonly TimerStart[];
  /** Tasks that no longer count: their bodies are to be told to stop. */
  readonly dropped: readonly string[];
  readonly transitions: readonly TakenTransition[];
}

/** How one kind of actor steps. Pure: hosts keep the state and run the tasks. */
export interface CoreLogic {
  /** The first step. Throws what keeps the actor from beginning. */
  start(input: unknown): Step;
  /** The next step, or undefined when the event is stale: its task was replaced, or no state takes it. */
  apply(state: ActorState, event: CoreEvent): Step | undefined;
  /** Whether the state takes an event of its own kind, such as one that a `wait` node names. */
  takes(state: ActorState, event: { readonly type: string }): boolean;
  /** Whether a task still counts. */
  runs(state: ActorState, task: Pick<Task, 'taskId' | 'childId'>): boolean;
  /** A state as JSON: what did not change since an earlier one is the same object in both. */
  persist(state: ActorState): unknown;
  /** Gives a persisted state back. The argument is not changed. */
  restore(persisted: unknown): ActorState;
}

interface Collected {
  readonly actions: { readonly type: string; readonly params: unknown }[];
  readonly transitions: TakenTransition[];
}

/** An actor that never starts: XState wants a `self` and a `system` even when it only computes. */
const ghost = createActor(createMachine({}), { id: PURE_ACTOR });

/** Where the step that is being computed collects. Steps are synchronous; one inside another restores it. */
let collected: Collected = { actions: [], transitions: [] };

const system = Object.create(ghost.system) as typeof ghost.system;
Object.defineProperty(system, '_sendInspectionEvent', {
  value: (event: {
    type: string;
    snapshot?: { readonly context: unknown };
    _transitions?: readonly Pick<TakenTransition, 'actions'>[];
  }) => {
    if (event.type !== '@xstate.microstep') return;
    const context = event.snapshot?.context;
    for (const { actions } of event._transitions ?? []) collected.transitions.push({ actions, context });
  },
});

const scope = new SteadyScope({
  id: 'core',
  sessionId: 'core',
  self: ghost,
  system,
  logger() {},
  defer() {},
  emit() {},
  stopChild() {},
  actionExecutor: action => collected.actions.push(action as { type: string; params: unknown }),
});

/** Computes with the scope and gives what was collected. */
function collect<T>(compute: () => T): { value: T; into: Collected } {
  const outer = collected;
  const into: Collected = { actions: [], transitions: [] };
  collected = into;
  try {
    return { value: compute(), into };
  } finally {
    collected = outer;
  }
}

/** The ids of the tasks that the active states list. */
function liveTasks(snapshot: CoreSnapshot): readonly string[] {
  const live: string[] = [];
  if (snapshot.status !== 'active') return live;
  for (const node of snapshot._nodes) {
    const tasks = tasksOf(node);
    if (tasks) live.push(...tasks);
  }
  return live;
}

/** Takes the tasks that are not live any more out of those that ran. */
function drop(active: Record<string, string>, live: readonly string[]): string[] {
  const dropped: string[] = [];
  for (const id of Object.keys(active)) {
    if (live.includes(id)) continue;
    dropped.push(active[id] as string);
    delete active[id];
  }
  return dropped;
}

/** What runs and what is set when a step is taken, as copies that become those after it. */
interface Running {
  readonly seq: number;
  readonly active: Record<string, string>;
  readonly timers: Record<string, string>;
}

function pack(running: Running, snapshot: CoreSnapshot, { actions, transitions }: Collected): Step<CoreSnapshot> {
  const seq = running.seq + 1;
  const live = liveTasks(snapshot);
  const { active } = running;
  const dropped = drop(active, live);
  const timers = snapshot.status === 'active' ? running.timers : {};
  const tasks: Task[] = [];
  let starts: TimerStart[] = [];
  for (const { type, params } of actions) {
    if (type === TASK) {
      const { id, src } = params as TaskParams;
      const taskId = `${seq}.${id}`;
      // A body whose state was left again within the step is no task; one that was started twice in it is one.
      if (!live.includes(id) || active[id] === taskId) continue;
      if (active[id] !== undefined) dropped.push(active[id]);
      active[id] = taskId;
      tasks.push({ taskId, childId: id, src });
    } else if (type === 'xstate.raise') {
      const { id, delay, event } = params as { id: string; delay?: number; event: { type: string } };
      if (delay === undefined) continue;
      timers[id] = `${seq}.${id}`;
      const due = isMomentTimer(id) ? { delay: 0, at: delay } : { delay };
      starts = [...starts.filter(timer => timer.id !== id), { timerId: `${seq}.${id}`, id, ...due, event }];
    } else if (type === 'xstate.cancel') delete timers[(params as { sendId: string }).sendId];
  }
  return {
    state: { seq, snapshot, active, timers },
    tasks,
    timers: starts.filter(timer => timers[timer.id] === timer.timerId),
    dropped,
    transitions,
  };
}

/** The first step of an actor. */
export function start(machine: AnyStateMachine, input: unknown): Step<CoreSnapshot> {
  const { value, into } = collect(() => taskMachine(machine).getInitialSnapshot(scope, input));
  if (value.status === 'error') throw value.error;
  return pack({ seq: 0, active: tableOf({}), timers: {} }, value as CoreSnapshot, into);
}

/** True when an event still means something: its task or timer has not been replaced, and the actor runs. */
function isCurrent({ active, timers, snapshot }: ActorState<CoreSnapshot>, event: CoreEvent): boolean {
  if (snapshot.status !== 'active') return false;
  switch (event.kind) {
    case 'done':
    case 'error':
    case 'step':
      return active[event.childId] === event.taskId;
    case 'timer':
      return timers[event.id] === event.timerId;
    case 'event':
      return snapshot.can(event.event);
    case 'settled':
      return false;
  }
}

/** An event as the machine takes it. */
export function toXState(event: Exclude<CoreEvent, { kind: 'settled' }>): { type: string } {
  switch (event.kind) {
    case 'done':
      return { type: DONE_ACTOR + event.childId, output: event.output, actorId: event.childId } as {
        type: string;
      };
    case 'error':
      return { type: ERROR_ACTOR + event.childId, error: event.error, actorId: event.childId } as {
        type: string;
      };
    case 'step':
      return { type: STEP_EVENT, id: event.childId, name: event.name, value: event.value } as { type: string };
    case 'timer':
    case 'event':
      return event.event;
  }
}

/** The next step of an actor, or undefined when the event is stale: its task was replaced, or no state takes it. */
export function apply(
  machine: AnyStateMachine,
  state: ActorState<CoreSnapshot>,
  event: CoreEvent,
): Step<CoreSnapshot> | undefined {
  if (event.kind === 'settled' || !isCurrent(state, event)) return undefined;
  const { value, into } = collect(() => taskMachine(machine).transition(state.snapshot, toXState(event), scope));
  const active = tableOf(state.active, event.kind === 'done' || event.kind === 'error' ? event.childId : undefined);
  const timers = { ...state.timers };
  if (event.kind === 'timer') delete timers[event.id];
  return pack({ seq: state.seq, active, timers }, value as CoreSnapshot, into);
}

/** How a machine steps. */
export function machineLogic(machine: AnyStateMachine): CoreLogic {
  return {
    start: input => start(machine, input),
    apply: (state, event) => apply(machine, state as ActorState<CoreSnapshot>, event),
    takes: ({ snapshot }, event) => (snapshot as CoreSnapshot).can(event),
    runs: ({ active }, { childId, taskId }) => active[childId] === taskId,
    persist: state => persist(state as ActorState<CoreSnapshot>),
    restore: persisted => restore(machine, persisted as PersistedState),
  };
}

/** An actor's state as JSON, of the very objects that it consists of. Children are left out: `active` says what runs for them. */
export interface PersistedState {
  readonly seq: number;
  readonly snapshot: Snapshot<unknown>;
  readonly active: Readonly<Record<string, string>>;
  readonly timers: Readonly<Record<string, string>>;
}

/**
 * What of a snapshot is kept. XState's own way looks through the whole context for actors, of which there are none here:
 * that would cost the length of the state at every step.
 */
export function persist({ seq, snapshot, active, timers }: ActorState<CoreSnapshot>): PersistedState {
  const { status, value, context, output, error } = snapshot;
  const kept = { status, value, context, output, error };
  return { seq, snapshot: kept as unknown as Snapshot<unknown>, active, timers };
}

/** What XState wants of a snapshot beside what is kept: compiled graphs have no history states, and tasks for children. */
const NOTHING_ELSE = { historyValue: {}, children: {} };

/** Gives a persisted state back. The argument is not changed. */
export function restore(
  machine: AnyStateMachine,
  { seq, snapshot, active, timers }: PersistedState,
): ActorState<CoreSnapshot> {
  const live = collect(() => taskMachine(machine).restoreSnapshot({ ...snapshot, ...NOTHING_ELSE }, scope))
    .value as CoreSnapshot;
  return { seq, snapshot: live, active, timers };
}
