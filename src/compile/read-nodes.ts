import type { z } from 'zod';
import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { didYouMean, listed, nearest, quote } from '../diagnostic/suggest.ts';
import { assertNever } from './assert-never.ts';
import type { NodeDef, Writes } from './graph.ts';
import { END, NODE_NAME, RESERVED_NODE_NAMES, START } from './names.ts';
import { readAgent } from './read-agent.ts';
import { readInterrupt, readWait } from './read-asking.ts';
import { base, defined, type NodeContext, readInput, writesOf } from './read-common.ts';
import { mapOutput, readMap } from './read-map.ts';
import { readLlm, readRouter } from './read-model.ts';
import { requestOutput } from './read-request.ts';
import { childOutput, readSubgraph } from './read-subgraph.ts';
import { readHttp, readToolNode, toolOutput } from './read-tool-node.ts';
import { checkWorker } from './read-tools.ts';
import { type NodeFile, type NodeKind, nodeKinds } from './schema.ts';
import type { Path, Source } from './source.ts';
import { describe } from './value-check.ts';
import { ANY_OUTPUT, type OutputScope } from './values.ts';
import { reportZodIssues } from './zod-diagnostics.ts';

/** A node whose keys are those of its kind; its expressions are still text. */
export interface RawNode {
  readonly id: string;
  readonly path: Path;
  /** Absent when its keys were wrong: the node stands, so that what hangs on it is still checked. */
  readonly file?: NodeFile;
  readonly leads?: { readonly maxVisits?: number; readonly onLimit?: string; readonly onError?: string };
}

function reportName(id: string, span: Span, reporter: Reporter): boolean {
  if (RESERVED_NODE_NAMES.has(id)) {
    const hint =
      id === START || id === END
        ? `${id} is there without being declared: use it in edges only`
        : 'choose another id; JavaScript keeps this one for itself';
    reporter.report('reserved-name', span, `the name ${quote(id)} is reserved; no node may have it`, { hint });
  } else if (!NODE_NAME.test(id)) {
    const near = id.replace(/[^A-Za-z0-9_-]+/g, '_');
    const example = NODE_NAME.test(near)
      ? `, such as "${near}"`
      : NODE_NAME.test(`n${near}`)
        ? `, such as "n${near}"`
        : '';
    const hint = `a node id begins with a letter and has letters, digits, "_" and "-"${example}`;
    reporter.report('bad-name', span, `${quote(id)} cannot be a node id`, { hint });
  } else return true;
  return false;
}

/** Checks the ids and keys of every node. Those whose id is refused are left out. */
export function checkNodes(raw: Readonly<Record<string, unknown>>, source: Source, reporter: Reporter): RawNode[] {
  return Object.entries(raw).flatMap(([id, value]): RawNode[] => {
    const path = ['nodes', id];
    const named = reportName(id, source.keySpan(path), reporter);
    const file = checkNode(id, value, path, source, reporter);
    if (!named) return [];
    return [file ? { id, path, file } : { id, path, leads: leadsOf(value) }];
  });
}

/** What decides which nodes are reached, of a node whose other keys were wrong. */
function leadsOf(value: unknown): NonNullable<RawNode['leads']> {
  const { maxVisits, onLimit, onError } = (value ?? {}) as Record<string, unknown>;
  return {
    ...(typeof maxVisits === 'number' ? { maxVisits } : {}),
    ...(typeof onLimit === 'string' ? { onLimit } : {}),
    ...(typeof onError === 'string' ? { onError } : {}),
  };
}

function checkNode(id: string, value: unknown, path: Path, source: Source, reporter: Reporter): NodeFile | undefined {
  const kinds = Object.keys(nodeKinds);
  const name = `node ${quote(id)}`;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const span = source.span(path);
    const hint = `${name} needs keys such as "type: set"; ${listed(kinds, 'node types')}`;
    const what =
      value === null
        ? `${name} is empty; it must be a map of keys`
        : `${name} must be a map of keys, not ${describe(value)}`;
    if (!reporter.knows(span)) reporter.report('wrong-value', span, what, { hint });
    return undefined;
  }
  const { type } = value as { type?: unknown };
  if (type === undefined) {
    const near = nearest('type', Object.keys(value));
    if (near !== undefined) {
      const message = `unknown key ${quote(near)} in ${name}`;
      reporter.report('unknown-key', source.keySpan([...path, near]), message, { hint: 'did you mean "type"?' });
      return undefined;
    }
    const hint = listed(kinds, 'node types');
    reporter.report('missing-key', source.keySpan(path), `missing key "type" in ${name}`, { hint });
    return undefined;
  }
  if (typeof type !== 'string' || !Object.hasOwn(nodeKinds, type)) {
    const hint = didYouMean(String(type), kinds, 'node types');
    const what = typeof type === 'string' ? quote(type) : describe(type).replace(/^number /, '');
    reporter.report('unknown-type', source.span([...path, 'type']), `there is no node type ${what}`, { hint });
    return undefined;
  }
  const schema: z.ZodType = nodeKinds[type as NodeKind];
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data as NodeFile;
  reportZodIssues(checked.error, { schema, source, base: path, elsewhere: kindsWith }, reporter);
  return withoutWrongKeys(schema, value, checked.error);
}

