/**
 * The actors of one thread: delivers events, and starts the bodies and the child actors that a step lists.
 *
 * - C2. A body starts after the commit that lists it as a task, and is told to stop after the commit that drops it.
 * - C9. A failure of the store is no failure of a node: it ends the run.
 */
import type { RunBody } from '../compile/body-call.ts';
import { errorRecord, type GraphContext, type State } from '../compile/context.ts';
import type { Plan } from '../compile/plan.ts';
import type { CoreEvent, Step } from '../core/core.ts';
import { createRunBody } from '../nodes/run-body.ts';
import { type Maybe, StoreError } from '../store/store.ts';
import type { Bodies } from './bodies.ts';
import { BodyRuns } from './body-runs.ts';
import { childOf, resultFor, type StartedTask } from './children.ts';
import type { LoadedRun } from './journal.ts';
import { actorsOf, withState } from './kept.ts';
import type { Lease } from './lease.ts';
import { chain } from './maybe.ts';
import { Member, type MemberOptions } from './member.ts';
import { reload } from './reload.ts';
import { type Counters, countBodyEvent, countersOf, newCounters, type RunStatus } from './result.ts';
import { traced } from './spans.ts';
import { countVisits, tellBegun, tellStep } from './step-events.ts';
import type { Surroundings } from './surroundings.ts';
import type { Tally } from './timers.ts';
import { keyOf, type ListedTask, type Turn, Turns } from './turns.ts';

export class ThreadActors {
  readonly bodyRuns: BodyRuns;
  /** By address, the root first. */
  readonly members = new Map<string, Member>();
  counters: Counters = newCounters();
  run = 0;
  cancelled = false;
  readonly turns: Turns;
  /** The tasks that run in other processes. */
  readonly elsewhere = new Set<string>();
  private readonly tally: Tally = { blocking: 0 };
  private readonly around: Surroundings;

  constructor(around: Surroundings) {
    this.around = around;
    const { clock, watch, journal, quiet, broken } = around;
    this.bodyRuns = new BodyRuns({ actors: this, clock, watch, gathers: journal !== undefined, quiet, broken });
    const { mailbox } = this.bodyRuns;
    const perform = (turn: Turn): void => this.perform(turn);
    this.turns = new Turns({ clock, watch, journal, mailbox, standing: () => this, perform });
  }

  get bodies(): Bodies {
    return this.bodyRuns.bodies;
  }

  /** The turn that is under way. */
  private get current(): Turn | undefined {
    return this.turns.current;
  }

  get list(): Member[] {
    return [...this.members.values()];
  }

  /** Nothing runs, and no timer will set anything going that somebody waits for. */
  get idle(): boolean {
    return this.bodyRuns.idle && this.tally.blocking === 0 && this.elsewhere.size === 0 && !this.turns.changing;
  }

  /** Whether nothing is under way, not even a body that waits. */
  get quiet(): boolean {
    return this.bodyRuns.none && !this.turns.saving;
  }

  /** How the thread stands. */
  get status(): RunStatus | 'running' {
    if (this.members.get(this.around.thread)?.state.snapshot.status === 'done') return 'done';
    if (this.cancelled) return 'cancelled';
    if (!this.idle || (this.current?.bodies.length ?? 0) > 0) return 'running';
    return this.list.some(m => m.failures().length > 0) ? 'failed' : 'waiting';
  }

  /** Forgets all of them. */
  clear(): void {
    for (const { address, timers } of this.members.values()) {
      timers.clear();
      this.around.host.remove(address);
      this.current?.draft?.remove(address);
    }
    this.members.clear();
    this.elsewhere.clear();
  }

  readonly bodyOf = (plan: Plan): RunBody =>
    traced(this.around.spans(), this.around.deps, deps =>
      createRunBody(plan, deps, String(this.run), (event, { naming, over }) => {
        countBodyEvent(this.counters, event, plan);
        if (!over) this.around.watch.tell(event, naming);
      }),
    );

  /** What a turn leads to outside, when it is stored. */
  private perform({ told, stops, changed, bodies }: Turn): void {
    this.around.watch.release(told);
    for (const key of stops) this.bodies.stop(key, 'it is not waited for any more');
    if (this.cancelled) return;
    for (const member of changed) if (this.members.get(member.address) === member) member.timers.arm();
    for (const { member, task } of bodies) if (this.waitsFor(member, task)) this.bodyRuns.start({ member, task });
  }

