/** From the call to the first update of a node, as a reader of the stream sees it. What would follow is cancelled, and is not timed. */
import { createRuntime } from '../../src/index.ts';
import { chainFunctions, chainYaml } from '../lib/chain-graph.ts';
import { figureOf, type SampledFigure } from '../lib/figure.ts';
import { graphOf } from '../lib/graph.ts';
import { type Effort, FULL, type Sample, takeTurns, timed } from '../lib/measure.ts';
import { UNLIMITED } from '../lib/subjects.ts';
import { chainBuilder } from '../shapes/chain.ts';

const SIZES = [10, 100, 1000];

/** Events that come, and how to go without the rest of them. */
interface Started {
  readonly events: AsyncIterable<unknown>;
  readonly stop: () => Promise<unknown>;
}

type Start = () => Promise<Started>;

function ownStart(size: number): Start {
  const graph = graphOf(chainYaml(size), { functions: chainFunctions });
  return async () => {
    const thread = createRuntime().thread(graph);
    const stream = thread.stream({ n: 0 }, { modes: ['updates'] });
    return { events: stream, stop: () => thread.cancel() };
  };
}

function langgraphStart(size: number): Start {
  const graph = chainBuilder(size).compile({});
  return async () => {
    const control = new AbortController();
    const options = { ...UNLIMITED, streamMode: 'updates', signal: control.signal };
    const events = await graph.stream({ n: 0 }, options);
    return { events, stop: async () => control.abort() };
  };
}

async function timeToFirst(start: Start): Promise<Sample> {
  let started: Started | undefined;
  let iterator: AsyncIterator<unknown> | undefined;
  const sample = await timed(async () => {
    started = await start();
    iterator = started.events[Symbol.asyncIterator]();
    const { done } = await iterator.next();
    if (done) throw new Error('nothing happened');
  });
  await started?.stop();
  // A stream that was stopped may say so by an error.
  await iterator?.return?.().catch(() => {});
  return sample;
}

/** Does so for some milliseconds, and gives what one took. */
async function timeToFirsts(start: Start, ms: number): Promise<Sample> {
  const samples: Sample[] = [];
  for (const begun = performance.now(); samples.length === 0 || performance.now() - begun < ms; )
    samples.push(await timeToFirst(start));
  const mean = (of: keyof Sample): number => samples.reduce((sum, s) => sum + s[of], 0) / samples.length;
  return { wall: mean('wall'), cpu: mean('cpu') };
}

/** Warms up, and gives what samples. */
async function samplerOf(start: Start, { warmUpMs, sampleMs }: Effort): Promise<() => Promise<Sample>> {
  await timeToFirsts(start, warmUpMs);
  return async () => {
    await timeToFirsts(start, sampleMs);
    globalThis.gc?.({ type: 'minor' });
    return timeToFirsts(start, sampleMs);
  };
}

export async function firstEventFigures(effort: Effort): Promise<SampledFigure[]> {
  const figures: SampledFigure[] = [];
  for (const size of effort === FULL ? SIZES : [100]) {
    const own = await samplerOf(ownStart(size), effort);
    const other = await samplerOf(langgraphStart(size), effort);
    const samples = await takeTurns({ own, other }, effort);
    figures.push(figureOf('wall', `first event of a chain of ${size}`, 'LangGraph.js', samples));
  }
  return figures;
}
