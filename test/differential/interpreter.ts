/**
 * A direct interpreter of the plan: the reference that the compiled machine must agree with. It shares the plan and the
 * compiled expressions with the compiler and nothing else: merging, isolation, joins, budgets and failures are its own.
 */
import type { Value } from '../../src/compile/graph.ts';
import { chartOf, forkOf, nodeOf, type Place, type Plan, type PlanExit, type Route } from '../../src/compile/plan.ts';
import type { Subject } from './subject.ts';

type State = Record<string, unknown>;
type Writes = { node: string; values: State };
type View = { state: State; log: Writes[] };

/** Waits that the driver ends: a body, an answer, or a retry. */
type Waits = Map<string, (value: unknown) => void>;

export type Body = (node: string, attempt: number) => State;

export class Interpreter implements Subject {
  readonly trace: Record<string, string[]> = {};
  private readonly waits: Waits = new Map();
  private readonly retries: Waits = new Map();
  private readonly visits: Record<string, number> = {};
  private readonly attempts: Record<string, number> = {};
  private readonly root: View;
  private readonly plan: Plan;
  private readonly body: Body;
  private done = false;

  constructor(plan: Plan, body: Body) {
    this.plan = plan;
    this.body = body;
    this.root = { state: Object.fromEntries(plan.graph.state.map(k => [k.name, k.initial])), log: [] };
    void this.chart('', this.root).then(() => {
      this.done = true;
    });
  }

  ready = (): string[] => [...this.waits.keys()].sort();
  failed = (): string[] => [...this.retries.keys()].sort();
  status = (): string => (this.done ? 'done' : 'resting');
  state = (): State => this.root.state;

  finish(id: string): void {
    const go = this.waits.get(id);
    this.waits.delete(id);
    go?.(undefined);
  }

  retry(id: string): void {
    const go = this.retries.get(id);
    this.retries.delete(id);
    go?.(undefined);
  }

  private wait(on: Waits, id: string): Promise<unknown> {
    return new Promise(resolve => on.set(id, resolve));
  }

  private value(value: Value, view: View, output?: unknown): unknown {
    const visits = Object.fromEntries([...this.plan.nodes.keys()].map(id => [id, this.visits[id] ?? 0]));
    return value.kind === 'literal' ? value.value : value.expr.evaluate({ ...view.state, visits, output });
  }

  private write(view: View, writes: Writes[]): void {
    for (const { values } of writes) {
      const next = { ...view.state };
      for (const [key, value] of Object.entries(values)) {
        const merge = this.plan.graph.state.find(k => k.name === key)?.merge;
        const old = next[key];
        if (merge === 'append') next[key] = (old as unknown[]).concat(value);
        else next[key] = merge === 'sum' ? (old as number) + (value as number) : value;
      }
      view.state = next;
    }
    view.log.push(...writes);
  }

  /** Follows one path from the beginning of a chart until it arrives at the join or ends. */
  private async chart(scope: string, view: View): Promise<'arrived' | 'ended'> {
    let place = await this.choose(chartOf(this.plan, scope).entry, view);
    for (;;) {
      if (place.kind === 'join') return 'arrived';
      if (place.kind === 'end' || place.kind === 'onward') return 'ended';
      const next = place.kind === 'fork' ? await this.fork(place.id, view) : await this.node(place.id, view, scope);
      if (next === undefined) return 'ended';
      place = next;
    }
  }

  private async choose(exits: readonly PlanExit[], view: View): Promise<Place> {
    const exit = exits.find(e => e.when === undefined || this.value(e.when, view) === true);
    return this.follow(exit?.route ?? []);
  }

  private async follow(route: Route): Promise<Place> {
    const room = (id: string): boolean =>
      (this.visits[id] ?? 0) < (nodeOf(this.plan, id).budget ?? Number.POSITIVE_INFINITY);
    const hop = route.find(h => h.limit === undefined || room(h.limit));
    if (hop?.place.kind === 'node') this.visits[hop.place.id] = (this.visits[hop.place.id] ?? 0) + 1;
    if (hop) return hop.place;
    const full = route[0]?.limit ?? '?';
    await this.wait(this.retries, full);
    return { kind: 'node', id: full };
  }

  private async node(id: string, view: View, scope: string): Promise<Place> {
    const { def, exits } = nodeOf(this.plan, id);
    const begun = this.visits[id];
    let values: State = {};
    if (def.kind === 'set' && def.writes.kind === 'map') {
      values = Object.fromEntries(def.writes.entries.map(e => [e.key, this.value(e.value, view)]));
    } else {
      for (let ok = false; !ok; ) {
        await this.wait(this.waits, id);
        if (def.kind === 'interrupt') break;
        this.attempts[id] = (this.attempts[id] ?? 0) + 1;
        try {
          values = this.body(id, this.attempts[id]);
          ok = true;
        } catch {
          await this.wait(this.retries, id);
        }
      }
    }
    if (begun !== this.visits[id]) throw new Error(`"${id}" was entered while it ran`);
    if (Object.keys(values).length > 0) this.write(view, [{ node: id, values }]);
    this.trace[scope] = [...(this.trace[scope] ?? []), id];
    return this.choose(exits, view);
  }

  private async fork(id: string, view: View): Promise<Place | undefined> {
    const { branches, arrives, then } = forkOf(this.plan, id);
    const views = branches.map((): View => ({ state: view.state, log: [] }));
    const ends = await Promise.all(branches.map((scope, i) => this.chart(scope, views[i] as View)));
    this.write(
      view,
      views.flatMap(v => v.log),
    );
    return then && (arrives || ends.includes('arrived')) ? this.follow(then) : undefined;
  }
}
