/** Which nodes and edges of a graph can be reached, and how. */
import { emitMachine } from '../compile/emit.ts';
import { START } from '../compile/names.ts';
import type { Plan } from '../compile/plan.ts';
import type { Graph } from '../graph/compile-graph.ts';
import type { PathEvent } from './events.ts';
import { contextOf } from './pending.ts';
import { type Reads, readsOf } from './reads.ts';
import { reachedBy, type Target, targetsOf } from './targets.ts';
import { traverse } from './traverse.ts';
import { pathTo, type Reach, type Visited, Walker } from './walker.ts';

export interface ExploreOptions {
  /** State keys of the input that are not to be varied. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** The most states that one walk looks at. Default: 5,000. */
  readonly maxStates?: number;
}

/** A node or an edge, with a shortest list of events that reaches it. */
export interface Reached extends Target {
  readonly path: readonly PathEvent[];
  /** Budgets that were lowered for the path: it goes round fewer times than a run would have to. */
  readonly lowered?: Readonly<Record<string, { readonly from: number; readonly to: number }>>;
}

export interface Unreached extends Target {
  /** Why, as far as can be said. */
  readonly reason: string;
}

/** A way to fail that nothing handles. */
export interface PathFailure {
  readonly node: string;
  readonly code: string;
  readonly message: string;
  readonly path: readonly PathEvent[];
}

export interface PathReport {
  readonly graph: string;
  readonly reached: readonly Reached[];
  readonly unreached: readonly Unreached[];
  /** Choices without an edge, full budgets without `onLimit`, conflicts of writes. */
  readonly failures: readonly PathFailure[];
  /** States that were looked at, in all walks. */
  readonly states: number;
  /** False when a bound was hit, so that what was not reached may yet be. */
  readonly complete: boolean;
}

const MAX_STATES = 5_000;

/** Failures of the graph itself, not of a value that was made up. */
const OWN_FAILURES = new Set(['no-edge', 'limit', 'write-conflict']);

/**
 * From cheap to thorough; each is tried only when something is still missing. The first proves forks branch by branch,
 * so that a fork of ten costs ten times a branch and not a branch to the tenth.
 */
const REACHES: readonly (Reach & { readonly lowers: boolean })[] = [
  { deviations: 1, outputs: 'telling', inputs: 'required', lowers: true },
  { deviations: 2, outputs: 'all', inputs: 'required', lowers: true },
  { deviations: 1, outputs: 'telling', inputs: 'all', lowers: true },
  { deviations: Number.POSITIVE_INFINITY, outputs: 'all', inputs: 'required', lowers: true },
  { deviations: Number.POSITIVE_INFINITY, outputs: 'all', inputs: 'all', lowers: false },
];

type Lowered = Record<string, { from: number; to: number }>;

/** The plan with large budgets lowered: the way round a cycle is the same the third time as the hundredth. */
function lowerBudgets(plan: Plan, reads: Reads): { plan: Plan; lowered: Lowered } {
  const constants = [...reads.state.values(), ...[...reads.outputs.values()].flatMap(o => [...o.values()])];
  const numbers = constants.flatMap(c => [...c.values]).filter(c => typeof c === 'number' && c < 50) as number[];
  // A loop may have to go round until a count comes to a constant.
  const enough = Math.ceil(Math.max(2, ...numbers)) + 2;
  const lowered: Lowered = {};
  const nodes = [...plan.nodes].map(([id, node]) => {
    if (node.budget === undefined || node.budget <= enough) return [id, node] as const;
    lowered[id] = { from: node.budget, to: enough };
    return [id, { ...node, budget: enough }] as const;
  });
  return { plan: { ...plan, nodes: new Map(nodes) }, lowered };
}

/** The plan with every fork a parallel state: the branches of a wide one are then states of the same machine. */
function withoutPools(plan: Plan): Plan {
  const forks = [...plan.forks].map(([id, { wide: _, ...fork }]) => [id, fork] as const);
  return { ...plan, forks: new Map(forks) };
}

const NO_BODY = () => () => Promise.reject(new Error('no body runs here'));

class Exploration {
  private readonly reached = new Map<string, Pick<Reached, 'path' | 'lowered'>>();
  private readonly mute = new Set<string>();
  private readonly failures = new Map<string, PathFailure>();
  private readonly graph: Graph;
  private readonly options: ExploreOptions;
  private readonly targets: readonly Target[];
  private readonly reads: Reads;
  private states = 0;
  private complete = true;

