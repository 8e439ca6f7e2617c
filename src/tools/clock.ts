/** Tells the time and wakes up later. Milliseconds throughout. */
export interface Clock {
  now(): number;
  /** Calls back once after `ms`; gives a function that calls it off. `background` ones do not keep a process alive. */
  after(ms: number, wake: () => void, background?: boolean): () => void;
}

/** The longest wait that a JavaScript timer can hold. */
const LONGEST = 2 ** 31 - 1;

/** The clock of the machine: wall-clock time, so that due times mean the same after a restart. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, wake, background = false) {
    let timer: ReturnType<typeof setTimeout>;
    const arm = (left: number): void => {
      timer = setTimeout(() => (left > LONGEST ? arm(left - LONGEST) : wake()), Math.min(left, LONGEST));
      if (background) timer.unref?.();
    };
    arm(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};
