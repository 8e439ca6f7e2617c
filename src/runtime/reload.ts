/** Puts the actors of a stored thread together again. */
import type { RunBody } from '../compile/body-call.ts';
import type { Plan } from '../compile/plan.ts';
import type { StoredActor } from '../store/store.ts';
import { childOf } from './children.ts';
import type { Member, MemberOptions } from './member.ts';
import type { Host, Place } from './memory-host.ts';

export interface Reloading {
  readonly host: Host;
  readonly thread: string;
  readonly bodyOf: (plan: Plan) => RunBody;
  /** Makes the member of an actor that the host has. */
  readonly join: (options: MemberOptions) => Member;
}

/**
 * Takes over the stored actors, from the root down. One whose task its parent no longer waits for had ended, and was
 * not yet removed: it is left out.
 */
export function reload(root: MemberOptions, actors: readonly StoredActor[], reloading: Reloading): void {
  const { host, thread, bodyOf, join } = reloading;
  const children = Map.groupBy(actors, actor => actor.parent?.address);
  const take = (options: MemberOptions, actor: StoredActor): void => {
    const place: Place = { thread, ...(actor.parent ? { parent: actor.parent } : {}) };
    host.adopt?.(options.logic, actor, place);
    const member = join(options);
    member.timers.restore(actor.timers);
    for (const child of children.get(actor.address) ?? []) {
      const task = child.parent;
      if (!task || !member.logic.runs(member.state, task)) continue;
      const begun = childOf(member, task, bodyOf);
      if (begun) take(begun.options, child);
    }
  };
  const [stored] = children.get(undefined) ?? [];
  if (stored) take(root, stored);
}
