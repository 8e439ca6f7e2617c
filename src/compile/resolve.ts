import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { didYouMean, quote } from '../diagnostic/suggest.ts';
import { exitsOf } from './exits.ts';
import { aType, typeName } from './expr-words.ts';
import type { ReadFile } from './files.ts';
import { folderOf } from './files.ts';
import { type Edge, errorTarget, type GraphDef, type NodeDef, type StateKey } from './graph.ts';
import { lintGraph } from './lint.ts';
import { END } from './names.ts';
import type { NodeContext } from './read-common.ts';
import { type RawEdge, readEdges } from './read-edges.ts';
import { routerEdges } from './read-model.ts';
import { type ModelOptions, readModels } from './read-models.ts';
import { checkNodes, outputScopeOf, type RawNode, readNode } from './read-nodes.ts';
import { readState } from './read-state.ts';
import { readTools } from './read-tools.ts';
import { graphShell } from './schema.ts';
import { parse, type Source } from './source.ts';
import { createValueReader, type ValueReader } from './values.ts';
import { reportZodIssues } from './zod-diagnostics.ts';

const DEFAULT_MAX_VISITS = 100;

export interface ResolveOptions {
  readonly files: ReadFile;
  readonly reducers: ReadonlySet<string>;
  readonly models: ModelOptions;
  /** The graphs around this one, outermost first. */
  readonly chain?: readonly string[];
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * Checks a parsed file against the language and resolves every name in it.
 *
 * Each section is read for itself, so that a mistake in one hides nothing in another; what could not be read is
 * replaced by what causes no findings of its own. Returns undefined when the shape of the graph stayed unknown.
 */
export function resolveGraph(source: Source, options: ResolveOptions, reporter: Reporter): GraphDef | undefined {
  const checked = graphShell.safeParse(source.value);
  if (!checked.success) reportZodIssues(checked.error, { schema: graphShell, source, base: [] }, reporter);
  const file = source.value;
  if (!isMap(file)) return undefined;
  const rawNodes = isMap(file.nodes) ? file.nodes : {};
  const raw = checkNodes(rawNodes, source, reporter);
  const ids = raw.map(node => node.id);
  if (!stateIsKnown(file)) return undefined;
  const state = readState(isMap(file.state) ? file.state : {}, { source, reporter, reducers: options.reducers });
  const values = createValueReader(state, { ids, handlesErrors: handlesErrors(file.nodes) }, source, reporter);
  const child = childReader(source.file, options, reporter);
  const concurrency = checked.data?.limits?.concurrency ?? {};
  const models = readModels(file.models, text(file.model), options.models, { source, reporter, values });
  const known = { source, reporter, values, state, files: options.files, models, child, concurrency };
  const tools = readTools(file.tools, known);
  const context = { ...known, tools };
  const nodes = new Map(raw.map(node => [node.id, readNode(node, context)]));
  const output = readOutput(file.output, state, source, reporter);
  if (!isMap(file.nodes) || !Array.isArray(file.edges)) return undefined;
  const refused = new Set([...Object.keys(rawNodes).filter(id => !nodes.has(id)), ...unknownSections(file)]);
  const limitsKnown = checkLimits(nodes, refused, source, reporter);
  const read = readEdges(file.edges, { nodes: ids, refused }, source, reporter);
  const written = compileEdges(read.edges, nodes, values, source, reporter);
  const routed = [...nodes.values()].flatMap(node => routerEdges(node, nodes, { source, reporter, values }));
  const edges = [...written, ...routed];
  checkRouters(written, nodes, reporter);
  const graph: GraphDef = {
    name: text(file.name) ?? nameFromFile(source.file),
    file: source.file,
    state,
    nodes,
    edges,
    exits: exitsOf(edges, nodes, reporter),
    maxVisits: checked.data?.limits?.maxVisits ?? DEFAULT_MAX_VISITS,
    tools: tools.defs,
    concurrency,
    ...(typeof file.description === 'string' ? { description: file.description } : {}),
    ...(output === undefined ? {} : { output }),
  };
  const routesKnown = raw.every(node => routesAreKnown(node, rawNodes[node.id], nodes));
  if (limitsKnown && routesKnown && !read.lostNames && !read.lostEdges && !reporter.full()) return graph;
  if (!read.lostEdges) lintGraph(graph, reporter, { partial: true });
  return undefined;
}

/** Reads the graphs that a graph contains. Each is checked as a whole, as if it stood alone. */
function childReader(file: string, options: ResolveOptions, reporter: Reporter): NodeContext['child'] {
  const chain = [...(options.chain ?? []), file];
  return {
    chain,
    resolve(text, childFile) {
      const source = parse(text, childFile, reporter);
      const graph =
        source && resolveGraph(source, { ...options, chain, files: { ...options.files, from: childFile } }, reporter);
      if (graph) lintGraph(graph, reporter);
      return graph;
    },
  };
}

/** Whether the state could be read. Without it every name that is used would be a finding of its own. */
function stateIsKnown(file: Readonly<Record<string, unknown>>): boolean {
  if (file.state !== undefined) return isMap(file.state);
  return unknownSections(file).length === 0;
}

/** Maps at the top of the file under a name that the language does not have: a state or a node out of its place. */
function unknownSections(file: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(file).filter(key => !Object.hasOwn(graphShell.shape, key) && isMap(file[key]));
}

/** Whether any node says what is to be done about its errors. */
function handlesErrors(nodes: unknown): boolean {
  const all = nodes !== null && typeof nodes === 'object' ? Object.values(nodes) : [];
  return all.some(node => node !== null && typeof node === 'object' && 'onError' in node);
}

/** Whether a node, if it is a router, could be read with all its routes. */
function routesAreKnown({ id, file }: RawNode, raw: unknown, nodes: ReadonlyMap<string, NodeDef>): boolean {
  const node = nodes.get(id);
  if (node?.kind === 'router') return Object.values(node.routes).every(to => to === END || nodes.has(to));
  return file !== undefined || !isMap(raw) || !isMap(raw.routes);
}

function nameFromFile(file: string): string {
  const folder = folderOf(file);
  const base = folder === '.' ? file : file.slice(folder.length + 1);
  return base.replace(/\.ya?ml$/, '') || 'graph';
}

/** Checks the names in `onLimit` and `onError`. Returns false when one is unknown. */
function checkLimits(
  nodes: ReadonlyMap<string, NodeDef>,
  refused: ReadonlySet<string>,
  source: Source,
  reporter: Reporter,
): boolean {
  let known = true;
  const references = [...nodes.values()].flatMap(node => [
    { id: node.id, key: 'onLimit', target: node.onLimit, words: [] },
    { id: node.id, key: 'onError', target: errorTarget(node), words: ['fail', 'continue'] },
  ]);
  for (const { id, key, target, words } of references) {
    if (target === undefined || target === END) continue;
    const span = source.span(['nodes', id, key]);
    if (!nodes.has(target)) {
      known = false;
      if (refused.has(target)) continue;
      const hint = didYouMean(target, [...words, ...nodes.keys(), END], 'nodes');
      reporter.report('unknown-node', span, `there is no node ${quote(target)}`, { hint });
    } else if (target === id) {
      const hint = 'name another node or END';
      reporter.report('wrong-value', span, `node ${quote(id)} cannot be its own "${key}"`, { hint });
    }
  }
  return known;
}

function readOutput(
  raw: unknown,
  state: readonly StateKey[],
  source: Source,
  reporter: Reporter,
): string[] | undefined {
  const names = typeof raw === 'string' ? [raw] : Array.isArray(raw) ? raw : undefined;
  if (!names?.every(name => typeof name === 'string')) return undefined;
  const keys = state.map(k => k.name);
  names.forEach((name, i) => {
    if (keys.includes(name)) return;
    const span = source.span(typeof raw === 'string' ? ['output'] : ['output', i]);
    const hint = didYouMean(name, keys, 'state keys');
    reporter.report('unknown-state-key', span, `there is no state key ${quote(name)}`, { hint });
  });
  return names;
}

/** A router's edges are its routes. */
function checkRouters(edges: readonly Edge[], nodes: ReadonlyMap<string, NodeDef>, reporter: Reporter): void {
  for (const { from, span } of edges) {
    if (nodes.get(from)?.kind !== 'router') continue;
    const hint = 'remove the edge; give the label a node under "routes"';
    reporter.report('wrong-value', span, `the edges of the router "${from}" are its "routes"`, { hint });
  }
}

function compileEdges(
  raw: readonly RawEdge[],
  nodes: ReadonlyMap<string, NodeDef>,
  values: ValueReader,
  source: Source,
  reporter: Reporter,
): Edge[] {
  return raw.map(({ from, to, when, whenPath, span }) => {
    if (when === undefined) return { from, to, span };
    const whenSpan = source.span(whenPath ?? []);
    if (typeof when === 'boolean') {
      return { from, to, span, when: { kind: 'literal', value: when }, ...(whenPath ? { whenSpan } : {}) };
    }
    const expr = values.expr(when, whenPath ?? [], outputScopeOf(nodes.get(from)));
    if (!expr || !checkCondition(expr.type, whenSpan, reporter)) {
      return { from, to, span, when: { kind: 'literal', value: false } };
    }
    return { from, to, span, when: { kind: 'expr', expr }, whenSpan };
  });
}

function checkCondition(type: string, span: Span, reporter: Reporter): boolean {
  if (type === 'bool' || type === 'dyn') return true;
  const what = typeName(type);
  const hint = `compare it, as in ${what === 'number' ? '"score > 0.5"' : what === 'string' ? `'category == "billing"'` : '"size(items) > 0"'}`;
  const message = `a condition must be true or false; this is ${aType(type)}`;
  reporter.report('expression-type', span, message, { hint });
  return false;
}
