/**
 * Forks that are not series-parallel: branches that meet in several nodes. Each node up to the end of the fork is a branch
 * of its own, which begins when every path that leads to it has been taken or cannot be taken any more.
 */
import { END } from './names.ts';
import { reachable, reaching, type Successors, stronglyConnected } from './walk.ts';

/** A node of a zone and what it waits for. */
export interface ZoneNode {
  readonly id: string;
  /** The nodes of the zone with an edge to it. */
  readonly from: readonly string[];
  /** The fork itself leads to it. */
  readonly first: boolean;
  /** The nodes of the zone whose writes it sees. */
  readonly ancestors: readonly string[];
}

export interface Zone {
  /** Each node after those it waits for; in file order otherwise. */
  readonly nodes: readonly ZoneNode[];
  /** Where the paths go on; absent when they all end. */
  readonly join?: string;
}

export interface ZoneQuestion {
  readonly targets: readonly string[];
  /** Edges from node to node: forks are looked through. */
  readonly next: Successors;
  readonly fork: string;
  /** The join of the enclosing fork. */
  readonly exit: string | undefined;
  /** Every node of the graph, in file order. */
  readonly order: readonly string[];
  /** Nodes where several targets meet, nearest first. */
  readonly meets: readonly string[];
  readonly outside: ReadonlySet<string>;
}

function membersUpTo(join: string | undefined, { targets, next, exit }: ZoneQuestion): Set<string> {
  const cut = [join, exit, END].filter(id => id !== undefined);
  return reachable(targets, next, new Set(cut));
}

/** A node that every path passes: nothing before it goes on without it. */
function isJoin(join: string, question: ZoneQuestion): boolean {
  const { next, exit, targets } = question;
  const members = membersUpTo(join, question);
  const inside = [...members];
  if (exit !== undefined && inside.some(id => next.get(id)?.includes(exit))) return false;
  const beyond = reachable([join], next, new Set([END, ...(exit === undefined ? [] : [exit]), ...targets]));
  return !inside.some(id => beyond.has(id)) && reaching(members, join, next).size === members.size;
}

function inOrder(
  members: ReadonlySet<string>,
  from: ReadonlyMap<string, readonly string[]>,
  order: readonly string[],
): string[] {
  const left = order.filter(id => members.has(id));
  const out: string[] = [];
  while (left.length > 0) {
    const at = left.findIndex(id => (from.get(id) ?? []).every(p => out.includes(p)));
    out.push(...left.splice(Math.max(0, at), 1));
  }
  return out;
}

/** Finds the zone of a fork. Undefined when it has a cycle in it, or nodes that other paths lead to. */
export function findZone(question: ZoneQuestion): Zone | undefined {
  const { targets, next, exit, order, meets, outside } = question;
  const join = meets.find(id => order.includes(id) && isJoin(id, question)) ?? exit;
  const members = membersUpTo(join, question);
  const inside = new Map([...members].map(id => [id, (next.get(id) ?? []).filter(t => members.has(t))]));
  const bound = [...members].some(id => outside.has(id)) || stronglyConnected([...members], inside).length > 0;
  if (bound) return undefined;
  const from = new Map([...members].map(id => [id, [...members].filter(p => inside.get(p)?.includes(id))]));
  const sorted = inOrder(members, from, order);
  const nodes = sorted.map((id): ZoneNode => {
    const ancestors = sorted.filter(p => p !== id && reachable([p], inside).has(id));
    return { id, from: from.get(id) ?? [], first: targets.includes(id), ancestors };
  });
  // A node that never leads to the exit must not be waited for there; then the zone cannot end at it.
  if (exit !== undefined && join === exit && reaching(members, exit, next).size < members.size) return undefined;
  const reached =
    join !== undefined && (targets.includes(join) || [...members].some(id => next.get(id)?.includes(join)));
  return reached ? { nodes, join } : { nodes };
}
