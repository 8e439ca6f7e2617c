/** What a run tells of itself while it runs. */
import type { ErrorRecord, State } from '../compile/context.ts';
import type { Interrupt } from '../core/waiting.ts';
import type { BodyEvent } from '../nodes/node-io.ts';
import type { RunResult, RunStatus } from './result.ts';

/** What set a run going. */
export type RunCause = 'invoke' | 'resume' | 'send' | 'retry' | 'recover';

interface OfNode {
  readonly node: string;
  /** The branch that the node runs in; `''` outside any. */
  readonly branch: string;
}

interface OfItem {
  /** The map. */
  readonly node: string;
  readonly index: number;
  readonly total: number;
}

/** An event as it is made, before it is numbered and placed. */
export type EventBody =
  | { readonly type: 'run-started'; readonly thread: string; readonly cause: RunCause }
  /** The last event of a run: it is done, waits for someone, failed, or was cancelled. */
  | { readonly type: 'run-finished'; readonly thread: string; readonly status: RunStatus; readonly result: RunResult }
  | ({ readonly type: 'node-started'; readonly visit: number } & OfNode)
  /** `error` is what `onError` took care of. */
  | ({ readonly type: 'node-finished'; readonly error?: ErrorRecord } & OfNode)
  | ({ readonly type: 'node-failed'; readonly error: ErrorRecord } & OfNode)
  /** `attempts` failed so far; `error` is what the body threw, if it did. */
  | ({ readonly type: 'node-retrying'; readonly attempts: number; readonly error?: ErrorRecord } & OfNode)
  /** It was stopped: nobody waits for it any more, or the run was cancelled. */
  | ({ readonly type: 'node-cancelled' } & OfNode)
  | ({ readonly type: 'item-started' } & OfItem)
  | ({ readonly type: 'item-finished' } & OfItem)
  | ({ readonly type: 'item-failed'; readonly error: ErrorRecord } & OfItem)
  /** What a node wrote, by state key: accepted and not merged yet. In a branch the state shows it after the join. */
  | ({ readonly type: 'update'; readonly writes: State } & OfNode)
  /** The merged state of a graph after a step that changed it. */
  | { readonly type: 'value'; readonly values: State }
  | { readonly type: 'interrupt'; readonly interrupt: Interrupt }
  /** A step of an actor was committed; `seq` counts them. What the step starts begins after this. */
  | { readonly type: 'checkpoint'; readonly address: string; readonly seq: number }
  /** Events before the next one were not kept. */
  | { readonly type: 'missed' }
  | BodyEvent;

/** What happens in a run, in order. */
export type RunEvent = EventBody & {
  /** Counts the events of a thread; of texts that were joined, the number of one of them. */
  readonly number: number;
  /** Milliseconds by the runtime's clock. */
  readonly at: number;
  /** The subgraph nodes and map items that lead to the node, each with a slash behind it; `''` for the graph itself. */
  readonly path: string;
};

/** Text that arrives in pieces. */
export type TextEvent = Extract<RunEvent, { type: 'token' | 'reasoning' }>;

export const isText = (event: RunEvent): event is TextEvent => event.type === 'token' || event.type === 'reasoning';
