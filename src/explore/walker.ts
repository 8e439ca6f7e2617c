/**
 * One walk over the states of a graph's machine: the core computes each step, `@xstate/graph` keeps track. No body runs.
 *
 * - Branches share nothing until they meet, so one order of their moves stands for all (pending.ts).
 * - Of the outputs that a node might give, those are tried that some condition ahead tells apart.
 * - Two states are one when nothing that is still to be decided tells them apart.
 */
import { type GraphContext, type Reducers, viewOf } from '../compile/context.ts';
import { writeResult } from '../compile/decide.ts';
import type { GraphMachine } from '../compile/emit.ts';
import { InputError, initialContext, inputProblems } from '../compile/input.ts';
import { START } from '../compile/names.ts';
import { chartOf, nodeOf, type Plan, ROOT } from '../compile/plan.ts';
import { evaluate, expressionScope } from '../compile/writes.ts';
import { apply, type CoreSnapshot, type Step, start } from '../core/core.ts';
import { coreEvent, eventsFor, type PathEvent } from './events.ts';
import { contextOf, type GraphState, nextOf, type Pending, pendingIn } from './pending.ts';
import type { Reads } from './reads.ts';
import { type Choice, errorsOf, inputsOf, outputsOf } from './values.ts';

/** How far a walk goes. */
export interface Reach {
  /** How many branches of a fork may end otherwise than by the shortest way, at once. */
  readonly deviations: number;
  /** Which keys of the input are varied: those that a run must be given, or all. */
  readonly inputs: 'required' | 'all';
  /** Which outputs are tried: one for each way in which the conditions ahead turn out as things stand, or all. */
  readonly outputs: 'telling' | 'all';
}

/** A state that was reached, and how. */
export interface Visited {
  /** Undefined before the input. */
  readonly state?: GraphState;
  readonly event?: PathEvent;
  readonly from?: Visited;
}

export interface Subject {
  readonly plan: Plan;
  readonly machine: GraphMachine;
  readonly reducers: Reducers;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The events that lead to a state. */
export function pathTo(visited: Visited): PathEvent[] {
  const out: PathEvent[] = [];
  for (let at: Visited | undefined = visited; at?.event; at = at.from) out.unshift(at.event);
  return out;
}

export class Walker {
  /** Whether something was left out: states because of `deviations`, or combinations of values. */
  partial = false;
  /** Nodes for which no value was found that fits their schema. */
  readonly mute = new Set<string>();
  private readonly ends = new Map<string, string[]>();
  private readonly outputs = new Map<string, Choice<unknown>>();
  private readonly told = new Map<string, readonly unknown[]>();
  private readonly errors: ReturnType<typeof errorsOf>;
  private readonly subject: Subject;
  private readonly reads: Reads;
  private readonly reach: Reach;
  private readonly onStep: (step: Step<CoreSnapshot>, visited: Visited) => void;

  constructor(
    subject: Subject,
    reads: Reads,
    reach: Reach,
    onStep: (step: Step<CoreSnapshot>, visited: Visited) => void,
  ) {
    this.subject = subject;
    this.reads = reads;
    this.reach = reach;
    this.onStep = onStep;
    this.errors = errorsOf(reads);
  }

  /** What can happen in a state. */
  events({ state }: Visited): PathEvent[] {
    const { plan } = this.subject;
    if (!state) return this.inputs();
    const context = contextOf(state);
    if (Object.keys(context.failures).length > 0 || this.isPruned(context)) return [];
    const pending = nextOf(plan, context, pendingIn(plan, state));
    return pending.flatMap(p => eventsFor(plan, p, () => this.outputsAt(p, context), this.errors));
  }

  /** Inputs to begin with. Throws {@link InputError} when none was found that fits. */
  private inputs(): PathEvent[] {
    const { plan, input } = this.subject;
    const { values, whole } = inputsOf(plan, this.reads, input, this.reach.inputs === 'all');
    this.partial ||= !whole;
    const fitting = values.filter(value => inputProblems(plan.graph, value).length === 0);
    if (fitting.length === 0) throw new InputError(plan.graph.name, inputProblems(plan.graph, values[0] ?? {}));
    return this.telling(START, undefined, fitting).map((value): PathEvent => ({ kind: 'input', input: value }));
  }

  /** The state behind an event; the same one when it changes nothing. */
  step(visited: Visited, event: PathEvent): Visited {
    const { machine, plan } = this.subject;
    const { state } = visited;
    const made = state
      ? this.applied(state, event, pendingIn(plan, state))
      : event.kind === 'input'
        ? start(machine, event.input)
        : undefined;
    if (!made) return visited;
    const next: Visited = { state: made.state, event, from: visited };
    this.onStep(made, next);
    return next;
  }

  private applied(state: GraphState, event: PathEvent, pending: readonly Pending[]): Step<CoreSnapshot> | undefined {
    const core = coreEvent(event, state, pending);
    return core && apply(this.subject.machine, state, core);
  }

