/** Threads with all that a store keeps of them, in this process: for tests, and for history without a file. */

import { FINISHED, threadAfter, withoutRoot } from './rows.ts';
import {
  type Checkpoint,
  type Claim,
  type LoadedThread,
  type Pruned,
  type PrunePolicy,
  type Store,
  type StoreCommit,
  type StoredCheckpoint,
  type StoredThread,
  type StoredWorker,
  StoreError,
  type ThreadFilter,
} from './store.ts';
import { referencesIn } from './tree.ts';

interface Kept {
  thread: StoredThread;
  readonly checkpoints: Map<number, StoredCheckpoint>;
  /** The worker of each task. */
  readonly tasks: Map<string, string | undefined>;
}

class MemoryStore implements Store {
  private readonly all = new Map<string, Kept>();
  private readonly bodies = new Map<string, string>();
  private readonly known = new Map<string, StoredWorker>();
  private readonly listeners = new Set<(thread: string) => void>();
  private keys = 0;
  private closed = false;

  private checkOpen(): void {
    if (this.closed) throw new StoreError('closed', 'the store in memory was closed');
  }

  private get kept(): Map<string, Kept> {
    this.checkOpen();
    return this.all;
  }

  load(thread: string, seq?: number): LoadedThread | undefined {
    const kept = this.kept.get(thread);
    const checkpoint = kept?.checkpoints.get(seq ?? kept.thread.seq);
    if (!kept || !checkpoint) return undefined;
    const tasks = Array.from(kept.tasks, ([task, worker]) => ({ task, ...(worker === undefined ? {} : { worker }) }));
    return { thread: kept.thread, checkpoint, tasks };
  }

  head(thread: string): Pick<StoredThread, 'key' | 'seq'> | undefined {
    const kept = this.kept.get(thread);
    return kept && { key: kept.thread.key, seq: kept.thread.seq };
  }

  texts(digests: readonly string[]): ReadonlyMap<string, string> {
    this.checkOpen();
    const found = digests.map((digest): [string, string] => {
      const text = this.bodies.get(digest);
      if (text === undefined) throw new StoreError('corrupt', `the text ${digest} is missing`);
      return [digest, text];
    });
    return new Map(found);
  }

  commit(commit: StoreCommit): string {
    const { thread: id, before, checkpoints, started, ended, texts, worker, origin } = commit;
    const known = this.kept.get(id);
    if ((known?.thread.seq ?? 0) !== before || known?.thread.key !== commit.key) throw StoreError.stale(id);
    if (origin && !this.kept.get(origin.thread)?.checkpoints.has(origin.seq)) throw StoreError.stale(origin.thread);
    const key = known?.thread.key ?? String(++this.keys);
    const thread = threadAfter(commit, key, known?.thread);
    const kept: Kept = known ?? { thread, checkpoints: new Map(), tasks: new Map() };
    this.kept.set(id, kept);
    kept.thread = thread;
    for (const checkpoint of checkpoints) kept.checkpoints.set(checkpoint.seq, checkpoint);
    for (const [digest, text] of texts) this.bodies.set(digest, text);
    for (const task of ended) kept.tasks.delete(task);
    for (const { task, worker: own } of started) kept.tasks.set(task, own);
    if (worker) this.known.set(worker.id, worker);
    // A listener that fails or commits must not do so inside of this commit.
    for (const listener of this.listeners) queueMicrotask(() => this.listeners.has(listener) && listener(id));
    return key;
  }

  private isFree(worker: string | undefined, { now, ended = [] }: Pick<Claim, 'now' | 'ended'>): boolean {
    if (worker === undefined || ended.includes(worker)) return true;
    const until = this.known.get(worker)?.until;
    return until === undefined || until <= now;
  }

  claim(thread: string, claim: Claim): readonly string[] {
    const tasks = this.kept.get(thread)?.tasks ?? new Map<string, string | undefined>();
    this.known.set(claim.worker.id, claim.worker);
    const own = [...tasks].filter(([, worker]) => worker === claim.worker.id).map(([task]) => task);
    const free = [...tasks].filter(([, worker]) => worker !== claim.worker.id && this.isFree(worker, claim));
    const taken = free.slice(0, claim.limit).map(([task]) => task);
    for (const task of taken) tasks.set(task, claim.worker.id);
    return [...own, ...taken];
  }

