import type { ToolOutput, Usage } from '../models/model.ts';

/** What a function node is given beside its input. */
export interface NodeContext {
  readonly node: string;
  readonly thread: string;
  /** Fires when the run is cancelled. */
  readonly signal: AbortSignal;
  /** The same for every attempt of one visit: `thread/run/node/visit`. */
  readonly idempotencyKey: string;
  /** Sends a `custom` event to whoever watches the run. */
  emit(value: unknown): void;
  /** Sends a `log` event to whoever watches the run. */
  log(message: string): void;
}

/** What happens inside a node body, for whoever watches. */
export type BodyEvent =
  | { readonly type: 'token'; readonly node: string; readonly text: string }
  /** What a model thinks aloud. */
  | { readonly type: 'reasoning'; readonly node: string; readonly text: string }
  /** A tool is called; `id` is that of the call. */
  | {
      readonly type: 'tool-call';
      readonly node: string;
      readonly tool: string;
      readonly id: string;
      readonly input: unknown;
    }
  | {
      readonly type: 'tool-result';
      readonly node: string;
      readonly tool: string;
      readonly id: string;
      readonly output: ToolOutput;
    }
  | { readonly type: 'usage'; readonly node: string; readonly usage: Usage }
  /** The result of a body was known, and it did not run. */
  | { readonly type: 'cached'; readonly node: string }
  | { readonly type: 'custom'; readonly node: string; readonly value: unknown }
  | { readonly type: 'log'; readonly node: string; readonly message: string };

/** The world as a node body sees it. */
export interface NodeIo {
  readonly context: NodeContext;
  readonly notify: (event: BodyEvent) => void;
}
