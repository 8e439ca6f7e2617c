import type { Maybe } from '../store/store.ts';

/** Goes on with a value at once, or when its promise resolves: what is embedded costs no turn of the event loop. */
export function chain<T, U>(value: Maybe<T>, next: (value: T) => Maybe<U>): Maybe<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
