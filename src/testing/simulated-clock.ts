import type { Clock } from '../runtime/clock.ts';

/** A clock that stands still until it is told to go on. */
export interface SimulatedClock extends Clock {
  /** Lets `ms` milliseconds pass: fires what falls due in order of time, and lets what follows from it settle. */
  advance(ms: number): Promise<void>;
  /** A promise that resolves after simulated milliseconds; rejects when the signal fires. For bodies in tests. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise<void>(resolve => setImmediate(resolve));
};

/** Makes a clock for tests of time: a wait of 30 s takes none. */
export function simulatedClock(start = 0): SimulatedClock {
  let now = start;
  let count = 0;
  const waiting: { readonly due: number; readonly order: number; readonly wake: () => void }[] = [];
  const after: Clock['after'] = (ms, wake) => {
    const entry = { due: now + Math.max(0, ms), order: count++, wake };
    waiting.push(entry);
    return () => {
      const at = waiting.indexOf(entry);
      if (at >= 0) waiting.splice(at, 1);
    };
  };
  const nextDue = (until: number): (typeof waiting)[number] | undefined =>
    waiting.filter(e => e.due <= until).sort((a, b) => a.due - b.due || a.order - b.order)[0];
  return {
    now: () => now,
    after,
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let next = nextDue(until); next; next = nextDue(until)) {
        waiting.splice(waiting.indexOf(next), 1);
        now = next.due;
        next.wake();
        await settle();
      }
      now = until;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const callOff = after(ms, resolve);
        signal?.addEventListener('abort', () => {
          callOff();
          reject(signal.reason);
        });
      }),
  };
}
