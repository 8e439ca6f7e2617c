/** How what is inside a graph is called from outside: `sub/review`, `each[3]/review`, `each[3]`. */
export type Naming = (id: string) => string;

export const plainNaming: Naming = id => id;

/** Inside the graph of a subgraph node. */
export const childNaming =
  (outer: Naming, node: string): Naming =>
  id =>
    `${outer(node)}/${id}`;

/** Inside the pool of a map: its members are its items, `[3]`. */
export const poolNaming =
  (outer: Naming, node: string): Naming =>
  id =>
    outer(node) + id;

/** Inside what runs for an item: a graph of its own, or one node that has the name of the map and stands for the item. */
export const itemNaming =
  (pool: Naming, item: string, inlineNode: string | null): Naming =>
  id =>
    inlineNode === null ? `${pool(item)}/${id}` : pool(item) + id.slice(inlineNode.length);

/** What a pool adds to the names of what its members wait for. */
export interface PoolKind {
  /** A fork adds nothing: the nodes of its branches are nodes of the graph. */
  readonly kind: 'map' | 'fork';
  /** The node that stands for an item, if it is no graph of its own. */
  readonly inlineNode: string | null;
}

/** Inside one member of a pool; `outer` is that of the graph around the pool. */
export function memberNaming(outer: Naming, pool: string, { kind, inlineNode }: PoolKind, item: string): Naming {
  return kind === 'fork' ? outer : itemNaming(poolNaming(outer, pool), item, inlineNode);
}

/** The id of an item in its pool. */
export const itemId = (index: number): string => `[${index}]`;

/** The index of an item, by its id in its pool; undefined for the id of something else. */
export function itemIndex(id: string): number | undefined {
  const end = id.length - 1;
  if (end < 2 || id[0] !== '[' || id[end] !== ']') return undefined;
  let index = 0;
  for (let at = 1; at < end; at++) {
    const digit = id.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    index = index * 10 + digit;
  }
  return index;
}

/** An id of something inside a pool, split at its item: what is left is called as the item calls it. */
export function splitItem(id: string, inlineNode: string | null): { index: number; inner: string } | undefined {
  const found = /^\[(\d+)\](.*)$/s.exec(id);
  if (!found) return undefined;
  const rest = found[2] ?? '';
  return { index: Number(found[1]), inner: inlineNode === null ? rest.replace(/^\//, '') : inlineNode + rest };
}

/** The subgraphs and map items that lead to something, from outermost. */
export const pathOf = (id: string): string[] => id.split('/').slice(0, -1);
