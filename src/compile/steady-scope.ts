/**
 * The scope that XState steps with, kept as it is between steps.
 *
 * XState's `microstep` assigns a function literal to the scope, to collect the actions for `getMicrosteps`, which does not
 * come here, and puts back what was there. V8 takes a function that is assigned as it is made to be there for long. With it
 * live the actions that it collected and the whole context of each, until everything is collected: with lists that grow,
 * a third to a half of the time of a run.
 */
import type { AnyActorScope, AnyStateMachine } from 'xstate';

const scopes = new WeakMap<AnyActorScope, AnyActorScope>();

/** A scope that does not take what is assigned to its executor. */
export function steadyScope(scope: AnyActorScope): AnyActorScope {
  const known = scopes.get(scope);
  if (known) return known;
  const steady = Object.create(scope, {
    actionExecutor: { get: () => scope.actionExecutor, set() {} },
  }) as AnyActorScope;
  scopes.set(scope, steady);
  return steady;
}

/** Has a machine step with such scopes. */
export function steadyMachine<M extends AnyStateMachine>(machine: M): M {
  const { transition } = machine;
  machine.transition = (snapshot, event, scope) => transition(snapshot, event, steadyScope(scope));
  return machine;
}
