/**
 * Drives one thread on a host: starts the bodies and the child actors that a step lists, and delivers what becomes of them.
 *
 * - C2. A body starts after the commit that lists it as a task.
 * - C3. A result is delivered once; what comes after a cancel, or for a replaced task, is dropped.
 */

import { errorRecord, type GraphContext, outputOf } from '../compile/context.ts';
import { type BodyCall, childStart, type GraphInput, START_OPTIONS } from '../compile/emit.ts';
import { InputError, inputProblems } from '../compile/input.ts';
import { copyJson } from '../compile/json.ts';
import { childSrc } from '../compile/node-states.ts';
import type { Plan } from '../compile/plan.ts';
import type { CoreEvent, CoreMachine, Step, Task } from '../core/core.ts';
import type { Graph } from '../graph/compile-graph.ts';
import type { BodyEvent } from '../nodes/node-io.ts';
import { type BodyDeps, createRunBody } from '../nodes/run-body.ts';
import { Bodies, RunningBody } from './bodies.ts';
import type { Clock } from './clock.ts';
import { ThreadError } from './errors.ts';
import { countVisits, eventsOf, type RunEvent } from './events.ts';
import { Member, type MemberOptions } from './member.ts';
import type { Host } from './memory-host.ts';
import type { RunOptions, RuntimeOptions } from './options.ts';
import { addressAnswers, refuseUnlessDone, takerOf } from './requests.ts';
import {
  branchesOf,
  type Counters,
  newCounters,
  type RunResult,
  type RunStatus,
  resultOf,
  type ThreadState,
} from './result.ts';

/** What of a task it takes to start it: all else is in the state. */
type StartedTask = Pick<Task, 'taskId' | 'childId'>;

export class ThreadRunner {
  readonly graph: Graph;
  private readonly id: string;
  private readonly host: Host;
  private readonly clock: Clock;
  private readonly deps: BodyDeps;
  private readonly bodies: Bodies;
  /** The actors of the thread by address, the root first. */
  private readonly members = new Map<string, Member>();
  private counters: Counters = newCounters();
  private runNumber = 0;
  private cancelled = false;
  private onEvent: ((event: RunEvent) => void) | undefined;
  private atRest: { resolve: () => void; reject: (reason: unknown) => void } | undefined;

  constructor(graph: Graph, id: string, host: Host, options: RuntimeOptions & { readonly clock: Clock }) {
    this.graph = graph;
    this.id = id;
    this.host = host;
    this.deps = {
      functions: { ...graph.deps.functions, ...options.functions },
      models: { ...graph.deps.models, ...options.models },
    };
    this.clock = options.clock;
    this.bodies = new Bodies(options.clock);
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
    this.members.clear();
    const { plan, machine } = this.graph;
    return this.go(run, () => {
      const whole = { ...input, [START_OPTIONS]: { state, thread: this.id } };
      this.begin({ address: this.id, path: '', plan, machine, runBody: this.bodyOf(plan, '') }, whole);
    });
  }

  private bodyOf(plan: Plan, path: string): MemberOptions['runBody'] {
    return createRunBody(plan, this.deps, String(this.runNumber), event => this.onBodyEvent(event, path));
  }

  private begin(options: MemberOptions, input: unknown): void {
    const step = this.host.create(options.address, options.machine, input);
    const member = new Member(options, this.host, this.clock, (own, { timerId, id, event }) =>
      this.settle(own, { kind: 'timer', timerId, id, event }),
    );
    this.members.set(options.address, member);
    this.commit(member, step, undefined);
  }

  private each<T>(list: (member: Member) => readonly T[]): T[] {
    return [...this.members.values()].flatMap(list);
  }

  async resume(answer: unknown, run: RunOptions): Promise<RunResult> {
    this.root();
    const answers = addressAnswers(this.id, answer, [...this.members.values()]);
    this.cancelled = false;
    return this.go(run, () => {
      for (const { member, key, value } of answers) {
        this.deliver(member, { kind: 'event', event: { type: 'resume', id: key, value } as { type: string } });
      }
    });
  }

  async send(event: { readonly type: string }, run: RunOptions): Promise<RunResult> {
    this.root();
    const taker = takerOf(this.id, event, [...this.members.values()]);
    this.cancelled = false;
    const own = copyJson(event, 'the event') as { type: string };
    return this.go(run, () => this.deliver(taker, { kind: 'event', event: own }));
  }

  async retry(run: RunOptions & { readonly id?: string }): Promise<RunResult> {
    this.root();
    const failed = this.each(member => member.failures().map(f => ({ member, ...f })));
    const meant = run.id === undefined ? failed : failed.filter(f => f.id === run.id);
    if (meant.length === 0 && !this.cancelled) {
      const where = run.id === undefined ? '' : ` at "${run.id}"`;
      throw new ThreadError('not-failed', `nothing of the thread "${this.id}" failed${where}`);
    }
    const resumed = this.cancelled ? [...this.members.values()] : [];
    this.cancelled = false;
    return this.go(run, () => {
      for (const member of resumed) this.goOn(member);
      for (const { member, node } of meant) {
        this.deliver(member, { kind: 'event', event: { type: 'retry', id: node } as { type: string } });
      }
    });
  }

  /** Starts again what a cancel stopped. */
  private goOn(member: Member): void {
    member.timers.arm();
    for (const [childId, taskId] of Object.entries(member.state.active)) {
      const isActor = [...this.members.values()].some(m => m.parent?.member === member && m.parent.taskId === taskId);
      if (!isActor) this.startTask(member, { childId, taskId });
    }
  }

