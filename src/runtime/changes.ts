import type { RunEvent } from './events.ts';

/** One state key that one node wrote. */
export interface Change {
  readonly key: string;
  /** What was written, before it was merged. */
  readonly value: unknown;
  readonly node: string;
  /** The subgraph nodes that lead to the node, each with a slash behind it; its keys are those of that graph. */
  readonly path: string;
  /** The branch it was written in; `''` outside any. */
  readonly branch: string;
  /** Milliseconds by the runtime's clock. */
  readonly at: number;
}

/** The changes of the state that events tell of, in order. */
export function changesIn(events: readonly RunEvent[]): Change[] {
  return events.flatMap(event => {
    if (event.type !== 'update') return [];
    const { node, path, branch, at, writes } = event;
    return Object.entries(writes).map(([key, value]): Change => ({ key, value, node, path, branch, at }));
  });
}
