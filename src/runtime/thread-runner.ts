/** One thread: takes what is asked of it to its actors, and waits for their rest. */

import { outputOf } from '../compile/context.ts';
import { type GraphInput, InputError, inputProblems, START_OPTIONS } from '../compile/input.ts';
import { copyJson } from '../compile/json.ts';
import type { Graph } from '../graph/compile-graph.ts';
import type { BodyDeps } from '../nodes/run-body.ts';
import { type StoredThread, StoreError } from '../store/store.ts';
import { rootOptions } from './children.ts';
import type { Clock } from './clock.ts';
import { ThreadError } from './errors.ts';
import type { RunCause } from './events.ts';
import type { Member, MemberOptions } from './member.ts';
import type { Host } from './memory-host.ts';
import { type BoundOptions, depsOf, onAbort, type RunOptions } from './options.ts';
import { reload } from './reload.ts';
import { addressAnswers, failedAt, refuseChanged, refuseUnlessDone, takersOf, waitOf } from './requests.ts';
import { Rest } from './rest.ts';
import {
  countersOf,
  keptCounters,
  newCounters,
  type RunResult,
  type RunStatus,
  resultOf,
  stateOf,
  type ThreadState,
} from './result.ts';
import { shapeOf } from './shape.ts';
import type { Spans } from './spans.ts';
import { tellRunning } from './step-events.ts';
import { ThreadActors } from './thread-actors.ts';
import { Watch } from './watch.ts';

export class ThreadRunner {
  readonly graph: Graph;
  private readonly id: string;
  private readonly host: Host;
  private readonly clock: Clock;
  private readonly deps: BodyDeps;
  private readonly actors: ThreadActors;
  /** The thread was taken over from the store, and what ran then does not run yet. */
  private interrupted = false;
  readonly watch: Watch;
  readonly rest = new Rest();
  /** Where spans are made of what happens. */
  spans: Spans | undefined;

  constructor(graph: Graph, id: string, host: Host, options: BoundOptions) {
    this.graph = graph;
    this.id = id;
    this.host = host;
    this.deps = depsOf(graph, options);
    this.clock = options.clock;
    this.watch = new Watch(options.clock, options.keepEvents);
    this.actors = new ThreadActors({
      thread: id,
      host,
      clock: options.clock,
      deps: this.deps,
      watch: this.watch,
      spans: () => this.spans,
      quiet: () => this.restIfIdle(),
      broken: reason => this.rest.broken(reason),
    });
  }

  async invoke(input: GraphInput, run: RunOptions): Promise<RunResult> {
    this.reload(run);
    const before = this.actors.members.get(this.id);
    if (before) refuseUnlessDone(this.id, this.status(), this.actors.list);
    const state = before?.context.state;
    const problems = inputProblems(this.graph.plan.graph, input, state);
    if (problems.length > 0) throw new InputError(this.graph.name, problems);
    this.actors.counters = newCounters();
    this.actors.runNumber++;
    this.actors.cancelled = false;
    this.actors.clear();
    this.watch.begin();
    return this.go('invoke', run, () => {
      const whole = { ...input, [START_OPTIONS]: { state, thread: this.id } };
      this.actors.begin(this.rootOptions(), whole, this.host.stored && this.storedThread());
    });
  }

  private rootOptions(): MemberOptions {
    const { plan, machine } = this.graph;
    return rootOptions(this.id, { kind: 'graph', plan, machine, runBody: this.actors.bodyOf(plan) });
  }

  private storedThread(): StoredThread {
    const now = this.clock.now();
    const { name, file, plan } = this.graph;
    const shape = shapeOf(plan, this.deps.world.digest);
    const counters = keptCounters(this.actors.counters);
    return {
      id: this.id,
      graph: name,
      file,
      shape,
      run: this.actors.runNumber,
      status: 'running',
      counters,
      created: now,
      updated: now,
    };
  }

  /** Takes the thread over from the store, when it is not here. */
  private reload({ acceptChanges = false }: RunOptions): void {
    if (this.actors.members.size > 0) return;
    const found = this.host.stored?.(this.id);
    if (!found) return;
    const { thread, actors } = found;
    refuseChanged(thread, this.storedThread(), acceptChanges);
    this.actors.runNumber = thread.run;
    this.actors.counters = countersOf(thread.counters);
    this.actors.cancelled = thread.status === 'cancelled';
    this.interrupted = !this.actors.cancelled;
    this.watch.unseen();
    const { host, id } = this;
    const { bodyOf } = this.actors;
    reload(this.rootOptions(), actors, { host, thread: id, bodyOf, join: options => this.actors.join(options) });
  }

  private each<T>(list: (member: Member) => readonly T[]): T[] {
    return this.actors.list.flatMap(list);
  }