  private waitsFor(member: Member, task: StartedTask): boolean {
    return this.members.get(member.address) === member && member.logic.runs(member.state, task);
  }

  /** Begins an actor: the root of a run, or one for a task. Part of a turn. */
  begin(options: MemberOptions, input: unknown): void {
    const step = this.around.host.create(options.address, options.logic, input);
    this.commit(this.join(options), step, undefined, undefined);
  }

  /** Makes the member of an actor that the host has. */
  join(options: MemberOptions): Member {
    const { tally } = this;
    const { clock, host } = this.around;
    const member = new Member(options, host, {
      clock,
      tally,
      fire: ({ address }, { timerId, id, event }) =>
        this.bodyRuns.arrive(address, { kind: 'timer', timerId, id, event }),
    });
    this.members.set(options.address, member);
    options.parent?.member.children.set(options.parent.taskId, member);
    return member;
  }

  /** Goes on from a checkpoint that was loaded. What runs here goes on where it is still waited for. */
  takeOver(loaded: LoadedRun): void {
    const { value, status } = loaded;
    const { journal, host, root } = this.around;
    const sameRun = value.run === this.run;
    this.clear();
    this.run = value.run;
    this.counters = countersOf(value.counters);
    this.cancelled = status === 'cancelled';
    journal?.take(loaded);
    reload(root(), actorsOf(value), { host, bodyOf: this.bodyOf, join: options => this.join(options) });
    const active = this.activeTasks().map(({ member, task }) => keyOf(member, task.taskId));
    this.bodies.keepOnly(new Set(sameRun && !this.cancelled ? active : []), 'the thread went on without it');
    for (const key of this.cancelled ? [] : active) if (!this.bodyRuns.has(key)) this.elsewhere.add(key);
  }

  /**
   * Loads the thread anew, because it went on elsewhere.
   *
   * @param perhaps it may be that it did not
   */
  async resync(perhaps = false): Promise<void> {
    const { journal, thread, cancelled } = this.around;
    if (!journal) return;
    await this.turns.alone(async () => {
      if (perhaps && !(await journal.moved())) return;
      const loaded = await journal.load();
      if (!loaded) throw StoreError.stale(thread);
      this.takeOver(loaded);
    }, true);
    if (this.cancelled) {
      await this.stop();
      cancelled();
    } else for (const { timers } of this.list) timers.arm();
  }

  /** The bodies that the thread waits for, wherever they run. */
  activeTasks(): ListedTask[] {
    return this.list.flatMap(member =>
      Object.entries(member.state.active)
        .filter(([, taskId]) => !member.children.has(taskId))
        .map(([childId, taskId]) => ({ member, task: { taskId, childId } })),
    );
  }

  /** Takes the bodies that nobody runs, and starts them, with those that are this process's and do not run yet. */
  claim(lease: Lease): Maybe<void> {
    // Not while a turn is being stored: its bodies are this process's too, and about to start.
    return this.turns.alone(() => chain(lease.claim(this.around.thread), claimed => this.startClaimed(claimed)), true);
  }

  private startClaimed(claimed: ReadonlySet<string>): void {
    const own = this.activeTasks().filter(({ member, task }) => {
      const key = keyOf(member, task.taskId);
      return claimed.has(key) && !this.bodyRuns.has(key);
    });
    tellBegun(this.around.watch, own);
    for (const listed of own) {
      this.elsewhere.delete(keyOf(listed.member, listed.task.taskId));
      this.bodyRuns.start(listed);
    }
  }

  /** Goes on with the timers of a thread that was loaded: those that fell due meanwhile fire. Part of a turn. */
  takeUpTimers(): void {
    for (const member of this.list) {
      this.current?.changed.push(member);
      for (const { timerId, id, event } of member.timers.takeDue()) {
        if (this.members.get(member.address) === member) this.deliver(member, { kind: 'timer', timerId, id, event });
      }
    }
  }

  /** Starts what is to run for an actor and does not, after a cancel. Part of a turn. */
  goOn(member: Member): void {
    this.current?.changed.push(member);
    for (const [childId, taskId] of Object.entries(member.state.active)) {
      if (!member.children.has(taskId)) this.startTask(member, { childId, taskId });
    }
    this.endIfDone(member);
  }

  /** Stops what runs, here and elsewhere; the state stays as it is. */
  async stop(): Promise<void> {
    for (const { timers } of this.members.values()) timers.disarm();
    this.bodies.stopAll('the run was cancelled');
    await this.bodies.whenSettled();
  }

