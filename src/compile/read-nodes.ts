import type { z } from 'zod';
import type { Reporter } from '../diagnostic/diagnostic.ts';
import { didYouMean } from '../diagnostic/suggest.ts';
import type { ReadFile } from './files.ts';
import type { NodeDef, Value, Writes } from './graph.ts';
import { NODE_NAME, RESERVED_NODE_NAMES } from './names.ts';
import { readPrompt } from './read-prompt.ts';
import { readTypeAt } from './read-state.ts';
import { type NodeFile, type NodeFileOf, type NodeKind, nodeKinds } from './schema.ts';
import type { Path, Source } from './source.ts';
import { readType, type ValueType } from './state-type.ts';
import { ANY_OUTPUT, type OutputScope, type ValueReader } from './values.ts';
import { reportZodIssues } from './zod-diagnostics.ts';

/** A node whose keys are those of its kind; its expressions are still text. */
export interface RawNode {
  readonly id: string;
  readonly path: Path;
  readonly file: NodeFile;
}

function nameProblem(id: string): string | undefined {
  if (!NODE_NAME.test(id)) return 'a node id begins with a letter and has letters, digits, "_" and "-"';
  return RESERVED_NODE_NAMES.has(id) ? 'choose another id; this one is reserved' : undefined;
}

/** Checks the ids and keys of every node. */
export function checkNodes(raw: Readonly<Record<string, unknown>>, source: Source, reporter: Reporter): RawNode[] {
  return Object.entries(raw).flatMap(([id, value]): RawNode[] => {
    const path = ['nodes', id];
    const hint = nameProblem(id);
    if (hint !== undefined) {
      reporter.report('bad-name', source.keySpan(path), `"${id}" cannot be a node id`, { hint });
      return [];
    }
    const file = checkNode(id, value, path, source, reporter);
    return file ? [{ id, path, file }] : [];
  });
}

function checkNode(id: string, value: unknown, path: Path, source: Source, reporter: Reporter): NodeFile | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    reporter.report('wrong-value', source.span(path), `node "${id}" must be a map of keys`, {
      hint: 'begin with "type:"',
    });
    return undefined;
  }
  const type: unknown = (value as { type?: unknown }).type;
  const kinds = Object.keys(nodeKinds);
  if (type === undefined) {
    const hint = `node types: ${kinds.join(', ')}`;
    reporter.report('missing-key', source.keySpan(path), `missing key "type" in node "${id}"`, { hint });
    return undefined;
  }
  if (typeof type !== 'string' || !Object.hasOwn(nodeKinds, type)) {
    const hint = didYouMean(String(type), kinds, 'node types');
    reporter.report('unknown-type', source.span([...path, 'type']), `there is no node type ${JSON.stringify(type)}`, {
      hint,
    });
    return undefined;
  }
  const schema: z.ZodType = nodeKinds[type as NodeKind];
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data as NodeFile;
  reportZodIssues(checked.error, schema, source, path, reporter);
  return undefined;
}

export interface NodeContext {
  readonly source: Source;
  readonly reporter: Reporter;
  readonly values: ValueReader;
  readonly files: ReadFile;
  /** The graph's own model. */
  readonly model: string | undefined;
}

/** Drops members that are undefined, as `exactOptionalPropertyTypes` wants. */
function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function readSchema(raw: unknown, path: Path, { source, reporter }: NodeContext): ValueType | undefined {
  return raw === undefined ? undefined : readTypeAt(raw, path, source, reporter);
}

function writesOf(node: RawNode, context: NodeContext, result: ValueType | undefined, fallback: Writes): Writes {
  const output = 'output' in node.file ? node.file.output : undefined;
  if (output === undefined) return fallback;
  const scope: OutputScope = result ? { type: result.expr } : ANY_OUTPUT;
  return context.values.writes(output, [...node.path, 'output'], scope, result);
}

function readInput(raw: Record<string, unknown>, path: Path, values: ValueReader): { name: string; value: Value }[] {
  return Object.entries(raw).flatMap(([name, given]) => {
    const value = values.value(given, [...path, name]);
    return value ? [{ name, value }] : [];
  });
}

function base(node: RawNode, { source }: NodeContext): Omit<NodeDef, 'kind' | 'writes'> & { id: string } {
  const { description, tags, maxVisits, onLimit } = node.file;
  const optional = defined({ description, maxVisits, onLimit });
  return { id: node.id, tags: tags ?? [], span: source.keySpan(node.path), ...optional } as Omit<
    NodeDef,
    'kind' | 'writes'
  > & { id: string };
}

function readLlm(node: RawNode, file: NodeFileOf<'llm'>, context: NodeContext): NodeDef {
  const prompt = readPrompt(file.prompt, [...node.path, 'prompt'], context);
  const own = readSchema(file.schema, [...node.path, 'schema'], context);
  const fromFile =
    own === undefined && prompt.schema !== undefined && prompt.source
      ? readTypeAt(prompt.schema, prompt.schemaPath ?? [], prompt.source, context.reporter)
      : undefined;
  const schema = own ?? fromFile;
  const model = file.model ?? prompt.model ?? context.model;
  if (model === undefined) {
    const hint = 'set "model:" on the node or at the top of the graph; "scripted" needs no key';
    context.reporter.report('missing-model', context.source.keySpan(node.path), `node "${node.id}" has no model`, {
      hint,
    });
  }
  const result = schema ?? (file.schema === undefined ? readType('string') : undefined);
  return {
    ...base(node, context),
    kind: 'llm',
    model: model ?? '',
    writes: writesOf(node, context, result, { kind: 'none' }),
    ...defined({
      system: prompt.system,
      user: prompt.user,
      schema,
      temperature: file.temperature,
      maxTokens: file.maxTokens,
    }),
  };
}

/** Compiles the expressions and texts of a node. */
export function readNode(node: RawNode, context: NodeContext): NodeDef {
  const { file } = node;
  const { values } = context;
  switch (file.type) {
    case 'function': {
      const input = file.input && readInput(file.input, [...node.path, 'input'], values);
      const writes = writesOf(node, context, undefined, { kind: 'object' });
      return { ...base(node, context), kind: 'function', function: file.function, writes, ...defined({ input }) };
    }
    case 'set':
      return { ...base(node, context), kind: 'set', writes: values.assignments(file.set, [...node.path, 'set']) };
    case 'llm':
      return readLlm(node, file, context);
    case 'interrupt': {
      const schema = readSchema(file.schema, [...node.path, 'schema'], context);
      const message = values.text(file.message, [...node.path, 'message']) ?? {
        source: '',
        names: new Set(),
        render: () => '',
      };
      const writes = writesOf(node, context, schema, { kind: 'none' });
      return { ...base(node, context), kind: 'interrupt', message, writes, ...defined({ schema }) };
    }
    default:
      return assertNever(file);
  }
}

export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}

/** The `output` that the edges of a node see. */
export function outputScopeOf(node: NodeDef | undefined): OutputScope | undefined {
  if (!node) return undefined;
  switch (node.kind) {
    case 'llm':
      return { type: node.schema?.expr ?? 'string' };
    case 'interrupt':
      return node.schema ? { type: node.schema.expr } : ANY_OUTPUT;
    case 'function':
      return ANY_OUTPUT;
    case 'set':
      return undefined;
    default:
      return assertNever(node);
  }
}
