import { existsSync } from 'node:fs';
import { ZodError } from 'zod';
import { formatDiagnostic } from '../diagnostic/format.ts';
import { GraphError } from '../diagnostic/graph-error.ts';
import type { Graph } from '../graph/compile-graph.ts';
import { type LoadOptions, loadGraph } from '../graph/load-graph.ts';
import type { Models } from '../models/model.ts';
import { type Script, type ScriptedModel, scriptedModel } from '../models/scripted.ts';
import type { StoredThread } from '../store/store.ts';
import type { Config } from './config.ts';
import { CliError, EXIT } from './exit.ts';
import { readDataFile } from './input.ts';
import { paintFor, say, visible } from './output.ts';

export interface LoadingOptions {
  readonly config: Config;
  /** Answers in place of the models of the graph and of the configuration. */
  readonly script?: ScriptedModel | undefined;
  /** Asked in place of every model that the graph names. */
  readonly model?: string | undefined;
}

/** What a graph is loaded with: what is given wins over the configuration. */
export function graphOptions(
  { model, defaultModel, ...config }: Config,
  given: Omit<LoadingOptions, 'config'> = {},
): LoadOptions {
  const { functions, reducers, machines, env, fetch } = config;
  const asked = given.model ?? model;
  const deps = { functions, reducers, machines, models: modelsOf(config, given.script), env, fetch, defaultModel };
  const known = Object.entries({ ...deps, model: asked }).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(known) as LoadOptions), requireFunctions: true };
}

/** A script answers all calls of models; without one the models of the configuration do. */
export const modelsOf = ({ models }: Pick<Config, 'models'>, script: ScriptedModel | undefined): Models | undefined =>
  script ? { '*': script } : models;

/** Loads a graph for a command that runs or draws it; prints warnings, and refuses with all errors. */
export async function loadForCommand(file: string, { config, ...given }: LoadingOptions): Promise<Graph> {
  try {
    const graph = await loadGraph(file, graphOptions(config, given));
    for (const d of graph.warnings) say(formatDiagnostic(d, f => graph.sources.get(f), paintFor(process.stderr)));
    return graph;
  } catch (thrown) {
    if (!(thrown instanceof GraphError)) throw thrown;
    const paint = paintFor(process.stderr);
    const report = thrown.diagnostics.map(d => formatDiagnostic(d, f => thrown.sources.get(f), paint));
    throw new CliError(report.join('\n\n'), EXIT.usage);
  }
}

/** The graph of a stored thread: the file that it began with, or the one that `--graph` names. */
export async function loadStored(
  { id, graph, file }: StoredThread,
  named: string | undefined,
  options: LoadingOptions,
): Promise<Graph> {
  if (named === undefined && !existsSync(file)) {
    const where = file === '' ? 'from no file' : `from ${file}, which does not exist any more`;
    throw new CliError(
      `the thread "${visible(id)}" is of the graph "${graph}" ${where}; say where it is: --graph <file>`,
    );
  }
  return loadForCommand(named ?? file, options);
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
