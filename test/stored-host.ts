import type { ActorState, CoreLogic, Step } from '../src/core/core.ts';
import type { Host } from '../src/runtime/host.ts';

/** A host that persists and restores every actor at every step, as a store would. */
export function storedHost(note: (address: string, step: Step) => void = () => {}): Host {
  const actors = new Map<string, { logic: CoreLogic; state: ActorState }>();
  return {
    create(address, logic, input) {
      const step = logic.start(input);
      actors.set(address, { logic, state: step.state });
      note(address, step);
      return step;
    },
    deliver(address, event) {
      const actor = actors.get(address);
      if (!actor) return undefined;
      const { logic, state } = actor;
      const step = logic.apply(logic.restore(JSON.parse(JSON.stringify(logic.persist(state)))), event);
      if (step) Object.assign(actor, { state: step.state });
      if (step) note(address, step);
      return step;
    },
    load: address => actors.get(address)?.state,
    adopt: (address, logic, persisted) => void actors.set(address, { logic, state: logic.restore(persisted) }),
    remove: address => void actors.delete(address),
  };
}
