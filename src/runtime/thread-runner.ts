/**
 * Drives one thread on a host: starts the bodies that a step lists, and delivers what becomes of them.
 *
 * - C2. A body starts after the commit that lists it as a task.
 * - C3. A result is delivered once; what comes after a cancel, or for a replaced task, is dropped.
 */
import { errorRecord, type GraphContext, outputOf } from '../compile/context.ts';
import { type BodyCall, type GraphInput, type RunBody, START_OPTIONS } from '../compile/emit.ts';
import { InputError, inputProblems } from '../compile/input.ts';
import { copyJson } from '../compile/json.ts';
import { answerProblem } from '../compile/outcome.ts';
import type { ActorState, CoreEvent, Step, Task } from '../core/core.ts';
import { interruptsOf } from '../core/waiting.ts';
import type { Graph } from '../graph/compile-graph.ts';
import type { BodyEvent } from '../nodes/node-io.ts';
import { createRunBody } from '../nodes/run-body.ts';
import { Bodies, RunningBody } from './bodies.ts';
import type { Clock } from './clock.ts';
import { ResumeError, ThreadError } from './errors.ts';
import { countVisits, eventsOf, type RunEvent } from './events.ts';
import type { Host } from './memory-host.ts';
import {
  branchesOf,
  type Counters,
  newCounters,
  type RunResult,
  resultOf,
  statusOf,
  type ThreadState,
} from './result.ts';
import type { RunOptions, RuntimeOptions } from './runtime.ts';
import { Timers } from './timers.ts';

export class ThreadRunner {
  readonly graph: Graph;
  private readonly id: string;
  private readonly host: Host;
  private readonly clock: Clock;
  private readonly options: RuntimeOptions;
  private readonly bodies: Bodies;
  private readonly timers: Timers;
  private counters: Counters = newCounters();
  private runNumber = 0;
  private runBody: RunBody | undefined;
  private cancelled = false;
  private onEvent: ((event: RunEvent) => void) | undefined;
  private atRest: { resolve: () => void; reject: (reason: unknown) => void } | undefined;

  constructor(graph: Graph, id: string, host: Host, options: RuntimeOptions & { readonly clock: Clock }) {
    this.graph = graph;
    this.id = id;
    this.host = host;
    this.options = options;
    this.clock = options.clock;
    this.bodies = new Bodies(options.clock);
    this.timers = new Timers(options.clock, ({ timerId, id, event }) =>
      this.settle({ kind: 'timer', timerId, id, event }),
    );
  }

  async invoke(input: GraphInput, run: RunOptions): Promise<RunResult> {
    const before = this.host.load(this.id);
    if (before) this.refuseUnlessDone(before);
    const state = before ? (before.snapshot.context as GraphContext).state : undefined;
    const problems = inputProblems(this.graph.plan.graph, input, state);
    if (problems.length > 0) throw new InputError(this.graph.name, problems);
    this.counters = newCounters();
    this.runNumber++;
    this.runBody = this.createBody();
    this.cancelled = false;
    return this.go(run, () => {
      const options = { state, thread: this.id };
      this.commit(this.host.create(this.id, this.graph.machine, { ...input, [START_OPTIONS]: options }), undefined);
    });
  }

  private refuseUnlessDone(state: ActorState): void {
    const status = statusOf(state, this.cancelled);
    if (status === 'done') return;
    if (status === 'running')
      throw new ThreadError('busy', `the thread "${this.id}" is running; wait for it, or cancel it`);
    const waits = interruptsOf(state.snapshot)
      .map(i => i.id)
      .join(', ');
    const advice =
      status === 'waiting'
        ? `it waits for ${waits}; resume it`
        : `it ${status === 'failed' ? 'failed' : 'was cancelled'}; retry it`;
    throw new ThreadError('waiting', `the thread "${this.id}" is not finished: ${advice}, or use another thread`);
  }

