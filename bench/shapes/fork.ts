import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { type AnyStateMachine, assign, fromPromise, setup } from 'xstate';
import { graphOf, idsOf } from '../lib/graph.ts';
import type { LangGraphBuilder, Shape } from '../lib/shape.ts';

interface State {
  readonly n: number;
}

const body = async (): Promise<State> => ({ n: 1 });

const yamlOf = (ids: readonly string[]): string => `name: fork
state:
  n: { type: number, merge: sum }
nodes:
${['begin', ...ids, 'join'].map(id => `  ${id}: { type: function, function: body }`).join('\n')}
edges:
  - START -> begin -> [${ids.join(', ')}] -> join -> END
`;

function langgraphOf(ids: readonly string[]): LangGraphBuilder {
  const n = Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 });
  // biome-ignore lint/suspicious/noExplicitAny: a graph's type grows with each node; what is built in a loop has none
  const graph = new StateGraph(Annotation.Root({ n })) as any;
  graph.addNode('begin', body).addNode('join', body).addEdge(START, 'begin').addEdge('join', END);
  for (const id of ids) graph.addNode(id, body).addEdge('begin', id);
  return graph.addEdge(ids, 'join');
}

function xstateOf(ids: readonly string[]): AnyStateMachine {
  const builder = setup({ types: {} as { context: State }, actors: { body: fromPromise(body) } });
  const add = assign(({ context, event }: { context: State; event: object }) => ({
    n: context.n + (event as { output: State }).output.n,
  }));
  const run = (id: string, target: string) => ({ invoke: { id, src: 'body', onDone: { target, actions: add } } });
  const regions = ids.map(id => [
    id,
    { initial: 'run', states: { run: run(id, 'over'), over: { type: 'final' as const } } },
  ]);
  const machine: unknown = builder.createMachine({
    context: { n: 0 },
    initial: 'begin',
    states: {
      begin: run('begin', 'branches'),
      branches: { type: 'parallel', states: Object.fromEntries(regions), onDone: 'join' },
      join: run('join', 'done'),
      done: { type: 'final' },
    },
  } as never);
  return machine as AnyStateMachine;
}

/** Branches that all begin at once and all meet. */
export const fork: Shape = {
  about: 'no-op branches that begin at once and meet',
  unit: 'branch',
  sizes: [10, 32, 100],
  at(size) {
    const ids = idsOf(size, 'b');
    return {
      statewright: graphOf(yamlOf(ids), { functions: { body } }),
      langgraph: langgraphOf(ids),
      xstate: xstateOf(ids),
      input: {},
      answer: size + 2,
      read: state => state.n,
    };
  },
};