  /** Notes in the store that nothing runs. */
  async keepCancelled(): Promise<void> {
    this.elsewhere.clear();
    await this.turns.take(() => {
      this.current?.draft?.labels.push('cancel');
      for (const { member, task } of this.activeTasks()) this.current?.draft?.end(keyOf(member, task.taskId));
    });
  }

  /** Forgets the thread here; what is stored stays. */
  async letGo(): Promise<void> {
    // What is being stored would start bodies when it is.
    await this.turns.settled();
    await this.stop();
    this.bodyRuns.mailbox.clear();
    this.clear();
    this.bodyRuns.mailbox.letThrough();
  }

  /** Keeps all actors as they are, and the bodies that are to run, for whoever takes them. Part of a turn. */
  keepAll(): void {
    const { draft } = this.current ?? {};
    for (const member of this.list) draft?.change(member.address, () => member.kept());
    for (const { member, task } of this.cancelled ? [] : this.activeTasks())
      draft?.start(keyOf(member, task.taskId), false);
  }

  /** Puts another state into the graph. Part of a turn. */
  edit(state: State): void {
    const root = this.list[0];
    if (!root) return;
    const { address, logic } = root;
    this.around.host.adopt(address, logic, withState(logic.persist(root.state), state));
    this.current?.draft?.change(address, () => root.kept());
    this.around.watch.tell({ type: 'value', values: state }, root.naming);
    this.around.watch.tell({ type: 'checkpoint', address, seq: root.state.seq }, root.naming);
  }

  /** Names what a turn is about, for the history. */
  label(text: string): void {
    this.current?.draft?.labels.push(text);
  }

  /** Delivers an event to an actor. Part of a turn. */
  deliver(member: Member, event: CoreEvent): void {
    const { watch, host, journal } = this.around;
    const before = watch.active && member.work.kind === 'graph' ? member.context : undefined;
    const step = host.deliver(member.address, event);
    if (!step) return;
    if (journal) this.note(member, event);
    this.commit(member, step, event, before);
  }

  /** Notes for the store what an event ends. */
  private note(member: Member, event: CoreEvent): void {
    const { draft } = this.current ?? {};
    const results = event.kind === 'settled' ? event.results : 'childId' in event ? [event] : [];
    for (const { childId, taskId, kind } of results) {
      if (kind !== 'step' && !member.children.has(taskId)) this.endTask(keyOf(member, taskId));
      draft?.labels.push(kind === 'step' ? `${member.naming(childId)} (step)` : member.naming(childId));
    }
    if (event.kind === 'timer') draft?.labels.push('a timer');
  }

  private commit(member: Member, step: Step, event: CoreEvent | undefined, before: GraphContext | undefined): void {
    const { work, naming } = member;
    const { watch, journal } = this.around;
    if (watch.active) tellStep(watch, member, { event, before, step, begins: !this.cancelled });
    else watch.unseen();
    for (const taskId of step.dropped) this.drop(member, taskId);
    if (work.kind === 'graph') countVisits(work.plan, step, this.counters.visits, naming);
    member.timers.update(step.timers, step.state.timers);
    if (journal) this.current?.draft?.change(member.address, () => member.kept());
    if (this.cancelled) return;
    this.current?.changed.push(member);
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
    this.current?.draft?.remove(member.address);
    member.parent?.member.children.delete(member.parent.taskId);
    member.timers.clear();
  }

  private endTask(key: string): void {
    this.current?.draft?.end(key);
    this.elsewhere.delete(key);
  }

  /** Ends what runs for a task that no longer counts, with all that runs for it in turn. */
  private drop(member: Member, taskId: string): void {
    const child = member.children.get(taskId);
    if (!child) {
      this.current?.stops.push(keyOf(member, taskId));
      this.endTask(keyOf(member, taskId));
      return;
    }
    for (const own of Object.values(child.state.active)) this.drop(child, own);
    this.forget(child);
  }

  /** An actor or a body. What either is given is worked out from the state, which is the same whenever it is started. */
  private startTask(member: Member, task: StartedTask): void {
    const { taskId, childId } = task;
    try {
      const child = childOf(member, task, this.bodyOf);
      if (child) this.begin(child.options, child.input);
      else this.current?.bodies.push({ member, task });
    } catch (thrown) {
      this.deliver(member, { kind: 'error', taskId, childId, error: errorRecord(thrown) });
    }
  }
}
