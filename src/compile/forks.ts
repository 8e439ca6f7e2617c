/**
 * Finds where the branches of a fork meet, so that a fork up to its join becomes one parallel state.
 *
 * A join splits the branches: without it they fall apart into groups that share nothing. A group of several branches
 * is a fork of its own, which is how series-parallel shapes nest.
 */
import { END } from './names.ts';
import { reachable, reaching, type Successors } from './walk.ts';

/** Branches that share nodes, and so belong to one region. */
export interface BranchGroup {
  /** Targets of the fork, in file order. */
  readonly heads: readonly string[];
  readonly members: ReadonlySet<string>;
}

export interface ForkShape {
  readonly groups: readonly BranchGroup[];
  /** Where the groups meet; absent when they never do. */
  readonly join?: string;
  /** A target of the fork is the join itself. */
  readonly arrives: boolean;
  /** Some nodes never lead to the join, so that it should not wait for them. */
  readonly mixed: boolean;
}

export type ForkProblem =
  | { readonly kind: 'leaves' | 'enters'; readonly from: string; readonly to: string; readonly join?: string }
  | {
      readonly kind: 'shape';
      readonly meets: readonly string[];
      /** An edge that would be in the way, were the first meeting node the join. */
      readonly suspect?: ForkProblem;
    };

export type ForkResult =
  | { readonly ok: true; readonly shape: ForkShape }
  | { readonly ok: false; readonly problem: ForkProblem };

interface Question {
  readonly fork: string;
  readonly targets: readonly string[];
  readonly next: Successors;
  /** The join of the enclosing fork: paths are not followed beyond it. */
  readonly exit: string | undefined;
  /** What is reached without passing this fork. */
  readonly outside: ReadonlySet<string>;
}

/** What a target reaches before the cut; the cut itself is not listed. */
function regionOf(target: string, cut: ReadonlySet<string>, { fork, next }: Question): Set<string> {
  return reachable([target], next, new Set([fork, END, ...cut]));
}

function groupTargets(regions: ReadonlyMap<string, Set<string>>): BranchGroup[] {
  const groups: { heads: string[]; members: Set<string> }[] = [];
  for (const [head, region] of regions) {
    const touching = groups.filter(g => [...region].some(id => g.members.has(id)));
    const merged = { heads: [head], members: new Set(region) };
    for (const group of touching) {
      merged.heads.unshift(...group.heads);
      for (const id of group.members) merged.members.add(id);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(merged);
  }
  const order = [...regions.keys()];
  for (const group of groups) group.heads.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return groups.sort((a, b) => order.indexOf(a.heads[0] ?? '') - order.indexOf(b.heads[0] ?? ''));
}

function cutAt(join: string | undefined, question: Question): ForkShape {
  const cut = new Set([join, question.exit].filter(id => id !== undefined));
  const others = question.targets.filter(t => t !== join && t !== END);
  const groups = groupTargets(new Map(others.map(t => [t, regionOf(t, cut, question)])));
  const arrives = join !== undefined && question.targets.includes(join);
  const inside = new Set(groups.flatMap(g => [...g.members]));
  const leading = join === undefined ? 0 : reaching(inside, join, question.next).size;
  const shape = { groups, arrives, mixed: (arrives || leading > 0) && leading < inside.size };
  return join === undefined ? shape : { ...shape, join };
}

/** Whether a node has an edge to the given target. */
function leadsTo(members: Iterable<string>, target: string | undefined, next: Successors): boolean {
  if (target === undefined) return false;
  return [...members].some(id => next.get(id)?.includes(target));
}

const splits = (shape: ForkShape): boolean => shape.groups.length + (shape.arrives ? 1 : 0) >= 2;

function isJoin(join: string, question: Question): ForkShape | undefined {
  const shape = cutAt(join, question);
  if (!splits(shape)) return undefined;
  const inside = shape.groups.flatMap(g => [...g.members]);
  if (leadsTo(inside, question.exit, question.next)) return undefined;
  const beyond = reachable(
    [join],
    question.next,
    new Set([question.fork, END, ...(question.exit ? [question.exit] : [])]),
  );
  return inside.some(id => beyond.has(id)) ? undefined : shape;
}

/** Nodes that several targets reach, nearest first. */
function meetingNodes(question: Question): string[] {
  const cut = new Set(question.exit === undefined ? [] : [question.exit]);
  const counts = new Map<string, number>();
  for (const target of question.targets) {
    for (const id of regionOf(target, cut, question)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const order = [...reachable(question.targets, question.next, new Set([question.fork, END]))];
  return order.filter(id => (counts.get(id) ?? 0) >= 2);
}

function crossing(shape: ForkShape, { next, outside, fork }: Question): ForkProblem | undefined {
  const inside = new Set(shape.groups.flatMap(g => [...g.members]));
  const shared = [...inside].filter(id => outside.has(id));
  if (shared.length === 0) return undefined;
  const join = shape.join === undefined ? {} : { join: shape.join };
  for (const from of inside) {
    if (outside.has(from)) continue;
    const to = next.get(from)?.find(t => shared.includes(t));
    if (to !== undefined) return { kind: 'leaves', from, to, ...join };
  }
  for (const from of outside) {
    if (from === fork || inside.has(from)) continue;
    const to = next.get(from)?.find(t => shared.includes(t));
    if (to !== undefined) return { kind: 'enters', from, to, ...join };
  }
  return { kind: 'shape', meets: shared };
}

/** Finds the branches of a fork and their join, or says which edge is in the way. */
export function analyseFork(question: Question): ForkResult {
  const meets = meetingNodes(question);
  const atExit = cutAt(question.exit, question);
  const found = splits(atExit) || question.targets.length < 2 ? atExit : firstDefined(meets, v => isJoin(v, question));
  if (found) {
    const problem = crossing(found, question);
    if (problem) return { ok: false, problem };
    const reachesExit =
      found.join !== question.exit ||
      found.arrives ||
      found.groups.some(g => leadsTo(g.members, found.join, question.next));
    const { join: _unmet, ...apart } = found;
    return { ok: true, shape: reachesExit ? found : apart };
  }
  const named = meets.filter(id => !id.startsWith('$'));
  for (const candidate of meets) {
    const shape = cutAt(candidate, question);
    const problem = splits(shape) ? crossing(shape, question) : undefined;
    if (problem && problem.kind !== 'shape')
      return { ok: false, problem: { kind: 'shape', meets: named, suspect: problem } };
  }
  return { ok: false, problem: { kind: 'shape', meets: named } };
}

function firstDefined<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
