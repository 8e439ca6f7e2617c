import type { GraphInput } from '../compile/input.ts';
import type { Graph } from '../graph/compile-graph.ts';
import { createProviders } from '../providers/providers.ts';
import type { Checkpoint, StoredThread } from '../store/store.ts';
import { createWorld } from '../tools/world.ts';
import { type Change, changesIn } from './changes.ts';
import { systemClock } from './clock.ts';
import { ThreadError } from './errors.ts';
import { memoryHost } from './host.ts';
import type { Journal } from './journal.ts';
import { Lease } from './lease.ts';
import type {
  BoundOptions,
  ForkOptions,
  InvokeOptions,
  ResumeOptions,
  RunOptions,
  RuntimeOptions,
  UpdateOptions,
} from './options.ts';
import { thisProcess } from './place.ts';
import { Registry } from './registry.ts';
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
import { type Recovered, recoverAll, type WorkOptions, Workshop, workOn } from './work.ts';

/** Sets a run going as `invoke`, `resume`, `send`, `retry` and `recover` do, at once, and gives its events. */
export interface StreamRun {
  (input?: Readonly<Record<string, unknown>>, options?: StreamOptions): RunStream;
  resume(answer?: unknown, options?: StreamOptions & ResumeOptions): RunStream;
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
  invoke(input?: Readonly<Record<string, unknown>>, options?: InvokeOptions): Promise<RunResult>;
  /**
   * Answers what waits and runs on. With one interrupt, `answer` is its value; with several, a map from id to value. Where others
   * answer too, say which: `{ id }`.
   *
   * Rejects with `ResumeError` for an answer that does not fit, and `ThreadError` when it is not clear who is meant.
   */
  resume(answer?: unknown, options?: ResumeOptions): Promise<RunResult>;
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
  /**
   * How the thread stands, or how it stood at a checkpoint of its history. Rejects with `ThreadError` before the first
   * `invoke`, and for a checkpoint that is not there.
   */
  state(checkpoint?: number): Promise<ThreadState>;
  /** Its checkpoints, the newest first. Needs a store; so do the methods below. */
  history(): Promise<readonly Checkpoint[]>;
  /**
   * Begins another thread from a checkpoint of this one, by default the newest; this one stays as it is. To go on with it:
   * `resume` where it waits, `recover` where nodes were running.
   */
  fork(checkpoint?: number, options?: ForkOptions): Promise<Thread>;
  /** Puts values into the state of the thread, as a checkpoint of its own. What branches of a fork see is theirs. */
  update(values: Readonly<Record<string, unknown>>, options?: UpdateOptions): Promise<void>;
  /** Forgets the thread here and in the store. Returns whether there was one. */
  remove(): Promise<boolean>;
}

export interface Runtime {
  /** The thread with this id, new or known. Default id: a random one. */
  thread(graph: Graph, id?: string): Thread;
  /**
   * Goes on with every stored thread of these graphs whose process ended or whose timers fell due. A thread that could not go on
   * has an `error` and hinders no other.
   */
  recover(graphs: readonly Graph[], options?: RunOptions): Promise<readonly Recovered[]>;
  /** `recover`, again and again, until the signal fires: so a process shares the work of a store with others. */
  work(graphs: readonly Graph[], options: WorkOptions): Promise<void>;
  /** Stops what runs here and gives it back: other processes can go on with it at once. Runs reject with `ThreadError`. */
  close(): Promise<void>;
}

const firstOf = (dues: readonly number[]): number | undefined => (dues.length === 0 ? undefined : Math.min(...dues));

/** What a runtime has for all its threads. */
class OpenRuntime implements Runtime {
  readonly options: BoundOptions;
  readonly registry: Registry;
  readonly newId: () => string;
  private readonly lease: Lease | undefined;
  private unwatch: (() => void) | undefined;
  /** What calls off the timers of threads that are not loaded any more. */
  private readonly dues = new Set<() => void>();

  constructor(given: RuntimeOptions) {
    const { clock = systemClock, newId = () => crypto.randomUUID(), store, keepLoaded = 100, lease } = given;
    this.options = { ...given, clock, world: createWorld({ ...given, clock, providers: createProviders() }) };
    this.newId = newId;
    this.lease = store && new Lease(store, clock, thisProcess(), crypto.randomUUID(), lease);
    // Without a store, a thread that was given an id is there until the process ends.
    this.registry = new Registry(store ? keepLoaded : Number.POSITIVE_INFINITY, runner => this.unload(runner));
  }

  thread(graph: Graph, id?: string): OpenThread {
    const name = id ?? this.newId();
    const known = this.registry.find(name, graph);
    const runner = known ?? this.newRunner(graph, name);
    if (!known) {
      this.registry.add(runner);
      this.unwatch ??= this.options.store?.watch?.(written => this.registry.named(written)?.run.look());
    }
    if (id !== undefined || this.lease) this.registry.hold(runner);
    return new OpenThread(this, runner);
  }

  newRunner(graph: Graph, id: string): ThreadRunner {
    return new ThreadRunner(graph, id, memoryHost(), this.options, this.lease);
  }

  /** A runner to look at a checkpoint with: it keeps nothing. */
  scratch(graph: Graph, id: string): ThreadRunner {
    const { store: _store, ...options } = this.options;
    return new ThreadRunner(graph, id, memoryHost(), options);
  }

  /** Forgets a thread that was not used for long; its timers still fire. */
  private unload(runner: ThreadRunner): void {
    const { graph, id, actors } = runner;
    const due = firstOf(actors.list.flatMap(({ timers }) => timers.firstDue ?? []));
    if (!runner.unload() || due === undefined) return;
    const { clock } = this.options;
    const recover = (): void => {
      this.dues.delete(callOff);
      void this.thread(graph, id)
        .recover()
        .catch(() => {});
    };
    const callOff = clock.after(due - clock.now(), recover, true);
    this.dues.add(callOff);
  }

