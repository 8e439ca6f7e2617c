/**
 * The machine that the core steps: the one it is given, but that a state which invokes an actor lists a task instead.
 *
 * XState would make an actor for every invoke, and of a child machine its whole first state, and copy the snapshot to note
 * it and again to take it away: all of it for nothing here, where tasks stand for children. It was half of a step.
 */
import { type AnyStateMachine, createMachine } from 'xstate';
import { DONE_ACTOR, ERROR_ACTOR } from '../compile/actor-events.ts';
import { tableOf } from './table.ts';

/** The action that lists a task; its parameters are a {@link TaskParams}. */
export const TASK = '$task';

export interface TaskParams {
  /** The id of the child: the node. */
  readonly id: string;
  /** The registered name of the actor logic. */
  readonly src: string;
}

interface InvokeConfig {
  readonly id?: string;
  readonly src: unknown;
  readonly onDone?: unknown;
  readonly onError?: unknown;
}

/** What is used of the config of a state, in XState's own forms. */
interface StateConfig {
  readonly invoke?: InvokeConfig | readonly InvokeConfig[];
  readonly entry?: unknown;
  readonly on?: Readonly<Record<string, unknown>>;
  readonly states?: Readonly<Record<string, StateConfig>>;
  /** The tasks of the state; XState does not look at it. */
  readonly tasks?: readonly string[];
}

const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

function paramsOf({ id, src }: InvokeConfig): TaskParams {
  if (typeof id === 'string' && typeof src === 'string') return { id, src };
  throw new Error(`the actor "${id ?? ''}" must be named, not inline`);
}

/** What the events of a state lead to, with the done and error events of what it invokes. */
function handlersOf(on: StateConfig['on'], invokes: readonly InvokeConfig[]): Record<string, unknown> {
  // A table: V8 shares the shapes of plain objects that begin with one of 1,536 names, and these are new in each state.
  const handlers = tableOf(on ?? {});
  for (const { id, onDone, onError } of invokes) {
    if (onDone !== undefined) handlers[DONE_ACTOR + id] = onDone;
    if (onError !== undefined) handlers[ERROR_ACTOR + id] = onError;
  }
  return handlers;
}

function withTasks({ invoke, ...config }: StateConfig): StateConfig {
  const { states } = config;
  const inner = states && {
    states: Object.fromEntries(Object.entries(states).map(([id, state]) => [id, withTasks(state)])),
  };
  if (!invoke) return { ...config, ...inner };
  const invokes = listOf(invoke) as readonly InvokeConfig[];
  const tasks = invokes.map(paramsOf);
  const entry = [...listOf(config.entry), ...tasks.map(params => ({ type: TASK, params }))];
  return { ...config, ...inner, entry, on: handlersOf(config.on, invokes), tasks: tasks.map(({ id }) => id) };
}

const made = new WeakMap<AnyStateMachine, AnyStateMachine>();

/** The machine to step in place of another. Its states, contexts and events are the same. */
export function taskMachine(machine: AnyStateMachine): AnyStateMachine {
  const known = made.get(machine);
  if (known) return known;
  const own: AnyStateMachine = createMachine(
    withTasks(machine.config as StateConfig) as never,
    machine.implementations,
  );
  made.set(machine, own);
  // One that was made here is stepped as it is.
  made.set(own, own);
  return own;
}

/** The ids of the tasks that a state lists. */
export const tasksOf = (node: AnyStateMachine['root']): readonly string[] | undefined =>
  (node.config as StateConfig).tasks;
