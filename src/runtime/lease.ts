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

  /** How this worker stands, its time renewed. */
  renewed(): StoredWorker {
    this.until = this.clock.now() + this.length;
    const { id, until } = this;
    const { host, pid } = this.place;
    return { id, host, pid, until };
  }

  /** As `renewed`, when half of the time is over. */
  get due(): StoredWorker | undefined {
    return this.until - this.clock.now() < this.length / 2 ? this.renewed() : undefined;
  }

  /** Renews the time where it is needed. */
  async beat(): Promise<void> {
    const { due } = this;
    if (due) await this.store.renew(due);
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
    return new Set(await this.store.claim(thread, { worker: this.renewed(), now: this.clock.now(), ended }));
  }

  /** Gives back what this worker has. */
  async release(): Promise<void> {
    const { id } = this;
    const { host, pid } = this.place;
    this.until = 0;
    await this.store.renew({ id, host, pid, until: 0 });
  }
}
