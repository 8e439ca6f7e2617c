import type { GraphInput } from '../compile/input.ts';
import type { Graph } from '../graph/compile-graph.ts';
import { createProviders } from '../providers/providers.ts';
import { createWorld } from '../tools/world.ts';
import { type Change, changesIn } from './changes.ts';
import { systemClock } from './clock.ts';
import { durableHost } from './durable-host.ts';
import { ThreadError } from './errors.ts';
import { type Host, memoryHost } from './memory-host.ts';
import type { RunOptions, RuntimeOptions } from './options.ts';
import type { RunResult, ThreadState } from './result.ts';
import {
  type EventStream,
  type EventsOptions,
  openEvents,
  openStream,
  type RunStream,
  type StreamOptions,
} from './streams.ts';
import { ThreadRunner } from './thread-runner.ts';

/** Sets a run going as `invoke`, `resume`, `send`, `retry` and `recover` do, at once, and gives its events. */
export interface StreamRun {
  (input?: Readonly<Record<string, unknown>>, options?: StreamOptions): RunStream;
  resume(answer?: unknown, options?: StreamOptions): RunStream;
  send(event: { readonly type: string }, options?: StreamOptions): RunStream;
  retry(options?: StreamOptions & { readonly id?: string }): RunStream;
  recover(options?: StreamOptions): RunStream;
}

/** One conversation with a graph: runs, waits, goes on. */
export interface Thread {
  readonly id: string;
  /**
   * Runs the graph until it is done, waits for someone, or failed. Never rejects for a failed node.
   *
   * On a finished thread the new run starts from the state it had, with the input merged in. Rejects with
   * `InputError` for an input that does not fit, and `ThreadError` when the thread runs or waits.
   */
  invoke(input?: Readonly<Record<string, unknown>>, options?: RunOptions): Promise<RunResult>;
  /**
   * Answers what waits and runs on. With one interrupt, `answer` is its value; with several, a map from id to value.
   *
   * Rejects with `ResumeError` for an answer that does not fit, and `ThreadError` when it is not clear who is meant.
   */
  resume(answer?: unknown, options?: RunOptions): Promise<RunResult>;
  /**
   * Sends an event that a `wait` node names, `{ type, … }`, and runs on. Rejects with `ThreadError` when no node takes it.
   */
  send(event: { readonly type: string }, options?: RunOptions): Promise<RunResult>;
  /** Runs what failed, or was cancelled, again; what succeeded does not run again. */
  retry(options?: RunOptions & { readonly id?: string }): Promise<RunResult>;
  /**
   * Goes on with a stored thread where the process ended: starts again what ran, and fires timers that fell due. Rejects
   * with `ThreadError` when nothing is stored.
   */
  recover(options?: RunOptions): Promise<RunResult>;
  /** Stops the bodies that run and waits for them to settle. The state is kept; `retry` goes on. */
  cancel(): Promise<void>;
  /**
   * `invoke` as a stream: `for await (const event of thread.stream(input, { modes: ['updates', 'tokens'] }))`. To go on:
   * `thread.stream.resume(answer)`, `.send(event)`, `.retry()`, `.recover()`.
   */
  readonly stream: StreamRun;
  /** What the thread does, for those who come late: what is kept of its run, then what happens. */
  events(options?: EventsOptions): EventStream;
  /**
   * What was written to the state in this run, in order, as far as its events are kept. Rejects with `ThreadError` when none
   * are: watch the run, or give the runtime `keepEvents`.
   */
  changes(): Promise<readonly Change[]>;
  /** How the thread stands. Rejects with `ThreadError` before the first `invoke`. */
  state(): Promise<ThreadState>;
}

export interface Runtime {
  /** The thread with this id, new or known. Default id: a random one. */
  thread(graph: Graph, id?: string): Thread;
}

/** Runs graphs as threads. Without a store they live in this process. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  const { clock = systemClock, newId = () => crypto.randomUUID() } = options;
  const host: Host = options.store ? durableHost(options.store, clock) : memoryHost();
  const world = createWorld({ ...options, clock, providers: createProviders() });
  const runners = new Map<string, ThreadRunner>();
  return {
    thread(graph, id = newId()) {
      const known = runners.get(id);
      const runner = known?.graph === graph ? known : new ThreadRunner(graph, id, host, { ...options, clock, world });
      runners.set(id, runner);
      return threadOf(id, runner, options.telemetry);
    },
  };
}

/** What happens before a thread runs: what makes its spans is loaded. */
async function prepare(id: string, runner: ThreadRunner, telemetry: RuntimeOptions['telemetry']): Promise<void> {
  if (!telemetry || runner.spans) return;
  const { createSpans } = await import('./tracing.ts').catch(cause => {
    throw new Error('telemetry needs the package @opentelemetry/api; install it', { cause });
  });
  if (runner.spans) return;
  runner.spans = createSpans(runner.graph.plan, id, telemetry === true ? {} : telemetry);
  runner.watch.add(runner.spans);
}

function threadOf(id: string, runner: ThreadRunner, telemetry: RuntimeOptions['telemetry']): Thread {
  type Started = Promise<RunResult>;
  const go = <A extends unknown[]>(act: (...args: A) => Started): ((...args: A) => Started) =>
    telemetry ? (...args) => prepare(id, runner, telemetry).then(() => act(...args)) : act;
  const own: Pick<Thread, 'invoke' | 'resume' | 'send' | 'retry' | 'recover'> = {
    invoke: go((input = {}, run = {}) => runner.invoke(input as GraphInput, run)),
    resume: go((answer, run = {}) => runner.resume(answer, run)),
    send: go((event, run = {}) => runner.send(event, run)),
    retry: go((run = {}) => runner.retry(run)),
    recover: go((run = {}) => runner.recover(run)),
  };
  const open = (options: StreamOptions = {}, start: () => Started): RunStream => openStream(runner, options, start);
  const invoked = (input?: Readonly<Record<string, unknown>>, options?: StreamOptions): RunStream =>
    open(options, () => own.invoke(input, options));
  const going: Pick<StreamRun, 'resume' | 'send' | 'retry' | 'recover'> = {
    resume: (answer, options) => open(options, () => own.resume(answer, options)),
    send: (event, options) => open(options, () => own.send(event, options)),
    retry: options => open(options, () => own.retry(options)),
    recover: options => open(options, () => own.recover(options)),
  };
  return {
    id,
    ...own,
    cancel: () => runner.cancel(),
    stream: Object.assign(invoked, going),
    events: (options = {}) => openEvents(runner, options),
    changes: async () => {
      if (!runner.watch.keeps)
        throw new ThreadError('not-kept', `no events of the thread "${id}" are kept; watch it, or set "keepEvents"`);
      return changesIn(runner.watch.history());
    },
    state: async () => runner.state(),
  };
}
