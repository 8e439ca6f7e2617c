/** How long a body that was stopped and does not heed it keeps its place, in milliseconds. */
const LET_GO_MS = 2_000;

/** Calls back once after `ms`; gives a function that calls it off. */
export type After = (ms: number, wake: () => void, background?: boolean) => () => void;

/** Lets those with the same key run in turn, in the order in which they asked. */
export interface Turns {
  /**
   * Runs when fewer than `limit` of this key run. While it waits, the signal takes it out of the row and rejects with the
   * signal's reason. Once it runs, its place is free when it settles, or a while after it was told to stop.
   */
  take<T>(key: string, limit: number, signal: AbortSignal, run: () => Promise<T>): Promise<T>;
}

interface Row {
  running: number;
  readonly waiting: { readonly limit: number; readonly start: () => void }[];
}

export function createTurns(after: After): Turns {
  const rows = new Map<string, Row>();

  const startNext = (key: string, row: Row): void => {
    // Whoever came first is first, also where another with a higher limit could run.
    for (let [first] = row.waiting; first && row.running < first.limit; [first] = row.waiting) {
      row.waiting.shift();
      row.running++;
      first.start();
    }
    if (row.running === 0 && row.waiting.length === 0) rows.delete(key);
  };

  const wait = (key: string, row: Row, limit: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        row.waiting.splice(row.waiting.indexOf(entry), 1);
        reject(signal.reason);
        startNext(key, row);
      };
      const entry = {
        limit,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      row.waiting.push(entry);
      startNext(key, row);
    });

  return {
    async take(key, limit, signal, run) {
      signal.throwIfAborted();
      const row = rows.get(key) ?? { running: 0, waiting: [] };
      rows.set(key, row);
      await wait(key, row, limit, signal);
      let callOff = (): void => {};
      let freed = false;
      const free = (): void => {
        if (freed) return;
        freed = true;
        row.running--;
        startNext(key, row);
      };
      const onAbort = (): void => {
        callOff = after(LET_GO_MS, free, true);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        signal.throwIfAborted();
        return await run();
      } finally {
        signal.removeEventListener('abort', onAbort);
        callOff();
        free();
      }
    },
  };
}
