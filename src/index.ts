/** statewright: YAML graphs compiled to XState machines and run as threads. */
export { type Config, defineConfig } from './cli/config.ts';
export type { ErrorRecord, GraphContext, PendingInterrupt, Reducers, State } from './compile/context.ts';
export type { GraphEvent, GraphMachine, ResumeEvent, RetryEvent } from './compile/emit.ts';
export { type GraphInput, InputError } from './compile/input.ts';
export { graphJsonSchema } from './compile/schema.ts';
export type { JsonSchema } from './compile/state-type.ts';
export { type Failure, failuresOf, type Interrupt, interruptsOf } from './core/waiting.ts';
export { type Code, codes, type Severity } from './diagnostic/codes.ts';
export type { Diagnostic, Result, Span } from './diagnostic/diagnostic.ts';
export { formatDiagnostic } from './diagnostic/format.ts';
export { GraphError } from './diagnostic/graph-error.ts';
export { type CompileOptions, compileGraph, type Graph } from './graph/compile-graph.ts';
export { type LoadOptions, loadGraph } from './graph/load-graph.ts';
export {
  type Model,
  ModelError,
  type ModelMessage,
  type ModelPart,
  type ModelRequest,
  type Models,
  type Usage,
} from './models/model.ts';
export { type Cache, memoryCache } from './nodes/cache.ts';
export type { Functions, NodeFunction } from './nodes/function-node.ts';
export type { Machines } from './nodes/machine-node.ts';
export type { NodeContext } from './nodes/node-io.ts';
export type { Env, Fetch } from './nodes/world.ts';
export { executePrompt, executePrompts, type PromptOptions, type PromptTask, streamPrompt } from './prompts/prompts.ts';
export type { PromptInput } from './prompts/read.ts';
export { type AiModelOptions, aiModel } from './providers/ai-model.ts';
export type { AiLanguageModel } from './providers/ai-types.ts';
export type { Change } from './runtime/changes.ts';
export type { Clock } from './runtime/clock.ts';
export { ResumeError, ThreadError } from './runtime/errors.ts';
export type { RunCause, RunEvent } from './runtime/events.ts';
export type { Selection, StreamMode } from './runtime/modes.ts';
export type {
  Durability,
  ForkOptions,
  InvokeOptions,
  Migration,
  ResumeOptions,
  RunOptions,
  RuntimeOptions,
  UpdateOptions,
} from './runtime/options.ts';
export type { BranchState, Metrics, RunResult, RunStatus, ThreadState } from './runtime/result.ts';
export {
  createRuntime,
  type Runtime,
  type StreamRun,
  type Thread,
} from './runtime/runtime.ts';
export type { TelemetryOptions, TracerLike } from './runtime/spans.ts';
export type { EventStream, EventsOptions, RunStream, StreamOptions } from './runtime/streams.ts';
export type { Recovered, WorkOptions } from './runtime/work.ts';
export { memoryStore } from './store/memory.ts';
export { exportThread, importThread, type ThreadFile } from './store/portable.ts';
export {
  type Checkpoint,
  type PrunePolicy,
  type Store,
  type StoredStatus,
  type StoredThread,
  StoreError,
  type ThreadFilter,
} from './store/store.ts';
export { ToolError } from './tools/tool-error.ts';
export type { UIChunk, UIData, UIMetadata } from './ui/chunks.ts';
export type { UIStreamOptions } from './ui/translate.ts';
export { toUIMessageStream, type UIResponseOptions, uiMessageResponse } from './ui/ui-messages.ts';
