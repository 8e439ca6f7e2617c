/** Looks after a thread that runs while others share its store: renews the lease, and sees what others did. */
import { StoreError } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { Journal } from './journal.ts';
import type { Lease } from './lease.ts';
import type { ThreadActors } from './thread-actors.ts';

/** How often to look, in milliseconds: while bodies run elsewhere that this process waits for, and otherwise. */
const OFTEN = 100;
const SELDOM = 1_000;
/** Of the looks that are often, every so many look for tasks whose worker is gone. */
const CLAIM_EVERY = 10;

export interface Followed {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly lease: Lease;
  readonly actors: ThreadActors;
  /** Something changed, and perhaps nothing is left to do. */
  readonly quiet: () => void;
  readonly broken: (reason: unknown) => void;
}

export class Follow {
  private readonly of: Followed;
  private callOff: (() => void) | undefined;
  /** Whether the next look is soon. */
  private often = false;
  private looks = 0;
  private looking = false;

  constructor(of: Followed) {
    this.of = of;
  }

  start(): void {
    this.callOff ??= this.arm();
  }

  /** Looks often from now on, if there is something to wait for. */
  hurry(): void {
    if (!this.callOff || this.often || this.of.actors.elsewhere.size === 0) return;
    this.callOff();
    this.callOff = this.arm();
  }

  stop(): void {
    this.callOff?.();
    this.callOff = undefined;
  }

  private arm(): () => void {
    const { clock, actors } = this.of;
    this.often = actors.elsewhere.size > 0;
    return clock.after(this.often ? OFTEN : SELDOM, () => void this.again(), !this.often);
  }

  private async again(): Promise<void> {
    await this.look();
    if (this.callOff) this.callOff = this.arm();
  }

  /** Looks now: the store told that the thread was written. */
  async look(): Promise<void> {
    if (!this.callOff || this.looking) return;
    this.looking = true;
    try {
      await this.see();
    } catch (reason) {
      // Another process writes: there is a next time.
      if (!(reason instanceof StoreError && reason.code === 'busy')) this.of.broken(reason);
    } finally {
      this.looking = false;
    }
  }

  private async see(): Promise<void> {
    const { journal, lease, actors, quiet } = this.of;
    if (!actors.bodies.none) await lease.beat();
    const moved = await journal.moved();
    // The run may be over by now.
    if (!this.callOff) return;
    if (moved) await actors.resync(true);
    if (actors.elsewhere.size > 0 && this.looks++ % CLAIM_EVERY === 0) await actors.claim(lease);
    quiet();
  }
}
