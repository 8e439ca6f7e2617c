/**
 * The timers of one thread: absolute due times, so that a wait that was interrupted goes on and does not begin again (C5).
 */
import { isBackgroundTimer } from '../compile/delays.ts';
import type { TimerStart } from '../core/core.ts';
import type { Clock } from './clock.ts';
import type { KeptTimer } from './kept.ts';

/** What the actors of a thread count together, so that asking costs the same however many they are. */
export interface Tally {
  /** Timers that are set and that the run waits for. */
  blocking: number;
}

interface Entry {
  readonly timer: TimerStart;
  readonly due: number;
  callOff?: () => void;
}

export class Timers {
  private readonly entries = new Map<string, Entry>();
  private readonly clock: Clock;
  private readonly tally: Tally;
  private readonly fire: (timer: TimerStart) => void;

  constructor(clock: Clock, tally: Tally, fire: (timer: TimerStart) => void) {
    this.clock = clock;
    this.tally = tally;
    this.fire = fire;
  }

  private add(entry: Entry): void {
    const { timer } = entry;
    this.entries.set(timer.timerId, entry);
    if (!isBackgroundTimer(timer.id)) this.tally.blocking++;
  }

  private remove(timerId: string, { timer }: Entry): void {
    this.entries.delete(timerId);
    if (!isBackgroundTimer(timer.id)) this.tally.blocking--;
  }

  /** Takes over the timers of a step: new ones are set, those the state no longer has are called off. */
  update(starts: readonly TimerStart[], live: Readonly<Record<string, string>>): void {
    if (this.entries.size > 0) {
      const ids = new Set(Object.values(live));
      for (const [id, entry] of this.entries) {
        if (ids.has(id)) continue;
        entry.callOff?.();
        this.remove(id, entry);
      }
    }
    for (const timer of starts) this.add({ timer, due: timer.at ?? this.clock.now() + timer.delay });
  }

  /** Takes over timers that were stored. */
  restore(timers: readonly KeptTimer[]): void {
    for (const { due, ...timer } of timers) this.add({ timer: { ...timer, delay: 0, at: due }, due });
  }

  /** The timers that are set, with the times at which they are due. */
  kept(): KeptTimer[] {
    return Array.from(this.entries.values(), ({ due, timer: { timerId, id, event } }) => ({ timerId, id, due, event }));
  }

  /** When the first is due, in milliseconds since 1970. */
  get firstDue(): number | undefined {
    const dues = Array.from(this.entries.values(), ({ due }) => due);
    return dues.length === 0 ? undefined : Math.min(...dues);
  }

  /** Takes out the timers that fell due. */
  takeDue(): TimerStart[] {
    const now = this.clock.now();
    const due = [...this.entries].filter(([, entry]) => entry.due <= now);
    for (const [id, entry] of due) {
      entry.callOff?.();
      this.remove(id, entry);
    }
    return due.map(([, { timer }]) => timer);
  }

  /** Arms what is not armed yet. */
  arm(): void {
    for (const [id, entry] of this.entries) {
      entry.callOff ??= this.clock.after(
        entry.due - this.clock.now(),
        () => {
          this.remove(id, entry);
          this.fire(entry.timer);
        },
        isBackgroundTimer(entry.timer.id),
      );
    }
  }

  /** Stops the clock for this thread; due times stay as they are. */
  disarm(): void {
    for (const entry of this.entries.values()) {
      entry.callOff?.();
      delete entry.callOff;
    }
  }

  /** Calls off all timers for good. */
  clear(): void {
    this.disarm();
    for (const [id, entry] of this.entries) this.remove(id, entry);
  }
}
