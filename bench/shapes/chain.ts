import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { assign, fromPromise, setup } from 'xstate';
import { chainFunctions, chainYaml, type ChainState as State } from '../lib/chain-graph.ts';
import { graphOf, idsOf } from '../lib/graph.ts';
import type { LangGraphBuilder, Shape } from '../lib/shape.ts';

const { body } = chainFunctions;

/** The same as a graph of LangGraph.js. */
export function chainBuilder(size: number): LangGraphBuilder {
  const ids = idsOf(size);
  // A graph's type grows with each node; what is built in a loop has none.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  const graph = new StateGraph(Annotation.Root({ n: Annotation<number> })) as any;
  for (const [i, id] of ids.entries()) graph.addNode(id, body).addEdge(ids[i - 1] ?? START, id);
  return graph.addEdge(ids.at(-1), END);
}

function xstateOf(ids: readonly string[]) {
  const builder = setup({
    types: {} as { context: State },
    actors: { body: fromPromise(({ input }: { input: State }) => body(input)) },
  });
  const states = ids.map((id, i) => [
    id,
    {
      invoke: {
        id,
        src: 'body',
        input: ({ context }: { context: State }) => context,
        onDone: {
          target: ids[i + 1] ?? 'done',
          actions: assign(({ event }) => ({ n: (event as unknown as { output: State }).output.n })),
        },
      },
    },
  ]);
  return builder.createMachine({
    context: { n: 0 },
    initial: 'n0',
    states: { ...Object.fromEntries(states), done: { type: 'final' } },
  });
}

/** A row of no-op nodes. */
export const chain: Shape = {
  about: 'a row of no-op nodes',
  unit: 'node',
  sizes: [10, 100, 1000],
  at(size) {
    const ids = idsOf(size);
    return {
      statewright: graphOf(chainYaml(size), { functions: chainFunctions }),
      langgraph: chainBuilder(size),
      xstate: xstateOf(ids),
      input: { n: 0 },
      answer: size,
      read: state => state.n,
    };
  },
};
