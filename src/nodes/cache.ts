/** Keeps results of nodes. Values are JSON. Both methods may be asynchronous. */
export interface Cache {
  /** The value, or undefined when there is none or its time is up. */
  get(key: string): unknown | Promise<unknown>;
  /** Keeps a value; `ttlMs` is how long it may be used, absent for as long as there is room. */
  set(key: string, value: unknown, ttlMs?: number): void | Promise<void>;
}

/** The most results that are kept in memory. */
export const MAX_CACHED = 1_000;

/**
 * A cache in memory. When it is full, what was not used for longest goes.
 *
 * @param now milliseconds, for `ttlMs`
 */
export function memoryCache(now: () => number, size = MAX_CACHED): Cache {
  const entries = new Map<string, { readonly value: unknown; readonly until: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      if (entry.until <= now()) return undefined;
      // A Map keeps the order of insertion, so what was used last stands last.
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, ttlMs) {
      entries.delete(key);
      entries.set(key, { value, until: ttlMs === undefined ? Number.POSITIVE_INFINITY : now() + ttlMs });
      const [oldest] = entries.keys();
      if (entries.size > size && oldest !== undefined) entries.delete(oldest);
    },
  };
}
