import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { machineConfig } from '../compile/config.ts';
import { toMermaid } from '../format/mermaid.ts';
import { planJson } from '../format/plan-json.ts';
import { toSvg } from '../format/svg.ts';
import { toTypeScript } from '../format/typescript.ts';
import type { Graph } from '../graph/compile-graph.ts';
import { loadConfig } from './config-file.ts';
import { CliError, EXIT } from './exit.ts';
import { loadForCommand } from './load.ts';
import { say } from './output.ts';

const FORMATS: Record<string, (graph: Graph, file: string) => string | Promise<string>> = {
  mermaid: graph => toMermaid(graph.plan.graph),
  svg: graph => toSvg(graph.plan),
  json: graph => `${JSON.stringify(planJson(graph.plan), null, 2)}\n`,
  machine: graph => `${JSON.stringify(machineConfig(graph.plan), null, 2)}\n`,
  ts: (graph, file) => toTypeScript(graph.plan, file),
};

/** What the name of an output file says of its format. */
const ENDINGS: Record<string, string> = { '.svg': 'svg', '.mmd': 'mermaid', '.json': 'json', '.ts': 'ts' };

export interface GraphOptions {
  readonly format?: string;
  readonly json?: boolean;
  readonly output?: string;
  readonly config?: string;
}

function formatOf({ format, json, output }: GraphOptions): string {
  if (json) return 'json';
  return format ?? ENDINGS[path.extname(output ?? '')] ?? 'mermaid';
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (thrown) {
    throw new CliError(`cannot write "${file}": ${(thrown as Error).message}`);
  }
}

/** `statewright graph`: draws or emits a graph. */
export async function graphCommand(file: string, options: GraphOptions): Promise<number> {
  const name = formatOf(options);
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (!format) throw new CliError(`there is no format "${name}"; formats: ${Object.keys(FORMATS).join(', ')}`);
  const text = await format(await loadForCommand(file, await loadConfig(options.config)), file);
  if (options.output === undefined) {
    process.stdout.write(text);
    return EXIT.done;
  }
  write(options.output, text);
  say(`${options.output} written`);
  return EXIT.done;
}
