/**
 * One thread in its store: what its steps changed goes out as checkpoints, and comes back when it is loaded.
 *
 * - C1. A checkpoint is a whole turn: all that followed from an event, in every actor, in one commit.
 * - C4. What did not change since the last checkpoint is not written again.
 * - C6. A commit names the checkpoint that it goes on from.
 */
import type {
  Checkpoint,
  Maybe,
  Origin,
  Store,
  StoreCommit,
  StoredStatus,
  StoredTask,
  StoredThread,
} from '../store/store.ts';
import { Tree } from '../store/tree.ts';
import type { Clock } from './clock.ts';
import { firstDue, type KeptActor, type KeptThread } from './kept.ts';
import type { Lease } from './lease.ts';
import { chain } from './maybe.ts';
import type { Durability } from './options.ts';

/** What a turn did to the actors of a thread and to its tasks. */
export class Draft {
  /** Actors that changed, as they are when the draft is written. */
  readonly changed = new Map<string, () => KeptActor>();
  readonly removed = new Set<string>();
  /** Tasks, and whether they are this process's to run. */
  readonly started = new Map<string, boolean>();
  readonly ended = new Set<string>();
  readonly labels: string[] = [];

  change(address: string, kept: () => KeptActor): void {
    this.changed.set(address, kept);
    this.removed.delete(address);
  }

  remove(address: string): void {
    this.changed.delete(address);
    this.removed.add(address);
  }

  start(task: string, own = true): void {
    this.started.set(task, own);
  }

  end(task: string): void {
    if (!this.started.delete(task)) this.ended.add(task);
  }

  /** Whether there is nothing to write. */
  get empty(): boolean {
    return this.changed.size + this.removed.size + this.started.size + this.ended.size === 0;
  }

  /** Adds what came after. */
  add(later: Draft): void {
    for (const [address, kept] of later.changed) this.change(address, kept);
    for (const address of later.removed) this.remove(address);
    for (const task of later.ended) this.end(task);
    for (const [task, own] of later.started) this.start(task, own);
    this.labels.push(...later.labels);
  }
}

/** How a thread stands after a turn. */
export interface Standing {
  readonly status: StoredStatus;
  readonly run: number;
  readonly counters: unknown;
}

/** A thread as it was loaded. */
export interface LoadedRun {
  readonly thread: StoredThread;
  readonly seq: number;
  readonly status: StoredStatus;
  readonly value: KeptThread;
  /** Of the newest checkpoint. */
  readonly tasks: readonly StoredTask[];
  /** There when it is to go on as a thread of its own. */
  readonly origin?: Origin;
}

export interface JournalOptions {
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly thread: string;
  readonly graph: Pick<StoredThread, 'graph' | 'file'> & Pick<KeptThread, 'shape'>;
}

export class Journal {
  private readonly about: JournalOptions;
  private readonly tree = new Tree();
  private readonly places = new Map<string, number>();
  private free: number[] = [];
  private key: string | undefined;
  /** The newest checkpoint that was written here or read, and its value. */
  seq = 0;
  /** How the thread stood when something was last written, or is to be. */
  status: StoredStatus | undefined;
  private value: KeptThread | undefined;
  private origin: Origin | undefined;
  /** With `exit`: what is not written yet. */
  private held: { readonly draft: Draft; standing: Standing } | undefined;
  /** With `async`: commits that are not on their way yet. */
  private queue: StoreCommit[] = [];
  private writing: Promise<void> | undefined;
  /** There when what was written last is not in the store. */
  private failure: { readonly reason: unknown } | undefined;
  /** Called when a commit that nobody waits for fails. */
  private readonly broken: (reason: unknown) => void;

  constructor(about: JournalOptions, broken: (reason: unknown) => void) {
    this.about = about;
    this.broken = broken;
  }

  /** Reads the newest checkpoint of the thread, or one that is asked for, perhaps of another. */
  load(seq?: number, thread: string = this.about.thread): Maybe<LoadedRun | undefined> {
    const { store } = this.about;
    return chain(store.load(thread, seq), found => {
      if (!found) return undefined;
      const { checkpoint, tasks } = found;
      return chain(
        this.tree.read(checkpoint.root, digests => store.texts(digests)),
        value => ({
          thread: found.thread,
          seq: checkpoint.seq,
          status: checkpoint.status,
          value: value as KeptThread,
          tasks,
        }),
      );
    });
  }

  history(): Maybe<readonly Checkpoint[]> {
    return this.about.store.history(this.about.thread);
  }

  /** Goes on from what was loaded; from nothing, with a new thread. */
  take(loaded: LoadedRun | undefined): void {
    this.origin = loaded?.origin;
    const own = loaded?.origin ? undefined : loaded;
    this.key = own?.thread.key;
    this.seq = own?.seq ?? 0;
    this.status = own?.status;
    this.value = loaded?.value;
    this.held = undefined;
    this.queue = [];
    this.failure = undefined;
    this.places.clear();
    this.free = [];
    for (const [place, actor] of (loaded?.value.actors ?? []).entries()) {
      if (actor) this.places.set(actor.address, place);
      else this.free.push(place);
    }
  }

