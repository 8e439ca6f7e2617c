/** Breadth first over the states of a walk, by `@xstate/graph`: the only module that knows it. */
import { getAdjacencyMap } from '@xstate/graph';

/** What there is to traverse. States of one identity are one state; the first way to it is the shortest. */
export interface Space<S extends object, E> {
  readonly initial: S;
  events(state: S): readonly E[];
  step(state: S, event: E): S;
  identity(state: S): string;
  /** Asked before a state's events: nothing more is needed. */
  isOver(): boolean;
}

/** A state may have many events: so many steps are made for each state that the limit allows. */
const STEPS = 4;

/** Visits every state once. Returns how many there are, and whether `limit` left some unvisited. */
export function traverse<S extends object, E>(
  space: Space<S, E>,
  limit: number,
): { states: number; complete: boolean } {
  let states = 0;
  let steps = 0;
  let complete = true;
  const logic = {
    transition: (state: S, { event }: { event: E }) => {
      steps++;
      return space.step(state, event);
    },
    getInitialSnapshot: () => space.initial,
    getPersistedSnapshot: (state: S) => state,
  };
  // The library's types are those of actor logic, whose snapshots have a status; it reads none.
  const options = {
    events: (state: S) => space.events(state).map(event => ({ type: 'path', event })),
    serializeState: space.identity,
    serializeEvent: (event: object) => JSON.stringify(event),
    stopWhen: () => {
      if (space.isOver()) return true;
      if (states >= limit || steps >= limit * STEPS) complete = false;
      else states++;
      return !complete;
    },
  };
  getAdjacencyMap(logic as unknown as Parameters<typeof getAdjacencyMap>[0], options as unknown as object);
  return { states, complete };
}
