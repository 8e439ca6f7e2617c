/**
 * Where threads are kept. A store knows no graphs: it keeps texts by their digest, and checkpoints that name them.
 *
 * - C1. `commit` is one atomic step: the checkpoints, the texts they refer to, the tasks and the due time.
 * - C4. A text is kept once, whoever refers to it. What did not change is not handed over again.
 * - C6. `commit` compares `seq`: of two that go on from one checkpoint, the second is told `stale` and changes nothing.
 * - C9. Every method does all that it says, or throws {@link StoreError} and changes nothing.
 *
 * Methods may answer at once, as an embedded database does, or with a promise.
 */

export type Maybe<T> = T | Promise<T>;

export const STATUSES = ['running', 'done', 'waiting', 'failed', 'cancelled'] as const;
export type StoredStatus = (typeof STATUSES)[number];

/** What is known of a thread without reading its state. */
export interface StoredThread {
  readonly id: string;
  /** Tells apart two threads of one id, of which the first was removed. */
  readonly key: string;
  readonly graph: string;
  /** The file of the graph. */
  readonly file: string;
  /** The number of its newest checkpoint. */
  readonly seq: number;
  readonly status: StoredStatus;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  /** When its next timer is due; absent when none is set. */
  readonly due?: number;
  /** The checkpoint that it was forked from. */
  readonly origin?: Origin;
}

export interface Origin {
  readonly thread: string;
  readonly seq: number;
}

/** One checkpoint, without its state. */
export interface Checkpoint {
  /** From 1, without gaps but those that `prune` made. */
  readonly seq: number;
  readonly at: number;
  readonly status: StoredStatus;
  /** What the step was about, for people: `invoke`, the nodes that ended, `resume review`. */
  readonly label: string;
}

/** A checkpoint with the text that leads to its state; see `tree.ts`. */
export interface StoredCheckpoint extends Checkpoint {
  readonly root: string;
}

/** A process that runs bodies. Its tasks are its own until `until`. */
export interface StoredWorker {
  readonly id: string;
  /** The machine and the process, so that one that ended is known to others on the machine at once. */
  readonly host: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** A body that runs or is to run, and who runs it; absent: nobody yet. */
export interface StoredTask {
  readonly task: string;
  readonly worker?: string;
}

export interface LoadedThread {
  readonly thread: StoredThread;
  readonly checkpoint: StoredCheckpoint;
  /** Of the newest checkpoint. */
  readonly tasks: readonly StoredTask[];
}

/** One step of a thread, or several that belong together. */
export interface StoreCommit {
  readonly thread: string;
  /** Of the thread as it was loaded; absent when it must not be there. */
  readonly key?: string;
  /** The `seq` that the thread must have now; 0 when it must not be there. */
  readonly before: number;
  readonly graph: string;
  readonly file: string;
  /** In order; the first has the `seq` after `before`. */
  readonly checkpoints: readonly StoredCheckpoint[];
  /** Texts that the checkpoints refer to and the one before did not, by digest. Known ones are left as they are. */
  readonly texts: ReadonlyMap<string, string>;
  readonly started: readonly StoredTask[];
  readonly ended: readonly string[];
  readonly due: number | undefined;
  /** Of a thread that begins: where it was forked from, which must still be there. */
  readonly origin?: Origin;
  /** Of a thread that comes from another store: its first checkpoints may have been forgotten there. */
  readonly imported?: { readonly created: number };
  /** Renews what the worker has, in the same step. */
  readonly worker?: StoredWorker;
}

export interface ThreadFilter {
  readonly graph?: string;
  readonly status?: StoredStatus;
  /** Last written at or after, in milliseconds since 1970. */
  readonly since?: number;
  /** Last written before. */
  readonly until?: number;
  /** Forks of a thread. */
  readonly forkOf?: string;
  /** The most to list. Default: all. */
  readonly limit?: number;
}

/** Which workers' tasks are free to take: those whose time is up, and those known to have ended. */
export interface Claim {
  readonly worker: StoredWorker;
  readonly now: number;
  /** Workers that are known to have ended. */
  readonly ended?: readonly string[];
  /** The most tasks to take. Default: all. */
  readonly limit?: number;
}

/** What to forget: whatever one of these says. A thread's newest checkpoint stays unless the thread itself goes. */
export interface PrunePolicy {
  /** Checkpoints to leave of each thread, from the newest. Default: all. */
  readonly keep?: number;
  /** Forgets checkpoints written before, in milliseconds since 1970. */
  readonly before?: number;
  /** Forgets whole threads, last written before, that are done or cancelled. */
  readonly finishedBefore?: number;
  readonly thread?: string;
}

export interface Pruned {
  readonly threads: number;
  readonly checkpoints: number;
  readonly texts: number;
}

/** Keeps threads. */
export interface Store {
  /** A thread at its newest checkpoint, or at one that is asked for. */
  load(thread: string, seq?: number): Maybe<LoadedThread | undefined>;
  /** The number of the newest checkpoint, with the key of the thread. */
  head(thread: string): Maybe<Pick<StoredThread, 'key' | 'seq'> | undefined>;
  /** Texts by digest, each checked. Throws `corrupt` for one that is not there. */
  texts(digests: readonly string[]): Maybe<ReadonlyMap<string, string>>;
  /** Gives the thread's key. */
  commit(commit: StoreCommit): Maybe<string>;
  /** Takes the tasks of a thread that nobody runs. Gives all that are the worker's then. */
  claim(thread: string, claim: Claim): Maybe<readonly string[]>;
  /** Extends the time of a worker; with `until` 0, gives back all that it has. */
  renew(worker: StoredWorker): Maybe<void>;
  /** Workers that have tasks. */
  workers(): Maybe<readonly StoredWorker[]>;
  /** Threads that have tasks nobody runs, or timers due. */
  pending(claim: Pick<Claim, 'now' | 'ended'>): Maybe<readonly StoredThread[]>;
  /** The checkpoints of a thread, the newest first. */
  history(thread: string): Maybe<readonly Checkpoint[]>;
  /** The newest first. */
  threads(filter?: ThreadFilter): Maybe<readonly StoredThread[]>;
  /** Removes a thread with its checkpoints. Returns whether there was one. */
  remove(thread: string): Maybe<boolean>;
  prune(policy: PrunePolicy): Maybe<Pruned>;
  /** Calls back with the id of a thread that was committed, perhaps elsewhere. Absent: ask `head` now and then. */
  watch?(listener: (thread: string) => void): () => void;
  close(): Maybe<void>;
}

/** A store could not do what it was asked; what it acknowledged before stays. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: 'stale' | 'busy' | 'full' | 'corrupt' | 'read-only' | 'foreign' | 'version' | 'io' | 'closed';
  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Somebody else went on with the thread. */
  static stale(thread: string): StoreError {
    return new StoreError('stale', `another process went on with the thread "${thread}"; nothing was changed`);
  }
}
