/**
 * Who this process is to others that share its store: a worker whose tasks are its own for a while (C6).
 *
 * The time is renewed by the commits that it makes anyway, and by the clock while bodies take long.
 */
import type { Store, StoredWorker } from '../store/store.ts';
import type { Clock } from './clock.ts';

/** How long the tasks of a process are its own after it was last heard of, in milliseconds. */
const LENGTH = 30_000;

/** This machine and process; absent where there is none, as in a browser. */
export interface Place {
  readonly host: string;
  readonly pid: number;
  /** Whether a process of this machine runs. */
  readonly runs: (pid: number) => boolean;
}

export class Lease {
  readonly id: string;
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly place: Place;
  private readonly length: number;
  private until = 0;

  constructor(store: Store, clock: Clock, place: Place, id: string, length = LENGTH) {
    this.id = id;
    this.store = store;
    this.clock = clock;
    this.place = place;
    this.length = length;
  }

  /** How this worker stands with its time renewed, when half of it is over. Counts when it is stored: see `stored`. */
  get due(): StoredWorker | undefined {
    return this.until - this.clock.now() < this.length / 2 ? this.renewed() : undefined;
  }

  private renewed(): StoredWorker {
    const { host, pid } = this.place;
    return { id: this.id, host, pid, until: this.clock.now() + this.length };
  }

  /** Told that what `due` gave is in the store. */
  stored({ until }: StoredWorker): void {
    this.until = Math.max(this.until, until);
  }

  /** Renews the time where it is needed. */
  async beat(): Promise<void> {
    const { due } = this;
    if (!due) return;
    await this.store.renew(due);
    this.stored(due);
  }

  /** Workers of this machine whose process has ended. */
  async ended(): Promise<string[]> {
    const { host, runs } = this.place;
    const workers = await this.store.workers();
    return workers.filter(w => w.host === host && !runs(w.pid)).map(w => w.id);
  }

  /** Takes the tasks of a thread that nobody runs; gives all that are this worker's. */
  async claim(thread: string): Promise<ReadonlySet<string>> {
    const ended = await this.ended();
    const worker = this.renewed();
    const claimed = await this.store.claim(thread, { worker, now: this.clock.now(), ended });
    this.stored(worker);
    return new Set(claimed);
  }

  /** Gives back the tasks of one thread. */
  async giveUp(thread: string): Promise<void> {
    const { id } = this;
    const nobody: StoredWorker = { id: `${id} gave up`, host: '', pid: 0, until: 0 };
    await this.store.claim(thread, { worker: nobody, now: this.clock.now(), ended: [id] });
  }

  /** Gives back what this worker has. */
  async release(): Promise<void> {
    const { id } = this;
    const { host, pid } = this.place;
    this.until = 0;
    await this.store.renew({ id, host, pid, until: 0 });
  }
}
