/**
 * The host that keeps everything in memory. A host's one duty is `deliver`: load the state, apply the event, commit.
 *
 * - C1. The commit is one assignment: there is no moment at which a child is done and its parent has not heard.
 * - C6. An event whose task was replaced is `stale` and changes nothing.
 */
import type { ActorState, CoreEvent, CoreLogic, Step } from '../core/core.ts';
import type { Store, StoredActor, StoredStatus, StoredThread } from '../store/store.ts';

/** To which thread an actor belongs, and for which task it runs. */
export interface Place {
  readonly thread: string;
  readonly parent?: StoredActor['parent'];
  /** The actor is the root of a run that begins. */
  readonly begins?: StoredThread;
}

/** Keeps the state of actors by address. */
export interface Host {
  /** Begins an actor, replacing what was at its address. */
  create(address: string, logic: CoreLogic, input: unknown, place: Place): Step;
  /** Applies an event and commits, or returns undefined when the event is stale. */
  deliver(address: string, event: CoreEvent): Step | undefined;
  load(address: string): ActorState | undefined;
  /** Forgets an actor. */
  remove(address: string): void;
  /** Takes over an actor that was stored. */
  adopt?(logic: CoreLogic, actor: StoredActor, place: Place): ActorState;
  /** Forgets the actors of a thread here, and leaves what is stored as it is. */
  release?(thread: string): void;
  /** What is stored of a thread. */
  stored?(thread: string): ReturnType<Store['load']>;
  /** Notes how a thread stands when it rests. */
  note?(thread: string, status: StoredStatus, counters: unknown): void;
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
    remove: address => void actors.delete(address),
  };
}
