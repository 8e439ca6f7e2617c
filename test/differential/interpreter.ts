/**
 * A direct interpreter of the plan: the reference that the compiled machine must agree with. It shares the plan and the
 * compiled expressions with the compiler and nothing else. Here is how a path goes from node to node; what nodes do is in
 * `work.ts` and `items.ts`, forks are in `branches.ts`. A path is a generator that runs until it waits (`waits.ts`).
 */
import type { NodeDef } from '../../src/compile/graph.ts';
import { chartOf, forkOf, nodeOf, type Place, type Plan, type PlanNode } from '../../src/compile/plan.ts';
import type { Body } from './bodies.ts';
import { type End, fork } from './branches.ts';
import { Values, type Way } from './values.ts';
import { type Failure, failure, type Path, type State, type View, type Waits } from './waits.ts';
import { work } from './work.ts';

/** What all runs share; names are those that nodes have from outside. */
export interface World {
  readonly waits: Waits;
  readonly body: Body;
  readonly trace: Record<string, string[]>;
  readonly handled: Record<string, string>;
}

/** One run of a graph: of the whole, of a subgraph node, or of an item. */
export class Run {
  readonly plan: Plan;
  readonly world: World;
  readonly waits: Waits;
  readonly values: Values;
  /** What failed for good, in a graph that ends with its failures, by node. */
  readonly failures = new Map<string, Failure>();
  private readonly path: string;

  /** @param path what leads to the graph: `sub/`, `each[3]/`; of an item that is one node, `each[3]` */
  constructor(plan: Plan, world: World, path: string) {
    this.plan = plan;
    this.waits = world.waits;
    this.values = new Values(plan);
    this.world = world;
    this.path = path;
  }

  /** What a node is called from outside; one that is an item has no name of its own. */
  name = (id: string): string => (this.path.endsWith(']') ? this.path : this.path + id);

  /** Another graph in this one: a subgraph, or an item. */
  inner = (plan: Plan, path: string): Run => new Run(plan, this.world, path);

  /** What the graph begins with. */
  begin(given: State, around?: View): View {
    const state = this.plan.graph.state.map(key => [key.name, given[key.name] ?? key.initial]);
    return { state: Object.fromEntries(state), log: [], around };
  }

  /** Runs the whole graph and gives its output, or throws its first failure in file order. */
  *graph(view: View): Path<State> {
    try {
      yield* this.chart('', view);
    } catch (error) {
      const [first] = [...this.plan.nodes.keys()].filter(id => this.failures.has(id));
      throw this.failures.get(first ?? '') ?? error;
    }
    const { output = Object.keys(view.state) } = this.plan.graph;
    return Object.fromEntries(output.map(key => [key, view.state[key]]));
  }

  /** Follows one path from the beginning of a chart to where it ends. */
  *chart(scope: string, view: View): Path<End> {
    const { entry, nodes, waits } = chartOf(this.plan, scope);
    const crossing: Way = { route: [{ place: { kind: 'node', id: nodes[0] ?? '' } }] };
    for (let way = waits ? crossing : this.values.choose(entry, view); ; ) {
      const place = yield* this.follow(way, view);
      if (place.kind === 'node') way = yield* this.node(place.id, view);
      else if (place.kind === 'fork')
        way = yield* fork(forkOf(this.plan, place.id), view, way.taken ?? view.taken ?? [], this);
      else if (place.kind === 'onward') return { arrived: place.joins, to: place.to };
      else return { arrived: place.kind === 'join', to: [] };
    }
  }

  /** Goes where there are visits left. When there are none, a retry is one visit more. */
  private *follow({ route }: Way, view: View): Path<Place> {
    const place = this.values.enter(route);
    if (place) return place;
    const full = route[0]?.limit ?? '';
    yield* this.fail(full, failure('limit'), view);
    return { kind: 'node', id: full };
  }

  /** What fails waits for a retry, or ends the graph where whoever contains it makes something of that. */
  private *fail(id: string, error: Failure, view: View): Path<void> {
    if (!this.plan.gives) yield* this.waits.one(view, 'failure', `!${this.name(id)}`);
    else {
      this.failures.set(id, error);
      throw error;
    }
  }

  /** Runs a node until it leads somewhere. */
  private *node(id: string, view: View): Path<Way> {
    for (;;) {
      try {
        const way = yield* this.visit(nodeOf(this.plan, id), view);
        const at = this.path + nodeOf(this.plan, id).scope;
        if (this.name(id) !== this.path) this.world.trace[at] = [...(this.world.trace[at] ?? []), id];
        return way;
      } catch (error) {
        yield* this.fail(id, error as Failure, view);
      }
    }
  }

  private *visit({ def, exits, errorRoute }: PlanNode, view: View): Path<Way> {
    const id = this.name(def.id);
    if (def.pauses?.includes('before')) yield* this.waits.one(view, 'answer', `${id}:before`);
    try {
      const way = yield* this.attempts(def, exits, view);
      if (def.pauses?.includes('after')) yield* this.waits.one(view, 'answer', `${id}:after`);
      return way;
    } catch (thrown) {
      if (!errorRoute && def.onError !== 'continue') throw thrown;
      const error = { node: def.id, code: (thrown as Failure).code ?? '' };
      const way = errorRoute ? { route: errorRoute } : this.values.choose(exits, { ...view, error });
      view.error = error;
      this.world.handled[id] = error.code;
      return way;
    }
  }

  /** Runs a body until its result can be written and leads somewhere, as often as `retry` and `deadline` allow. */
  private *attempts(def: NodeDef, exits: PlanNode['exits'], view: View): Path<Way> {
    const deadline = this.waits.timer(def.deadline, { code: 'deadline' });
    for (let made = 1; ; made++) {
      try {
        const output = yield* work(this, def, view, [
          ...this.waits.timer(def.timeout, { code: 'timeout' }),
          ...deadline,
        ]);
        const writes = this.values.writesOf(def, view, output);
        const way = this.values.choose(exits, { ...view, state: this.values.merged(view.state, writes) }, output);
        this.values.write(view, writes);
        return way;
      } catch (error) {
        const { code = '', retryable = true } = error as Failure;
        const { attempts = 1, on, delay } = def.retry ?? {};
        if (made >= attempts || code === 'deadline' || !(on?.includes(code) ?? retryable)) throw error;
        yield* this.waits.first(view, [...this.waits.timer(delay), ...deadline]);
      }
    }
  }
}
