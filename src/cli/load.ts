import { existsSync } from 'node:fs';
import { ZodError } from 'zod';
import { formatDiagnostic } from '../diagnostic/format.ts';
import { GraphError } from '../diagnostic/graph-error.ts';
import type { Graph } from '../graph/compile-graph.ts';
import { type LoadOptions, loadGraph } from '../graph/load-graph.ts';
import { type Script, type ScriptedModel, scriptedModel } from '../models/scripted.ts';
import { CliError, EXIT } from './exit.ts';
import { readDataFile } from './input.ts';
import { paintFor, say } from './output.ts';

/** Loads a graph for a command that runs or draws it; prints warnings, and refuses with all errors. */
export async function loadForCommand(
  file: string,
  options: Pick<LoadOptions, 'model' | 'models'> = {},
): Promise<Graph> {
  try {
    const graph = await loadGraph(file, { ...options, requireFunctions: true });
    for (const d of graph.warnings) say(formatDiagnostic(d, f => graph.sources.get(f), paintFor(process.stderr)));
    return graph;
  } catch (thrown) {
    if (!(thrown instanceof GraphError)) throw thrown;
    const paint = paintFor(process.stderr);
    const report = thrown.diagnostics.map(d => formatDiagnostic(d, f => thrown.sources.get(f), paint));
    throw new CliError(report.join('\n\n'), EXIT.usage);
  }
}

/** The script of a run: the file of `--script`, or `<graph>.script.yaml` beside the graph. */
export function loadScript(graphFile: string, option: string | undefined): ScriptedModel | undefined {
  const beside = graphFile.replace(/\.ya?ml$/, '.script.yaml');
  const file = option ?? (existsSync(beside) ? beside : undefined);
  if (file === undefined) return undefined;
  const data = readDataFile(file, '--script');
  try {
    return scriptedModel(data as Script);
  } catch (thrown) {
    if (!(thrown instanceof ZodError)) throw thrown;
    const where = thrown.issues.map(i => i.path.join('.')).join(', ');
    throw new CliError(
      `the script "${file}" is not a map from node to a list of replies (see ${where || 'its top'}); a reply is text, { text }, { object } or { error }`,
    );
  }
}
