/** Places for nodes, groups, labels and bends: by ELK, the only module that knows it. */
import type { ELK, ElkExtendedEdge, ElkNode, ElkPoint, ElkPort } from 'elkjs/lib/elk-api.js';
import { boxOf, type LabelBox, labelBox, type NodeBox, type Size } from './measure.ts';
import type { Picture, PictureEdge } from './picture.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Placed<T> = T & Point;

export interface PlacedEdge {
  readonly edge: PictureEdge;
  /** The bends, both ends included. */
  readonly points: readonly Point[];
  readonly label?: Placed<LabelBox>;
  /** Where lines that belong together part or meet. */
  readonly junctions: readonly Point[];
}

export interface Layout extends Size {
  readonly boxes: readonly Placed<NodeBox>[];
  readonly groups: readonly Placed<Size & { readonly id: string; readonly depth: number }>[];
  readonly edges: readonly PlacedEdge[];
}

const SPACING = {
  'elk.layered.spacing.nodeNodeBetweenLayers': '36',
  'elk.layered.spacing.edgeNodeBetweenLayers': '20',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '14',
  'elk.spacing.nodeNode': '34',
  'elk.spacing.edgeNode': '22',
  'elk.spacing.edgeEdge': '16',
  'elk.spacing.edgeLabel': '4',
};

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.nodePlacement.favorStraightEdges': 'true',
  'elk.padding': '[top=8,left=8,bottom=8,right=8]',
  ...SPACING,
};

const GROUP_OPTIONS = {
  'elk.padding': '[top=30,left=18,bottom=18,right=18]',
  ...SPACING,
};

const portId = (node: string, side: 'in' | 'out', word: string): string => `${node} ${side} ${word}`;

function portsOf(id: string, edges: readonly PictureEdge[]): ElkPort[] {
  const own = (side: 'in' | 'out', words: readonly string[]): ElkPort[] =>
    [...new Set(words)].map(word => ({
      id: portId(id, side, word),
      width: 0,
      height: 0,
      layoutOptions: { 'elk.port.side': side === 'in' ? 'NORTH' : 'SOUTH' },
    }));
  return [
    ...own(
      'in',
      edges.filter(e => e.to === id).map(e => e.arrives ?? e.id),
    ),
    ...own(
      'out',
      edges.filter(e => e.from === id).map(e => e.leaves ?? e.id),
    ),
  ];
}

/**
 * The nodes in an order in which every edge leads forward, but for those that close a cycle: the reversed postorder of a
 * walk from START. ELK is given those the other way round; which ones it would choose itself has little to do with the
 * order of things.
 */
function forwardOrder({ nodes, edges }: Picture): string[] {
  const leaving = Map.groupBy(edges, e => e.from);
  // Last edge first: reversed, the nodes behind the first edge come first.
  const behind = (id: string): string[] => (leaving.get(id) ?? []).map(e => e.to);
  const seen = new Set<string>();
  const done: string[] = [];
  for (const { id: root } of nodes) {
    if (seen.has(root)) continue;
    seen.add(root);
    const work = [{ id: root, rest: behind(root) }];
    for (let top = work.at(-1); top; top = work.at(-1)) {
      const to = top.rest.pop();
      if (to === undefined) {
        done.push(top.id);
        work.pop();
      } else if (!seen.has(to)) {
        seen.add(to);
        work.push({ id: to, rest: behind(to) });
      }
    }
  }
  return done.reverse();
}

/** Whether an edge leads back to where the path has been. */
const isBack = ({ from, to }: PictureEdge, order: readonly string[]): boolean =>
  order.indexOf(to) < order.indexOf(from);

function elkEdge(edge: PictureEdge, order: readonly string[]): ElkExtendedEdge {
  const label = labelBox(edge);
  const out = portId(edge.from, 'out', edge.leaves ?? edge.id);
  const into = portId(edge.to, 'in', edge.arrives ?? edge.id);
  const [source, target] = isBack(edge, order) ? [into, out] : [out, into];
  const layoutOptions = { 'elk.edgeLabels.placement': 'CENTER', 'elk.edgeLabels.inline': 'true' };
  const labels = label && [{ text: edge.id, width: label.width, height: label.height, layoutOptions }];
  return { id: edge.id, sources: [source], targets: [target], ...(labels ? { labels } : {}) };
}

