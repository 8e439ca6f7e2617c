/** What a graph waits for, read from any of its snapshots: live or persisted, of a plain actor or of a thread. */
import type { ErrorRecord, GraphContext } from '../compile/context.ts';
import {
  childNaming,
  memberNaming,
  type Naming,
  type PoolKind,
  pathOf,
  plainNaming,
  poolNaming,
} from '../compile/naming.ts';
import type { JsonSchema } from '../compile/state-type.ts';

/** A question that waits for an answer: send `{ type: 'resume', id, value }`. */
export interface Interrupt {
  readonly id: string;
  readonly node: string;
  readonly message: string;
  /** What it is about, for programs: of a tool call that waits for approval, the call. */
  readonly data?: unknown;
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
  readonly children?: Readonly<Record<string, Child | undefined>>;
  /** There in a pool. */
  readonly poolKind?: PoolKind;
}

interface Child {
  getSnapshot?(): unknown;
  readonly snapshot?: unknown;
}

const snapshotOf = (child: Child | undefined): unknown => child?.getSnapshot?.() ?? child?.snapshot;

/** Lists something of a snapshot and of what runs in it, with the ids as they are called from outside. */
function collect<T extends { readonly id: string }>(
  snapshot: unknown,
  own: (context: Partial<GraphContext>) => T[],
  naming: Naming = plainNaming,
): T[] {
  const parts = (snapshot ?? {}) as Parts;
  const { context, children = {} } = parts;
  const here = context?.failures ? own(context).map(found => ({ ...found, id: naming(found.id) })) : [];
  const inside = Object.entries(children).flatMap(([id, child]) => {
    const inner = (snapshotOf(child) ?? {}) as Parts;
    const { poolKind } = inner;
    if (!poolKind) return collect(inner, own, childNaming(naming, id));
    const failed = collect({ context: inner.context }, own, poolNaming(naming, id));
    const members = Object.entries(inner.children ?? {}).flatMap(([item, member]) =>
      collect(snapshotOf(member), own, memberNaming(naming, id, poolKind, item)),
    );
    return [...failed, ...members];
  });
  return [...here, ...inside];
}

/** Lists the interrupts that wait in a snapshot, those of subgraphs included. */
export function interruptsOf(snapshot: SnapshotLike): Interrupt[] {
  const found = collect(snapshot, ({ interrupts = {} }) =>
    Object.entries(interrupts).map(([id, pending]) => ({ id, ...pending })),
  );
  return found.map(interrupt => ({ ...interrupt, path: pathOf(interrupt.id) }));
}

/** Lists what failed in a snapshot and waits for a retry, in subgraphs too. */
export function failuresOf(snapshot: SnapshotLike): Failure[] {
  const found = collect(snapshot, ({ failures = {}, gives }) =>
    gives ? [] : Object.entries(failures).map(([id, error]) => ({ id, error })),
  );
  return found.map(({ id, error }) => ({ id, node: id.slice(id.lastIndexOf('/') + 1), error }));
}