/** What is left of a node when its wrong keys are taken out, so that the others are still looked into. */
function withoutWrongKeys(schema: z.ZodType, value: object, error: z.ZodError): NodeFile | undefined {
  const wrong = new Set<unknown>();
  for (const issue of error.issues) {
    if (issue.path[0] !== undefined) wrong.add(issue.path[0]);
    else if (issue.code === 'unrecognized_keys') for (const key of issue.keys) wrong.add(key);
  }
  // What a node waits for is looked at as a whole.
  if (['for', 'until', 'event'].some(key => wrong.has(key))) return undefined;
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => !wrong.has(key)));
  // A model that could not be read is not missing.
  const checked = schema.safeParse(wrong.has('model') ? { ...rest, model: 'unread' } : rest);
  return checked.success ? (checked.data as NodeFile) : undefined;
}

/** Says which nodes have a key, for one that stands in a node of another type. */
function kindsWith(key: string): string | undefined {
  const kinds = Object.entries(nodeKinds).filter(([, schema]) => Object.hasOwn(schema.shape, key));
  return kinds.length === 0 ? undefined : `"${key}" belongs to nodes of type ${kinds.map(([kind]) => kind).join(', ')}`;
}

/** Compiles the expressions and texts of a node. */
export function readNode(raw: RawNode, context: NodeContext): NodeDef {
  const { file } = raw;
  if (!file) return standIn(raw, context.source);
  const node = { ...raw, file };
  const { values } = context;
  switch (file.type) {
    case 'function': {
      const input = file.input && readInput(file.input, [...node.path, 'input'], values);
      const writes = writesOf(node, context, undefined, { kind: 'object' });
      const functionSpan = context.source.span([...node.path, 'function']);
      const use = { function: file.function, functionSpan, ...checkWorker(file, node.path, context) };
      const own = { kind: 'function', ...use, writes } as const;
      return { ...base(node, context), ...own, ...defined({ input }) };
    }
    case 'machine': {
      const input = file.input && readInput(file.input, [...node.path, 'input'], values);
      const writes = writesOf(node, context, undefined, { kind: 'object' });
      const machineSpan = context.source.span([...node.path, 'machine']);
      const own = { kind: 'machine', machine: file.machine, machineSpan, writes } as const;
      return { ...base(node, context), ...own, ...defined({ input }) };
    }
    case 'set':
      return { ...base(node, context), kind: 'set', writes: values.assignments(file.set, [...node.path, 'set']) };
    case 'llm':
      return readLlm(node, file, context);
    case 'router':
      return readRouter(node, file, context);
    case 'agent':
      return readAgent(node, file, context);
    case 'tool':
      return readToolNode(node, file, context) ?? standIn(raw, context.source);
    case 'http':
      return readHttp(node, file, context);
    case 'graph':
      return readSubgraph(node, file, context);
    case 'map':
      return readMap(node, file, context, readItemNode, outputScopeOf);
    case 'wait':
      return readWait(node, file, context);
    case 'interrupt':
      return readInterrupt(node, file, context);
    default:
      return assertNever(file);
  }
}

/** Reads what runs for each item of a map. */
function readItemNode(id: string, value: unknown, path: Path, context: NodeContext): NodeDef | undefined {
  const file = checkNode(id, value, path, context.source, context.reporter);
  return file && readNode({ id, path, file }, context);
}

/** A node that may do anything, in place of one that could not be read. */
function standIn({ id, path, leads = {} }: RawNode, source: Source): NodeDef {
  const writes: Writes = { kind: 'object' };
  const span = source.keySpan(path);
  return { id, tags: [], span, kind: 'function', function: '', functionSpan: span, writes, ...leads };
}

/** The `output` that the edges of a node see. */
export function outputScopeOf(node: NodeDef | undefined): OutputScope | undefined {
  if (!node) return undefined;
  switch (node.kind) {
    case 'agent':
    case 'llm':
      return { type: node.schema?.expr ?? 'string' };
    case 'router':
      return { type: 'string' };
    case 'tool':
      return toolOutput(node.tool);
    case 'http':
      return requestOutput(node.request);
    case 'graph':
      return childOutput(node);
    case 'map':
      return mapOutput(node);
    case 'wait':
    case 'interrupt':
      return node.schema ? { type: node.schema.expr } : ANY_OUTPUT;
    case 'function':
    case 'machine':
      return ANY_OUTPUT;
    case 'turn':
    case 'call':
    case 'set':
      return undefined;
    default:
      return assertNever(node);
  }
}
