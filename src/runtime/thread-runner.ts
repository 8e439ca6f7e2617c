/**
 * Drives one thread on a host: starts the bodies and the child actors that a step lists, and delivers what becomes of them.
 *
 * - C2. A body starts after the commit that lists it as a task.
 * - C3. A result is delivered once; what comes after a cancel, or for a replaced task, is dropped.
 */

import type { RunBody } from '../compile/body-call.ts';
import { errorRecord, type GraphContext, outputOf } from '../compile/context.ts';
import { type GraphInput, InputError, inputProblems, START_OPTIONS } from '../compile/input.ts';
import { copyJson } from '../compile/json.ts';
import { questionIn } from '../compile/notes.ts';
import { callsModel, type Plan } from '../compile/plan.ts';
import type { CoreEvent, Step, TaskResult } from '../core/core.ts';
import type { Graph } from '../graph/compile-graph.ts';
import { type BodyDeps, createRunBody } from '../nodes/run-body.ts';
import { Arrivals } from './arrivals.ts';
import { Bodies, RunningBody } from './bodies.ts';
import { callOf, childOf, resultFor, rootOptions, type StartedTask } from './children.ts';
import type { Clock } from './clock.ts';
import { ThreadError } from './errors.ts';
import type { RunCause } from './events.ts';
import { Member, type MemberOptions } from './member.ts';
import type { Host } from './memory-host.ts';
import { type BoundOptions, depsOf, onAbort, type RunOptions } from './options.ts';
import { addressAnswers, failedAt, refuseUnlessDone, takersOf, waitOf } from './requests.ts';
import { Rest } from './rest.ts';
import {
  type Counters,
  countBodyEvent,
  newCounters,
  type RunResult,
  type RunStatus,
  resultOf,
  stateOf,
  type ThreadState,
} from './result.ts';
import { type Spans, traced } from './spans.ts';
import { countVisits, tellRunning, tellStep } from './step-events.ts';
import type { Tally } from './timers.ts';
import { Watch } from './watch.ts';