  /** What tells a state from another, for all that is still to be decided. */
  identity({ state }: Visited): string {
    if (!state) return 'before';
    const { plan } = this.subject;
    const context = contextOf(state);
    const pending = pendingIn(plan, state);
    if (pending.length === 0) return JSON.stringify(state.snapshot.value);
    const ahead = new Set(pending.flatMap(p => [...this.reads.ahead(p.node)]));
    const keys = this.keysAhead(ahead);
    const only = (values: Readonly<Record<string, unknown>>): unknown[] => keys.map(k => values[k] ?? null);
    const branches = Object.entries(context.scopes).map(([scope, { state: view, log, status, taken, error }]) => [
      scope,
      status,
      taken,
      only(view),
      log.map(l => only(l.writes)),
      this.reads.error.size > 0 ? error : 0,
    ]);
    return JSON.stringify([
      state.snapshot.value,
      only(context.state),
      branches,
      Object.entries(context.visits).filter(([id]) => ahead.has(id) && this.countsVisits(id)),
      Object.keys(context.interrupts),
      Object.keys(context.held),
      this.reads.error.size > 0 ? context.error : 0,
    ]);
  }

  private countsVisits(id: string): boolean {
    const { visits } = this.reads;
    return visits === 'all' || visits.has(id) || this.subject.plan.nodes.get(id)?.def.onLimit !== undefined;
  }

  /** The state keys that something ahead reads. */
  private keysAhead(ahead: ReadonlySet<string>): string[] {
    const { plan } = this.subject;
    const found = new Set(this.reads.conditions.filter(c => ahead.has(c.from)).flatMap(c => c.keys));
    const read = plan.graph.state.map(k => k.name).filter(name => this.reads.relevant.has(name));
    // What expressions and texts read on the way may reach a condition: those keys count wherever they are read.
    const passed = this.passedOn(ahead);
    return read.filter(name => found.has(name) || passed.has(name));
  }

  private passedOn(ahead: ReadonlySet<string>): ReadonlySet<string> {
    const defs = [...ahead].flatMap(id => this.subject.plan.nodes.get(id)?.def ?? []);
    return new Set(defs.flatMap(def => this.reads.passes(def)));
  }

  /** The outputs to try at a pending node, as things stand. */
  private outputsAt({ node }: Pending, context: GraphContext): readonly unknown[] {
    const { plan } = this.subject;
    const { def } = nodeOf(plan, node);
    const known = this.outputs.get(node) ?? outputsOf(plan, this.reads, def);
    this.outputs.set(node, known);
    this.partial ||= !known.whole;
    if (known.values.length === 0) this.mute.add(node);
    return this.telling(node, context, known.values);
  }

  /** Of some outputs those that conditions ahead tell apart, plainest first. */
  private telling<T>(node: string, context: GraphContext | undefined, outputs: readonly T[]): readonly T[] {
    if (outputs.length < 2) return outputs;
    const view = context ? viewOf(context, nodeOf(this.subject.plan, node).scope) : {};
    const key = JSON.stringify([node, [...this.reads.relevant].map(k => view[k])]);
    const known = this.told.get(key);
    if (known) return known as readonly T[];
    const groups = Map.groupBy(outputs, output => this.signature(node, context, output));
    const sound = [...groups].filter(([signature]) => signature !== '');
    const few = this.reach.outputs === 'telling' ? 1 : outputs.length;
    const kept = (sound.length > 0 ? sound : [...groups]).flatMap(([, same]) => same.slice(0, few));
    this.told.set(key, kept);
    return kept;
  }

  /** What the conditions ahead make of an output; empty when it is refused. */
  private signature(node: string, context: GraphContext | undefined, output: unknown): string {
    const { plan, reducers } = this.subject;
    try {
      const after = context
        ? writeResult(plan, context, node, { value: output }, reducers)
        : initialContext(plan.graph, output, reducers);
      const scope = context ? nodeOf(plan, node).scope : chartOf(plan, ROOT).scope;
      const names = expressionScope(plan, after, scope);
      const ahead = this.reads.ahead(node);
      const seen = this.reads.conditions
        .filter(c => ahead.has(c.from))
        .map(({ from, when, keys, readsOutput }) => {
          if (readsOutput && from !== node) return keys.map(k => names[k] ?? null);
          try {
            return evaluate(when, () => ({ ...names, output: output ?? null }));
          } catch {
            return 'fails';
          }
        });
      return JSON.stringify(seen);
    } catch {
      return '';
    }
  }

  /** Whether more branches than the walk allows have ended otherwise than by their shortest way. */
  private isPruned({ scopes, ...context }: GraphContext): boolean {
    let others = 0;
    for (const [scope, { status, log, taken }] of Object.entries(scopes)) {
      if (status === 'running') continue;
      const outer = viewOf({ scopes, ...context }, chartOf(this.subject.plan, scope).parent ?? ROOT);
      const relevant = (values: Readonly<Record<string, unknown>>): unknown[] =>
        [...this.reads.relevant].map(k => values[k] ?? null);
      const fork = JSON.stringify([scope, relevant(outer)]);
      const end = JSON.stringify([status, taken, log.map(l => relevant(l.writes))]);
      const known = this.ends.get(fork) ?? [];
      if (!known.includes(end)) this.ends.set(fork, [...known, end]);
      if (known.length > 0 && known[0] !== end) others++;
    }
    if (others <= this.reach.deviations) return false;
    this.partial = true;
    return true;
  }
}
