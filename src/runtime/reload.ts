/** Puts the actors of a stored thread together again. */
import type { RunBody } from '../compile/body-call.ts';
import type { Plan } from '../compile/plan.ts';
import { childOf } from './children.ts';
import type { Host } from './host.ts';
import type { KeptActor } from './kept.ts';
import type { Member, MemberOptions } from './member.ts';

export interface Reloading {
  readonly host: Host;
  readonly bodyOf: (plan: Plan) => RunBody;
  /** Makes the member of an actor that the host has. */
  readonly join: (options: MemberOptions) => Member;
}

/** Takes over the stored actors, from the root down. */
export function reload(root: MemberOptions, actors: readonly KeptActor[], reloading: Reloading): void {
  const { host, bodyOf, join } = reloading;
  const children = Map.groupBy(actors, actor => actor.parent?.address);
  const take = (options: MemberOptions, actor: KeptActor): void => {
    host.adopt(options.address, options.logic, actor.state);
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
