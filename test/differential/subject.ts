import { type Actor, createActor } from 'xstate';
import type { ActorState, CoreLogic, Step } from '../../src/core/core.ts';
import { failuresOf, type Graph, type GraphMachine, interruptsOf, type NodeFunction } from '../../src/index.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Host } from '../../src/runtime/memory-host.ts';
import { ThreadRunner } from '../../src/runtime/thread-runner.ts';
import { createWorld } from '../../src/tools/world.ts';
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

/** A host that persists and restores every actor at every step, as a store would. */
function jsonHost(note: (step: Step) => void): Host {
  const actors = new Map<string, { logic: CoreLogic; state: ActorState }>();
  return {
    create(address, logic, input) {
      const step = logic.start(input);
      actors.set(address, { logic, state: step.state });
      note(step);
      return step;
    },
    deliver(address, event) {
      const actor = actors.get(address);
      if (!actor) return undefined;
      const { logic, state } = actor;
      const step = logic.apply(logic.restore(logic.persist(state)), event);
      if (step) Object.assign(actor, { state: step.state });
      if (step) note(step);
      return step;
    },
    load: address => actors.get(address)?.state,
    remove: address => void actors.delete(address),
  };
}

/** A thread of the runtime: the core with its actors, bodies and answers driven by hand. */
export class ThreadSubject implements Subject {
  readonly trace: Record<string, string[]> = {};
  private readonly bodies: HeldBodies;
  private readonly runner: ThreadRunner;

  constructor(graph: Graph, bodies: HeldBodies) {
    this.bodies = bodies;
    const host = jsonHost(step => note(this.trace, graph, step.transitions));
    this.runner = new ThreadRunner(graph, 't', host, {
      clock: systemClock,
      world: createWorld({ clock: systemClock }),
    });
    void this.runner.invoke({}, {});
  }

  ready = (): string[] => names([...this.bodies.open.keys(), ...this.runner.state().interrupts.map(i => i.id)]);
  failed = (): string[] => names(this.runner.state().failures.map(f => f.id));
  status = (): string => (this.runner.state().status === 'done' ? 'done' : 'resting');
  state = (): Record<string, unknown> => ({ ...this.runner.state().values });

  async finish(id: string): Promise<void> {
    const end = this.bodies.open.get(id);
    if (end) {
      end();
      return tick();
    }
    void this.runner.resume({ [id]: true }, {});
    await tick();
  }

  async retry(id: string): Promise<void> {
    void this.runner.retry({ id });
    await tick();
  }
}

/** Bodies that wait for the driver, for a plain actor. */
export class HeldBodies {
  readonly open = new Map<string, () => void>();
  private attempts: Record<string, number> = {};
  private readonly body: Body;
  constructor(body: Body) {
    this.body = body;
  }

  /** As for a first run. */
  fresh(): this {
    this.open.clear();
    this.attempts = {};
    return this;
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