  /** The stored threads that nobody goes on with. */
  private async pending(): Promise<readonly StoredThread[]> {
    const { store, clock } = this.options;
    if (!store || !this.lease) throw new ThreadError('no-store', 'there is nothing to take up without a store');
    return store.pending({ now: clock.now(), ended: await this.lease.ended() });
  }

  private shop(graphs: readonly Graph[], options: RunOptions): Workshop {
    return new Workshop(graphs, (graph, id) => this.thread(graph, id).recover(options));
  }

  async recover(graphs: readonly Graph[], options: RunOptions = {}): Promise<readonly Recovered[]> {
    return recoverAll(this.shop(graphs, options), await this.pending());
  }

  async work(graphs: readonly Graph[], options: WorkOptions): Promise<void> {
    const giveBack = async (threads: readonly string[]): Promise<void> => {
      await Promise.all(threads.map(id => this.registry.named(id)?.run.abandon()));
    };
    await workOn(this.shop(graphs, {}), this.options.clock, options, () => this.pending(), giveBack);
  }

  async close(): Promise<void> {
    this.unwatch?.();
    this.unwatch = undefined;
    for (const callOff of this.dues) callOff();
    this.dues.clear();
    // Those that wait have timers.
    await Promise.all(this.registry.all.map(runner => (runner.rest.busy ? runner.run.abandon() : runner.letGo())));
    await this.lease?.release();
  }
}

/** Runs graphs as threads. Without a store they live in this process. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  return new OpenRuntime(options);
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

class OpenThread implements Thread {
  readonly id: string;
  readonly stream: StreamRun;
  private readonly runtime: OpenRuntime;
  private readonly runner: ThreadRunner;

  constructor(runtime: OpenRuntime, runner: ThreadRunner) {
    this.id = runner.id;
    this.runtime = runtime;
    this.runner = runner;
    this.stream = this.streamRun();
  }

  private go(act: () => Promise<RunResult>): Promise<RunResult> {
    const { telemetry } = this.runtime.options;
    return this.runner.use(telemetry ? () => prepare(this.id, this.runner, telemetry).then(act) : act);
  }

  invoke(input: Readonly<Record<string, unknown>> = {}, options: InvokeOptions = {}): Promise<RunResult> {
    return this.go(() => this.runner.invoke(input as GraphInput, options));
  }

  resume(answer?: unknown, options: ResumeOptions = {}): Promise<RunResult> {
    return this.go(() => this.runner.resume(answer, options));
  }

  send(event: { readonly type: string }, options: RunOptions = {}): Promise<RunResult> {
    return this.go(() => this.runner.send(event, options));
  }

  retry(options: RunOptions & { readonly id?: string } = {}): Promise<RunResult> {
    return this.go(() => this.runner.retry(options));
  }

  recover(options: RunOptions = {}): Promise<RunResult> {
    return this.go(() => this.runner.recover(options));
  }

  cancel(): Promise<void> {
    return this.runner.use(() => this.runner.cancel());
  }

  private streamRun(): StreamRun {
    const open = (options: StreamOptions = {}, start: () => Promise<RunResult>): RunStream =>
      openStream(this.runner, options, start);
    const invoked = (input?: Readonly<Record<string, unknown>>, options?: StreamOptions): RunStream =>
      open(options, () => this.invoke(input, options));
    const going: Pick<StreamRun, 'resume' | 'send' | 'retry' | 'recover'> = {
      resume: (answer, options) => open(options, () => this.resume(answer, options)),
      send: (event, options) => open(options, () => this.send(event, options)),
      retry: options => open(options, () => this.retry(options)),
      recover: options => open(options, () => this.recover(options)),
    };
    return Object.assign(invoked, going);
  }

  events(options: EventsOptions = {}): EventStream {
    return openEvents(this.runner, options);
  }

  async changes(): Promise<readonly Change[]> {
    const { watch } = this.runner;
    if (watch.keeps) return changesIn(watch.history());
    const message = `no events of the thread "${this.id}" are kept; watch it, or set "keepEvents"`;
    throw new ThreadError('not-kept', message);
  }

  async state(checkpoint?: number): Promise<ThreadState> {
    if (checkpoint === undefined) return this.runner.use(() => this.runner.state());
    const { graph, id } = this.runner;
    return this.runtime.scratch(graph, id).look(this.journal, checkpoint);
  }

  private get journal(): Journal {
    const { journal } = this.runner;
    if (!journal) throw new ThreadError('no-store', 'only a thread in a store has a history; give the runtime one');
    return journal;
  }

  async history(): Promise<readonly Checkpoint[]> {
    return this.journal.history();
  }

  async fork(checkpoint?: number, { id, update = {}, replace = false }: ForkOptions = {}): Promise<Thread> {
    await this.journal.flush();
    const fork = this.runtime.thread(this.runner.graph, id ?? this.runtime.newId());
    await fork.runner.use(() => fork.runner.beginFork(this.id, checkpoint, update as GraphInput, replace));
    return fork;
  }

  async update(values: Readonly<Record<string, unknown>>, { replace = false }: UpdateOptions = {}): Promise<void> {
    await this.runner.use(() => this.runner.update(values as GraphInput, replace));
  }

  async remove(): Promise<boolean> {
    await this.runner.cancel();
    this.runtime.registry.forget(this.id);
    this.runner.unload();
    return this.runtime.options.store?.remove(this.id) ?? false;
  }
}
