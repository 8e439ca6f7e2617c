/** What is compared: anything that runs a graph under the control of a driver. */
import { type Actor, type AnyActorRef, createActor } from 'xstate';
import type { Plan } from '../../src/compile/plan.ts';
import { failuresOf, type Graph, type GraphContext, type GraphMachine, interruptsOf } from '../../src/index.ts';
import { ThreadRunner } from '../../src/runtime/thread-runner.ts';
import { systemClock } from '../../src/tools/clock.ts';
import { createWorld } from '../../src/tools/world.ts';
import { storedHost } from '../stored-host.ts';
import { answerTo, HeldBodies, NOW, newBody } from './bodies.ts';
import { EXPIRIES } from './files.ts';
import { Run } from './interpreter.ts';
import { run, type View, Waits } from './waits.ts';

/** How a run stands. Names are those that nodes have from outside. */
export interface Look {
  /** What may end or happen now: bodies, answers, timers (`@ms`), retries of what failed (`!node`). */
  readonly ready: readonly string[];
  readonly status: string;
  readonly state: Readonly<Record<string, unknown>>;
  /** The nodes that finished, per graph and branch. */
  readonly trace: Readonly<Record<string, readonly string[]>>;
  /** The codes of errors that `onError` took, the last of each node. */
  readonly handled: Readonly<Record<string, string>>;
  /** The bodies that were told to stop. */
  readonly stopped: readonly string[];
}

export interface Subject {
  look(): Look;
  /** Lets one of what is ready end. */
  end(id: string): void;
}

/** The interpreter. */
export class Reference implements Subject {
  private readonly waits = new Waits();
  private readonly trace = {};
  private readonly handled = {};
  private readonly view: View;
  private isDone = false;

  constructor({ plan }: Graph) {
    const { waits, trace, handled } = this;
    const whole = new Run(plan, { waits, trace, handled, body: newBody() }, '');
    this.view = whole.begin({});
    run(whole.graph(this.view), () => {
      this.isDone = true;
    });
  }

  look(): Look {
    const { shown, stopped } = this.waits;
    const has = (...kinds: readonly string[]): boolean => shown.some(w => kinds.includes(w.kind));
    const resting = has('failure') ? 'failed' : 'waiting';
    const status = this.isDone ? 'done' : has('body', 'timer') ? 'running' : resting;
    const ready = shown.map(w => w.id);
    return { ready, status, state: this.view.state, trace: this.trace, handled: this.handled, stopped };
  }

  end = (id: string): void => this.waits.end(id);
}

/** Timers that the driver fires, in the order of their setting where several have the same length. */
class Timers {
  private readonly pending: { readonly ms: number; readonly wake: () => void }[] = [];

  readonly after = (ms: number, wake: () => void): (() => void) => {
    const timer = { ms, wake };
    this.pending.push(timer);
    return () => {
      const at = this.pending.indexOf(timer);
      if (at >= 0) this.pending.splice(at, 1);
    };
  };

  get names(): string[] {
    return this.pending.map(({ ms }) => `@${ms}`);
  }

  /** Whether a run waits for any of them. */
  get areBlocking(): boolean {
    return this.pending.some(({ ms }) => ms < EXPIRIES);
  }

  fire(name: string): void {
    const at = this.pending.findIndex(({ ms }) => name === `@${ms}`);
    this.pending.splice(at, 1)[0]?.wake();
  }
}

interface Taken {
  readonly actions: readonly unknown[];
}

/** Notes from the steps of all actors of a graph which nodes finished, and which errors were handled. */
class Notes {
  readonly trace: Record<string, string[]> = {};
  readonly handled: Record<string, string> = {};
  private readonly scopes = new Map<string, string>();
  /** The errors that each actor knew of at its last step. */
  private readonly errors = new Map<string, string>();

  constructor(plan: Plan) {
    for (const [id, { scope }] of plan.nodes) this.scopes.set(id, scope);
    for (const { child, item } of plan.nodes.values())
      for (const inner of [child, item])
        if (inner && !inner.graph.madeForItem)
          for (const [id, scope] of new Notes(inner).scopes) this.scopes.set(id, scope);
  }

  /** @param ids those of the actors that lead to it, from outermost */
  step(ids: readonly string[], transitions: readonly Taken[], context: unknown): void {
    const path = pathTo(ids);
    for (const { type, params } of transitions.flatMap(t => t.actions) as Action[]) {
      if (type !== 'take' || params?.at.kind !== 'node') continue;
      const { id } = params.at;
      // An item that is one node is no node of the graph.
      if (path.replace(/\[\d+\]\/$/, '').endsWith(id)) continue;
      const key = path + this.scopes.get(id);
      this.trace[key] = [...(this.trace[key] ?? []), id];
    }
    const { errors = {} } = context as Partial<GraphContext>;
    for (const [id, { code = '' }] of Object.entries(errors)) {
      const known = `${ids.join('/')} ${id}`;
      if (this.errors.get(known) !== code) this.handled[path + id] = code;
      this.errors.set(known, code);
    }
  }
}

interface Action {
  readonly type: string;
  readonly params?: { readonly at: { readonly kind: string; readonly id: string } };
}

