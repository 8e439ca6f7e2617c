// $ node examples/dag/speed.ts
/** The three steps side by side take the time of one: measured, with the figures of each run. */
import { createRuntime, loadGraph } from 'statewright';

const app = createRuntime();
async function measure(file: string): Promise<number> {
  const thread = app.thread(await loadGraph(file));
  const { status, output, metrics } = await thread.invoke({ text: 'a stitch in time saves nine' });
  console.log(`${file}: ${status}, ${metrics.nodeRuns} nodes, ${output.report}`);
  return metrics.durationMs;
}

const inARow = await measure('examples/dag/one-by-one.yaml');
const atOnce = await measure('examples/dag/pipeline.yaml');
console.log(inARow / atOnce > 2 ? 'more than twice as fast' : `only ${(inARow / atOnce).toFixed(1)} times as fast`);
