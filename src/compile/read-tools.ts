/** The `tools` section: each tool is read once, and is the same to whoever calls it. */
import type { z } from 'zod';
import { didYouMean, listed, quote } from '../diagnostic/suggest.ts';
import { CALL_NODES } from './agent-graph.ts';
import { milliseconds } from './duration.ts';
import type { ExprType } from './expr.ts';
import { folderOf, joinPath, resolveReference } from './files.ts';
import { inputSchema } from './graph.ts';
import { NODE_NAME, RESERVED_NODE_NAMES } from './names.ts';
import { readAgent } from './read-agent.ts';
import { defined, type NodeContext, readSchema, type Tools } from './read-common.ts';
import { readRequest, readTexts } from './read-request.ts';
import { loadChild } from './read-subgraph.ts';
import { type ToolFile, type ToolFileOf, type ToolKind, toolKinds } from './schema-tools.ts';
import { misplaced, piecesOf, placesOf } from './shell-quotes.ts';
import type { Path } from './source.ts';
import { readType, type ValueType } from './state-type.ts';
import { literalText, type Text } from './text.ts';
import {
  DEFAULT_HTTP_TIMEOUT,
  DEFAULT_MAX_BYTES,
  DEFAULT_SHELL_TIMEOUT,
  type McpTool,
  type ShellTool,
  type ToolDef,
} from './tool.ts';
import { describe } from './value-check.ts';
import type { ValueReader } from './values.ts';
import { reportZodIssues } from './zod-diagnostics.ts';

type Context = Omit<NodeContext, 'tools'>;

const isMap = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The names that the texts of a tool see: its arguments. */
function argumentTypes({ expr, schema }: ValueType): Record<string, ExprType> {
  if (typeof expr !== 'string') return { ...expr };
  return Object.fromEntries(Object.keys(isMap(schema.properties) ? schema.properties : {}).map(name => [name, 'dyn']));
}

/** The type of a tool without arguments. */
const noArguments = (context: Context): ValueType | undefined =>
  readSchema({ type: 'object', properties: {}, additionalProperties: false }, [], context as NodeContext);

function readArguments(
  file: Exclude<ToolFile, { type: 'graph' | 'mcp' }>,
  path: Path,
  context: Context,
): ValueType | undefined {
  const at = [...path, 'input'];
  const { source, reporter } = context;
  if (file.input === undefined) return file.type === 'function' ? undefined : noArguments(context);
  const input = readSchema(file.input, at, context as NodeContext);
  if (input && input.schema.type !== 'object' && !reporter.knows(source.span(at))) {
    const hint = 'write the arguments by name: input: { city: string }';
    reporter.report('wrong-value', source.span(at), `the arguments of a tool are an object, not ${input.label}`, {
      hint,
    });
  }
  if (file.type !== 'function' && input && isMap(input.schema.properties) && 'env' in input.schema.properties) {
    const hint = 'choose another name; "env" is the environment in the texts of a tool';
    const span = source.keySpan([...at, 'env']);
    reporter.report('reserved-name', span, 'the name "env" is reserved; no argument may have it', { hint });
  }
  return input;
}

/** Says which values of a shell text stand where they cannot be quoted. */
function checkQuotes(text: string, path: Path, { source, reporter }: Context): void {
  const { pieces, starts } = piecesOf(text);
  for (const [i, place] of placesOf(pieces).entries()) {
    const why = misplaced(place);
    const start = starts[i] ?? 0;
    if (why === undefined) continue;
    const hint = 'a value is quoted by itself: let it stand alone, as in echo "Hello "{{ name }}, or give it by "env:"';
    reporter.report('wrong-value', source.textSpan(path, start, start + 2), `a value cannot stand ${why}`, { hint });
  }
}

