import { Annotation, END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { type AnyStateMachine, assign, fromPromise, setup } from 'xstate';
import { graphOf, textOf } from '../lib/graph.ts';
import type { Shape } from '../lib/shape.ts';

interface Message {
  readonly role: 'assistant' | 'tool';
  readonly content: string;
  readonly tool_call_id?: string;
}

interface State {
  readonly messages: readonly Message[];
  readonly rounds: number;
}

type Writes = { readonly messages: Message[]; readonly rounds?: number };

const agent = async ({ rounds }: Pick<State, 'rounds'>): Promise<Writes> => ({
  messages: [{ role: 'assistant', content: textOf(200, rounds) }],
  rounds: 1,
});

const tools = async ({ rounds }: Pick<State, 'rounds'>): Promise<Writes> => ({
  messages: [{ role: 'tool', content: textOf(400, rounds), tool_call_id: `call${rounds}` }],
});

const yamlOf = (rounds: number): string => `name: loop
state:
  messages: messages
  rounds: { type: number, merge: sum }
nodes:
  agent: { type: function, function: agent, maxVisits: 1000 }
  tools: { type: function, function: tools, maxVisits: 1000 }
edges:
  - START -> agent
  - { from: agent, to: tools, when: rounds < ${rounds} }
  - tools -> agent
  - agent -> END
`;

const langgraphOf = (most: number) =>
  new StateGraph(
    Annotation.Root({
      ...MessagesAnnotation.spec,
      rounds: Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 }),
    }),
  )
    .addNode('agent', state => agent(state) as never)
    .addNode('tools', state => tools(state) as never)
    .addEdge(START, 'agent')
    .addConditionalEdges('agent', ({ rounds }) => (rounds < most ? 'tools' : END), ['tools', END])
    .addEdge('tools', 'agent');

function xstateOf(most: number): AnyStateMachine {
  const builder = setup({
    types: {} as { context: State },
    actors: {
      agent: fromPromise(({ input }: { input: State }) => agent(input)),
      tools: fromPromise(({ input }: { input: State }) => tools(input)),
    },
  });
  const write = assign(({ context, event }: { context: State; event: object }) => {
    const { messages, rounds = 0 } = (event as { output: Writes }).output;
    return { messages: [...context.messages, ...messages], rounds: context.rounds + rounds };
  });
  const input = ({ context }: { context: State }) => context;
  const over = ({ context }: { context: State }): boolean => context.rounds + 1 >= most;
  const machine: unknown = builder.createMachine({
    context: { messages: [], rounds: 0 },
    initial: 'agent',
    states: {
      agent: {
        invoke: {
          id: 'agent',
          src: 'agent',
          input,
          onDone: [
            { guard: over, target: 'done', actions: write },
            { target: 'tools', actions: write },
          ],
        },
      },
      tools: { invoke: { id: 'tools', src: 'tools', input, onDone: { target: 'agent', actions: write } } },
      done: { type: 'final' },
    },
  } as never);
  return machine as AnyStateMachine;
}

/** An agent and its tools, each a node, and a conversation that grows by 600 characters a round. */
export const loop: Shape = {
  about: 'an agent node and a tools node in a cycle, messages of 200 B and 400 B',
  unit: 'round',
  sizes: [10, 100, 500],
  at(size) {
    return {
      statewright: graphOf(yamlOf(size), { functions: { agent, tools } }),
      langgraph: langgraphOf(size),
      xstate: xstateOf(size),
      input: { messages: [] },
      answer: Array.from({ length: size * 2 - 1 }, (_, i) => textOf(i % 2 === 0 ? 200 : 400, (i + 1) >> 1)),
      read: ({ messages }) => (messages as Message[]).map(({ content }) => content),
    };
  },
};
