import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ReadFile, referenceKey, resolveReference } from '../compile/files.ts';
import type { GraphDef } from '../compile/graph.ts';
import { isActorLogic } from '../core/live.ts';
import { createReporter, type Reporter, type Span, sortDiagnostics } from '../diagnostic/diagnostic.ts';
import { GraphError } from '../diagnostic/graph-error.ts';
import { didYouMean } from '../diagnostic/suggest.ts';
import { runnable } from '../tools/runnable.ts';
import { bindGraph, type CompileOptions, type Graph, type GraphDeps, planText } from './compile-graph.ts';
import { environmentModel, projectRoot, shorten, slashes, tryRead } from './project-files.ts';

export interface LoadOptions extends GraphDeps {
  /** The folder that no reference may leave. Default: the nearest folder above the graph with a `package.json`, else its own. */
  readonly root?: string;
  /** Refuse registered names that `functions`, `reducers` and `models` do not hold. Default: they may come from the runtime. */
  readonly requireFunctions?: boolean;
  /** The model of nodes for which neither they nor their graphs name one. Default: the environment's `STATEWRIGHT_MODEL`. */
  readonly defaultModel?: string;
  /** Asked in place of every model that the graphs name. */
  readonly model?: string;
}

/** An imported function: whether it is called as a node or as a reducer, the graph says. */
type Imported = (...args: unknown[]) => unknown;

/** What a graph names that has to be imported: where, and what it is called there. */
interface Reference {
  readonly text: string;
  readonly what: string;
  readonly kind: 'function' | 'machine';
  /** The graph file that names it. */
  readonly from: string;
  readonly span: Span;
}

function referencesOf(graph: GraphDef): Reference[] {
  const from = graph.file;
  const nodes = [...graph.nodes.values()].flatMap((def): Reference[] => {
    if (def.kind === 'graph') return referencesOf(def.child);
    if (def.kind === 'map') return referencesOf(def.item.graph);
    if (def.kind === 'machine')
      return [{ text: def.machine, what: `machine of node "${def.id}"`, kind: 'machine', from, span: def.machineSpan }];
    // A node that could not be read stands as a function without a name.
    if (def.kind !== 'function' || def.function === '') return [];
    return [
      { text: def.function, what: `function of node "${def.id}"`, kind: 'function', from, span: def.functionSpan },
    ];
  });
  const tools = [...(graph.tools?.values() ?? [])].flatMap((tool): Reference[] => {
    if (tool.kind === 'graph') return referencesOf(tool.child);
    if (tool.kind !== 'function') return [];
    const what = `function of tool "${tool.name}"`;
    return [{ text: tool.function, what, kind: 'function', from, span: tool.functionSpan }];
  });
  const reducers = graph.state.flatMap(({ name, merge }): Reference[] => {
    if (typeof merge === 'string') return [];
    const span = merge.span ?? { file: from, start: 0, end: 1 };
    return [{ text: merge.reducer, what: `reducer of "${name}"`, kind: 'function', from, span }];
  });
  return [...nodes, ...tools, ...reducers];
}

function explainImport(cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string };
  const first = String(message ?? cause).split('\n')[0] ?? '';
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return `${first}; Node strips types only: avoid enums, namespaces and parameter properties`;
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING')
    return 'TypeScript inside node_modules is not stripped; publish it as JavaScript';
  return first;
}

class Importer {
  private readonly modules = new Map<string, Promise<Record<string, unknown> | undefined>>();
  private readonly files: ReadFile;
  private readonly reporter: Reporter;
  constructor(files: ReadFile, reporter: Reporter) {
    this.files = files;
    this.reporter = reporter;
  }

  private load(file: string, { span, what, text }: Reference): Promise<Record<string, unknown> | undefined> {
    const known = this.modules.get(file);
    if (known) return known;
    if (!existsSync(file)) {
      const hint = `it would be ${file}`;
      this.reporter.report('missing-file', span, `the file of the ${what}, "${text}", does not exist`, { hint });
      return Promise.resolve(undefined);
    }
    const loading = import(pathToFileURL(runnable(file)).href).catch((cause: unknown) => {
      this.reporter.report(
        'missing-function',
        span,
        `the ${what}, "${text}", cannot be imported: ${explainImport(cause)}`,
      );
      return undefined;
    }) as Promise<Record<string, unknown> | undefined>;
    this.modules.set(file, loading);
    return loading;
  }

