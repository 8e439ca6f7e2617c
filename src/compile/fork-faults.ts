/** What is wrong with a fork, and the edge that makes it so. */
import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { explainCrossing, explainFork, type ForkFault } from './fork-words.ts';
import type { ForkProblem } from './forks.ts';
import type { GraphDef } from './graph.ts';
import { END } from './names.ts';
import { reachable } from './walk.ts';

/** Where a path becomes several. */
export interface Junction {
  readonly from: string;
  readonly targets: readonly string[];
  readonly span: Span;
  /** Its targets are taken one by one (`route: all`). */
  readonly partial: boolean;
}

/** The graph with its junctions, as the planner knows it. */
interface Shape {
  readonly graph: GraphDef;
  readonly next: ReadonlyMap<string, readonly string[]>;
  readonly junctions: ReadonlyMap<string, Junction>;
  readonly reporter: Reporter;
}

/** Reports why a fork cannot be planned. */
export function reportFork(shape: Shape, junction: Junction, problem: ForkProblem): void {
  const { span } = junction;
  const related = [{ message: 'the fork', span }];
  if (problem.kind === 'shape' && problem.suspect) {
    reportFork(shape, junction, problem.suspect);
    return;
  }
  if (problem.kind === 'shape') {
    const past = edgePast(shape, junction, problem.meets);
    const { message, hint } = past ? explainFork(past) : explainCrossing(junction, problem.meets);
    if (past) shape.reporter.report('fork-leave', past.span, message, { hint, related });
    else shape.reporter.report('fork-shape', span, message, { hint });
    return;
  }
  const join = problem.join === undefined ? undefined : nameOf(shape, problem.join);
  const edge = { from: nameOf(shape, problem.from), to: nameOf(shape, problem.to) };
  const at = spanOf(shape, problem.from, problem.to) ?? span;
  // The way to the fork itself is in order: an edge from within it leads back there.
  const back = problem.to === junction.from ? edgeBack(shape, junction, join) : undefined;
  const { message, hint } = explainFork(back ?? { fork: junction, kind: problem.kind, edge, join });
  shape.reporter.report('fork-leave', back?.span ?? at, message, { hint, related });
}

/** An edge with a condition that goes past the node where the branches meet: it is what is in the way. */
export function edgePast(
  shape: Shape,
  fork: Junction,
  meets: readonly string[],
): (ForkFault & { span: Span }) | undefined {
  const [join, ...beyond] = meets;
  const before = reachable(fork.targets, shape.next, new Set([join ?? END, END]));
  // What the join itself leads to is behind it, however else it is reached.
  const behind = reachable(join === undefined ? [] : [join], shape.next, new Set([END]));
  const inside = new Set([...before].filter(id => !behind.has(id)));
  const edge = shape.graph.edges.find(
    e => e.when !== undefined && inside.has(e.from) && e.to.some(to => beyond.includes(to)),
  );
  const to = edge?.to.join(', ') ?? '';
  return edge && { fork, kind: 'leaves', edge: { from: edge.from, to }, join, span: edge.span };
}

/** An edge from within the branches back to the node that forks. */
function edgeBack(shape: Shape, fork: Junction, join: string | undefined): (ForkFault & { span: Span }) | undefined {
  const inside = reachable(fork.targets, shape.next, new Set([join ?? END, END, fork.from]));
  const edge = shape.graph.edges.find(e => inside.has(e.from) && e.to.includes(fork.from));
  return edge && { fork, kind: 'leaves', edge: { from: edge.from, to: fork.from }, join, span: edge.span };
}

function nameOf(shape: Shape, vertex: string): string {
  return shape.junctions.get(vertex)?.from ?? vertex;
}

function spanOf(shape: Shape, from: string, to: string): Span | undefined {
  const source = nameOf(shape, from);
  return shape.graph.edges.find(e => e.from === source && (e.to.includes(to) || to.startsWith('$')))?.span;
}
