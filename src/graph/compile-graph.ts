import type { RunBodyOf } from '../compile/body-call.ts';
import { errorRecord, type Reducers } from '../compile/context.ts';
import { emitMachine, type GraphMachine } from '../compile/emit.ts';
import { folderOf } from '../compile/files.ts';
import { type GraphDef, inputSchema } from '../compile/graph.ts';
import { lintGraph } from '../compile/lint.ts';
import { lintEffects } from '../compile/lint-effects.ts';
import { lintWrites } from '../compile/lint-writes.ts';
import { type Plan, plansWithin } from '../compile/plan.ts';
import { planGraph } from '../compile/planner.ts';
import { resolveGraph } from '../compile/resolve.ts';
import { parse } from '../compile/source.ts';
import type { JsonSchema } from '../compile/state-type.ts';
import {
  createReporter,
  type Diagnostic,
  type Reporter,
  type Result,
  sortDiagnostics,
} from '../diagnostic/diagnostic.ts';
import type { Models } from '../models/model.ts';
import type { Functions } from '../nodes/function-node.ts';
import { type Machines, machineOf } from '../nodes/machine-node.ts';
import { createRunBody } from '../nodes/run-body.ts';
import type { Env, Fetch } from '../nodes/world.ts';
import { createProviders } from '../providers/providers.ts';
import { systemClock } from '../tools/clock.ts';
import { createWorld } from '../tools/world.ts';

/** What a graph may use from the world when its machine runs in a plain actor. A runtime brings its own. */
export interface GraphDeps {
  /** By the reference in the graph: `./fns.ts#score` or a registered name. */
  readonly functions?: Functions;
  readonly reducers?: Reducers;
  /** By the name in the graph. */
  readonly models?: Models;
  /** XState machines by the reference in the graph: `./machines.ts#door` or a registered name. */
  readonly machines?: Machines;
  /** What tools and `http` nodes use in place of the network: addresses are then checked by their names alone. */
  readonly fetch?: Fetch;
  /** What texts see under `env`. Default: the environment of the process. */
  readonly env?: Env;
}

export interface CompileOptions extends GraphDeps {
  /** The name of the file, for diagnostics and as the place that references are relative to. Default: `graph.yaml`. */
  readonly file?: string;
  /** Gives the text of a file that the graph names, or undefined when there is none. Default: there are none. */
  readonly read?: (file: string) => string | undefined;
  /** The folder that no reference may leave. Default: the folder of `file`. */
  readonly root?: string;
  /** The model of nodes for which neither they, nor their prompt files, nor their graphs name one. */
  readonly defaultModel?: string;
  /** Asked in place of every model that the graphs name. */
  readonly model?: string;
  /** Refuse models that are neither declared, nor a provider's, nor among `models`. Default: they may come from the runtime. */
  readonly requireModels?: boolean;
  /** Above how many branches a fork runs each as an actor of its own instead of as a parallel state. */
  readonly wideFork?: number;
}

/** A compiled graph. */
export interface Graph {
  readonly name: string;
  readonly description?: string;
  readonly file: string;
  /** For `createActor`: runs with no runtime. */
  readonly machine: GraphMachine;
  /** How the graph runs, as data. */
  readonly plan: Plan;
  readonly inputSchema: JsonSchema;
  /** Findings that do not refuse the graph. */
  readonly warnings: readonly Diagnostic[];
  /** The texts that diagnostics point into, by file. */
  readonly sources: ReadonlyMap<string, string>;
  readonly reducers: Reducers;
  readonly deps: {
    readonly functions: Functions;
    readonly models: Models;
    readonly machines: Machines;
    readonly fetch?: Fetch | undefined;
    readonly env?: Env | undefined;
  };
}

/** Runs the stages that need no function: parse, check, resolve, lint, plan. */
export function planText(
  text: string,
  options: CompileOptions,
  reporter: Reporter,
  sources: Map<string, string>,
): { graph?: GraphDef; plan?: Plan } {
  const file = options.file ?? 'graph.yaml';
  sources.set(file, text);
  const read = (name: string): string | undefined => {
    const found = options.read?.(name);
    if (found !== undefined) sources.set(name, found);
    return found;
  };
  const source = parse(text, file, reporter);
  if (!source) return {};
  const root = options.root ?? (folderOf(file) === '.' ? '' : folderOf(file));
  const reducers = new Set(Object.keys(options.reducers ?? {}));
  const models = {
    fallback: options.defaultModel,
    override: options.model,
    registered: options.requireModels ? new Set(Object.keys(options.models ?? {})) : undefined,
  };
  const graph = resolveGraph(source, { files: { read, from: file, root }, reducers, models }, reporter);
  if (!graph) return {};
  lintGraph(graph, reporter);
  const shapeKnown = !reporter.diagnostics.some(d =>
    ['no-start', 'unknown-node', 'edge-syntax', 'two-defaults', 'unreachable'].includes(d.code),
  );
  const plan = shapeKnown ? planGraph(graph, reporter, { width: options.wideFork }) : undefined;
  for (const own of plan ? plansWithin(plan) : []) {
    lintWrites(own, reporter);
    lintEffects(own, reporter);
  }
  reporter.reportUnused();
  return plan && !reporter.failed() ? { graph, plan } : { graph };
}

/** Binds a plan to the world and emits its machine. */
export function bindGraph(
  plan: Plan,
  deps: GraphDeps,
  reporter: Reporter,
  sources: ReadonlyMap<string, string>,
): Graph {
  const { functions = {}, models = {}, reducers = {}, machines = {}, fetch, env } = deps;
  const world = createWorld({ clock: systemClock, providers: createProviders() });
  const bodies: RunBodyOf = own => {
    const runBody = createRunBody(own, { functions, models, machines, fetch, env, world });
    return call => runBody(call).catch(thrown => Promise.reject(errorRecord(thrown)));
  };
  return {
    name: plan.graph.name,
    ...(plan.graph.description === undefined ? {} : { description: plan.graph.description }),
    file: plan.graph.file,
    machine: emitMachine(plan, { bodies, reducers, machineOf: (own, node) => machineOf(own, node, machines) }),
    plan,
    inputSchema: inputSchema(plan.graph),
    warnings: sortDiagnostics(reporter.diagnostics),
    sources,
    reducers,
    deps: { functions, models, machines, fetch, env },
  };
}

/**
 * Compiles the text of a graph. Pure: no file system, clock or network; what the graph names comes through `read`.
 *
 * Nothing is imported: function nodes call what `functions` holds under their reference. `loadGraph` fills it.
 */
export function compileGraph(
  text: string,
  options: CompileOptions = {},
): Result<Graph> & { readonly sources: ReadonlyMap<string, string> } {
  const reporter = createReporter();
  const sources = new Map<string, string>();
  const { plan } = planText(text, options, reporter, sources);
  if (!plan) return { ok: false, diagnostics: sortDiagnostics(reporter.diagnostics), sources };
  const value = bindGraph(plan, options, reporter, sources);
  return { ok: true, value, warnings: value.warnings, sources };
}
