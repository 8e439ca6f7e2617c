/**
 * The actors of one thread on a host: starts the bodies and the child actors that a step lists, and delivers what becomes
 * of them.
 *
 * - C2. A body starts after the commit that lists it as a task.
 * - C3. A result is delivered once; what comes after a cancel, or for a replaced task, is dropped.
 * - C9. A failure of the store is no failure of a node: it ends the run.
 */
import type { RunBody } from '../compile/body-call.ts';
import { errorRecord, type GraphContext } from '../compile/context.ts';
import { questionIn } from '../compile/notes.ts';
import { callsModel, type Plan } from '../compile/plan.ts';
import type { CoreEvent, Step, TaskResult } from '../core/core.ts';
import { type BodyDeps, createRunBody } from '../nodes/run-body.ts';
import { type StoredThread, StoreError } from '../store/store.ts';
import { Arrivals } from './arrivals.ts';
import { Bodies, RunningBody } from './bodies.ts';
import { callOf, childOf, resultFor, type StartedTask } from './children.ts';
import type { Clock } from './clock.ts';
import { Member, type MemberOptions } from './member.ts';
import type { Host } from './memory-host.ts';
import { waitOf } from './requests.ts';
import { type Counters, countBodyEvent, newCounters } from './result.ts';
import { type Spans, traced } from './spans.ts';
import { countVisits, tellStep } from './step-events.ts';
import type { Tally } from './timers.ts';
import type { Watch } from './watch.ts';

/** What the actors of a thread have around them. */
export interface Surroundings {
  readonly thread: string;
  readonly host: Host;
  readonly clock: Clock;
  readonly deps: BodyDeps;
  readonly watch: Watch;
  /** Where spans are made of what happens. */
  readonly spans: () => Spans | undefined;
  /** Something ended, and perhaps nothing is left to do. */
  readonly quiet: () => void;
  /** The thread cannot go on. */
  readonly broken: (reason: unknown) => void;
}

export class ThreadActors {
  readonly bodies: Bodies;
  /** By address, the root first. */
  readonly members = new Map<string, Member>();
  counters: Counters = newCounters();
  runNumber = 0;
  cancelled = false;
  private readonly tally: Tally = { blocking: 0 };
  private readonly arrivals: Arrivals;
  private readonly around: Surroundings;

  constructor(around: Surroundings) {
    this.around = around;
    this.bodies = new Bodies(around.clock);
    this.arrivals = new Arrivals(this.bodies, (member, results) => this.settle(member, { kind: 'settled', results }));
  }

  get list(): Member[] {
    return [...this.members.values()];
  }

  /** Nothing runs, and no timer will set anything going that somebody waits for. */
  get idle(): boolean {
    return this.bodies.idle && this.tally.blocking === 0;
  }

  /** Forgets all of them. */
  clear(): void {
    for (const { address, timers } of this.members.values()) {
      timers.clear();
      this.around.host.remove(address);
    }
    this.members.clear();
  }

  readonly bodyOf = (plan: Plan): RunBody =>
    traced(this.around.spans(), this.around.deps, deps =>
      createRunBody(plan, deps, String(this.runNumber), (event, { naming, over }) => {
        countBodyEvent(this.counters, event, plan);
        if (!over) this.around.watch.tell(event, naming);
      }),
    );

  /** Begins an actor, the root of a run with what is stored of its thread. */
  begin(options: MemberOptions, input: unknown, begins?: StoredThread): void {
    const { parent } = options;
    const place = {
      thread: this.around.thread,
      ...(parent ? { parent: { address: parent.member.address, taskId: parent.taskId, childId: parent.childId } } : {}),
      ...(begins ? { begins } : {}),
    };
    const step = this.around.host.create(options.address, options.logic, input, place);
    this.commit(this.join(options), step, undefined, undefined);
  }

  /** Makes the member of an actor that the host has. */
  join(options: MemberOptions): Member {
    const { tally } = this;
    const { clock, host } = this.around;
    const member = new Member(options, host, {
      clock,
      tally,
      fire: (own, { timerId, id, event }) => this.settle(own, { kind: 'timer', timerId, id, event }),
    });
    this.members.set(options.address, member);
    options.parent?.member.children.set(options.parent.taskId, member);
    return member;
  }

  /** Starts what is to run for an actor and does not: after a cancel, or in another process. */
  goOn(member: Member): void {
    member.timers.arm();
    for (const [childId, taskId] of Object.entries(member.state.active)) {
      if (!member.children.has(taskId)) this.startTask(member, { childId, taskId });
    }
    this.endIfDone(member);
  }

  /** Stops what runs; the state stays as it is. */
  async stop(): Promise<void> {
    for (const { timers } of this.members.values()) timers.disarm();
    this.bodies.stopAll('the run was cancelled');
    await this.bodies.whenSettled();
  }

  deliver(member: Member, event: CoreEvent): void {
    const before = this.around.watch.active && member.work.kind === 'graph' ? member.context : undefined;
    const step = this.around.host.deliver(member.address, event);
    if (step) this.commit(member, step, event, before);
  }

  private commit(member: Member, step: Step, event: CoreEvent | undefined, before: GraphContext | undefined): void {
    const { work, naming } = member;
    if (this.around.watch.active) tellStep(this.around.watch, member, { event, before, step, begins: !this.cancelled });
    else this.around.watch.unseen();
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
    this.around.host.remove(member.address);
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
      if (thrown instanceof StoreError) throw thrown;
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
        if (asks) this.around.watch.tell({ type: 'interrupt', interrupt: waitOf(running) }, member.naming);
        this.around.quiet();
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
      this.around.quiet();
    } catch (thrown) {
      this.around.broken(thrown);
    }
  }
}
