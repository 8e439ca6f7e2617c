import { setImmediate, setTimeout } from 'node:timers/promises';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { graphOf } from '../lib/graph.ts';
import type { LangGraphBuilder, Shape } from '../lib/shape.ts';

interface State {
  readonly n: number;
}

/** Milliseconds of the bodies of a block: a leads to b and c, both of these to d, c alone to e, and d and e to f. */
const DELAYS = { a: 15, b: 120, c: 15, d: 15, e: 120, f: 15 } as const;
type Letter = keyof typeof DELAYS;
const LETTERS = Object.keys(DELAYS) as Letter[];

/** a, then b and d beside c and e, then f. */
const CRITICAL = DELAYS.a + Math.max(DELAYS.b + DELAYS.d, DELAYS.c + DELAYS.e) + DELAYS.f;

let hurried = false;

const bodyOf = (letter: Letter) => async (): Promise<State> => {
  await (hurried ? setImmediate() : setTimeout(DELAYS[letter]));
  return { n: 1 };
};

const functions = Object.fromEntries(LETTERS.map(letter => [letter, bodyOf(letter)]));

/** As many blocks in a row, of promises. */
async function byHand(size: number): Promise<{ n: number }> {
  let n = 0;
  const run = async (letter: Letter, ...after: Promise<void>[]): Promise<void> => {
    await Promise.all(after);
    const { n: more } = await bodyOf(letter)();
    n += more;
  };
  for (let i = 0; i < size; i++) {
    const a = run('a');
    const [b, c] = [run('b', a), run('c', a)];
    await run('f', run('d', b, c), run('e', c));
  }
  return { n };
}

const ids = (size: number): [string, string][] =>
  Array.from({ length: size }, (_, i) => LETTERS.map(letter => [letter + i, letter] as [string, string])).flat();

const yamlOf = (size: number): string => `name: irregular
state:
  n: { type: number, merge: sum }
nodes:
${ids(size)
  .map(([id, letter]) => `  ${id}: { type: function, function: ${letter} }`)
  .join('\n')}
edges:
${Array.from({ length: size }, (_, i) => edgesOf(i, size))
  .flat()
  .map(edge => `  - "${edge}"`)
  .join('\n')}
`;

const edgesOf = (i: number, size: number): string[] => [
  ...(i === 0 ? ['START -> a0'] : []),
  `a${i} -> [b${i}, c${i}] -> d${i} -> f${i} -> ${i + 1 < size ? `a${i + 1}` : 'END'}`,
  `c${i} -> e${i} -> f${i}`,
];

function langgraphOf(size: number): LangGraphBuilder {
  const n = Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 });
  // biome-ignore lint/suspicious/noExplicitAny: a graph's type grows with each node; what is built in a loop has none
  const graph = new StateGraph(Annotation.Root({ n })) as any;
  for (const [id, letter] of ids(size)) graph.addNode(id, functions[letter]);
  for (let i = 0; i < size; i++) {
    graph.addEdge(i === 0 ? START : `f${i - 1}`, `a${i}`);
    graph.addEdge(`a${i}`, `b${i}`).addEdge(`a${i}`, `c${i}`).addEdge(`c${i}`, `e${i}`);
    graph.addEdge([`b${i}`, `c${i}`], `d${i}`).addEdge([`d${i}`, `e${i}`], `f${i}`);
  }
  return graph.addEdge(`f${size - 1}`, END);
}

/** Blocks in a row that are not series-parallel, of bodies that only wait. */
export const irregular: Shape = {
  about: 'blocks of a DAG that is not series-parallel, whose bodies wait 15 or 120 ms',
  unit: 'block',
  sizes: [1, 2, 4],
  criticalPath: size => size * CRITICAL,
  hurry(on) {
    hurried = on;
  },
  at(size) {
    return {
      statewright: graphOf(yamlOf(size), { functions }),
      langgraph: langgraphOf(size),
      promises: () => byHand(size),
      input: {},
      answer: 6 * size,
      read: state => state.n,
    };
  },
};
