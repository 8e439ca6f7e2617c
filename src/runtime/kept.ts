/** What is kept of a thread: a JSON value, written as a tree of which only what changed is written again. */
import type { State } from '../compile/context.ts';
import type { Shape } from './shape.ts';

export interface KeptTimer {
  readonly timerId: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly due: number;
  readonly event: { readonly type: string };
}

/** An actor as it stood after its last step. */
export interface KeptActor {
  readonly address: string;
  /** The task that it runs for; absent for the root. */
  readonly parent?: { readonly address: string; readonly taskId: string; readonly childId: string };
  readonly state: unknown;
  readonly timers: readonly KeptTimer[];
}

export interface KeptThread {
  /** Counts the runs, from 1. */
  readonly run: number;
  /** A digest of each node, to tell what changed since. */
  readonly shape: Shape;
  /** The figures of the run. */
  readonly counters: unknown;
  /** An actor keeps its place while it lives; the place of one that ended is free for another. */
  readonly actors: readonly (KeptActor | null)[];
}

export const actorsOf = ({ actors }: Pick<KeptThread, 'actors'>): KeptActor[] => actors.filter(actor => actor !== null);

/** When the first of the timers is due. */
export function firstDue(thread: Pick<KeptThread, 'actors'>): number | undefined {
  let first: number | undefined;
  for (const { timers } of actorsOf(thread))
    for (const { due } of timers) if (first === undefined || due < first) first = due;
  return first;
}

/** The thread under another id: actors and what they know of it. */
export function renamed(thread: KeptThread, from: string, to: string): KeptThread {
  const place = (address: string): string => to + address.slice(from.length);
  const actors = thread.actors.map(actor => {
    if (!actor) return null;
    const { address, parent, ...rest } = actor;
    const moved = parent ? { parent: { ...parent, address: place(parent.address) } } : {};
    return { ...rest, address: place(address), ...moved, state: withThread(rest.state, to) };
  });
  return { ...thread, actors };
}

interface GraphActor {
  readonly seq: number;
  readonly snapshot?: { readonly context?: { readonly thread?: object; readonly state?: State } };
}

/** The state of the graph itself. */
export function rootState(thread: Pick<KeptThread, 'actors'>): State | undefined {
  const root = actorsOf(thread).find(actor => !actor.parent);
  return (root?.state as GraphActor | undefined)?.snapshot?.context?.state;
}

function withThread(state: unknown, id: string): unknown {
  const { snapshot } = state as GraphActor;
  const { context } = snapshot ?? {};
  if (!context?.thread) return state;
  return {
    ...(state as object),
    snapshot: { ...snapshot, context: { ...context, thread: { ...context.thread, id } } },
  };
}

/** The actor of a graph with other values in its state, a step later. */
export function withState(actor: unknown, state: unknown): unknown {
  const { seq, snapshot, ...rest } = actor as GraphActor;
  return { ...rest, seq: seq + 1, snapshot: { ...snapshot, context: { ...snapshot?.context, state } } };
}