  /** Whether the thread went on elsewhere. */
  moved(): Maybe<boolean> {
    if (this.failure) return true;
    if (this.writing) return false;
    return chain(this.about.store.head(this.about.thread), head => head?.seq !== this.seq || head.key !== this.key);
  }

  /** Writes a turn; with `sync` it is in the store when this returns, or when its promise resolves. */
  write(draft: Draft, standing: Standing, durability: Durability): Maybe<void> {
    if (this.failure) throw this.failure.reason;
    if (durability === 'exit') {
      this.held ??= { draft: new Draft(), standing };
      this.held.draft.add(draft);
      this.held.standing = standing;
      this.status = standing.status;
      return undefined;
    }
    const commit = this.commitOf(draft, standing);
    if (durability === 'sync' && !this.writing) return this.commit(commit);
    this.queue.push(commit);
    this.writing ??= this.drain();
    return durability === 'sync' ? this.flush() : undefined;
  }

  /** Writes all that is not written yet. */
  flush(): Maybe<void> {
    if (this.held) {
      const { draft, standing } = this.held;
      this.held = undefined;
      return this.write(draft, standing, 'sync');
    }
    if (!this.writing && !this.failure) return undefined;
    return (async () => {
      await this.writing;
      if (this.failure) throw this.failure.reason;
    })();
  }

  private commit(commit: StoreCommit): Maybe<void> {
    try {
      const key = this.about.store.commit(commit);
      if (key instanceof Promise)
        return key.then(
          own => this.committed(commit, own),
          reason => this.fail(reason),
        );
      this.committed(commit, key);
    } catch (reason) {
      this.fail(reason);
    }
  }

  /** What was to be written is not in the store: nothing can be written after it until the thread is loaded anew. */
  private fail(reason: unknown): never {
    this.failure = { reason };
    throw reason;
  }

  private committed({ worker }: StoreCommit, key: string): void {
    if (worker) this.about.lease.stored(worker);
    this.key = key;
  }

  private async drain(): Promise<void> {
    try {
      while (this.queue.length > 0) {
        // What happens meanwhile goes into the same commit.
        await new Promise<void>(resolve => setImmediate(resolve));
        const commit = this.queue.splice(0).reduce(joined);
        this.committed(commit, await this.about.store.commit({ ...commit, ...this.known() }));
      }
    } catch (reason) {
      this.failure = { reason };
      this.queue = [];
      this.broken(reason);
    } finally {
      this.writing = undefined;
    }
  }

  private known(): Pick<StoreCommit, 'key'> {
    return this.key === undefined ? {} : { key: this.key };
  }

  private commitOf(draft: Draft, { status, run, counters }: Standing): StoreCommit {
    const { thread, lease, clock, graph } = this.about;
    const actors = this.placed(draft);
    const value: KeptThread = { run, shape: graph.shape, counters, actors };
    const texts = new Map<string, string>();
    const root = this.tree.write(value, this.value, texts);
    const before = this.seq;
    const worker = draft.started.size > 0 ? lease.due : undefined;
    this.value = value;
    this.status = status;
    this.seq = before + 1;
    const label = [...new Set(draft.labels)].join(', ').slice(0, 200);
    return {
      thread,
      ...this.known(),
      before,
      graph: graph.graph,
      file: graph.file,
      checkpoints: [{ seq: this.seq, at: clock.now(), status, label, root }],
      texts,
      started: Array.from(draft.started, ([task, own]) => (own ? { task, worker: lease.id } : { task })),
      ended: [...draft.ended],
      due: firstDue(value),
      ...(before === 0 && this.origin ? { origin: this.origin } : {}),
      ...(worker ? { worker } : {}),
    };
  }

  /** The actors in their places. */
  private placed(draft: Draft): readonly (KeptActor | null)[] {
    const actors = this.value?.actors.slice() ?? [];
    for (const address of draft.removed) {
      const place = this.places.get(address);
      if (place === undefined) continue;
      this.places.delete(address);
      this.free.push(place);
      actors[place] = null;
    }
    for (const [address, kept] of draft.changed) {
      const place = this.places.get(address) ?? this.free.pop() ?? actors.length;
      this.places.set(address, place);
      actors[place] = kept();
    }
    return Object.freeze(actors);
  }
}

/** Two commits of a thread, one after the other, as one. */
function joined(first: StoreCommit, second: StoreCommit): StoreCommit {
  const ended = new Set(second.ended);
  const again = new Set(second.started.map(({ task }) => task));
  const started = new Set(first.started.map(({ task }) => task));
  return {
    ...second,
    ...(first.key === undefined ? {} : { key: first.key }),
    before: first.before,
    checkpoints: [...first.checkpoints, ...second.checkpoints],
    texts: new Map([...first.texts, ...second.texts]),
    started: [...first.started.filter(({ task }) => !ended.has(task) && !again.has(task)), ...second.started],
    ended: [...first.ended, ...second.ended.filter(task => !started.has(task))],
    ...(first.origin ? { origin: first.origin } : {}),
    ...(first.worker && !second.worker ? { worker: first.worker } : {}),
  };
}
