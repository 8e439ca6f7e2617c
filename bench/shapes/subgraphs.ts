import { Annotation, END, Send, START, StateGraph } from '@langchain/langgraph';
import { graphOf } from '../lib/graph.ts';
import type { Shape } from '../lib/shape.ts';

const BUMPS = 10;

const edit = async ({ subject }: { subject: string }) => ({ subject: `${subject}, edited` });
const generate = async ({ subject }: { subject: string }) => ({ jokes: [`A joke about ${subject}`] });
const bump = async ({ jokes }: { jokes: readonly string[] }) => ({ jokes: [`${jokes[0]} a`] });
const bodies = { edit, generate, bump };

const JOKE = `name: joke
state:
  subject: string
  jokes: { type: list<string>, default: [] }
  bumps: { type: number, merge: sum }
nodes:
  edit: { type: function, function: edit }
  generate: { type: function, function: generate }
  bump: { type: function, function: bumped, maxVisits: ${BUMPS} }
edges:
  - START -> edit -> generate -> bump
  - { from: bump, to: bump, when: bumps < ${BUMPS} }
  - bump -> END
output: jokes
`;

const YAML = `name: jokes
state:
  subjects: list<string>
  jokes: { type: list<any>, merge: append }
nodes:
  each: { type: map, over: subjects, as: subject, graph: joke.yaml, input: { subject: subject }, collect: jokes }
edges: [START -> each -> END]
`;

type Joke = { readonly subject: string; readonly jokes: readonly string[]; readonly bumps: number };

const bumped = async (state: Joke) => ({ ...(await bump(state)), bumps: 1 });

function langgraph() {
  const one = new StateGraph(
    Annotation.Root({
      subject: Annotation<string>,
      jokes: Annotation<readonly string[]>,
      bumps: Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 }),
    }),
  )
    .addNode('edit', bodies.edit)
    .addNode('generate', bodies.generate)
    .addNode('bump', bumped)
    .addEdge(START, 'edit')
    .addEdge('edit', 'generate')
    .addEdge('generate', 'bump')
    .addConditionalEdges('bump', ({ bumps }) => (bumps < BUMPS ? 'bump' : END), ['bump', END])
    .compile();
  return new StateGraph(
    Annotation.Root({
      subjects: Annotation<string[]>,
      jokes: Annotation<object[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
    }),
  )
    .addNode('each', async (sent: { subject: string }) => {
      const { jokes } = await one.invoke(sent);
      return { jokes: [{ jokes }] };
    })
    .addConditionalEdges(START, ({ subjects }) => subjects.map(subject => new Send('each', { subject })), ['each'])
    .addEdge('each', END);
}

/** A graph for each item: edit, generate, and ten rounds of bump. */
export const subgraphs: Shape = {
  about: 'a graph for each item of a list: edit, generate, ten rounds of bump',
  unit: 'item',
  sizes: [10, 30, 100],
  at(size) {
    const subjects = Array.from({ length: size }, (_, i) => `subject ${i}`);
    return {
      statewright: graphOf(YAML, {
        functions: { ...bodies, bumped },
        read: file => (file.endsWith('joke.yaml') ? JOKE : undefined),
      }),
      langgraph: langgraph(),
      input: { subjects },
      answer: subjects.map(subject => ({ jokes: [`A joke about ${subject}, edited${' a'.repeat(BUMPS)}`] })),
      read: state => state.jokes,
    };
  },
};
