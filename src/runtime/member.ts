import type { RunBody } from '../compile/body-call.ts';
import type { GraphContext } from '../compile/context.ts';
import { type Naming, pathOf } from '../compile/naming.ts';
import type { Plan } from '../compile/plan.ts';
import type { PoolSpec } from '../compile/pool.ts';
import type { PoolImplementation } from '../compile/pool-actor.ts';
import type { ActorState, CoreLogic, CoreMachine, Step, Task, TimerStart } from '../core/core.ts';
import { type Failure, failuresOf, type Interrupt, interruptsOf } from '../core/waiting.ts';
import type { Clock } from './clock.ts';
import type { Host } from './host.ts';
import type { KeptActor } from './kept.ts';
import { type Tally, Timers } from './timers.ts';

/** Which task of which actor a member runs for. */
export interface ParentTask {
  readonly member: Member;
  readonly taskId: string;
  readonly childId: string;
}

/** What an actor runs: a graph, or the items of a map. */
export type Work =
  | { readonly kind: 'graph'; readonly plan: Plan; readonly machine: CoreMachine; readonly runBody: RunBody }
  | {
      readonly kind: 'pool';
      readonly pool: PoolImplementation;
      readonly spec: PoolSpec;
      /** How the graph around it calls what is in it. */
      readonly outer: Naming;
      readonly runBody: RunBody;
    };

/** What makes an actor of a thread. */
export interface MemberOptions {
  readonly address: string;
  /** How what is in it is called from outside. */
  readonly naming: Naming;
  readonly work: Work;
  readonly logic: CoreLogic;
  readonly parent?: ParentTask;
}

/** Something that waits, with the id it has in its own actor. */
export interface Own<T> {
  readonly key: string;
  readonly shown: T;
}

/** One actor of a thread: the graph itself, or what runs for a node. Each has a state and timers of its own. */
export class Member {
  readonly address: string;
  readonly naming: Naming;
  readonly work: Work;
  readonly logic: CoreLogic;
  readonly parent: ParentTask | undefined;
  readonly timers: Timers;
  /** The actors that run for its tasks, by task. */
  readonly children = new Map<string, Member>();
  private readonly host: Host;

  constructor(
    options: MemberOptions,
    host: Host,
    { clock, tally, fire }: { clock: Clock; tally: Tally; fire: (member: Member, timer: TimerStart) => void },
  ) {
    this.address = options.address;
    this.naming = options.naming;
    this.work = options.work;
    this.logic = options.logic;
    this.parent = options.parent;
    this.host = host;
    this.timers = new Timers(clock, tally, timer => fire(this, timer));
  }

  get state(): ActorState {
    const state = this.host.load(this.address);
    if (!state) throw new Error(`no actor at "${this.address}"`);
    return state;
  }

  /** Of a graph; a pool has failures only. */
  get context(): GraphContext {
    return this.state.snapshot.context as GraphContext;
  }

  /** The actor as it is kept. */
  kept(): KeptActor {
    const { address, parent, logic, state, timers } = this;
    const own = { address, state: logic.persist(state), timers: timers.kept() };
    if (!parent) return own;
    const { member, taskId, childId } = parent;
    return { ...own, parent: { address: member.address, taskId, childId } };
  }

  /** Whether a task of a step counts: one that was started before it may have ended at once, and with it the wait for this one. */
  stillRuns(step: Step, task: Pick<Task, 'taskId' | 'childId'>): boolean {
    const state = this.host.load(this.address);
    return state === step.state || (state !== undefined && this.logic.runs(state, task));
  }

  /** What is asked, as it is called from outside. */
  interrupts(): Own<Interrupt>[] {
    return interruptsOf({ context: this.context }).map(i => {
      const id = this.naming(i.id);
      return { key: i.id, shown: { ...i, id, path: pathOf(id) } };
    });
  }

  failures(): Own<Failure>[] {
    return failuresOf({ context: this.context }).map(f => this.named(f.id, f.error));
  }

  /** Errors that `onError` took care of. */
  handled(): Own<Failure>[] {
    if (this.work.kind === 'pool') return [];
    return Object.entries(this.context.errors).map(([node, error]) => this.named(node, error));
  }

  private named(key: string, error: Failure['error']): Own<Failure> {
    const id = this.naming(key);
    return { key, shown: { id, node: id.slice(id.lastIndexOf('/') + 1), error } };
  }
}
