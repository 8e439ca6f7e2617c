import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { graphOf } from '../lib/graph.ts';
import type { LangGraphBuilder, Shape } from '../lib/shape.ts';

type Values = Readonly<Record<string, unknown>>;

/** The merge rules: lists grow, single values are replaced, kept when they are there, or joined without what is there. */
const APPEND = ['messages', 'triggers', 'categories', 'responses'];
const REPLACE = ['medium', 'reply', 'issue', 'rules', 'documents'];
const KEEP = ['user', 'crm', 'bot'];
const UNION = ['participants', 'notified', 'topics'];

const keep = (current: unknown, written: unknown): unknown => current ?? written;
const append = (current: readonly unknown[], written: readonly unknown[]): unknown[] => current.concat(written);
const union = (current: readonly unknown[], written: readonly unknown[]): unknown[] => [
  ...current,
  ...written.filter(item => !current.includes(item)),
];

/** A body that reads the newest of one list and writes several keys. */
const readAndWrite =
  (from: string, lists: readonly string[], singles: readonly string[]) =>
  async (state: Values): Promise<Values> => {
    const newest = (state[from] as string[]).at(-1) ?? '';
    const single = singles.map(key => [key, { from, text: newest }]);
    return Object.fromEntries([...lists.map(key => [key, [newest]]), ...single]);
  };

const bodies = {
  one: readAndWrite('messages', ['triggers'], ['medium']),
  two: readAndWrite('triggers', [], ['reply', 'issue']),
  three: readAndWrite('messages', [], ['rules']),
  four: readAndWrite('triggers', ['categories', 'responses'], ['documents']),
  five: readAndWrite('categories', UNION, KEEP),
  six: async ({ messages }: Values) => {
    const count = (messages as string[]).length;
    return { messages: [0, 1, 2].map(i => `message ${count + i}`) };
  },
};

const yamlOf = (most: number): string => `name: wide
state:
${APPEND.map(key => `  ${key}: { type: list<string>, merge: append }`).join('\n')}
${REPLACE.map(key => `  ${key}: any?`).join('\n')}
${KEEP.map(key => `  ${key}: { type: any, nullable: true, merge: keep }`).join('\n')}
${UNION.map(key => `  ${key}: { type: list<string>, merge: union }`).join('\n')}
nodes:
${Object.keys(bodies)
  .map(id => `  ${id}: { type: function, function: ${id}, maxVisits: 1000 }`)
  .join('\n')}
edges:
  - START -> one -> two -> [three, four] -> five -> six
  - { from: six, to: one, when: size(messages) <= ${most} }
  - six -> END
`;

function langgraphOf(most: number): LangGraphBuilder {
  // Without a word on the value, `null` is what a key begins with, in both systems.
  const key = (reducer: (a: never, b: never) => unknown, first: () => unknown) =>
    Annotation<unknown>({ reducer: reducer as (a: unknown, b: unknown) => unknown, default: first });
  const nothing = () => null;
  const last = (_: unknown, written: unknown): unknown => written;
  const State = Annotation.Root(
    Object.fromEntries([
      ...APPEND.map(name => [name, key(append, () => [])]),
      ...REPLACE.map(name => [name, key(last, nothing)]),
      ...KEEP.map(name => [name, key(keep, nothing)]),
      ...UNION.map(name => [name, key(union, () => [])]),
    ]) as Record<string, ReturnType<typeof key>>,
  );
  // biome-ignore lint/suspicious/noExplicitAny: a graph's type grows with each node; what is built in a loop has none
  const graph = new StateGraph(State) as any;
  for (const [id, body] of Object.entries(bodies)) graph.addNode(id, body);
  return graph
    .addEdge(START, 'one')
    .addEdge('one', 'two')
    .addEdge('two', 'three')
    .addEdge('two', 'four')
    .addEdge(['three', 'four'], 'five')
    .addEdge('five', 'six')
    .addConditionalEdges('six', ({ messages }: Values) => ((messages as unknown[]).length <= most ? 'one' : END), [
      'one',
      END,
    ]);
}

/** Fifteen keys, four merge rules, and six nodes with a fork in a cycle. */
export const wideState: Shape = {
  about: '15 keys with four merge rules; six nodes with a fork, looping until there are so many messages',
  unit: 'message',
  sizes: [100, 300, 1000],
  at(size) {
    const first = ['message 0'];
    const count = first.length + 3 * Math.floor((size - first.length) / 3 + 1);
    return {
      statewright: graphOf(yamlOf(size), { functions: bodies, reducers: { keep } }),
      langgraph: langgraphOf(size),
      input: { messages: first },
      answer: { messages: count, user: 'message 0', topics: (count - 1) / 3 },
      read: ({ messages, user, topics }) => ({
        messages: (messages as unknown[]).length,
        user: (user as { text: string }).text,
        topics: (topics as unknown[]).length,
      }),
    };
  },
};
