import { Annotation, END, Send, START, StateGraph } from '@langchain/langgraph';
import { graphOf } from '../lib/graph.ts';
import type { Shape } from '../lib/shape.ts';

const double = async ({ item }: { item: number }): Promise<number> => item * 2;

const YAML = `name: map
state:
  items: list<number>
  results: { type: list<number>, merge: append }
nodes:
  each: { type: map, over: items, node: { type: function, function: double, input: { item: item } }, collect: results }
edges: [START -> each -> END]
`;

const State = Annotation.Root({
  items: Annotation<number[]>,
  results: Annotation<number[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
});

const langgraph = () =>
  new StateGraph(State)
    .addNode('each', async (sent: { item: number }) => ({ results: [await double(sent)] }))
    .addConditionalEdges(START, ({ items }) => items.map(item => new Send('each', { item })), ['each'])
    .addEdge('each', END);

/** A trivial body for each item of a list. */
export const map: Shape = {
  about: 'a no-op body for each item of a list',
  unit: 'item',
  sizes: [100, 1000, 5000],
  at(size) {
    const items = Array.from({ length: size }, (_, i) => i);
    return {
      statewright: graphOf(YAML, { functions: { double } }),
      langgraph: langgraph(),
      input: { items },
      answer: items.map(i => i * 2),
      read: state => state.results,
    };
  },
};
