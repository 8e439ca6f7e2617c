import type { ErrorRecord } from '../compile/context.ts';
import type { ToolOutput, Usage } from '../models/model.ts';

/** What a function node is given beside its input. */
export interface NodeContext {
  readonly node: string;
  readonly thread: string;
  /** Fires when the run is cancelled. */
  readonly signal: AbortSignal;
  /** The same for every attempt of one visit: `thread/run/node/visit`. */
  readonly idempotencyKey: string;
  /**
   * Does something once: the result is kept while the node is active, and given again when the function runs anew, after
   * an answer, a retry or a crash. `name` tells steps apart; the result is JSON.
   */
  step<T>(name: string, act: () => T | Promise<T>): Promise<T>;
  /**
   * Asks whoever runs the graph, and gives the answer. The function ends here and runs anew with the answer: what must
   * not happen twice before this belongs in a `step`. Only in functions that are nodes of a graph.
   *
   * @param payload a text, or an object that is shown with its `message`; it is the `data` of the interrupt
   * @param schema the JSON Schema of the answer
   */
  interrupt(payload: unknown, schema?: Readonly<Record<string, unknown>>): Promise<unknown>;
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
  /** `cost` is what the tokens cost, where the model has a price. */
  | { readonly type: 'usage'; readonly node: string; readonly usage: Usage; readonly cost?: number }
  /** A model failed before it had said anything; the next is asked. */
  | {
      readonly type: 'model-fallback';
      readonly node: string;
      readonly model: string;
      readonly next: string;
      readonly error: ErrorRecord;
    }
  /** The model is asked once more: to mend an answer that does not fit, or for a summary of what is too long. */
  | { readonly type: 'model-again'; readonly node: string; readonly why: 'repair' | 'summary' }
  /** The result of a body was known, and it did not run. */
  | { readonly type: 'cached'; readonly node: string }
  | { readonly type: 'custom'; readonly node: string; readonly value: unknown }
  | { readonly type: 'log'; readonly node: string; readonly message: string };

/** What calling a model needs to know of who calls. */
export interface ModelIo {
  readonly context: Pick<NodeContext, 'node' | 'signal'>;
  readonly notify: (event: BodyEvent) => void;
}

/** The world as a node body sees it. */
export interface NodeIo {
  readonly context: NodeContext;
  readonly notify: (event: BodyEvent) => void;
}
