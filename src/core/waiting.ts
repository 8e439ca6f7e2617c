/** What a graph waits for, read from any of its snapshots: live or persisted, of a plain actor or of a thread. */
import type { ErrorRecord, GraphContext } from '../compile/context.ts';
import type { JsonSchema } from '../compile/state-type.ts';

/** A question that waits for an answer: send `{ type: 'resume', id, value }`. */
export interface Interrupt {
  readonly id: string;
  readonly node: string;
  readonly message: string;
  /** The JSON Schema the answer must fit; absent when any will do. */
  readonly schema?: JsonSchema;
  /** The type of the event that is waited for; absent for a question to a person. */
  readonly event?: string;
  /** The subgraphs and map items that lead to it, from outermost. */
  readonly path: readonly string[];
}

/** Something that failed and can run again: send `{ type: 'retry', id }`. */
export interface Failure {
  readonly id: string;
  /** The node; START when no edge of the beginning was true; a fork's id (`$fork_…`) when its branches cannot be merged. */
  readonly node: string;
  readonly error: ErrorRecord;
}

/** Any snapshot of a compiled graph. */
export type SnapshotLike = { readonly context: GraphContext } | { readonly context?: unknown };

function contextOf(snapshot: unknown): Partial<GraphContext> {
  return ((snapshot as { context?: GraphContext } | undefined)?.context ?? {}) as Partial<GraphContext>;
}

/** Lists the interrupts that wait in a snapshot. */
export function interruptsOf(snapshot: SnapshotLike): Interrupt[] {
  return Object.entries(contextOf(snapshot).interrupts ?? {}).map(([id, pending]) => ({ id, ...pending, path: [] }));
}

/** Lists what failed in a snapshot and waits for a retry. */
export function failuresOf(snapshot: SnapshotLike): Failure[] {
  return Object.entries(contextOf(snapshot).failures ?? {}).map(([id, error]) => ({ id, node: id, error }));
}
