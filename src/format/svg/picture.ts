/** What a drawing shows: nodes with their texts, edges with their labels, the branches of forks as groups. No places yet. */
import { type Exit, errorTarget, type GraphDef, type NodeDef, sourceOf } from '../../compile/graph.ts';
import { END, START } from '../../compile/names.ts';
import type { Plan } from '../../compile/plan.ts';

export interface PictureNode {
  readonly id: string;
  readonly kind: NodeDef['kind'] | 'start' | 'end';
  readonly about?: string;
  /** Short facts: budgets, attempts, joins. */
  readonly chips: readonly string[];
}

/** `fork`: one of several that are taken at once; they leave together. */
export interface PictureEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly kind: 'plain' | 'error' | 'limit';
  readonly label?: { readonly text: string; readonly code: boolean };
  /** Edges with one source and the same word here leave, or arrive, at one point. */
  readonly leaves?: string;
  readonly arrives?: string;
}

/** The branches of a fork, up to where they meet. */
export interface PictureGroup {
  readonly id: string;
  /** The group around it. */
  readonly parent?: string;
  readonly nodes: readonly string[];
}

export interface Picture {
  readonly title: string;
  readonly description?: string;
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
  readonly groups: readonly PictureGroup[];
}

function duration(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const [unit, length] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return `${ms / length}${unit}`;
}

function aboutOf(def: NodeDef): string | undefined {
  if (def.description !== undefined) return def.description;
  if (def.kind === 'graph') return def.child.name === def.id ? undefined : def.child.name;
  if (def.kind === 'http') return `${def.request.method} ${def.request.url.source}`;
  if (def.kind === 'machine') return def.machine;
  if (def.kind === 'tool') return def.tool.name === def.id ? undefined : def.tool.name;
  if (def.kind === 'map') return `each ${def.as} of ${sourceOf(def.over)}`;
  if (def.kind !== 'wait') return undefined;
  const { until } = def;
  if (until.kind === 'for') return `for ${duration(until.ms)}`;
  return until.kind === 'event' ? `for the event ${until.name}` : `until ${sourceOf(until.value)}`;
}

function chipsOf(def: NodeDef): string[] {
  const { maxVisits, retry, timeout, join, routeAll, pauses, onError, cache } = def;
  const expires = 'expires' in def ? def.expires : undefined;
  return [
    ...(join === undefined ? [] : [join === 'any' ? 'first to arrive' : `first ${join} to arrive`]),
    ...(maxVisits === undefined ? [] : [`max ${maxVisits}×`]),
    ...(retry === undefined ? [] : [`${retry.attempts} tries`]),
    ...(timeout === undefined ? [] : [`≤ ${duration(timeout)}`]),
    ...(expires === undefined ? [] : [`expires ${duration(expires.after)}`]),
    ...(def.kind === 'map' ? [`${def.concurrency} at once`] : []),
    ...(cache ? ['cached'] : []),
    ...(routeAll ? ['all that hold'] : []),
    ...(pauses ?? []).map(side => `pauses ${side}`),
    ...(onError === 'continue' ? ['goes on after errors'] : []),
  ];
}

function labelOf(
  graph: GraphDef,
  from: string,
  { exits, exit, target }: { exits: readonly Exit[]; exit: number; target: number },
): PictureEdge['label'] {
  const def = graph.nodes.get(from);
  const own = exits[exit];
  if (def?.kind === 'router') {
    const label = Object.keys(def.routes)[exit];
    if (label === undefined) return undefined;
    return { text: label === def.fallback ? `${label} (default)` : label, code: false };
  }
  const when = own?.each?.[target] ?? own?.when;
  if (when) return { text: sourceOf(when), code: true };
  return exits.length > 1 ? { text: 'else', code: false } : undefined;
}

function edgesOf({ graph, forks }: Plan): PictureEdge[] {
  const out: Omit<PictureEdge, 'id'>[] = [];
  const joins = new Set(
    [...forks.values()].flatMap(f => f.then?.flatMap(h => (h.place.kind === 'node' ? h.place.id : [])) ?? []),
  );
  const add = (edge: Omit<PictureEdge, 'id'>): unknown => out.push(edge);
  for (const [from, exits] of graph.exits) {
    for (const [exit, { targets, each }] of exits.entries()) {
      for (const [target, to] of targets.entries()) {
        const label = labelOf(graph, from, { exits, exit, target });
        add({
          from,
          to,
          kind: 'plain',
          ...(label ? { label } : {}),
          ...(targets.length > 1 && !each ? { leaves: `fork${exit}` } : {}),
          ...(joins.has(to) && !label ? { arrives: 'join' } : {}),
        });
      }
    }
  }
  for (const node of graph.nodes.values()) {
    const handler = errorTarget(node);
    if (handler !== undefined)
      add({ from: node.id, to: handler, kind: 'error', label: { text: 'on error', code: false } });
    if (node.onLimit === undefined) continue;
    const visits = node.maxVisits ?? graph.maxVisits;
    const text = `after ${visits} ${visits === 1 ? 'visit' : 'visits'}`;
    add({ from: node.id, to: node.onLimit, kind: 'limit', label: { text, code: false } });
  }
  return out.map((edge, i) => ({ id: `e${i}`, ...edge }));
}

function groupsOf({ charts, forks, nodes }: Plan): PictureGroup[] {
  const forkOfBranch = new Map([...forks.values()].flatMap(f => f.branches.map(b => [b, f.id] as const)));
  const around = (scope: string): string | undefined => forkOfBranch.get(charts.get(scope)?.scope ?? '');
  return [...forks.values()].map(({ id, scope }) => {
    const parent = around(scope);
    const own = [...nodes.values()].filter(n => around(n.scope) === id).map(n => n.def.id);
    return { id, ...(parent === undefined ? {} : { parent }), nodes: own };
  });
}

/** What there is to draw of a plan. */
export function pictureOf(plan: Plan): Picture {
  const { graph } = plan;
  const edges = edgesOf(plan);
  const nodes = [...graph.nodes.values()].map((def): PictureNode => {
    const about = aboutOf(def);
    return { id: def.id, kind: def.kind, chips: chipsOf(def), ...(about === undefined ? {} : { about }) };
  });
  const end: PictureNode[] = edges.some(e => e.to === END) ? [{ id: END, kind: 'end', chips: [] }] : [];
  return {
    title: graph.name,
    ...(graph.description === undefined ? {} : { description: graph.description }),
    nodes: [{ id: START, kind: 'start', chips: [] }, ...nodes, ...end],
    edges,
    groups: groupsOf(plan),
  };
}