function readCommand(raw: string | string[], path: Path, values: ValueReader, context: Context): ShellTool['command'] {
  if (typeof raw === 'string') {
    checkQuotes(raw, path, context);
    return { kind: 'text', text: values.markedText(raw, path) ?? literalText('') };
  }
  const [program = '', ...rest] = raw;
  if (/\{[{%]/.test(program) || program.trim() === '') {
    const hint = 'write the program out; values are for its arguments';
    context.reporter.report('wrong-value', context.source.span([...path, 0]), 'a value cannot be the program', {
      hint,
    });
  }
  const args = rest.map((text, i) => values.text(text, [...path, i + 1]) ?? literalText(''));
  return { kind: 'list', program, args };
}

function readFolder(raw: string | undefined, path: Path, { source, reporter, files }: Context): string {
  const own = folderOf(files.from);
  if (raw === undefined || joinPath('.', raw) === '') return own;
  return resolveReference(raw, source.span(path), files, reporter) ?? own;
}

function readShell(
  file: ToolFileOf<'shell'>,
  path: Path,
  args: ValueReader,
  context: Context,
): Omit<ShellTool, 'kind' | 'name' | 'span'> {
  const stdin = file.stdin === undefined ? undefined : args.text(file.stdin, [...path, 'stdin']);
  return {
    command: readCommand(file.command, [...path, 'command'], args, context),
    cwd: readFolder(file.cwd, [...path, 'cwd'], context),
    env: readTexts(file.env, [...path, 'env'], args.with({ env: 'dyn' })),
    success: file.success ?? [0],
    parse: file.parse ?? 'text',
    maxBytes: file.maxBytes ?? DEFAULT_MAX_BYTES,
    timeout: file.timeout === undefined ? DEFAULT_SHELL_TIMEOUT : milliseconds(file.timeout),
    ...defined({ stdin }),
  };
}

/** Reports a thread of its own for a function that cannot be imported there. */
export function checkWorker(
  file: { function: string; worker?: boolean | undefined },
  path: Path,
  { source, reporter }: Pick<NodeContext, 'source' | 'reporter'>,
): { worker?: true } {
  if (file.worker !== true) return {};
  if (file.function.includes('#')) return { worker: true };
  const hint = 'name an export: "./file.ts#export"; a thread imports the function anew';
  const what = `the registered function ${quote(file.function)} cannot run in a thread of its own`;
  reporter.report('wrong-value', source.keySpan([...path, 'worker']), what, { hint });
  return {};
}

/** Reads a tool that is a graph: it takes what the graph takes. */
/** Reads an MCP server. Its texts see the environment and nothing else. */
function readMcp(name: string, file: ToolFileOf<'mcp'>, path: Path, context: Context): ToolDef {
  const { source, reporter, values } = context;
  const env = values.over({ env: 'dyn' });
  const span = source.keySpan(path);
  if ((file.command === undefined) === (file.url === undefined)) {
    const hint = 'give "command: [program, argument]" or "url: https://…"';
    const found = file.url === undefined ? 'neither "command" nor "url"' : 'both "command" and "url"';
    reporter.report('wrong-value', span, `the tool ${quote(name)} has ${found}`, { hint });
  }
  const text = (raw: string, at: Path): Text => env.text(raw, at) ?? literalText('');
  const server: McpTool['server'] = file.command
    ? {
        kind: 'stdio',
        command: file.command.map((part, i) => text(part, [...path, 'command', i])),
        env: readTexts(file.env, [...path, 'env'], env),
        cwd: readFolder(file.cwd, [...path, 'cwd'], context),
      }
    : {
        kind: 'http',
        url: text(file.url ?? '', [...path, 'url']),
        headers: readTexts(file.headers, [...path, 'headers'], env),
      };
  const timeout = file.timeout === undefined ? DEFAULT_SHELL_TIMEOUT : milliseconds(file.timeout);
  const { description, only } = file;
  return { name, span, kind: 'mcp', server, timeout, ...defined({ description, only }) };
}

function checkGraphName(name: string, path: Path, { source, reporter }: Context): void {
  if (!CALL_NODES.includes(name)) return;
  const hint = 'choose another name; an agent has a node of this name around every call';
  reporter.report('reserved-name', source.keySpan(path), `a graph or agent cannot be a tool called ${quote(name)}`, {
    hint,
  });
}

function readGraphTool(name: string, file: ToolFileOf<'graph'>, path: Path, context: Context): ToolDef {
  const child = loadChild(file.graph, path, context);
  const input = readType(inputSchema(child), () => {});
  const { description = child.description } = file;
  const span = context.source.keySpan(path);
  return { name, span, kind: 'graph', child, input, ...defined({ description }) };
}

function readTool(
  name: string,
  file: Exclude<ToolFile, { type: 'graph' | 'mcp' }>,
  path: Path,
  context: Context,
  others: () => Tools,
): ToolDef {
  const input = readArguments(file, path, context);
  const { description } = file;
  const shared = { name, span: context.source.keySpan(path), ...defined({ description, input }) };
  const args = context.values.over(input ? argumentTypes(input) : {});
  switch (file.type) {
    case 'function': {
      const functionSpan = context.source.span([...path, 'function']);
      const from = context.source.file;
      const use = { function: file.function, functionSpan, from, ...checkWorker(file, path, context) };
      return { ...shared, kind: 'function', ...use };
    }
    case 'http': {
      const timeout = file.timeout === undefined ? DEFAULT_HTTP_TIMEOUT : milliseconds(file.timeout);
      return { ...shared, kind: 'http', request: readRequest(file, path, args, context, timeout) };
    }
    case 'shell':
      return { ...shared, kind: 'shell', ...readShell(file, path, args, context) };
    case 'agent':
      return {
        ...shared,
        kind: 'agent',
        agent: readAgent({ id: name, path, file }, file, { ...context, values: args, tools: others() }),
      };
  }
}

/** Checks the name and the keys of a tool. Undefined after reporting. */
function checkTool(name: string, raw: unknown, path: Path, { source, reporter }: Context): ToolFile | undefined {
  if (!NODE_NAME.test(name) || name.length > 64 || RESERVED_NODE_NAMES.has(name)) {
    const hint = 'a tool name begins with a letter and has up to 64 letters, digits, "_" and "-"';
    reporter.report('bad-name', source.keySpan(path), `${quote(name)} cannot be a tool name`, { hint });
  }
  const kinds = Object.keys(toolKinds);
  if (!isMap(raw)) {
    const hint = `tool ${quote(name)} needs keys such as "type: function"; ${listed(kinds, 'tool types')}`;
    if (!reporter.knows(source.span(path))) {
      const what = `tool ${quote(name)} must be a map of keys, not ${describe(raw)}`;
      reporter.report('wrong-value', source.span(path), what, { hint });
    }
    return undefined;
  }
  const { type } = raw;
  if (type === undefined) {
    const hint = listed(kinds, 'tool types');
    reporter.report('missing-key', source.keySpan(path), `missing key "type" in tool ${quote(name)}`, { hint });
    return undefined;
  }
  if (typeof type !== 'string' || !Object.hasOwn(toolKinds, type)) {
    const what = typeof type === 'string' ? quote(type) : describe(type);
    const hint = didYouMean(String(type), kinds, 'tool types');
    reporter.report('unknown-type', source.span([...path, 'type']), `there is no tool type ${what}`, { hint });
    return undefined;
  }
  const schema = toolKinds[type as ToolKind];
  const checked = schema.safeParse(raw);
  if (checked.success) return checked.data;
  reportZodIssues(checked.error, { schema, source, base: path }, reporter);
  return withoutWrongKeys(schema, raw, checked.error);
}

/** What is left of a tool when its wrong keys are taken out, so that the others are still looked into. */
function withoutWrongKeys(schema: z.ZodType, raw: object, error: z.ZodError): ToolFile | undefined {
  const wrong = new Set(error.issues.flatMap(i => (i.code === 'unrecognized_keys' ? i.keys : [String(i.path[0])])));
  const rest = Object.fromEntries(Object.entries(raw).filter(([key]) => !wrong.has(key)));
  const checked = schema.safeParse(rest);
  // Without its input, perhaps under a mistyped name, every name that a tool uses would be a finding of its own.
  return checked.success && 'input' in rest ? (checked.data as ToolFile) : undefined;
}

/** Reads the `tools` section. */
export function readTools(raw: unknown, context: Context): Tools {
  if (!isMap(raw)) return { defs: new Map(), names: [] };
  const defs = new Map<string, ToolDef>();
  const names = Object.keys(raw);
  const files = Object.entries(raw).flatMap(([name, value]) => {
    const path = ['tools', name];
    const file = checkTool(name, value, path, context);
    return file ? [{ name, file, path }] : [];
  });
  // An agent may call those before it in the file: so none can call itself.
  for (const { name, file, path } of files.filter(f => f.file.type !== 'agent')) read(name, file, path);
  for (const { name, file, path } of files.filter(f => f.file.type === 'agent')) read(name, file, path);
  function read(name: string, file: ToolFile, path: Path): void {
    const others = (): Tools => ({ defs: new Map(defs), names: [...defs.keys()] });
    if (file.type === 'graph' || file.type === 'agent') checkGraphName(name, path, context);
    if (file.type === 'graph') defs.set(name, readGraphTool(name, file, path, context));
    else if (file.type === 'mcp') defs.set(name, readMcp(name, file, path, context));
    else defs.set(name, readTool(name, file, path, context, others));
  }
  const inOrder = names.flatMap((name): [string, ToolDef][] => {
    const def = defs.get(name);
    return def ? [[name, def]] : [];
  });
  return { defs: new Map(inOrder), names };
}
