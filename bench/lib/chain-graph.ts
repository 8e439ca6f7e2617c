/** A row of no-op nodes as a graph file. */
import { idsOf } from './graph.ts';

export interface ChainState {
  readonly n: number;
}

export const chainFunctions = { body: async ({ n }: ChainState): Promise<ChainState> => ({ n: n + 1 }) };

export const chainYaml = (size: number): string => `name: chain
state:
  n: { type: number, default: 0 }
nodes:
${idsOf(size)
  .map(id => `  ${id}: { type: function, function: body }`)
  .join('\n')}
edges:
  - START -> ${idsOf(size).join(' -> ')} -> END
`;
