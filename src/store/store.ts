/** Where threads are kept. A store knows no graphs: states are JSON to it. */

/** An actor as it stood after its last step. */
export interface StoredActor {
  readonly address: string;
  /** The task that it runs for; absent for the root of a thread. */
  readonly parent?: { readonly address: string; readonly taskId: string; readonly childId: string };
  /** Counts the steps of the actor, from 1. */
  readonly seq: number;
  readonly state: unknown;
  /** Absolute due times, in milliseconds since 1970. */
  readonly timers: readonly StoredTimer[];
}

export interface StoredTimer {
  readonly timerId: string;
  readonly id: string;
  readonly due: number;
  readonly event: { readonly type: string };
}

export type StoredStatus = 'running' | 'done' | 'waiting' | 'failed' | 'cancelled';

/** What is kept of a thread beside its actors. */
export interface StoredThread {
  readonly id: string;
  readonly graph: string;
  /** The file of the graph. */
  readonly file: string;
  /** A digest of each node, to tell what changed since. */
  readonly shape: Readonly<Record<string, string>>;
  /** Counts the runs, from 1. */
  readonly run: number;
  readonly status: StoredStatus;
  /** The figures of the run so far, as JSON. */
  readonly counters: unknown;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
}

/** One step of one actor, with all that belongs to it. */
export interface StoreCommit {
  readonly thread: string;
  readonly actor: StoredActor;
  /** The `seq` that the actor must have now; 0 when it must not be there. */
  readonly before: number;
  /** Actors that ended. */
  readonly removed: readonly string[];
  /** Given when the step begins a run: every other actor of the thread is removed. */
  readonly begins?: StoredThread;
}

/** Keeps threads. Every method either does all that it says or throws {@link StoreError} and changes nothing. */
export interface Store {
  load(thread: string): { readonly thread: StoredThread; readonly actors: readonly StoredActor[] } | undefined;
  /** Throws with the code `stale` when the actor has another `seq`: somebody else went on with the thread. */
  commit(commit: StoreCommit): void;
  /** Notes how a thread stands. */
  note(thread: string, status: StoredStatus, counters: unknown, at: number): void;
  /** The newest first. */
  threads(filter?: { readonly graph?: string; readonly status?: StoredStatus }): readonly StoredThread[];
  /** Removes a thread with all that is kept of it. Returns whether there was one. */
  remove(thread: string): boolean;
  close(): void;
}

/** A store could not do what it was asked; what it acknowledged before stays. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: 'stale' | 'busy' | 'full' | 'corrupt' | 'read-only' | 'foreign' | 'version' | 'io' | 'closed';
  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
