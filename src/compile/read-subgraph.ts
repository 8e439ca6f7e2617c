import { didYouMean } from '../diagnostic/suggest.ts';
import type { ExprType } from './expr.ts';
import { aType } from './expr-words.ts';
import { resolveReference } from './files.ts';
import type { GraphDef, StateKey, SubgraphNode, Value } from './graph.ts';
import { base, type NodeContext, type Written, writesOf } from './read-common.ts';
import type { NodeFileOf } from './schema.ts';
import type { Path } from './source.ts';
import { type OutputScope, resultFits } from './values.ts';

/** Stands in for a graph that could not be read. */
export const UNREAD: GraphDef = {
  name: '',
  file: '',
  state: [],
  nodes: new Map(),
  edges: [],
  exits: new Map(),
  maxVisits: 1,
};

/** What the edges and outputs of a subgraph node see: the keys the child gives out, with their types. */
export function childOutput({ child }: Pick<SubgraphNode, 'child'>): OutputScope {
  if (child === UNREAD) return { type: 'dyn' };
  const keys = child.state.filter(k => child.output === undefined || child.output.includes(k.name));
  const fields: Record<string, ExprType> = Object.fromEntries(keys.map(k => [k.name, k.type.expr]));
  return { type: keys.length === 0 ? 'dyn' : fields };
}

/** Reads the graph that `graph:` of a node names. */
export function loadChild(
  graph: string,
  path: Path,
  { source, reporter, files, child }: Omit<NodeContext, 'tools'>,
): GraphDef {
  const span = source.span([...path, 'graph']);
  const resolved = resolveReference(graph, span, files, reporter);
  if (resolved === undefined) return UNREAD;
  const text = files.read(resolved);
  if (text === undefined) {
    reporter.report('missing-file', span, `the graph "${graph}" cannot be read`, {
      hint: `it would be ${resolved}`,
    });
    return UNREAD;
  }
  const chain = child.chain.indexOf(resolved);
  if (chain >= 0) {
    const ring = [...child.chain.slice(chain), resolved].map(f => f.slice(f.lastIndexOf('/') + 1)).join(' -> ');
    const hint = 'a graph cannot contain itself; loop with an edge, or call a function that starts a thread';
    reporter.report('graph-recursion', span, `the graphs contain each other: ${ring}`, { hint });
    return UNREAD;
  }
  return child.resolve(text, resolved) ?? UNREAD;
}

/** Reads a mapping and checks it against the child's state. */
function readInput(
  raw: Readonly<Record<string, unknown>>,
  child: GraphDef,
  path: Path,
  context: NodeContext,
): SubgraphNode['input'] {
  const { source, reporter, values } = context;
  const keys = new Map(child.state.map(k => [k.name, k]));
  return Object.entries(raw).flatMap(([name, given]): { name: string; value: Value }[] => {
    const value = values.value(given, [...path, name]);
    const key = keys.get(name);
    if (!key && child !== UNREAD) {
      const hint = didYouMean(name, [...keys.keys()], 'its state keys');
      reporter.report(
        'unknown-state-key',
        source.keySpan([...path, name]),
        `the graph "${child.name}" has no state key "${name}"`,
        { hint },
      );
    }
    if (key && value) checkFit(key, value, [...path, name], context);
    return value ? [{ name, value }] : [];
  });
}

function checkFit(key: StateKey, value: Value, path: Path, { source, reporter }: NodeContext): void {
  const fits = value.kind === 'expr' ? resultFits(key, value.expr.type) : key.type.check(value.value).length === 0;
  if (fits) return;
  const what = value.kind === 'expr' ? aType(value.expr.type) : JSON.stringify(value.value);
  reporter.report('expression-type', source.span(path), `"${key.name}" is ${key.type.label}; it cannot take ${what}`);
}

/** Reads what a child is given, and reports what it needs and is not given. */
export function readChildInput(
  node: Written,
  raw: Readonly<Record<string, unknown>> | undefined,
  child: GraphDef,
  context: NodeContext,
): SubgraphNode['input'] {
  const input = readInput(raw ?? {}, child, [...node.path, 'input'], context);
  for (const key of child.state) {
    if (!key.required || input.some(i => i.name === key.name)) continue;
    const hint = `add "input: { ${key.name}: … }", or give "${key.name}" a default in ${child.name}`;
    context.reporter.report(
      'missing-key',
      context.source.keySpan(node.path),
      `node "${node.id}" gives no "${key.name}", which the graph "${child.name}" needs`,
      { hint },
    );
  }
  return input;
}

export function readSubgraph(node: Written, file: NodeFileOf<'graph'>, context: NodeContext): SubgraphNode {
  const child = loadChild(file.graph, node.path, context);
  const input = readChildInput(node, file.input, child, context);
  const writes = writesOf(node, context, undefined, { kind: 'none' }, childOutput({ child }));
  return { ...base(node, context), kind: 'graph', child, input, writes };
}
