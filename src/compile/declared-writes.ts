import type { NodeDef } from './graph.ts';

/** The state keys that a node can be seen to write. */
export function writtenKeys(def: NodeDef): string[] {
  return [...resultKeys(def), ...(def.history === undefined ? [] : [def.history])];
}

function resultKeys(def: NodeDef): string[] {
  switch (def.writes.kind) {
    case 'key':
      return [def.writes.key];
    case 'map':
      return def.writes.entries.map(e => e.key);
    case 'none':
    case 'object':
      return [];
  }
}