  async resume(answer: unknown, run: RunOptions): Promise<RunResult> {
    const state = this.loaded();
    const answers = this.answersFor(state, answer);
    this.cancelled = false;
    return this.go(run, () => {
      for (const [id, value] of answers)
        this.deliver({ kind: 'event', event: { type: 'resume', id, value } as { type: string } });
    });
  }

  async send(event: { readonly type: string }, run: RunOptions): Promise<RunResult> {
    const state = this.loaded();
    if (!state.snapshot.can(event)) {
      const waits = interruptsOf(state.snapshot).flatMap(i => i.event ?? []);
      const known = waits.length === 0 ? 'it waits for no event' : `it waits for ${waits.join(', ')}`;
      throw new ThreadError(
        'not-waiting',
        `the thread "${this.id}" does not take the event "${event.type}" now, or not with these members; ${known}`,
      );
    }
    this.cancelled = false;
    return this.go(run, () => this.deliver({ kind: 'event', event: copyJson(event, 'the event') as { type: string } }));
  }

  private answersFor(state: ActorState, answer: unknown): [string, unknown][] {
    const waiting = interruptsOf(state.snapshot);
    const ids = waiting.map(i => i.id);
    const [only] = ids;
    if (only === undefined) throw new ThreadError('not-waiting', `the thread "${this.id}" waits for no answer`);
    const isMap = answer !== null && typeof answer === 'object' && !Array.isArray(answer);
    const keys = isMap ? Object.keys(answer) : [];
    const named = keys.length > 0 && keys.every(k => ids.includes(k));
    if (!named && ids.length > 1) {
      const code = keys.length > 0 ? 'unknown-interrupt' : 'ambiguous';
      throw new ThreadError(code, `${ids.length} interrupts wait (${ids.join(', ')}); answer by id: { "${only}": … }`);
    }
    const answers: [string, unknown][] = named ? Object.entries(answer as object) : [[only, answer]];
    for (const [id, value] of answers) {
      const problem = answerProblem(this.graph.plan, waiting.find(i => i.id === id)?.node ?? id, value);
      if (problem !== undefined) throw new ResumeError(id, problem);
    }
    return answers.map(([id, value]) => [id, copyJson(value === undefined ? null : value, `the answer to "${id}"`)]);
  }

  async retry(run: RunOptions & { readonly id?: string }): Promise<RunResult> {
    const state = this.loaded();
    const failed = Object.keys((state.snapshot.context as GraphContext).failures);
    const meant = run.id === undefined ? failed : failed.filter(id => id === run.id);
    if (meant.length === 0 && !this.cancelled)
      throw new ThreadError(
        'not-failed',
        `nothing of the thread "${this.id}" failed${run.id === undefined ? '' : ` at "${run.id}"`}`,
      );
    const resumed = this.cancelled ? state.active : {};
    this.cancelled = false;
    return this.go(run, () => {
      for (const [childId, taskId] of Object.entries(resumed))
        this.startBody({ childId, taskId, src: '', input: undefined });
      for (const id of meant) this.deliver({ kind: 'event', event: { type: 'retry', id } as { type: string } });
    });
  }

  async cancel(): Promise<void> {
    this.cancelled = true;
    this.timers.disarm();
    this.bodies.stopAll('the run was cancelled');
    await this.bodies.whenSettled();
    this.atRest?.resolve();
  }

  state(): ThreadState {
    const state = this.loaded();
    const result = this.result(state);
    return {
      status: statusOf(state, this.cancelled),
      values: (state.snapshot.context as GraphContext).state,
      branches: branchesOf(state),
      interrupts: result.interrupts,
      failures: result.failures,
      visits: result.metrics.visits,
      seq: state.seq,
    };
  }

  private loaded(): ActorState {
    const state = this.host.load(this.id);
    if (!state) throw new ThreadError('not-started', `the thread "${this.id}" has not been invoked yet`);
    return state;
  }