  renew(worker: StoredWorker): void {
    const all = [...this.kept.values()];
    if (worker.until > 0) {
      this.known.set(worker.id, worker);
      return;
    }
    this.known.delete(worker.id);
    for (const { tasks } of all) for (const [task, own] of tasks) if (own === worker.id) tasks.set(task, undefined);
  }

  workers(): readonly StoredWorker[] {
    const busy = new Set([...this.kept.values()].flatMap(({ tasks }) => [...tasks.values()]));
    return [...this.known.values()].filter(({ id }) => busy.has(id));
  }

  pending(claim: Pick<Claim, 'now' | 'ended'>): readonly StoredThread[] {
    return [...this.kept.values()]
      .filter(({ thread: { due, status }, tasks }) => {
        if (status === 'cancelled') return false;
        return (due !== undefined && due <= claim.now) || [...tasks.values()].some(w => this.isFree(w, claim));
      })
      .map(({ thread }) => thread);
  }

  history(thread: string): readonly Checkpoint[] {
    return [...(this.kept.get(thread)?.checkpoints.values() ?? [])].map(withoutRoot).sort((a, b) => b.seq - a.seq);
  }

  threads({ graph, status, since = 0, until = Infinity, forkOf, limit }: ThreadFilter = {}): readonly StoredThread[] {
    return [...this.kept.values()]
      .map(({ thread }) => thread)
      .filter(t => (graph ?? t.graph) === t.graph && (status ?? t.status) === t.status)
      .filter(
        ({ updated, origin }) => updated >= since && updated < until && (forkOf ?? origin?.thread) === origin?.thread,
      )
      .sort((a, b) => b.updated - a.updated || (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  }

  remove(thread: string): boolean {
    return this.kept.delete(thread);
  }

  prune({ keep = Infinity, before = 0, finishedBefore = 0, thread: only }: PrunePolicy): Pruned {
    let [threads, checkpoints] = [0, 0];
    for (const [id, kept] of this.kept) {
      if (only !== undefined && id !== only) continue;
      if (FINISHED.includes(kept.thread.status) && kept.thread.updated < finishedBefore) {
        this.kept.delete(id);
        threads++;
        checkpoints += kept.checkpoints.size;
        continue;
      }
      const newest = [...kept.checkpoints.keys()].sort((a, b) => b - a);
      for (const [place, seq] of newest.entries()) {
        const old = place >= keep || (kept.checkpoints.get(seq)?.at ?? 0) < before;
        if (place > 0 && old && kept.checkpoints.delete(seq)) checkpoints++;
      }
    }
    const horizon = Math.max(before, finishedBefore);
    const busy = new Set(this.workers().map(({ id }) => id));
    for (const { id, until } of this.known.values()) if (until < horizon && !busy.has(id)) this.known.delete(id);
    return { threads, checkpoints, texts: this.sweep() };
  }

  private sweep(): number {
    const roots = [...this.kept.values()].flatMap(({ checkpoints }) => [...checkpoints.values()].map(c => c.root));
    const live = new Set<string>();
    for (let next = roots.flatMap(referencesIn); next.length > 0; ) {
      const fresh = [...new Set(next)].filter(digest => !live.has(digest));
      for (const digest of fresh) live.add(digest);
      next = fresh.flatMap(digest => referencesIn(this.bodies.get(digest) ?? ''));
    }
    let swept = 0;
    for (const digest of this.bodies.keys()) if (!live.has(digest) && this.bodies.delete(digest)) swept++;
    return swept;
  }

  watch(listener: (thread: string) => void): () => void {
    this.checkOpen();
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): void {
    this.closed = true;
    this.listeners.clear();
  }
}

/** A store in memory. Threads outlive their runtime in it, and not the process. */
export function memoryStore(): Store {
  return new MemoryStore();
}
