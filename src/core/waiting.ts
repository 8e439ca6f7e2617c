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

interface Parts {
  readonly context?: Partial<GraphContext>;
  /** Live actors, or persisted ones. */
  readonly children?: Readonly<Record<string, { getSnapshot?(): unknown; readonly snapshot?: unknown } | undefined>>;
}

/** Lists something of a snapshot and of the graphs that run in it, with the ids as they are called from outside. */
function collect<T extends { readonly id: string }>(
  snapshot: unknown,
  own: (context: Partial<GraphContext>, path: readonly string[]) => T[],
  path: readonly string[] = [],
): T[] {
  const { context, children = {} } = (snapshot ?? {}) as Parts;
  const prefix = path.map(p => `${p}/`).join('');
  const here = context?.failures ? own(context, path).map(found => ({ ...found, id: prefix + found.id })) : [];
  const inside = Object.entries(children).flatMap(([id, child]) =>
    collect(child?.getSnapshot?.() ?? child?.snapshot, own, [...path, id]),
  );
  return [...here, ...inside];
}

/** Lists the interrupts that wait in a snapshot, those of subgraphs included. */
export function interruptsOf(snapshot: SnapshotLike): Interrupt[] {
  return collect(snapshot, ({ interrupts = {} }, path) =>
    Object.entries(interrupts).map(([id, pending]) => ({ id, ...pending, path })),
  );
}

/** Lists what failed in a snapshot and waits for a retry, in subgraphs too. */
export function failuresOf(snapshot: SnapshotLike): Failure[] {
  return collect(snapshot, ({ failures = {} }) =>
    Object.entries(failures).map(([id, error]) => ({ id, node: id, error })),
  );
}
