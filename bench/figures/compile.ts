/** From the text of a chain to a machine that can start; in LangGraph.js from the calls that build the same graph. */
import { execFileSync } from 'node:child_process';
import { chainFunctions, chainYaml } from '../lib/chain-graph.ts';
import { type SampledFigure, timeOf } from '../lib/figure.ts';
import { graphOf } from '../lib/graph.ts';
import { type Effort, FULL } from '../lib/measure.ts';
import { chainBuilder } from '../shapes/chain.ts';

const SIZES = [10, 100, 1000];

/** The machine's first state is made too: XState reads the states of a config when it is first asked for one. */
function compile(text: string): void {
  const { machine } = graphOf(text, { functions: chainFunctions });
  machine.root.transitions;
}

/** Milliseconds of CPU for the first compilation of a new process, in which nothing is warm. */
function cold(size: number): number {
  const code = `
    const { chainYaml, chainFunctions } = await import(${JSON.stringify(import.meta.resolve('../lib/chain-graph.ts'))});
    const { graphOf } = await import(${JSON.stringify(import.meta.resolve('../lib/graph.ts'))});
    const text = chainYaml(${size});
    const before = process.cpuUsage();
    graphOf(text, { functions: chainFunctions }).machine.root.transitions;
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' }));
}

export async function compileFigures(effort: Effort): Promise<SampledFigure[]> {
  const figures: SampledFigure[] = [];
  for (const size of effort === FULL ? SIZES : [100]) {
    const text = chainYaml(size);
    const own = { name: `compile ${size} nodes, CPU`, run: async () => compile(text) };
    const other = { name: 'LangGraph.js', run: async () => chainBuilder(size).compile({}) };
    figures.push(await timeOf('cpu', effort, own, other));
  }
  return figures;
}

export function firstCompileFigures(times: number): SampledFigure[] {
  const values = Array.from({ length: times }, () => cold(1000));
  return [{ name: 'compile 1000 nodes in a new process, CPU', unit: 'ms', values }];
}
