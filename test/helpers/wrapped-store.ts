import type { Store } from '../../src/store/store.ts';

/** A store whose methods call something first, which may throw in their place, and something when they are done. */
export function wrappedStore<S extends Store>(
  store: S,
  first: (method: string) => void,
  then: (method: string) => void = () => {},
): S {
  return new Proxy(store, {
    get(own, name: string) {
      const method = (own as unknown as Record<string, unknown>)[name];
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        first(name);
        const result: unknown = method.apply(own, args);
        then(name);
        return result;
      };
    },
  });
}
