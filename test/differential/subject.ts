import { type Actor, createActor } from 'xstate';
import { type ActorState, apply, type CoreSnapshot, persist, restore, start, type Task } from '../../src/core/core.ts';
import {
  failuresOf,
  type Graph,
  type GraphContext,
  type GraphMachine,
  interruptsOf,
  type NodeFunction,
} from '../../src/index.ts';
import type { Body } from './interpreter.ts';

/** Something that runs a graph under the driver's control: bodies and answers end when they are told to. */
export interface Subject {
  /** The nodes whose body runs, or whose question waits; sorted. */
  ready(): string[];
  /** The nodes, or other points, that failed; sorted. */
  failed(): string[];
  finish(id: string): void | Promise<void>;
  retry(id: string): void | Promise<void>;
  status(): string;
  state(): Record<string, unknown>;
  /** The nodes that finished, per branch. */
  readonly trace: Record<string, string[]>;
}

const names = (ids: Iterable<string>): string[] => [...ids].sort();

interface Taken {
  readonly actions: readonly unknown[];
}

/** Notes which nodes finished, from the transitions that were taken. */
function note(trace: Record<string, string[]>, graph: Graph, transitions: readonly Taken[]): void {
  for (const { actions } of transitions) {
    for (const { type, params } of actions as readonly {
      type: string;
      params?: { at: { kind: string; id: string } };
    }[]) {
      if (type !== 'take' || params?.at.kind !== 'node') continue;
      const scope = graph.plan.nodes.get(params.at.id)?.scope ?? '';
      trace[scope] = [...(trace[scope] ?? []), params.at.id];
    }
  }
}

/** The pure core, driven by hand; every step is persisted and restored, as a store would. */
export class CoreSubject implements Subject {
  readonly trace: Record<string, string[]> = {};
  private readonly tasks = new Map<string, Task>();
  private readonly attempts: Record<string, number> = {};
  private readonly graph: Graph;
  private readonly body: Body;
  private current: ActorState<CoreSnapshot>;

  constructor(graph: Graph, body: Body) {
    this.graph = graph;
    this.body = body;
    const step = start(graph.machine, {});
    note(this.trace, graph, step.transitions);
    for (const task of step.tasks) this.tasks.set(task.childId, task);
    this.current = step.state;
  }

  private get context(): GraphContext {
    return this.current.snapshot.context as GraphContext;
  }

  ready = (): string[] => names([...this.tasks.keys(), ...Object.keys(this.context.interrupts)]);
  failed = (): string[] => names(failuresOf(this.current.snapshot).map(f => f.id));
  status = (): string => (this.current.snapshot.status === 'done' ? 'done' : 'resting');
  state = (): Record<string, unknown> => ({ ...this.context.state });

  private deliver(event: Parameters<typeof apply>[2]): void {
    const { machine } = this.graph;
    const step = apply(machine, restore(machine, persist(machine, this.current)), event);
    if (!step) throw new Error(`stale: ${JSON.stringify(event)}`);
    note(this.trace, this.graph, step.transitions);
    for (const task of step.tasks) this.tasks.set(task.childId, task);
    this.current = step.state;
  }

  finish(id: string): void {
    const task = this.tasks.get(id);
    if (!task) {
      this.deliver({ kind: 'event', event: { type: 'resume', id, value: true } as { type: string } });
      return;
    }
    this.tasks.delete(id);
    this.attempts[id] = (this.attempts[id] ?? 0) + 1;
    const { taskId, childId } = task;
    try {
      this.deliver({ kind: 'done', taskId, childId, output: this.body(id, this.attempts[id]) });
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'planned') throw error;
      this.deliver({ kind: 'error', taskId, childId, error });
    }
  }

  retry(id: string): void {
    this.deliver({ kind: 'event', event: { type: 'retry', id } as { type: string } });
  }
}

/** Bodies that wait for the driver, for a plain actor. */
export class HeldBodies {
  readonly open = new Map<string, () => void>();
  private readonly attempts: Record<string, number> = {};
  private readonly body: Body;
  constructor(body: Body) {
    this.body = body;
  }

  readonly function: NodeFunction = (_, ctx) =>
    new Promise((resolve, reject) => {
      const id = ctx.node;
      this.open.set(id, () => {
        this.open.delete(id);
        this.attempts[id] = (this.attempts[id] ?? 0) + 1;
        try {
          resolve(this.body(id, this.attempts[id]));
        } catch (error) {
          reject(error);
        }
      });
    });
}

/** Lets every promise that is ready settle. */
export const tick = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** `createActor(graph.machine)`, as any XState user runs it. */
export class ActorSubject implements Subject {
  readonly trace: Record<string, string[]> = {};
  private readonly actor: Actor<GraphMachine>;
  private readonly bodies: HeldBodies;

  constructor(graph: Graph, bodies: HeldBodies) {
    this.bodies = bodies;
    this.actor = createActor(graph.machine, {
      input: {},
      inspect: event => {
        const { type, _transitions } = event as { type: string; _transitions?: readonly Taken[] };
        if (type === '@xstate.microstep') note(this.trace, graph, _transitions ?? []);
      },
    });
    this.actor.start();
  }

  ready = (): string[] => names([...this.bodies.open.keys(), ...interruptsOf(this.actor.getSnapshot()).map(i => i.id)]);
  failed = (): string[] => names(failuresOf(this.actor.getSnapshot()).map(f => f.id));
  status = (): string => (this.actor.getSnapshot().status === 'done' ? 'done' : 'resting');
  state = (): Record<string, unknown> => ({ ...this.actor.getSnapshot().context.state });

  async finish(id: string): Promise<void> {
    const end = this.bodies.open.get(id);
    if (end) end();
    else this.actor.send({ type: 'resume', id, value: true });
    await tick();
  }

  async retry(id: string): Promise<void> {
    this.actor.send({ type: 'retry', id });
    await tick();
  }
}
