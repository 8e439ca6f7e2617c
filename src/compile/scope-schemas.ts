import { assertNever } from './assert-never.ts';
import type { SchemaOf } from './conditions.ts';
import type { GraphDef, NodeDef, StateKey } from './graph.ts';
import type { JsonSchema } from './state-type.ts';

const nullable = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });

/** What a state key is sure to hold: what a merge makes of written values is not checked against the type again. */
function stateSchema({ merge, type }: StateKey): JsonSchema {
  if (merge === 'replace' || merge === 'max' || merge === 'min') return type.schema;
  return merge === 'sum' && typeof type.schema.type === 'string' ? { type: type.schema.type } : {};
}

function objectSchema(keys: readonly StateKey[]): JsonSchema {
  return { type: 'object', properties: Object.fromEntries(keys.map(k => [k.name, stateSchema(k)])) };
}

/** The schema of what a node gives out, as the conditions of its edges see it. */
function outputSchema(node: NodeDef): JsonSchema | undefined {
  switch (node.kind) {
    case 'agent':
    case 'llm':
      return node.schema?.schema ?? { type: 'string' };
    case 'router':
      return { type: 'string' };
    case 'graph':
      return objectSchema(node.child.state);
    case 'wait':
    case 'interrupt':
      return node.schema?.schema;
    case 'turn':
    case 'call':
    case 'function':
    case 'http':
    case 'machine':
    case 'map':
    case 'set':
    case 'tool':
      return undefined;
    default:
      return assertNever(node);
  }
}

/** What the names in scope of conditions hold, as far as the file says. */
export class ScopeSchemas {
  private readonly keys: ReadonlyMap<string, JsonSchema>;
  private readonly visits: JsonSchema;
  constructor(graph: GraphDef) {
    this.keys = new Map(graph.state.map(key => [key.name, stateSchema(key)]));
    const counts = [...graph.nodes.keys()].map(id => [id, { type: 'integer', minimum: 0 }]);
    this.visits = { type: 'object', properties: Object.fromEntries(counts) };
  }

  /** What the edges of a node see, or those of START. */
  at(node: NodeDef | undefined): SchemaOf {
    return name => {
      const key = this.keys.get(name);
      if (key || name === 'visits') return key ?? this.visits;
      const schema = name === 'output' && node ? outputSchema(node) : undefined;
      // An error that is passed over leaves null.
      return schema && node?.onError === 'continue' ? nullable(schema) : schema;
    };
  }
}
