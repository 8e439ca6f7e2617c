/**
 * The timers of one thread: absolute due times, so that a wait that was interrupted goes on and does not begin again (C5).
 */
import { isBackgroundTimer } from '../compile/delays.ts';
import type { TimerStart } from '../core/core.ts';
import type { Clock } from './clock.ts';

interface Entry {
  readonly timer: TimerStart;
  readonly due: number;
  callOff?: () => void;
}

export class Timers {
  private readonly entries = new Map<string, Entry>();
  private readonly clock: Clock;
  private readonly fire: (timer: TimerStart) => void;

  constructor(clock: Clock, fire: (timer: TimerStart) => void) {
    this.clock = clock;
    this.fire = fire;
  }

  /** Takes over the timers of a step: new ones are set, those the state no longer has are called off. */
  update(starts: readonly TimerStart[], live: Readonly<Record<string, string>>): void {
    if (this.entries.size > 0) {
      const ids = new Set(Object.values(live));
      for (const [id, entry] of this.entries) {
        if (ids.has(id)) continue;
        entry.callOff?.();
        this.entries.delete(id);
      }
    }
    for (const timer of starts)
      this.entries.set(timer.timerId, { timer, due: timer.at ?? this.clock.now() + timer.delay });
  }

  /** Arms what is not armed yet. */
  arm(): void {
    for (const [id, entry] of this.entries) {
      entry.callOff ??= this.clock.after(
        entry.due - this.clock.now(),
        () => {
          this.entries.delete(id);
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

  /** Whether a timer is set that the run waits for. */
  get blocking(): boolean {
    return [...this.entries.values()].some(e => !isBackgroundTimer(e.timer.id));
  }
}