  async cancel(): Promise<void> {
    this.cancelled = true;
    for (const { timers } of this.members.values()) timers.disarm();
    this.bodies.stopAll('the run was cancelled');
    await this.bodies.whenSettled();
    this.atRest?.resolve();
  }

  state(): ThreadState {
    const root = this.root();
    const { interrupts, failures, metrics } = this.result();
    return {
      status: this.status(),
      values: root.context.state,
      branches: branchesOf(root.state),
      interrupts,
      failures,
      visits: metrics.visits,
      seq: root.state.seq,
    };
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
    return this.bodies.idle && ![...this.members.values()].some(m => m.timers.blocking);
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
    return this.result();
  }

  private result(): RunResult {
    const status = this.status();
    return resultOf({
      thread: this.id,
      status: status === 'running' ? 'waiting' : status,
      output: outputOf(this.graph.plan.graph, this.root().context.state),
      interrupts: this.each(m => m.interrupts()),
      failures: this.each(m => m.failures()),
      handled: this.each(m => m.handled()),
      counters: this.counters,
    });
  }

  private restIfIdle(): void {
    const { atRest } = this;
    if (!atRest || this.cancelled || !this.idle) return;
    if (this.bodies.settled) atRest.resolve();
    else void this.bodies.whenSettled().then(atRest.resolve);
  }

  private deliver(member: Member, event: CoreEvent): void {
    const before = this.onEvent ? member.context : undefined;
    const step = this.host.deliver(member.address, event);
    if (step) this.commit(member, step, before);
  }

  private commit(member: Member, step: Step, before: GraphContext | undefined): void {
    for (const taskId of step.dropped) this.drop(member, taskId);
    countVisits(member.plan, step, this.counters.visits, member.path);
    if (this.onEvent) for (const event of eventsOf(member.plan, before, step)) this.notify(event, member.path);
    member.timers.update(step.timers, step.state.timers);
    if (this.cancelled) return;
    member.timers.arm();
    for (const task of step.tasks) this.startTask(member, task);
    this.endIfDone(member);
  }

  /** A child that is done is the result of its parent's task. */
  private endIfDone(member: Member): void {
    const { parent, state } = member;
    if (!parent || state.snapshot.status !== 'done' || !this.members.has(member.address)) return;
    this.members.delete(member.address);
    const { taskId, childId } = parent;
    this.deliver(parent.member, { kind: 'done', taskId, childId, output: state.snapshot.output });
  }

  /** Stops what runs for a task that no longer counts, with all that runs for it in turn. */
  private drop(member: Member, taskId: string): void {
    this.bodies.stop(`${member.address} ${taskId}`, 'it is not waited for any more');
    for (const child of [...this.members.values()]) {
      if (child.parent?.member !== member || child.parent.taskId !== taskId) continue;
      this.members.delete(child.address);
      child.timers.disarm();
      for (const own of Object.values(child.state.active)) this.drop(child, own);
    }
  }

  private startTask(member: Member, task: StartedTask): void {
    const child = member.plan.nodes.get(task.childId)?.child;
    if (child) this.startChild(member, task, child);
    else this.startBody(member, task);
  }

  /** The child's input is worked out from the state, which is the same whenever its task is started. */
  private startChild(member: Member, { taskId, childId }: StartedTask, plan: Plan): void {
    const machines = (member.machine as unknown as { implementations: { actors: Record<string, unknown> } })
      .implementations.actors;
    const machine = machines[childSrc(childId)] as CoreMachine;
    const path = `${member.path}${childId}/`;
    const parent = { member, taskId, childId };
    try {
      this.begin(
        { address: `${this.id}/${path}${taskId}`, path, plan, machine, runBody: this.bodyOf(plan, path), parent },
        childStart(member.plan, member.context, childId),
      );
    } catch (thrown) {
      this.deliver(member, { kind: 'error', taskId, childId, error: errorRecord(thrown) });
    }
  }

  private startBody(member: Member, { taskId, childId }: StartedTask): void {
    this.counters.nodeRuns++;
    const kind = member.plan.nodes.get(childId)?.def.kind;
    if (kind === 'llm' || kind === 'router') this.counters.modelCalls++;
    const running = new RunningBody();
    const { context } = member;
    const call: BodyCall = {
      node: childId,
      context,
      get signal() {
        return running.signal;
      },
    };
    const key = `${member.address} ${taskId}`;
    const finish = (event: CoreEvent): void => {
      if (this.bodies.finish(key, running)) this.settle(member, event);
    };
    running.settled = member.runBody(call).then(
      output => finish({ kind: 'done', taskId, childId, output }),
      error => {
        if (!running.stopped) this.counters.failedRuns++;
        finish({ kind: 'error', taskId, childId, error: errorRecord(error) });
      },
    );
    this.bodies.add(key, running);
  }

  /** Delivers what came of a body or a timer. */
  private settle(member: Member, event: CoreEvent): void {
    try {
      this.deliver(member, event);
      this.restIfIdle();
    } catch (thrown) {
      this.atRest?.reject(thrown);
    }
  }

  private onBodyEvent(event: BodyEvent, path: string): void {
    if (event.type === 'usage') {
      this.counters.inputTokens += event.usage.inputTokens;
      this.counters.outputTokens += event.usage.outputTokens;
    }
    if (this.onEvent) this.notify(event, path);
  }

  private notify(event: object, path: string): void {
    try {
      this.onEvent?.({ ...event, path, at: this.clock.now() } as RunEvent);
    } catch {
      // A watcher's mistake is its own: the run does not notice.
    }
  }
}
