/** What the AI SDK's `useChat` reads: the part of its UI message stream (`ai` 6 and 7) that runs give. */
import type { State } from '../compile/context.ts';
import type { Interrupt } from '../core/waiting.ts';
import type { RunResult, RunStatus } from '../runtime/result.ts';

/** What a message says of its run: `message.metadata`. */
export interface UIMetadata {
  readonly thread: string;
  /** Absent while the run goes on. */
  readonly status?: RunStatus;
  readonly usage?: RunResult['usage'];
}

/** The data parts by name: `data-update`, `data-custom` and `data-interrupt`. */
export interface UIData {
  /** What a node wrote. It is given to `onData` only: a message does not carry the state about. */
  readonly update: { readonly node: string; readonly path: string; readonly branch: string; readonly writes: State };
  readonly custom: { readonly node: string; readonly path: string; readonly value: unknown };
  readonly interrupt: Interrupt;
}

type DataChunk = {
  [Name in keyof UIData]: {
    readonly type: `data-${Name}`;
    readonly id?: string;
    readonly data: UIData[Name];
    readonly transient?: boolean;
  };
}[keyof UIData];

/** A tool call that was made here, and not by the page. */
interface ToolChunk {
  readonly toolCallId: string;
  readonly dynamic: true;
  readonly providerExecuted: true;
}

export type UIChunk =
  | { readonly type: 'start'; readonly messageMetadata?: UIMetadata }
  | { readonly type: 'start-step' | 'finish-step' }
  | { readonly type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; readonly id: string }
  | { readonly type: 'text-delta' | 'reasoning-delta'; readonly id: string; readonly delta: string }
  | ({ readonly type: 'tool-input-available'; readonly toolName: string; readonly input: unknown } & ToolChunk)
  | ({ readonly type: 'tool-output-available'; readonly output: unknown } & ToolChunk)
  | ({ readonly type: 'tool-output-error'; readonly errorText: string } & ToolChunk)
  | DataChunk
  | { readonly type: 'error'; readonly errorText: string }
  | { readonly type: 'abort'; readonly reason: string }
  | {
      readonly type: 'finish';
      readonly finishReason: 'stop' | 'error' | 'other';
      readonly messageMetadata: UIMetadata;
    };