  constructor(graph: Graph, options: ExploreOptions) {
    this.graph = graph;
    this.options = options;
    this.targets = targetsOf(graph.plan);
    this.reads = readsOf(graph.plan);
  }

  report(): PathReport {
    for (const reach of REACHES) {
      this.walk(reach);
      if (this.isOver()) break;
    }
    const unreached = this.targets.filter(t => !this.reached.has(t.id));
    return {
      graph: this.graph.name,
      reached: this.targets.flatMap(target => {
        const found = this.reached.get(target.id);
        return found ? [{ ...target, ...found }] : [];
      }),
      unreached: unreached.map(target => ({ ...target, reason: this.reasonFor(target) })),
      failures: [...this.failures.values()],
      states: this.states,
      complete: this.complete || unreached.length === 0,
    };
  }

  private isOver(): boolean {
    return this.reached.size === this.targets.length;
  }

  private walk({ lowers, ...reach }: (typeof REACHES)[number]): void {
    const { reducers } = this.graph;
    const whole = withoutPools(this.graph.plan);
    const { plan, lowered } = lowers ? lowerBudgets(whole, this.reads) : { plan: whole, lowered: {} };
    const subject = {
      plan,
      reducers,
      machine: emitMachine(plan, { bodies: NO_BODY, reducers, machineOf: () => undefined }),
      input: this.options.input ?? {},
    };
    const walker: Walker = new Walker(subject, this.reads, reach, ({ transitions }, visited) => {
      const ids = transitions.flatMap(t => reachedBy(plan, t));
      for (const id of ids) if (!this.reached.has(id)) this.reached.set(id, witness(visited, lowered));
      this.noteFailures(visited, lowered);
    });
    const { states, complete } = traverse<Visited, PathEvent>(
      {
        initial: {},
        events: visited => walker.events(visited),
        step: (visited, event) => walker.step(visited, event),
        identity: visited => walker.identity(visited),
        isOver: () => this.isOver(),
      },
      this.options.maxStates ?? MAX_STATES,
    );
    this.states += states;
    this.complete = complete && !walker.partial;
    for (const node of walker.mute) this.mute.add(node);
  }

  private noteFailures(visited: Visited, lowered: Lowered): void {
    if (!visited.state) return;
    for (const [node, { code = '', message }] of Object.entries(contextOf(visited.state).failures)) {
      const key = `${node} ${code}`;
      // A budget that was lowered is no budget that is full.
      if (!OWN_FAILURES.has(code) || this.failures.has(key) || (code === 'limit' && node in lowered)) continue;
      this.failures.set(key, { node, code, message, path: pathTo(visited) });
    }
  }

  private reasonFor({ kind, from, when }: Target): string {
    if (kind === 'node') return 'no path leads to it';
    if (from !== START && !this.reached.has(`node ${from}`)) return `"${from}" is not reached`;
    if (this.mute.has(from)) return `no value was found that fits the schema of "${from}"`;
    if (!this.complete) return `the ways out of "${from}" were not all tried`;
    if (kind === 'onLimit') return `"${from}" is never entered more often than its budget allows`;
    if (kind === 'onError') return `"${from}" was not seen to fail`;
    if (when === undefined) return 'an edge with a condition is always taken instead';
    return 'nothing that was tried makes it true, or an edge before it is taken';
  }
}

/** The path to a state, with the budgets that were full on it and lowered. */
function witness(visited: Visited, lowered: Lowered): Pick<Reached, 'path' | 'lowered'> {
  const visits = visited.state ? contextOf(visited.state).visits : {};
  const full = Object.entries(lowered).filter(([id, { to }]) => (visits[id] ?? 0) >= to);
  const path = pathTo(visited);
  return full.length === 0 ? { path } : { path, lowered: Object.fromEntries(full) };
}

/**
 * Walks the paths of a graph's machine with made-up outcomes, and says which nodes and edges can be reached and how.
 *
 * Nothing runs: outcomes are taken from the types of results and answers, and from the conditions that read them. What
 * a function gives is not known, so it is taken to give whatever the state allows. An interrupt, a wait and the graph in
 * a subgraph node are outcomes too; such a graph is explored by itself, not with its parent. Throws {@link InputError}
 * when no input was found that fits the state.
 */
export function explorePaths(graph: Graph, options: ExploreOptions = {}): PathReport {
  return new Exploration(graph, options).report();
}