  private createBody(): RunBody {
    const { deps, plan } = this.graph;
    const functions = { ...deps.functions, ...this.options.functions };
    const models = { ...deps.models, ...this.options.models };
    return createRunBody(plan, { functions, models }, String(this.runNumber), event => this.onBodyEvent(event));
  }

  /** Runs until nothing is left to do by itself. */
  private async go({ signal, onEvent }: RunOptions, begin: () => void): Promise<RunResult> {
    if (this.atRest) throw new ThreadError('busy', `the thread "${this.id}" is running; wait for it, or cancel it`);
    this.onEvent = onEvent;
    const started = this.clock.now();
    const abort = (): void => void this.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.atRest = { resolve, reject };
        if (signal?.aborted) this.cancelled = true;
        begin();
        if (this.cancelled) resolve();
        this.restIfIdle();
      });
    } finally {
      signal?.removeEventListener('abort', abort);
      this.atRest = undefined;
      this.onEvent = undefined;
      this.counters.durationMs += this.clock.now() - started;
    }
    return this.result(this.loaded());
  }

  private result(state: ActorState): RunResult {
    const output = outputOf(this.graph.plan.graph, (state.snapshot.context as GraphContext).state);
    return resultOf(this.id, state, this.cancelled, this.counters, output);
  }

  private restIfIdle(): void {
    const { atRest } = this;
    if (!atRest || !this.bodies.idle || this.timers.blocking || this.cancelled) return;
    if (this.bodies.settled) atRest.resolve();
    else void this.bodies.whenSettled().then(atRest.resolve);
  }

  private deliver(event: CoreEvent): void {
    const before = this.host.load(this.id);
    const step = this.host.deliver(this.id, event);
    if (step) this.commit(step, before?.snapshot.context as GraphContext | undefined);
  }

  private commit(step: Step, before: GraphContext | undefined): void {
    for (const taskId of step.dropped) this.bodies.stop(taskId, 'it is not waited for any more');
    countVisits(this.graph.plan, step, this.counters.visits);
    if (this.onEvent) for (const event of eventsOf(this.graph.plan, before, step)) this.notify(event);
    this.timers.update(step.timers, step.state.timers);
    if (this.cancelled) return;
    this.timers.arm();
    for (const task of step.tasks) this.startBody(task);
  }

  private startBody({ taskId, childId }: Task): void {
    const { runBody } = this;
    const context = this.host.load(this.id)?.snapshot.context as GraphContext;
    if (!runBody) throw new Error('a body before its run');
    this.counters.nodeRuns++;
    if (this.graph.plan.nodes.get(childId)?.def.kind === 'llm') this.counters.modelCalls++;
    const running = new RunningBody();
    const call: BodyCall = {
      node: childId,
      context,
      get signal() {
        return running.signal;
      },
    };
    running.settled = runBody(call).then(
      output => this.finish(taskId, running, { kind: 'done', taskId, childId, output }),
      error => {
        if (!running.stopped) this.counters.failedRuns++;
        this.finish(taskId, running, { kind: 'error', taskId, childId, error: errorRecord(error) });
      },
    );
    this.bodies.add(taskId, running);
  }

  private finish(taskId: string, running: RunningBody, event: CoreEvent): void {
    if (this.bodies.finish(taskId, running)) this.settle(event);
  }

  /** Delivers what came of a body or a timer. */
  private settle(event: CoreEvent): void {
    try {
      this.deliver(event);
      this.restIfIdle();
    } catch (thrown) {
      this.atRest?.reject(thrown);
    }
  }

  private onBodyEvent(event: BodyEvent): void {
    if (event.type === 'usage') {
      this.counters.inputTokens += event.usage.inputTokens;
      this.counters.outputTokens += event.usage.outputTokens;
    }
    if (this.onEvent) this.notify(event);
  }

  private notify(event: object): void {
    try {
      this.onEvent?.({ ...event, at: this.clock.now() } as RunEvent);
    } catch {
      // A watcher's mistake is its own: the run does not notice.
    }
  }
}
