/**
 * The host that keeps threads in a store, so that they go on after the process ended.
 *
 * - C1. A step is one commit: the state, its timers, and the actors that ended before it.
 * - C2. `create` and `deliver` return after the commit, so no body starts before it.
 * - C3. A body whose result was committed is not in `active`, and is not started again.
 * - C5. Timers are stored as absolute times.
 */
import type { ActorState, CoreEvent, CoreLogic, Step } from '../core/core.ts';
import type { Store, StoredActor, StoredTimer } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { Host, Place } from './memory-host.ts';

interface Kept {
  readonly logic: CoreLogic;
  readonly place: Place;
  state: ActorState;
  timers: readonly StoredTimer[];
}

/** The timers that are set after a step, with the times at which they are due. */
function timersAfter(before: readonly StoredTimer[], { state, timers }: Step, now: number): StoredTimer[] {
  const live = new Set(Object.values(state.timers));
  const started = timers.map(({ timerId, id, delay, at, event }) => ({ timerId, id, due: at ?? now + delay, event }));
  return [...before.filter(t => live.has(t.timerId)), ...started];
}

/** The step with its timers at absolute times: what is armed is what is stored. */
function absolute(step: Step, timers: readonly StoredTimer[]): Step {
  const due = new Map(timers.map(t => [t.timerId, t.due]));
  return { ...step, timers: step.timers.map(t => ({ ...t, at: due.get(t.timerId) ?? t.delay })) };
}

export function durableHost(store: Store, clock: Clock): Host {
  const actors = new Map<string, Kept>();
  /** Actors that ended since the last commit, by thread. */
  const ended = new Map<string, string[]>();

  function commit(address: string, kept: Kept, before: number, { begins }: Place): void {
    const { thread, parent } = kept.place;
    const { logic, state, timers } = kept;
    const removed = ended.get(thread) ?? [];
    const actor: StoredActor = {
      address,
      seq: state.seq,
      state: logic.persist(state),
      timers,
      ...(parent ? { parent } : {}),
    };
    store.commit({ thread, actor, before, removed, ...(begins ? { begins } : {}) });
    ended.delete(thread);
  }

  return {
    create(address, logic, input, place) {
      const step = logic.start(input);
      const timers = timersAfter([], step, clock.now());
      const kept: Kept = { logic, place, state: step.state, timers };
      commit(address, kept, 0, place);
      actors.set(address, kept);
      return absolute(step, timers);
    },
    deliver(address, event: CoreEvent) {
      const kept = actors.get(address);
      const step = kept?.logic.apply(kept.state, event);
      if (!kept || !step) return undefined;
      const timers = timersAfter(kept.timers, step, clock.now());
      const next: Kept = { ...kept, state: step.state, timers };
      commit(address, next, kept.state.seq, { thread: kept.place.thread });
      actors.set(address, next);
      return absolute(step, timers);
    },
    load: address => actors.get(address)?.state,
    remove(address) {
      const kept = actors.get(address);
      if (!kept || !actors.delete(address)) return;
      const { thread } = kept.place;
      ended.set(thread, [...(ended.get(thread) ?? []), address]);
    },
    adopt(logic, actor, place) {
      const state = logic.restore(actor.state);
      actors.set(actor.address, { logic, place, state, timers: actor.timers });
      return state;
    },
    release(thread) {
      for (const [address, { place }] of actors) if (place.thread === thread) actors.delete(address);
      ended.delete(thread);
    },
    stored: thread => store.load(thread),
    note: (thread, status, counters) => store.note(thread, status, counters, clock.now()),
  };
}
