/** Where the actors of a thread are while it is loaded. What becomes durable of them is the journal's. */
import type { ActorState, CoreEvent, CoreLogic, Step } from '../core/core.ts';

/** Keeps the state of actors by address. */
export interface Host {
  /** Begins an actor, replacing what was at its address. */
  create(address: string, logic: CoreLogic, input: unknown): Step;
  /** Applies an event, or returns undefined when the event is stale. */
  deliver(address: string, event: CoreEvent): Step | undefined;
  load(address: string): ActorState | undefined;
  /** Takes over an actor as it was persisted. */
  adopt(address: string, logic: CoreLogic, persisted: unknown): void;
  /** Forgets an actor. */
  remove(address: string): void;
}

export function memoryHost(): Host {
  const actors = new Map<string, { logic: CoreLogic; state: ActorState }>();
  return {
    create(address, logic, input) {
      const step = logic.start(input);
      actors.set(address, { logic, state: step.state });
      return step;
    },
    deliver(address, event) {
      const actor = actors.get(address);
      const step = actor?.logic.apply(actor.state, event);
      if (step && actor) actor.state = step.state;
      return step;
    },
    load: address => actors.get(address)?.state,
    adopt: (address, logic, persisted) => void actors.set(address, { logic, state: logic.restore(persisted) }),
    remove: address => void actors.delete(address),
  };
}