/** How what is in an actor is called from outside. The branches of a wide fork add nothing. */
function pathTo(ids: readonly string[]): string {
  let path = '';
  for (const [i, id] of ids.entries()) {
    if (id.startsWith('$') || ids[i - 1]?.startsWith('$')) continue;
    path = id.startsWith('[') ? `${path.slice(0, -1)}${id}/` : `${path}${id}/`;
  }
  return path;
}

/** A thread of the runtime: the core with its actors, the world driven by hand. */
export class ThreadSubject implements Subject {
  private readonly bodies = new HeldBodies();
  private readonly timers = new Timers();
  private readonly notes: Notes;
  private readonly runner: ThreadRunner;

  constructor({ graph }: Compiled) {
    this.notes = new Notes(graph.plan);
    const clock = { now: () => NOW, after: this.timers.after };
    const world = createWorld({ clock: systemClock });
    const host = storedHost((address, { transitions, state }) => {
      const [, ...tasks] = address.split('/');
      const ids = tasks.map(task => task.slice(task.indexOf('.') + 1));
      this.notes.step(ids, transitions, state.snapshot.context);
    });
    this.runner = new ThreadRunner(graph, 't', host, { ...this.bodies.deps, clock, world });
    void this.runner.invoke({}, {});
  }

  look(): Look {
    const { status, interrupts, failures, values } = this.runner.current();
    const { trace, handled } = this.notes;
    const ready = readyOf(this.bodies, this.timers, interrupts, failures);
    return { ready, status, state: values, trace, handled, stopped: this.bodies.stopped };
  }

  end(id: string): void {
    const { interrupts } = this.runner.current();
    const asked = interrupts.find(i => i.id === id);
    if (id.startsWith('!')) void this.runner.retry({ id: id.slice(1) });
    else if (id.startsWith('@')) this.timers.fire(id);
    else if (asked?.event !== undefined) void this.runner.send(eventOf(asked.event), {});
    else if (asked) void this.runner.resume({ [id]: answerTo(undefined) }, {});
    else this.bodies.end(id);
  }
}

/** `createActor(graph.machine)`, as any XState user runs it. */
export class ActorSubject implements Subject {
  private readonly bodies: HeldBodies;
  private readonly timers = new Timers();
  private readonly notes: Notes;
  private readonly actor: Actor<GraphMachine>;

  constructor({ graph, bodies }: Compiled) {
    this.bodies = bodies;
    this.notes = new Notes(graph.plan);
    const { after } = this.timers;
    const clock = {
      setTimeout: (wake: (...args: unknown[]) => void, ms: number) => after(ms, wake) as unknown as number,
      clearTimeout: (callOff: unknown) => (callOff as (() => void) | undefined)?.(),
    };
    this.actor = createActor(graph.machine, {
      input: {},
      clock: clock as never,
      inspect: event => {
        if (event.type !== '@xstate.microstep') return;
        const { _transitions = [], snapshot, actorRef } = event as unknown as Microstep;
        this.notes.step(idsTo(actorRef), _transitions, snapshot.context ?? {});
      },
    });
    this.actor.start();
  }

  look(): Look {
    const snapshot = this.actor.getSnapshot();
    const failures = failuresOf(snapshot);
    const ready = readyOf(this.bodies, this.timers, interruptsOf(snapshot), failures);
    const busy = this.bodies.open.size > 0 || this.timers.areBlocking;
    const active = busy ? 'running' : failures.length > 0 ? 'failed' : 'waiting';
    const status = snapshot.status === 'active' ? active : snapshot.status;
    const { trace, handled } = this.notes;
    return { ready, status, state: snapshot.context.state, trace, handled, stopped: this.bodies.stopped };
  }

  end(id: string): void {
    const asked = interruptsOf(this.actor.getSnapshot()).find(i => i.id === id);
    const resume = { type: 'resume', id, value: answerTo(undefined) } as const;
    if (id.startsWith('!')) this.actor.send({ type: 'retry', id: id.slice(1) });
    else if (id.startsWith('@')) this.timers.fire(id);
    else if (asked) this.actor.send(asked.event === undefined ? resume : (eventOf(asked.event) as never));
    else this.bodies.end(id);
  }
}

interface Microstep {
  readonly actorRef: AnyActorRef;
  readonly snapshot: { readonly context?: unknown };
  readonly _transitions?: readonly Taken[];
}

/** The ids of the actors that lead to one, from outermost; the graph itself is left out. */
function idsTo(ref: AnyActorRef): string[] {
  const { _parent } = ref as unknown as { _parent?: AnyActorRef };
  return _parent ? [...idsTo(_parent), ref.id] : [];
}

const eventOf = (event: string): { type: string } => ({ type: event, ...(answerTo(event) as object) });

function readyOf(
  { open }: HeldBodies,
  { names }: Timers,
  asked: readonly { readonly id: string }[],
  failed: readonly { readonly id: string }[],
): string[] {
  return [...open.keys(), ...names, ...asked.map(i => i.id), ...failed.map(f => `!${f.id}`)];
}

/** A graph with the bodies that its plain actors run. */
export interface Compiled {
  readonly graph: Graph;
  readonly bodies: HeldBodies;
}

/** Lets every promise that is ready settle, and what follows from it: reading the body of a response takes a turn of its own. */
export async function tick(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise<void>(resolve => setImmediate(resolve));
}