  /** The export a reference names, or undefined after reporting why there is none. */
  async import(reference: Reference): Promise<Imported | undefined> {
    const { text, span, what, kind } = reference;
    const fits = kind === 'machine' ? isActorLogic : (value: unknown): boolean => typeof value === 'function';
    const [file = '', name = 'default'] = text.split('#');
    const resolved = resolveReference(file, span, this.files, this.reporter);
    if (resolved === undefined) return undefined;
    const module = await this.load(resolved, reference);
    if (!module) return undefined;
    const found = module[name];
    if (fits(found)) return found as Imported;
    const exported = Object.keys(module).filter(k => fits(module[k]));
    const hint = didYouMean(name, exported, `exported ${kind}s`);
    this.reporter.report('missing-function', span, `the ${what}: "${file}" exports no ${kind} "${name}"`, { hint });
    return undefined;
  }
}

/**
 * Reads, checks and compiles a graph file, importing the functions that it names.
 *
 * Throws {@link GraphError} with every finding when the graph is refused.
 */
export async function loadGraph(file: string, options: LoadOptions = {}): Promise<Graph> {
  const reporter = createReporter();
  const sources = new Map<string, string>();
  const refuse = (): never => {
    throw new GraphError(...shorten(sortDiagnostics(reporter.diagnostics), sources));
  };
  const text = readText(file, reporter);
  if (text === undefined) return refuse();
  const absolute = path.resolve(file);
  const root = path.resolve(options.root ?? projectRoot(absolute));
  const { requireFunctions: requireModels = false, defaultModel = environmentModel(options.env) } = options;
  const files = { read: tryRead, from: slashes(absolute), root: slashes(root) };
  const own = { file: files.from, root: files.root, read: tryRead, requireModels };
  const compile: CompileOptions = { ...options, ...own, ...(defaultModel ? { defaultModel } : {}) };
  const { graph: def, plan } = planText(text, compile, reporter, sources);
  // Functions are looked for even when the graph has other mistakes: all are reported at once.
  const bound = def ? await importAll(def, files, options, reporter) : options;
  if (!plan || reporter.failed()) return refuse();
  const graph = bindGraph(plan, bound, reporter, sources);
  const [warnings, shown] = shorten(graph.warnings, sources);
  return { ...graph, warnings, sources: shown };
}

async function importAll(
  graph: GraphDef,
  files: ReadFile,
  options: LoadOptions,
  reporter: Reporter,
): Promise<GraphDeps> {
  const { functions = {}, reducers = {}, machines = {} } = options;
  const known = { ...functions, ...reducers, ...machines };
  const found: Record<string, Imported> = {};
  const importers = new Map<string, Importer>();
  for (const reference of referencesOf(graph)) {
    const { from } = reference;
    const key = referenceKey(reference.text, from);
    if (Object.hasOwn(known, reference.text) || Object.hasOwn(found, key)) continue;
    const importer = importers.get(from) ?? new Importer({ ...files, from }, reporter);
    importers.set(from, importer);
    if (!reference.text.includes('#')) {
      if (options.requireFunctions) {
        const hint = 'name an export: "./file.ts#export"';
        reporter.report(
          'missing-function',
          reference.span,
          `the ${reference.what}, "${reference.text}", is not registered`,
          { hint },
        );
      }
      continue;
    }
    const imported = await importer.import(reference);
    if (imported) found[key] = imported;
  }
  return {
    ...options,
    functions: { ...found, ...functions },
    reducers: { ...found, ...reducers },
    machines: { ...found, ...machines },
  };
}

function readText(file: string, reporter: Reporter): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`;
    reporter.report('missing-file', { file: slashes(file), start: 0, end: 1 }, `the graph "${file}" ${why}`);
    return undefined;
  }
}
