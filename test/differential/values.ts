/** What the interpreter's runs compute: expressions, writes and their merging, the exit that is taken. No waiting here. */
import type { NodeDef, Value } from '../../src/compile/graph.ts';
import { nodeOf, type Place, type Plan, type PlanExit, type Route } from '../../src/compile/plan.ts';
import { failure, type State, type View } from './waits.ts';

/** How a point goes on, and the targets that `route: all` takes. */
export interface Way {
  readonly route: Route;
  readonly taken?: readonly string[] | undefined;
}

export class Values {
  readonly visits: Record<string, number>;
  private readonly plan: Plan;

  constructor(plan: Plan) {
    this.plan = plan;
    this.visits = Object.fromEntries([...plan.nodes.keys()].map(id => [id, 0]));
  }

  /** Takes the first hop whose node has visits left, and counts the visit. */
  enter(route: Route): Place | undefined {
    const hasRoom = (id: string): boolean =>
      (this.visits[id] ?? 0) < (nodeOf(this.plan, id).budget ?? Number.POSITIVE_INFINITY);
    const place = route.find(({ limit }) => limit === undefined || hasRoom(limit))?.place;
    if (place?.kind === 'node') this.visits[place.id] = (this.visits[place.id] ?? 0) + 1;
    return place;
  }

  evaluate(value: Value, view: View, more: State = {}): unknown {
    const error = view.error ?? { node: '', code: '' };
    const scope = { ...view.state, visits: this.visits, error, ...more };
    return value.kind === 'literal' ? value.value : value.expr.evaluate(scope);
  }

  members(list: readonly { readonly name: string; readonly value: Value }[], view: View, more: State = {}): State {
    return Object.fromEntries(list.map(({ name, value }) => [name, this.evaluate(value, view, more)]));
  }

  /** What a node writes of its output. */
  writesOf({ writes }: NodeDef, view: View, output: unknown): State {
    switch (writes.kind) {
      case 'none':
        return {};
      case 'key':
        return { [writes.key]: output };
      case 'object':
        return output as State;
      case 'map':
        return Object.fromEntries(writes.entries.map(e => [e.key, this.evaluate(e.value, view, { output })]));
    }
  }

  merged(state: State, writes: State): State {
    const next: Record<string, unknown> = { ...state };
    for (const [name, value] of Object.entries(writes)) {
      const key = this.plan.graph.state.find(k => k.name === name);
      if (!key) throw failure('undeclared-key');
      const old = next[name];
      if (key.merge === 'append') next[name] = (old as unknown[]).concat(value);
      else next[name] = key.merge === 'sum' ? (old as number) + (value as number) : value;
    }
    return next;
  }

  write(view: View, writes: State): void {
    view.state = this.merged(view.state, writes);
    view.log.push(writes);
  }

  /** The first exit that is true; of `route: all`, with all targets that are. */
  choose(exits: readonly PlanExit[], view: View, output: unknown = null): Way {
    for (const { when, each, route } of exits) {
      const taken = each?.filter(e => this.evaluate(e.when, view, { output })).map(e => e.target);
      if (taken ? taken.length > 0 : !when || this.evaluate(when, view, { output })) return { route, taken };
    }
    throw failure('no-edge');
  }
}