export class ThreadRunner {
  readonly graph: Graph;
  private readonly id: string;
  private readonly host: Host;
  private readonly clock: Clock;
  private readonly deps: BodyDeps;
  private readonly bodies: Bodies;
  /** The actors of the thread by address, the root first. */
  private readonly members = new Map<string, Member>();
  private readonly tally: Tally = { blocking: 0 };
  private readonly arrivals: Arrivals;
  private counters: Counters = newCounters();
  private runNumber = 0;
  private cancelled = false;
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
    this.bodies = new Bodies(options.clock);
    this.arrivals = new Arrivals(this.bodies, (member, results) => this.settle(member, { kind: 'settled', results }));
  }

  async invoke(input: GraphInput, run: RunOptions): Promise<RunResult> {
    const before = this.members.get(this.id);
    if (before) refuseUnlessDone(this.id, this.status(), [...this.members.values()]);
    const state = before?.context.state;
    const problems = inputProblems(this.graph.plan.graph, input, state);
    if (problems.length > 0) throw new InputError(this.graph.name, problems);
    this.counters = newCounters();
    this.runNumber++;
    this.cancelled = false;
    this.clearMembers();
    this.watch.begin();
    const { plan, machine } = this.graph;
    return this.go('invoke', run, () => {
      const whole = { ...input, [START_OPTIONS]: { state, thread: this.id } };
      this.begin(rootOptions(this.id, { kind: 'graph', plan, machine, runBody: this.bodyOf(plan) }), whole);
    });
  }

  private clearMembers(): void {
    for (const { address, timers } of this.members.values()) {
      timers.clear();
      this.host.remove(address);
    }
    this.members.clear();
  }

  private bodyOf = (plan: Plan): RunBody =>
    traced(this.spans, this.deps, deps =>
      createRunBody(plan, deps, String(this.runNumber), (event, { naming, over }) => {
        countBodyEvent(this.counters, event, plan);
        if (!over) this.watch.tell(event, naming);
      }),
    );

  private begin(options: MemberOptions, input: unknown): void {
    const step = this.host.create(options.address, options.logic, input);
    const { clock, tally } = this;
    const member = new Member(options, this.host, {
      clock,
      tally,
      fire: (own, { timerId, id, event }) => this.settle(own, { kind: 'timer', timerId, id, event }),
    });
    this.members.set(options.address, member);
    options.parent?.member.children.set(options.parent.taskId, member);
    this.commit(member, step, undefined, undefined);
  }

  private each<T>(list: (member: Member) => readonly T[]): T[] {
    return [...this.members.values()].flatMap(list);
  }

  async resume(answer: unknown, run: RunOptions): Promise<RunResult> {
    this.root();
    const answers = addressAnswers(this.id, answer, [...this.members.values()]);
    this.cancelled = false;
    return this.go('resume', run, () => {
      for (const { member, key, value } of answers) {
        this.deliver(member, { kind: 'event', event: { type: 'resume', id: key, value } as { type: string } });
      }
    });
  }

  async send(event: { readonly type: string }, run: RunOptions): Promise<RunResult> {
    this.root();
    const takers = takersOf(this.id, event, [...this.members.values()], this.bodies.waiting());
    this.cancelled = false;
    const own = copyJson(event, 'the event') as { type: string };
    return this.go('send', run, () => {
      for (const taker of takers) {
        if ('send' in taker) taker.send(own);
        else this.deliver(taker, { kind: 'event', event: own });
      }
    });
  }

  async retry(run: RunOptions & { readonly id?: string }): Promise<RunResult> {
    this.root();
    const members = [...this.members.values()];
    const meant = failedAt(this.id, run.id, members, this.cancelled);
    const resumed = this.cancelled ? members : [];
    this.cancelled = false;
    return this.go('retry', run, () => {
      tellRunning(this.watch, resumed, 'begin');
      for (const member of resumed) this.goOn(member);
      for (const { member, key } of meant) {
        this.deliver(member, { kind: 'event', event: { type: 'retry', id: key } as { type: string } });
      }
    });
  }

  /** Starts again what a cancel stopped. */
  private goOn(member: Member): void {
    member.timers.arm();
    for (const [childId, taskId] of Object.entries(member.state.active)) {
      if (!member.children.has(taskId)) this.startTask(member, { childId, taskId });
    }
  }

  async cancel(): Promise<void> {
    if (!this.cancelled) tellRunning(this.watch, this.members.values(), 'stop');
    this.cancelled = true;
    for (const { timers } of this.members.values()) timers.disarm();
    this.bodies.stopAll('the run was cancelled');
    await this.bodies.whenSettled();
    this.rest.reached();
  }

  state(): ThreadState {
    return stateOf(this.root(), [...this.members.values()], this.status(), this.result());
  }

  private root(): Member {
    const root = this.members.get(this.id);
    if (!root) throw new ThreadError('not-started', `the thread "${this.id}" has not been invoked yet`);
    return root;
  }

  private status(): RunStatus | 'running' {
    if (this.root().state.snapshot.status === 'done') return 'done';
    if (this.cancelled) return 'cancelled';
    if (!this.idle) return 'running';
    return this.each(m => m.failures()).length > 0 ? 'failed' : 'waiting';
  }

  /** Nothing runs, and no timer will set anything going that somebody waits for. */
  private get idle(): boolean {
    return this.bodies.idle && this.tally.blocking === 0;
  }

  /** Acts, and runs until nothing is left to do by itself. What is asked while the thread runs joins the run. */
  private async go(cause: RunCause, { signal, onEvent }: RunOptions, act: () => void): Promise<RunResult> {
    const unwatch = onEvent && this.watch.add({ next: onEvent });
    const release = onAbort(signal, () => void this.cancel());
    if (signal?.aborted) this.cancelled = true;
    const begun = this.rest.busy ? undefined : this.clock.now();
    try {
      await this.rest.after(() => {
        if (begun !== undefined) this.watch.tell({ type: 'run-started', thread: this.id, cause });
        act();
        if (this.cancelled) this.rest.reached();
        this.restIfIdle();
      });
      if (begun !== undefined) this.counters.durationMs += this.clock.now() - begun;
      const result = this.result();
      if (begun !== undefined) this.watch.finish(this.id, result);
      return result;
    } catch (reason) {
      if (begun !== undefined) this.watch.rest({ reason });
      throw reason;
    } finally {
      release();
      unwatch?.();
      if (!this.rest.busy) this.deps.world.endRun(this.id);
    }
  }

  private result(): RunResult {
    const status = this.status();
    return resultOf({
      thread: this.id,
      status: status === 'running' ? 'waiting' : status,
      output: outputOf(this.graph.plan.graph, this.root().context.state),
      members: [...this.members.values()],
      waits: this.bodies.waiting().map(waitOf),
      counters: this.counters,
    });
  }

  private restIfIdle(): void {
    if (!this.rest.busy || this.cancelled || !this.idle) return;
    if (this.bodies.settled) this.rest.reached();
    else void this.bodies.whenSettled().then(() => this.restIfIdle());
  }

  private deliver(member: Member, event: CoreEvent): void {
    const before = this.watch.active && member.work.kind === 'graph' ? member.context : undefined;
    const step = this.host.deliver(member.address, event);
    if (step) this.commit(member, step, event, before);
  }

  private commit(member: Member, step: Step, event: CoreEvent | undefined, before: GraphContext | undefined): void {
    const { work, naming } = member;
    if (this.watch.active) tellStep(this.watch, member, { event, before, step, begins: !this.cancelled });
    else this.watch.unseen();
    for (const taskId of step.dropped) this.drop(member, taskId);
    if (work.kind === 'graph') countVisits(work.plan, step, this.counters.visits, naming);
    member.timers.update(step.timers, step.state.timers);
    if (this.cancelled) return;
    member.timers.arm();
    for (const task of step.tasks) if (member.stillRuns(step, task)) this.startTask(member, task);
    this.endIfDone(member);
  }

  /** A child that ended is the result of its parent's task. */
  private endIfDone(member: Member): void {
    const { parent } = member;
    if (!parent || !this.members.has(member.address)) return;
    const result = resultFor(parent, member.state.snapshot);
    if (!result) return;
    for (const { shown } of member.handled()) this.counters.handled.set(shown.id, shown);
    this.forget(member);
    this.deliver(parent.member, result);
  }

  private forget(member: Member): void {
    this.members.delete(member.address);
    this.host.remove(member.address);
    member.parent?.member.children.delete(member.parent.taskId);
    member.timers.clear();
  }

  /** Stops what runs for a task that no longer counts, with all that runs for it in turn. */
  private drop(member: Member, taskId: string): void {
    this.bodies.stop(`${member.address} ${taskId}`, 'it is not waited for any more');
    const child = member.children.get(taskId);
    if (!child) return;
    for (const own of Object.values(child.state.active)) this.drop(child, own);
    this.forget(child);
  }

  /** An actor or a body. What either is given is worked out from the state, which is the same whenever it is started. */
  private startTask(member: Member, task: StartedTask): void {
    const { taskId, childId } = task;
    try {
      const child = childOf(member, task, this.bodyOf);
      if (child) this.begin(child.options, child.input);
      else this.startBody(member, task);
    } catch (thrown) {
      this.deliver(member, { kind: 'error', taskId, childId, error: errorRecord(thrown) });
    }
  }

  private startBody(member: Member, task: StartedTask): void {
    const { taskId, childId } = task;
    const { work } = member;
    const running = new RunningBody();
    const call = callOf(member, task, running, {
      rests: waits => {
        const asks = this.bodies.rest(running, waits);
        if (asks) this.watch.tell({ type: 'interrupt', interrupt: waitOf(running) }, member.naming);
        this.restIfIdle();
      },
      record: (name, value) => this.deliver(member, { kind: 'step', taskId, childId, name, value }),
    });
    this.counters.nodeRuns++;
    const { plan } = work.kind === 'graph' ? work : work.pool.work;
    if (callsModel(plan, call.node)) this.counters.modelCalls++;
    const key = `${member.address} ${taskId}`;
    const finish = (result: TaskResult): void => {
      if (work.kind === 'pool') this.arrivals.add(member, { key, body: running, result });
      else if (this.bodies.finish(key, running)) this.settle(member, result);
    };
    this.bodies.add(key, running);
    running.settled = work.runBody(call).then(
      output => finish({ kind: 'done', taskId, childId, output }),
      error => {
        if (!running.stopped && !questionIn({ error })) this.counters.failedRuns++;
        finish({ kind: 'error', taskId, childId, error: errorRecord(error) });
      },
    );
  }

  /** Delivers what came of a body or a timer. */
  private settle(member: Member, event: CoreEvent): void {
    try {
      this.deliver(member, event);
      this.restIfIdle();
    } catch (thrown) {
      this.rest.broken(thrown);
    }
  }
}
