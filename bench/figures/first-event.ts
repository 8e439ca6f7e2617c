/** From the call to the first update of a node, as a reader of the stream sees it. */
import { createRuntime } from '../../src/index.ts';
import { chainFunctions, chainYaml } from '../lib/chain-graph.ts';
import { type SampledFigure, timeOf } from '../lib/figure.ts';
import { graphOf } from '../lib/graph.ts';
import { type Effort, FULL } from '../lib/measure.ts';
import { UNLIMITED } from '../lib/subjects.ts';
import { chainBuilder } from '../shapes/chain.ts';

const SIZES = [10, 100, 1000];

async function firstOf(events: AsyncIterable<unknown>): Promise<unknown> {
  for await (const event of events) return event;
  throw new Error('nothing happened');
}

export async function firstEventFigures(effort: Effort): Promise<SampledFigure[]> {
  const figures: SampledFigure[] = [];
  for (const size of effort === FULL ? SIZES : [100]) {
    const graph = graphOf(chainYaml(size), { functions: chainFunctions });
    const langgraph = chainBuilder(size).compile({});
    const own = {
      name: `first event of a chain of ${size}`,
      run: () =>
        firstOf(
          createRuntime()
            .thread(graph)
            .stream({ n: 0 }, { modes: ['updates'] }),
        ),
    };
    const other = {
      name: 'LangGraph.js',
      run: async () => firstOf(await langgraph.stream({ n: 0 }, { ...UNLIMITED, streamMode: 'updates' })),
    };
    figures.push(await timeOf('wall', effort, own, other));
  }
  return figures;
}
