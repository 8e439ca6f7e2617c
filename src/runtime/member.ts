import type { GraphContext } from '../compile/context.ts';
import type { RunBody } from '../compile/emit.ts';
import type { Plan } from '../compile/plan.ts';
import type { ActorState, CoreMachine, TimerStart } from '../core/core.ts';
import { type Failure, failuresOf, type Interrupt, interruptsOf } from '../core/waiting.ts';
import type { Clock } from './clock.ts';
import type { Host } from './memory-host.ts';
import { Timers } from './timers.ts';

/** Which task of which actor a member runs for. */
export interface ParentTask {
  readonly member: Member;
  readonly taskId: string;
  readonly childId: string;
}

/** What makes an actor of a thread. */
export interface MemberOptions {
  readonly address: string;
  /** The nodes that lead to it, from the root: `''`, `review/`, `review/inner/`. */
  readonly path: string;
  readonly plan: Plan;
  readonly machine: CoreMachine;
  readonly runBody: RunBody;
  readonly parent?: ParentTask;
}

/** One actor of a thread: the graph itself, or a subgraph that runs for a node. Each has a state and timers of its own. */
export class Member {
  readonly address: string;
  readonly path: string;
  readonly plan: Plan;
  readonly machine: CoreMachine;
  readonly runBody: RunBody;
  readonly parent: ParentTask | undefined;
  readonly timers: Timers;
  private readonly host: Host;

  constructor(options: MemberOptions, host: Host, clock: Clock, fire: (member: Member, timer: TimerStart) => void) {
    this.address = options.address;
    this.path = options.path;
    this.plan = options.plan;
    this.machine = options.machine;
    this.runBody = options.runBody;
    this.parent = options.parent;
    this.host = host;
    this.timers = new Timers(clock, timer => fire(this, timer));
  }

  get state(): ActorState {
    const state = this.host.load(this.address);
    if (!state) throw new Error(`no actor at "${this.address}"`);
    return state;
  }

  get context(): GraphContext {
    return this.state.snapshot.context as GraphContext;
  }

  /** The ids of a member's own interrupts and failures, as they are called from outside. */
  private named<T extends { readonly id: string; readonly node: string }>(found: readonly T[]): T[] {
    return found.map(f => ({ ...f, id: `${this.path}${f.id}` }));
  }

  interrupts(): Interrupt[] {
    const path = this.path === '' ? [] : this.path.slice(0, -1).split('/');
    return this.named(interruptsOf({ context: this.context })).map(i => ({ ...i, path }));
  }

  failures(): Failure[] {
    return this.named(failuresOf({ context: this.context }));
  }

  handled(): Failure[] {
    return this.named(Object.entries(this.context.errors).map(([node, error]) => ({ id: node, node, error })));
  }
}
