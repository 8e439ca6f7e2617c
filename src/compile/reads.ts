/** Which names the expressions and texts of a graph read. */
import { assertNever } from './assert-never.ts';
import type { GraphDef, NodeDef, Value } from './graph.ts';
import type { Text } from './text.ts';
import { requestParts } from './tool.ts';

interface Parts {
  readonly values: readonly (Value | undefined)[];
  readonly texts: readonly (Text | undefined)[];
}

/** The expressions and texts of a node, but for those of its edges. */
function partsOf(def: NodeDef): Parts {
  const { values, texts } = ownParts(def);
  const written = def.writes.kind === 'map' ? def.writes.entries.map(e => e.value) : [];
  return { values: [...values, ...written, def.cache?.key], texts: [...texts, def.concurrencyKey] };
}

function ownParts(def: NodeDef): Parts {
  switch (def.kind) {
    case 'function':
    case 'machine':
      return { values: def.input?.map(i => i.value) ?? [], texts: [] };
    case 'agent':
    case 'llm':
    case 'router':
      return { values: [def.messages, ...(def.files ?? [])], texts: [def.system, def.user] };
    case 'tool':
      return { values: def.args.map(i => i.value), texts: [] };
    case 'http':
      return requestParts(def.request);
    case 'wait':
      return { values: def.until.kind === 'moment' ? [def.until.value] : [], texts: [] };
    case 'interrupt':
      return { values: [def.data], texts: [def.message] };
    case 'graph':
      return { values: def.input.map(i => i.value), texts: [] };
    case 'map':
      return { values: [def.over, ...def.item.input.map(i => i.value)], texts: [] };
    case 'turn':
    case 'call':
    case 'set':
      return { values: [], texts: [] };
    default:
      return assertNever(def);
  }
}

/** The values that a node itself computes, those that it writes included. */
export function valuesOf(def: NodeDef): Value[] {
  return partsOf(def).values.filter(v => v !== undefined);
}

/** The nodes that read what a node reads: itself, and the one that runs for the items of a map. */
function readers(def: NodeDef): NodeDef[] {
  const inner = def.kind === 'map' && def.item.inline ? def.item.graph.nodes.get(def.id) : undefined;
  return inner ? [def, ...readers(inner)] : [def];
}

/** The names that a node reads; `all` for a function that is given the whole state. */
export function namesRead(def: NodeDef): 'all' | ReadonlySet<string> {
  const all = readers(def);
  if (all.some(d => (d.kind === 'function' || d.kind === 'machine') && d.input === undefined)) return 'all';
  const parts = all.map(partsOf);
  const values = parts.flatMap(p => p.values).flatMap(v => (v?.kind === 'expr' ? [...v.expr.names] : []));
  const said = all.flatMap(d => d.history ?? []);
  return new Set([...values, ...said, ...parts.flatMap(p => p.texts).flatMap(t => [...(t?.names ?? [])])]);
}

/** Whether any expression or text of the graph reads `visits`. */
export function readsVisits(graph: GraphDef): boolean {
  const inNode = (def: NodeDef): boolean =>
    readers(def)
      .map(partsOf)
      .some(
        ({ values, texts }) =>
          values.some(v => v?.kind === 'expr' && v.expr.names.has('visits')) || texts.some(t => t?.names.has('visits')),
      );
  const inEdge = graph.edges.some(({ when }) => when?.kind === 'expr' && when.expr.names.has('visits'));
  return inEdge || [...graph.nodes.values()].some(inNode);
}