function elkGraph(picture: Picture, boxes: ReadonlyMap<string, NodeBox>, order: readonly string[]): ElkNode {
  const leaf = (id: string): ElkNode => {
    const { width = 0, height = 0, node } = boxes.get(id) ?? {};
    const constraint = node?.kind === 'start' ? 'FIRST' : node?.kind === 'end' ? 'LAST' : undefined;
    return {
      id,
      width,
      height,
      ports: portsOf(id, picture.edges),
      layoutOptions: {
        'elk.portConstraints': 'FIXED_SIDE',
        ...(constraint ? { 'elk.layered.layering.layerConstraint': constraint } : {}),
      },
    };
  };
  const place = (node: ElkNode): number =>
    Math.min(order.indexOf(node.id) >>> 0, ...(node.children ?? []).map(child => place(child)));
  const groups = (parent: string | undefined): ElkNode[] =>
    picture.groups.filter(g => g.parent === parent).map(g => group(g.id, g.nodes));
  const sorted = (nodes: ElkNode[]): ElkNode[] => nodes.sort((a, b) => place(a) - place(b));
  const group = (id: string, nodes: readonly string[]): ElkNode => ({
    id,
    layoutOptions: GROUP_OPTIONS,
    children: sorted([...nodes.map(leaf), ...groups(id)]),
  });
  const grouped = new Set(picture.groups.flatMap(g => g.nodes));
  const free = picture.nodes.filter(n => !grouped.has(n.id)).map(n => leaf(n.id));
  const children = sorted([...free, ...groups(undefined)]);
  return { id: 'root', layoutOptions: OPTIONS, children, edges: picture.edges.map(e => elkEdge(e, order)) };
}

/** Takes out of a line what is off by less than a pixel or two: it would show as a slant. */
function straight(points: readonly Point[]): Point[] {
  const out: Point[] = [];
  for (const { x, y } of points) {
    const before = out.at(-1);
    const near = (a: number, b: number | undefined): boolean => b !== undefined && Math.abs(a - b) < 2;
    out.push({ x: before && near(x, before.x) ? before.x : x, y: before && near(y, before.y) ? before.y : y });
  }
  return out;
}

function placedEdge(edge: PictureEdge, placed: ElkExtendedEdge | undefined, order: readonly string[]): PlacedEdge {
  const points = (placed?.sections ?? []).flatMap(s => [s.startPoint, ...(s.bendPoints ?? []), s.endPoint]);
  const label = labelBox(edge);
  const [at] = placed?.labels ?? [];
  return {
    edge,
    points: straight(isBack(edge, order) ? points.toReversed() : points),
    junctions: (placed?.junctionPoints ?? []).map(({ x, y }: ElkPoint) => ({ x, y })),
    ...(label && at ? { label: { ...label, x: at.x ?? 0, y: at.y ?? 0 } } : {}),
  };
}

/** Every node below a node, with its depth. */
function flat(node: ElkNode, depth = 0): { node: ElkNode; depth: number }[] {
  return (node.children ?? []).flatMap(child => [{ node: child, depth }, ...flat(child, depth + 1)]);
}

async function createElk(): Promise<ELK> {
  // It is CommonJS: the class is the default export, or under its name there, as the loader sees it.
  const loaded = (await import('elkjs/lib/elk.bundled.js')) as unknown as {
    default: (new () => ELK) & { default?: new () => ELK };
  };
  return new (loaded.default.default ?? loaded.default)();
}

/** Finds a place for everything. The same picture gives the same places. */
export async function layOut(picture: Picture): Promise<Layout> {
  const boxes = new Map(picture.nodes.map(node => [node.id, boxOf(node)]));
  const order = forwardOrder(picture);
  const elk = await createElk();
  const root = await elk.layout(elkGraph(picture, boxes, order));
  const all = flat(root);
  const places = new Map(all.map(({ node }) => [node.id, node]));
  const edges = new Map((root.edges ?? []).map(edge => [edge.id, edge]));
  const groups = new Set(picture.groups.map(g => g.id));
  return {
    width: root.width ?? 0,
    height: root.height ?? 0,
    boxes: [...boxes].map(([id, box]) => ({ ...box, x: places.get(id)?.x ?? 0, y: places.get(id)?.y ?? 0 })),
    groups: all.flatMap(({ node: { id, x = 0, y = 0, width = 0, height = 0 }, depth }) =>
      groups.has(id) ? [{ id, x, y, width, height, depth }] : [],
    ),
    edges: picture.edges.map(edge => placedEdge(edge, edges.get(edge.id), order)),
  };
}
