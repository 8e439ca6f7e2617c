/** The interpreter's rule of forks: when branches begin, when they are waited for no more, what of them is kept. */
import { chartOf, nodesWithin, type Plan, type PlanFork } from '../../src/compile/plan.ts';
import type { Values, Way } from './values.ts';
import { type Failure, type Path, run, type View, type Waits } from './waits.ts';

/** Whether a branch came to the join, and the branches it led on to where branches cross. */
export interface End {
  readonly arrived: boolean;
  readonly to: readonly string[];
  /** It failed for good. */
  readonly error?: Failure;
}

interface Around {
  readonly plan: Plan;
  readonly values: Values;
  readonly waits: Waits;
  readonly failures: Map<string, Failure>;
  chart(scope: string, view: View): Path<End>;
}

/** Runs the branches of a fork, each in a view of its own, and gives the way on behind their join. */
export function* fork(shape: PlanFork, view: View, taken: readonly string[], around: Around): Path<Way> {
  const { branches, heads, need, then } = shape;
  const arrivesAtOnce = shape.arrives && (!heads || heads.join.some(head => taken.includes(head)));
  const wanted = (need ?? Number.POSITIVE_INFINITY) - (arrivesAtOnce ? 1 : 0);
  const views = branches.map((): View => ({ state: view.state, log: [], error: view.error, taken, around: view }));
  const ends: (End | undefined)[] = branches.map(() => undefined);

  yield* around.waits.first(view, [], done => {
    const begun = new Set<number>();
    const go = (): void => {
      for (const [i, scope] of branches.entries()) {
        const branch = views[i] as View;
        const isTaken = heads ? heads.branches[i]?.some(head => taken.includes(head)) : canBegin(scope);
        if (begun.has(i) || isTaken === undefined) continue;
        begun.add(i);
        if (isTaken) {
          branch.state = seenBy(scope);
          const end = (how: End): void => {
            ends[i] = how;
            go();
          };
          run(around.chart(scope, branch), end, error => end({ arrived: false, to: [], error }));
        } else ends[i] = { arrived: false, to: [] };
      }
      const arrived = ends.filter(end => end?.arrived).length;
      if (ends.every(end => end) || arrived >= wanted) done();
    };
    go();
  });

  /** Where branches cross, one begins when all before it have ended and any of them, or the fork, led to it. */
  function canBegin(scope: string): boolean | undefined {
    const { waits } = chartOf(around.plan, scope);
    const before = waits?.from.map(from => ends[branches.indexOf(from)]) ?? [];
    if (ancestorsOf(scope).some(other => ends[branches.indexOf(other)]?.error)) return false;
    if (before.includes(undefined)) return undefined;
    return !waits || waits.first || before.some(end => end?.to.includes(scope));
  }

  function ancestorsOf(scope: string): readonly string[] {
    return chartOf(around.plan, scope).waits?.ancestors ?? [];
  }

  /** What a branch sees of those before it. */
  function seenBy(scope: string): View['state'] {
    const logs = ancestorsOf(scope).flatMap(other => views[branches.indexOf(other)]?.log ?? []);
    return logs.reduce((state, writes) => around.values.merged(state, writes), view.state);
  }

  // Those that come at the same moment are taken in file order; the rest is dropped.
  let arrived = 0;
  const kept = views.filter((_, i) => ends[i] && !ends[i]?.error && (!ends[i]?.arrived || arrived++ < wanted));
  const failed = ends.find(end => end?.error);
  if (failed?.error && arrived < wanted) throw failed.error;
  for (const id of branches.flatMap(scope => nodesWithin(around.plan, scope))) around.failures.delete(id);
  const inherited = view.error;
  for (const branch of views) {
    if (!kept.includes(branch)) around.waits.cancel(branch);
    else {
      for (const writes of branch.log) around.values.write(view, writes);
      if (branch.error !== inherited) view.error = branch.error;
    }
  }
  return { route: then && (arrivesAtOnce || arrived > 0) ? then : [{ place: { kind: 'end' } }] };
}
