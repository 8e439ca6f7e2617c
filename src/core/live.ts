/** Runs an actor logic of the user's own as a live actor: what it does inside is its own, its end is the result. */
import { type AnyActorLogic, type AnyActorRef, type AnyMachineSnapshot, createActor } from 'xstate';
import type { BodyCall } from '../compile/body-call.ts';

/** Whether a value is actor logic, such as a machine. */
export function isActorLogic(value: unknown): value is AnyActorLogic {
  const { transition, getInitialSnapshot } = (value ?? {}) as Partial<AnyActorLogic>;
  return typeof transition === 'function' && typeof getInitialSnapshot === 'function';
}

/** The events that a snapshot waits for, when neither a child nor a timer will change it. */
function waitedFor(snapshot: AnyMachineSnapshot): string[] | undefined {
  // Logic that is no machine has neither states nor children that could be looked at.
  if (snapshot.status !== 'active' || !snapshot._nodes) return undefined;
  const busy = (Object.values(snapshot.children) as AnyActorRef[]).some(
    child => child.getSnapshot().status === 'active',
  );
  if (busy || snapshot._nodes.some(node => node.after.length > 0)) return undefined;
  return [...new Set(snapshot._nodes.flatMap(node => node.ownEvents as string[]))];
}

/** Runs a logic to its end. Rejects with what it throws, and when the signal fires. */
export function runLive(
  logic: AnyActorLogic,
  input: unknown,
  { signal, rests = () => {} }: Pick<BodyCall, 'signal' | 'rests'>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const actor = createActor(logic, { input });
    const stop = (): void => {
      actor.stop();
      reject(signal.reason);
    };
    const settle = (end: () => void): void => {
      signal.removeEventListener('abort', stop);
      rests(undefined);
      end();
    };
    const look = (snapshot: AnyMachineSnapshot): void => {
      const events = waitedFor(snapshot);
      const takes = (event: { readonly type: string }): boolean =>
        (actor.getSnapshot() as AnyMachineSnapshot).can(event);
      rests(events && { events, takes, send: event => actor.send(event) });
    };
    signal.addEventListener('abort', stop, { once: true });
    actor.subscribe({
      next: look,
      error: error => settle(() => reject(error)),
      complete: () => settle(() => resolve(actor.getSnapshot().output)),
    });
    actor.start();
    if (actor.getSnapshot().status === 'active') look(actor.getSnapshot() as AnyMachineSnapshot);
  });
}