  async resume(answer: unknown, run: RunOptions): Promise<RunResult> {
    this.reload(run);
    this.root();
    const answers = addressAnswers(this.id, answer, this.actors.list);
    this.actors.cancelled = false;
    return this.go('resume', run, () => {
      for (const { member, key, value } of answers) {
        this.actors.deliver(member, { kind: 'event', event: { type: 'resume', id: key, value } as { type: string } });
      }
    });
  }

  async send(event: { readonly type: string }, run: RunOptions): Promise<RunResult> {
    this.reload(run);
    this.root();
    const takers = takersOf(this.id, event, this.actors.list, this.actors.bodies.waiting());
    this.actors.cancelled = false;
    const own = copyJson(event, 'the event') as { type: string };
    return this.go('send', run, () => {
      for (const taker of takers) {
        if ('send' in taker) taker.send(own);
        else this.actors.deliver(taker, { kind: 'event', event: own });
      }
    });
  }

  async retry(run: RunOptions & { readonly id?: string }): Promise<RunResult> {
    this.reload(run);
    this.root();
    const members = this.actors.list;
    const meant = failedAt(this.id, run.id, members, this.actors.cancelled);
    const resumed = this.actors.cancelled ? members : [];
    this.actors.cancelled = false;
    return this.go('retry', run, () => {
      tellRunning(this.watch, resumed, 'begin');
      for (const member of resumed) this.actors.goOn(member);
      for (const { member, key } of meant) {
        this.actors.deliver(member, { kind: 'event', event: { type: 'retry', id: key } as { type: string } });
      }
    });
  }

  async recover(run: RunOptions): Promise<RunResult> {
    this.reload(run);
    this.root();
    return this.go('recover', run, () => {});
  }

  /** Starts what ran when the process ended. */
  private takeUp(): void {
    if (!this.interrupted) return;
    this.interrupted = false;
    tellRunning(this.watch, this.actors.list, 'take-up');
    for (const member of this.actors.list) this.actors.goOn(member);
  }

  async cancel(): Promise<void> {
    if (!this.actors.cancelled) tellRunning(this.watch, this.actors.members.values(), 'stop');
    this.actors.cancelled = true;
    await this.actors.stop();
    this.rest.reached();
  }

  state(): ThreadState {
    this.reload({ acceptChanges: true });
    return stateOf(this.root(), this.actors.list, this.status(), this.result());
  }

  private root(): Member {
    const root = this.actors.members.get(this.id);
    if (!root) throw new ThreadError('not-started', `the thread "${this.id}" has not been invoked yet`);
    return root;
  }

  private status(): RunStatus | 'running' {
    if (this.root().state.snapshot.status === 'done') return 'done';
    if (this.actors.cancelled) return 'cancelled';
    if (!this.actors.idle) return 'running';
    return this.each(m => m.failures()).length > 0 ? 'failed' : 'waiting';
  }

  /** Acts, and runs until nothing is left to do by itself. What is asked while the thread runs joins the run. */
  private async go(cause: RunCause, { signal, onEvent }: RunOptions, act: () => void): Promise<RunResult> {
    const unwatch = onEvent && this.watch.add({ next: onEvent });
    const release = onAbort(signal, () => void this.cancel());
    if (signal?.aborted) this.actors.cancelled = true;
    const begun = this.rest.busy ? undefined : this.clock.now();
    try {
      await this.rest.after(() => {
        if (begun !== undefined) this.watch.tell({ type: 'run-started', thread: this.id, cause });
        this.takeUp();
        act();
        if (this.actors.cancelled) this.rest.reached();
        this.restIfIdle();
      });
      if (begun !== undefined) this.actors.counters.durationMs += this.clock.now() - begun;
      const result = this.result();
      if (begun !== undefined) this.watch.finish(this.id, result);
      if (!this.rest.busy) this.host.note?.(this.id, result.status, keptCounters(this.actors.counters));
      return result;
    } catch (reason) {
      if (begun !== undefined) this.watch.rest({ reason });
      if (reason instanceof StoreError) await this.letGo();
      throw reason;
    } finally {
      release();
      unwatch?.();
      if (!this.rest.busy) this.deps.world.endRun(this.id);
    }
  }

  /** After a failure of the store the thread is as it was stored, and is taken from there when it is next asked for. */
  private async letGo(): Promise<void> {
    await this.actors.stop();
    this.actors.clear();
    this.host.release?.(this.id);
  }

  private result(): RunResult {
    const status = this.status();
    return resultOf({
      thread: this.id,
      status: status === 'running' ? 'waiting' : status,
      output: outputOf(this.graph.plan.graph, this.root().context.state),
      members: this.actors.list,
      waits: this.actors.bodies.waiting().map(waitOf),
      counters: this.actors.counters,
    });
  }

  private restIfIdle(): void {
    if (!this.rest.busy || this.actors.cancelled || !this.actors.idle) return;
    if (this.actors.bodies.settled) this.rest.reached();
    else void this.actors.bodies.whenSettled().then(() => this.restIfIdle());
  }
}
