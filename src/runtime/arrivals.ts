import type { TaskResult } from '../core/core.ts';
import type { Bodies, RunningBody } from './bodies.ts';
import type { Member } from './member.ts';

/** A result on its way to a pool. */
interface Arrival {
  readonly key: string;
  readonly body: RunningBody;
  readonly result: TaskResult;
}

/** Collects the results for pools: those that arrive together are delivered together. */
export class Arrivals {
  private readonly waiting = new Map<Member, Arrival[]>();
  private readonly bodies: Bodies;
  private readonly deliver: (member: Member, results: readonly TaskResult[]) => void;

  constructor(bodies: Bodies, deliver: (member: Member, results: readonly TaskResult[]) => void) {
    this.bodies = bodies;
    this.deliver = deliver;
  }

  /** A body counts as running until its result is delivered. */
  add(member: Member, arrival: Arrival): void {
    const known = this.waiting.get(member);
    if (known) {
      known.push(arrival);
      return;
    }
    const arrivals = [arrival];
    this.waiting.set(member, arrivals);
    queueMicrotask(() => {
      this.waiting.delete(member);
      const results = arrivals.filter(a => this.bodies.finish(a.key, a.body)).map(a => a.result);
      if (results.length > 0) this.deliver(member, results);
    });
  }
}
