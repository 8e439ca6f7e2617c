import type { Reporter } from '../diagnostic/diagnostic.ts';
import { didYouMean } from '../diagnostic/suggest.ts';
import type { ReadFile } from './files.ts';
import { folderOf } from './files.ts';
import type { Edge, Exit, GraphDef, NodeDef, StateKey } from './graph.ts';
import { END, START } from './names.ts';
import { type RawEdge, readEdges } from './read-edges.ts';
import { checkNodes, outputScopeOf, readNode } from './read-nodes.ts';
import { readState } from './read-state.ts';
import { type GraphFile, graphShell } from './schema.ts';
import type { Source } from './source.ts';
import { createValueReader, type ValueReader } from './values.ts';
import { reportZodIssues } from './zod-diagnostics.ts';

const DEFAULT_MAX_VISITS = 100;

export interface ResolveOptions {
  readonly files: ReadFile;
  readonly reducers: ReadonlySet<string>;
}

/** Checks a parsed file against the language and resolves every name in it. */
export function resolveGraph(source: Source, options: ResolveOptions, reporter: Reporter): GraphDef | undefined {
  const checked = graphShell.safeParse(source.value);
  if (!checked.success) reportZodIssues(checked.error, graphShell, source, [], reporter);
  const file = source.value as Partial<GraphFile> | null;
  if (file === null || typeof file !== 'object' || Array.isArray(file)) return undefined;
  const isMap = (value: unknown): value is Record<string, unknown> =>
    value !== null && typeof value === 'object' && !Array.isArray(value);
  const rawNodes = isMap(file.nodes) ? file.nodes : {};
  const state = readState(isMap(file.state) ? file.state : {}, { source, reporter, reducers: options.reducers });
  const nodeIds = Object.keys(rawNodes);
  const values = createValueReader(state, nodeIds, source, reporter);
  const model = typeof file.model === 'string' ? file.model : undefined;
  const context = { source, reporter, values, files: options.files, model };
  const nodes = new Map(checkNodes(rawNodes, source, reporter).map(raw => [raw.id, readNode(raw, context)]));
  if (!checked.success) return undefined;
  checkLimits(nodes, nodeIds, rawNodes, source, reporter);
  const edges = compileEdges(readEdges(checked.data.edges, nodeIds, source, reporter), nodes, values);
  const output = readOutput(checked.data.output, state, source, reporter);
  return {
    name: checked.data.name ?? nameFromFile(source.file),
    file: source.file,
    state,
    nodes,
    edges,
    exits: exitsOf(edges, nodes, reporter),
    maxVisits: checked.data.limits?.maxVisits ?? DEFAULT_MAX_VISITS,
    ...(checked.data.description === undefined ? {} : { description: checked.data.description }),
    ...(output === undefined ? {} : { output }),
  };
}

function nameFromFile(file: string): string {
  const folder = folderOf(file);
  const base = folder === '.' ? file : file.slice(folder.length + 1);
  return base.replace(/\.ya?ml$/, '') || 'graph';
}

function checkLimits(
  nodes: ReadonlyMap<string, NodeDef>,
  ids: readonly string[],
  raw: Record<string, unknown>,
  source: Source,
  reporter: Reporter,
): void {
  for (const [id, node] of nodes) {
    const { onLimit } = node;
    const path = ['nodes', id, 'onLimit'];
    if (onLimit !== undefined && onLimit !== END && !Object.hasOwn(raw, onLimit)) {
      const hint = didYouMean(onLimit, [...ids, END], 'nodes');
      reporter.report('unknown-node', source.span(path), `there is no node "${onLimit}"`, { hint });
    }
    if (onLimit === id) {
      reporter.report('wrong-value', source.span(path), `node "${id}" cannot be its own "onLimit"`, {
        hint: 'name another node or END',
      });
    }
  }
}

function readOutput(
  raw: string | string[] | undefined,
  state: readonly StateKey[],
  source: Source,
  reporter: Reporter,
): string[] | undefined {
  if (raw === undefined) return undefined;
  const keys = state.map(k => k.name);
  const names = typeof raw === 'string' ? [raw] : raw;
  names.forEach((name, i) => {
    if (keys.includes(name)) return;
    const span = source.span(typeof raw === 'string' ? ['output'] : ['output', i]);
    const hint = didYouMean(name, keys, 'state keys');
    reporter.report('unknown-state-key', span, `there is no state key "${name}"`, { hint });
  });
  return names;
}

function compileEdges(raw: readonly RawEdge[], nodes: ReadonlyMap<string, NodeDef>, values: ValueReader): Edge[] {
  return raw.map(({ from, to, when, whenPath, span }) => {
    if (when === undefined) return { from, to, span };
    const scope = outputScopeOf(nodes.get(from));
    const value = values.value(when, whenPath ?? [], scope);
    return { from, to, span, when: value ?? { kind: 'literal', value: false } };
  });
}

/** Groups edges into the ways out of each node. */
function exitsOf(edges: readonly Edge[], nodes: ReadonlyMap<string, NodeDef>, reporter: Reporter): Map<string, Exit[]> {
  const out = new Map<string, Exit[]>();
  for (const from of [START, ...nodes.keys()]) {
    const own = edges.filter(e => e.from === from);
    const conditional = own.filter(e => e.when !== undefined);
    const plain = own.filter(e => e.when === undefined);
    reportDoubles(own, reporter);
    if (conditional.length > 0 && plain.length > 1) reportTwoDefaults(from, plain, reporter);
    const exits: Exit[] = conditional.map(e => ({ when: e.when, targets: unique(e.to), span: e.span }) as Exit);
    const [first] = plain;
    if (first) exits.push({ targets: unique(plain.flatMap(e => e.to)), span: first.span });
    if (exits.length > 0) out.set(from, exits);
  }
  return out;
}

function unique(names: readonly string[]): string[] {
  const [...set] = new Set(names);
  // END beside other targets is a path that ends at once: nothing waits for it.
  return set.length > 1 ? set.filter(t => t !== END) : set;
}

function reportDoubles(edges: readonly Edge[], reporter: Reporter): void {
  const seen = new Map<string, Edge>();
  for (const edge of edges) {
    const when = edge.when?.kind === 'expr' ? edge.when.expr.source : JSON.stringify(edge.when?.value);
    const key = `${edge.to.join(',')}|${when}`;
    const before = seen.get(key);
    if (before) {
      const related = [{ message: 'stands here first', span: before.span }];
      reporter.report('duplicate-edge', edge.span, `the edge ${edge.from} -> ${edge.to.join(', ')} stands twice`, {
        related,
      });
    }
    seen.set(key, edge);
  }
}

function reportTwoDefaults(from: string, plain: readonly Edge[], reporter: Reporter): void {
  const [first, second] = plain;
  if (!first || !second) return;
  reporter.report('two-defaults', second.span, `node "${from}" has conditions and ${plain.length} edges without one`, {
    hint: 'at most one edge beside "when" edges may be the default; to fork by default, go to a "set" node that forks',
    related: [{ message: 'the first default', span: first.span }],
  });
}
