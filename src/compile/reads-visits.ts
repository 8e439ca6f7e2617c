import type { GraphDef, NodeDef, Value } from './graph.ts';
import { assertNever } from './read-nodes.ts';

/** Whether any expression or text of the graph reads `visits`. */
export function readsVisits(graph: GraphDef): boolean {
  const reads = (value: Value | undefined): boolean => value?.kind === 'expr' && value.expr.names.has('visits');
  const inNode = (def: NodeDef): boolean => {
    const written = def.writes.kind === 'map' && def.writes.entries.some(e => reads(e.value));
    if (written) return true;
    switch (def.kind) {
      case 'function':
        return def.input?.some(i => reads(i.value)) ?? false;
      case 'llm':
      case 'router':
        return [def.system, def.user].some(t => t?.names.has('visits'));
      case 'wait':
        return def.until.kind === 'moment' && reads(def.until.value);
      case 'interrupt':
        return def.message.names.has('visits');
      case 'graph':
        return def.input.some(i => reads(i.value));
      case 'set':
        return false;
      default:
        return assertNever(def);
    }
  };
  return graph.edges.some(e => reads(e.when)) || [...graph.nodes.values()].some(inNode);
}
