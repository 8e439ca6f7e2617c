/** Threads whose graph is not the one that they began with (C7). */
import type { State } from '../compile/context.ts';
import { copyJson } from '../compile/json.ts';
import { ThreadError } from './errors.ts';
import type { LoadedRun } from './journal.ts';
import { rootState } from './kept.ts';
import type { Migration } from './options.ts';
import { changesOf, type Shape } from './shape.ts';

/** A graph as it is now, and what is to be done with threads of an earlier one. */
export interface Now {
  readonly graph: string;
  readonly shape: Shape;
  readonly accepted: boolean;
  readonly migration: Migration | undefined;
}

function refused(thread: string, graph: string, changes: readonly string[]): ThreadError {
  const list = changes.map(change => `  - ${change}`).join('\n');
  const advice = 'to go on all the same, pass "acceptChanges"';
  return new ThreadError(
    'graph-changed',
    `the graph "${graph}" is not the one that the thread "${thread}" began with; ${advice}:\n${list}`,
  );
}

/**
 * Takes a thread over, or refuses to. Gives the state that a migration made for it, if one did.
 *
 * @param take loads the thread; throws where the graph does not have a state that it is in
 */
export function takeOver({ thread: { id, graph }, value }: LoadedRun, now: Now, take: () => void): State | undefined {
  if (graph !== now.graph) throw refused(id, now.graph, [`it is of the graph "${graph}"`]);
  const changes = changesOf(value.shape, now.shape);
  const same = changes.length === 0;
  const values = same || now.accepted ? undefined : now.migration?.({ id, changes, values: rootState(value) ?? {} });
  if (!same && !now.accepted && !values) throw refused(id, graph, changes);
  try {
    take();
  } catch (thrown) {
    if (same) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw refused(id, graph, [...changes, `it stands where there is nothing now: ${why}`]);
  }
  return values && (copyJson(values, 'what a migration gives') as State);
}
