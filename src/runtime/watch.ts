import { type Naming, plainNaming } from '../compile/naming.ts';
import type { Clock } from './clock.ts';
import type { RunEvent } from './events.ts';

type Listener = (event: RunEvent) => void;

/** Whoever watches a run. */
export class Watch {
  private readonly listeners = new Set<Listener>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Whether anyone does: if not, no event need be made. */
  get active(): boolean {
    return this.listeners.size > 0;
  }

  /** Returns what ends the watching. */
  add(listener: Listener | undefined): () => void {
    if (!listener) return () => {};
    const own: Listener = event => listener(event);
    this.listeners.add(own);
    return () => void this.listeners.delete(own);
  }

  /** Tells of an event, calling its node as it is called from outside. */
  tell(event: object, naming: Naming = plainNaming): void {
    if (!this.active) return;
    const { node } = event as { node?: string };
    const name = naming(node ?? '');
    const at = name.lastIndexOf('/') + 1;
    const place = { ...(node === undefined ? {} : { node: name.slice(at) }), path: name.slice(0, at) };
    const told = { ...event, ...place, at: this.clock.now() } as RunEvent;
    for (const listener of this.listeners) {
      try {
        listener(told);
      } catch {
        // A watcher's mistake is its own: the run does not notice.
      }
    }
  }
}
