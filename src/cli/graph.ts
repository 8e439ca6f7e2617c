import { machineConfig } from '../compile/config.ts';
import { toMermaid } from '../format/mermaid.ts';
import { planJson } from '../format/plan-json.ts';
import { toTypeScript } from '../format/typescript.ts';
import type { Graph } from '../graph/compile-graph.ts';
import { CliError, EXIT } from './exit.ts';
import { loadForCommand } from './load.ts';

const FORMATS: Record<string, (graph: Graph, file: string) => string> = {
  mermaid: graph => toMermaid(graph.plan.graph),
  json: graph => `${JSON.stringify(planJson(graph.plan), null, 2)}\n`,
  machine: graph => `${JSON.stringify(machineConfig(graph.plan), null, 2)}\n`,
  ts: (graph, file) => toTypeScript(graph.plan, file),
};

export const FORMAT_NAMES = Object.keys(FORMATS);

/** `statewright graph`: draws or emits a graph. */
export async function graphCommand(file: string, options: { format: string; json?: boolean }): Promise<number> {
  const name = options.json ? 'json' : options.format;
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (!format) throw new CliError(`there is no format "${name}"; formats: ${FORMAT_NAMES.join(', ')}`);
  process.stdout.write(format(await loadForCommand(file), file));
  return EXIT.done;
}
