/** What is to be reached: the nodes and the edges of a graph, as its file has them. */

import type { GraphContext } from '../compile/context.ts';
import { errorTarget, sourceOf, type Value } from '../compile/graph.ts';
import { START } from '../compile/names.ts';
import { chartOf, forkOf, type Plan } from '../compile/plan.ts';
import { directEntry, exitsAt, type Point, pointId } from '../compile/point.ts';
import type { ExitParams } from '../compile/transitions.ts';
import type { TakenTransition } from '../core/core.ts';

/** A node or an edge. */
export interface Target {
  /** `node review`, or `edge review -> send (1)`: unique in a graph. */
  readonly id: string;
  readonly kind: 'node' | 'edge' | 'onError' | 'onLimit';
  /** For an edge. For a node both are its id. */
  readonly from: string;
  readonly to: string;
  /** The condition, as the file has it. */
  readonly when?: string;
}

const nodeId = (node: string): string => `node ${node}`;
const edgeId = (from: string, exit: number, to: string): string => `edge ${from} ${exit} -> ${to}`;
const errorId = (node: string): string => `onError ${node}`;
const limitId = (node: string): string => `onLimit ${node}`;

const shown = (when: Value | undefined): { when?: string } => (when ? { when: sourceOf(when) } : {});

/** Every node and edge, in file order. */
export function targetsOf({ graph }: Plan): Target[] {
  const nodes = [...graph.nodes.keys()].map((id): Target => ({ id: nodeId(id), kind: 'node', from: id, to: id }));
  const edges = [...graph.exits].flatMap(([from, exits]) =>
    exits.flatMap(({ targets, when, each }, exit) =>
      targets.map(
        (to, i): Target => ({ id: edgeId(from, exit, to), kind: 'edge', from, to, ...shown(each?.[i] ?? when) }),
      ),
    ),
  );
  const others = [...graph.nodes.values()].flatMap((def): Target[] => {
    const handler = errorTarget(def);
    return [
      ...(handler === undefined ? [] : [{ id: errorId(def.id), kind: 'onError' as const, from: def.id, to: handler }]),
      ...(def.onLimit === undefined
        ? []
        : [{ id: limitId(def.id), kind: 'onLimit' as const, from: def.id, to: def.onLimit }]),
    ];
  });
  return [...nodes, ...edges, ...others];
}

/** Follows what transitions reach, step by step. */
export function reachedBy(plan: Plan, { actions, context }: TakenTransition): string[] {
  return (actions as readonly { type?: string; params?: ExitParams }[]).flatMap(({ type, params }) => {
    if (!params) return [];
    if (type === 'begin') return chartOf(plan, pointId(params.at)).nodes.map(nodeId);
    return type === 'take' ? takenExit(plan, params, context as GraphContext) : [];
  });
}

function takenExit(plan: Plan, { at, exit, hop }: ExitParams, context: GraphContext): string[] {
  const route = exitsAt(plan, at)[exit]?.route ?? [];
  const full = route.slice(0, hop).flatMap(h => (h.limit === undefined ? [] : [limitId(h.limit)]));
  const place = route[hop]?.place;
  const own = hop === 0 ? edgesAt(plan, at, exit, context) : [];
  if (place?.kind === 'node') return [...own, ...full, nodeId(place.id)];
  if (place?.kind !== 'fork') return [...own, ...full];
  const entered = forkOf(plan, place.id).branches.flatMap(branch => directEntry(plan, branch) ?? []);
  return [...own, ...full, ...entered.map(nodeId)];
}

/** The edges of the file that an exit of a point is. */
function edgesAt(plan: Plan, at: Point, exit: number, context: GraphContext): string[] {
  if (at.kind !== 'node' && at.kind !== 'start') return [];
  const from = at.kind === 'start' ? START : at.id;
  const exits = plan.graph.exits.get(from) ?? [];
  const own = exits[exit];
  if (!own) return [errorId(from)];
  const taken = own.each && takenTargets(plan, at, exit, context);
  return own.targets.filter(to => !taken || taken.includes(to)).map(to => edgeId(from, exit, to));
}

/** Where `route: all` led: the fork's branches were told. */
function takenTargets(plan: Plan, at: Point, exit: number, { scopes }: GraphContext): readonly string[] | undefined {
  const place = exitsAt(plan, at)[exit]?.route[0]?.place;
  if (place?.kind !== 'fork') return undefined;
  const [branch = ''] = forkOf(plan, place.id).branches;
  return scopes[branch]?.taken;
}
