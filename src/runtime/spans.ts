/** What spans of a run are made from; what makes them loads when it is asked for. */
import type { BodyCall, RunBody } from '../compile/body-call.ts';
import type { BodyDeps } from '../nodes/run-body.ts';
import type { Watcher } from './watch.ts';

/** A tracer of OpenTelemetry, as far as it is used: that of `@opentelemetry/api` is one. */
export interface TracerLike {
  startSpan(name: string, options?: object, context?: unknown): unknown;
}

export interface TelemetryOptions {
  /** Default: the tracer `statewright` of the global provider. */
  readonly tracer?: TracerLike;
  /**
   * Whether prompts, answers, arguments and results of tools, and errors that quote them, are recorded. Default: false.
   */
  readonly content?: boolean;
}

/** Makes spans of what happens in one thread. */
export interface Spans extends Watcher {
  /** Runs a body inside the span of its node, with means that make spans of what they do. */
  runBody(call: BodyCall, deps: BodyDeps, make: (deps: BodyDeps) => RunBody): Promise<unknown>;
}

/** A body as it runs with spans, or without. */
export function traced(spans: Spans | undefined, deps: BodyDeps, make: (deps: BodyDeps) => RunBody): RunBody {
  return spans ? call => spans.runBody(call, deps, make) : make(deps);
}
