import { quote } from '../diagnostic/suggest.ts';
import { exitsOf } from './exits.ts';
import type { ExprType } from './expr.ts';
import { aType } from './expr-words.ts';
import type { Assignment, GraphDef, MapItem, MapNode, NodeDef, StateKey, Value, Writes } from './graph.ts';
import { END, RESERVED_STATE_NAMES, START, STATE_NAME } from './names.ts';
import { base, defined, type NodeContext, type Written, writesOf } from './read-common.ts';
import { loadChild, readChildInput, UNREAD } from './read-subgraph.ts';
import { namesRead } from './reads.ts';
import type { NodeFileOf } from './schema.ts';
import type { Path } from './source.ts';
import { ANY } from './state-type.ts';
import type { OutputScope } from './values.ts';

const DEFAULT_CONCURRENCY = 10;
const DEFAULT_NAME = 'item';

/** Kinds that are a whole only inside a graph: they write the state or choose the way on. */
const NO_ITEMS = ['set', 'router', 'graph'];

/** Keys of a node that mean something to the graph around it. */
const OUTER_KEYS = ['output', 'onError', 'maxVisits', 'onLimit', 'join', 'route', 'history'];

const OUTER_HINTS: Readonly<Record<string, string>> = {
  output: 'the results are collected by the map: see "collect"',
  history: 'items run at once; put the node into a graph of its own, and name that with "graph:"',
};

/** What runs for an item is read like any node, but is no node of the graph. */
export type ReadItemNode = (id: string, raw: unknown, path: Path, context: NodeContext) => NodeDef | undefined;

/** The result of what runs for an item, as expressions see it. */
export type OutputOf = (node: NodeDef) => OutputScope | undefined;

type MapFile = NodeFileOf<'map'>;

/** What the items are, judged by the expression that gives them. */
function itemType(over: Value | undefined, state: readonly StateKey[]): ExprType {
  if (over?.kind === 'literal') {
    const items = Array.isArray(over.value) ? over.value : [];
    if (items.length > 0 && items.every(i => typeof i === 'string')) return 'string';
    return items.length > 0 && items.every(i => typeof i === 'number') ? 'double' : 'dyn';
  }
  if (!over) return 'dyn';
  const key = state.find(k => k.name === over.expr.source.trim());
  if (key?.type.items) return key.type.items.expr;
  const inner = /^list<(\w+)>$/.exec(over.expr.type)?.[1];
  return inner === undefined || inner.length <= 1 ? 'dyn' : inner;
}

function readOver(file: MapFile, path: Path, { values, source, reporter }: NodeContext): Value | undefined {
  const at = [...path, 'over'];
  const over = values.value(file.over, at);
  if (!over) return undefined;
  const hint = 'give a list, or an object whose members are the items';
  const refuse = (what: string): void =>
    reporter.report('expression-type', source.span(at), `"over" must be a list or an object; this is ${what}`, {
      hint,
    });
  if (over.kind === 'literal') {
    if (over.value === null || typeof over.value !== 'object') refuse(JSON.stringify(over.value));
  } else if (over.expr.type !== 'dyn' && !/^(list|map|\$)/.test(over.expr.type)) refuse(aType(over.expr.type));
  return over;
}

function readName(file: MapFile, path: Path, { source, reporter, state }: NodeContext): string {
  const name = file.as ?? DEFAULT_NAME;
  const taken = state.some(k => k.name === name);
  const reserved = name !== DEFAULT_NAME && (RESERVED_STATE_NAMES.has(name) || !STATE_NAME.test(name));
  if (taken || reserved) {
    const why = taken ? 'is a state key' : 'cannot be the name of an item';
    const hint = 'choose another name, such as "item"';
    reporter.report('reserved-name', source.span([...path, 'as']), `${quote(name)} ${why}`, { hint });
  }
  return name;
}

/** A graph of one node, whose state is what the node reads and whose result is the node's. */
function aroundNode(
  def: NodeDef,
  as: string,
  { source, reporter, state, concurrency, itemNames = [] }: NodeContext,
): GraphDef {
  const names = namesRead(def);
  const read = state.filter(k => names === 'all' || names.has(k.name));
  const own = (name: string, required: boolean): StateKey => ({
    name,
    type: ANY,
    merge: 'replace',
    required,
    initial: null,
    span: def.span,
  });
  const outer = itemNames.filter(n => n !== as && (names === 'all' || names.has(n))).map(n => own(n, true));
  const given = read.map((key): StateKey => ({ ...key, type: ANY, merge: 'replace', required: true, initial: null }));
  const writes: Writes = { kind: 'key', key: 'output' };
  const node: NodeDef = { ...def, writes };
  const nodes = new Map([[def.id, node]]);
  const edges = [
    { from: START, to: [def.id], span: def.span },
    { from: def.id, to: [END], span: def.span },
  ];
  return {
    name: def.id,
    file: source.file,
    state: [...given, ...outer, own(as, true), own('index', true), own('output', false)],
    nodes,
    edges,
    exits: exitsOf(edges, nodes, reporter),
    output: ['output'],
    maxVisits: 1,
    madeForItem: true,
    concurrency,
  };
}

