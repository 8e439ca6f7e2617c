import { type Naming, plainNaming } from '../compile/naming.ts';
import type { Clock } from './clock.ts';
import type { RunEvent } from './events.ts';

/** Whoever watches a run. */
export class Watch {
  /** Absent: nobody does, and no event need be made. */
  onEvent: ((event: RunEvent) => void) | undefined;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Tells of an event, calling its node as it is called from outside. */
  tell(event: object, naming: Naming = plainNaming): void {
    if (!this.onEvent) return;
    const { node } = event as { node?: string };
    const name = naming(node ?? '');
    const at = name.lastIndexOf('/') + 1;
    const place = { ...(node === undefined ? {} : { node: name.slice(at) }), path: name.slice(0, at) };
    try {
      this.onEvent({ ...event, ...place, at: this.clock.now() } as RunEvent);
    } catch {
      // A watcher's mistake is its own: the run does not notice.
    }
  }
}