function isBare(def: NodeDef): boolean {
  const body = ['function', 'llm', 'tool', 'http'].includes(def.kind);
  return body && [def.retry, def.timeout, def.deadline, def.pauses].every(key => key === undefined);
}

function readInline(
  node: Written,
  raw: object,
  names: Readonly<Record<string, ExprType>>,
  context: NodeContext,
  read: ReadItemNode,
): MapItem | undefined {
  const path = [...node.path, 'node'];
  const { source, reporter } = context;
  const { type } = raw as { type?: unknown };
  if (NO_ITEMS.includes(String(type))) {
    const hint =
      type === 'graph'
        ? 'write "graph:" on the map itself'
        : 'put it into a graph of its own, and name that with "graph:"';
    const at = source.span([...path, 'type']);
    reporter.report('wrong-value', at, `a node of type ${quote(String(type))} cannot run for an item`, { hint });
    return undefined;
  }
  for (const key of OUTER_KEYS.filter(k => k in raw)) {
    const hint = OUTER_HINTS[key] ?? 'it belongs on the map';
    const at = source.keySpan([...path, key]);
    reporter.report('wrong-value', at, `"${key}" has no meaning in what runs for an item`, { hint });
  }
  const [as = DEFAULT_NAME] = Object.keys(names);
  const itemNames = [...(context.itemNames ?? []).filter(name => name !== as), as];
  const def = read(node.id, raw, path, { ...context, itemNames, values: context.values.within(names) });
  return def && { graph: aroundNode(def, as, context), inline: true, bare: isBare(def), input: [] };
}

function readItem(
  node: Written,
  file: MapFile,
  names: Readonly<Record<string, ExprType>>,
  context: NodeContext,
  read: ReadItemNode,
): MapItem | undefined {
  const { source, reporter } = context;
  if ((file.node === undefined) === (file.graph === undefined)) {
    const found = file.node === undefined ? 'neither "node" nor "graph"' : 'both "node" and "graph"';
    const hint = 'give one of them: what runs for each item';
    reporter.report('wrong-value', source.keySpan(node.path), `node "${node.id}" has ${found}`, { hint });
    return undefined;
  }
  if (file.node !== undefined) {
    if (file.input !== undefined) {
      const hint = 'give the node inside an "input" of its own';
      reporter.report('wrong-value', source.keySpan([...node.path, 'input']), '"input" belongs to a map with "graph"', {
        hint,
      });
    }
    return readInline(node, file.node, names, context, read);
  }
  const graph = loadChild(file.graph ?? '', node.path, context);
  const inner = { ...context, values: context.values.within(names) };
  return { graph, inline: false, bare: false, input: readChildInput(node, file.input, graph, inner) };
}

/** The type of `output` for the edges and outputs of a map. */
function outputType(result: OutputScope | undefined): ExprType {
  const { type } = result ?? { type: 'dyn' };
  return { results: typeof type === 'string' ? `list<${type}>` : 'list<dyn>', failures: 'list<dyn>' };
}

/** What the edges and outputs of a map see. */
export function mapOutput({ result }: Pick<MapNode, 'result'>): OutputScope {
  return { type: result };
}

function readWrites(node: Written, file: MapFile, seen: OutputScope, context: NodeContext): Writes {
  const { values } = context;
  const entry = (key: 'collect' | 'failures', member: string): readonly Assignment[] => {
    const name = file[key];
    if (name === undefined) return [];
    return values.assign(name, `output.${member}`, [...node.path, key], seen) ?? [];
  };
  const own = writesOf(node, context, undefined, { kind: 'none' }, seen);
  if (own.kind === 'key') {
    const at = context.source.span([...node.path, 'output']);
    const hint = `write "collect: ${own.key}", or "output: { ${own.key}: output.results }"`;
    context.reporter.report('wrong-value', at, 'the output of a map has results and failures', { hint });
  }
  const rest = own.kind === 'map' ? own.entries : [];
  const entries = [...entry('collect', 'results'), ...entry('failures', 'failures'), ...rest];
  return entries.length === 0 ? { kind: 'none' } : { kind: 'map', entries };
}

export function readMap(
  node: Written,
  file: MapFile,
  context: NodeContext,
  read: ReadItemNode,
  outputOf: OutputOf,
): MapNode {
  const over = readOver(file, node.path, context);
  const as = readName(file, node.path, context);
  const names = { [as]: itemType(over, context.state), index: 'double' };
  const item = readItem(node, file, names, context, read) ?? { graph: UNREAD, inline: false, bare: false, input: [] };
  const inner = item.inline ? item.graph.nodes.get(node.id) : undefined;
  const result = outputType(inner && outputOf(inner));
  return {
    ...base(node, context),
    kind: 'map',
    over: over ?? { kind: 'literal', value: [] },
    as,
    concurrency: file.concurrency ?? DEFAULT_CONCURRENCY,
    item,
    result,
    writes: readWrites(node, file, { type: result }, context),
    ...defined({ minSuccess: file.minSuccess }),
  };
}
