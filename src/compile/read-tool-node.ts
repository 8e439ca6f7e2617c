import { didYouMean, quote } from '../diagnostic/suggest.ts';
import { aType } from './expr-words.ts';
import type { HttpNode, NodeDef, ToolNode, Value } from './graph.ts';
import { base, type NodeContext, readInput, type Written, writesOf } from './read-common.ts';
import { readRequest, requestOutput } from './read-request.ts';
import type { NodeFileOf } from './schema.ts';
import type { Path } from './source.ts';
import { type JsonSchema, readType, STRING, type ValueType } from './state-type.ts';
import { type CalledTool, DEFAULT_HTTP_TIMEOUT, isGraphTool, type ToolDef } from './tool.ts';
import { ANY_OUTPUT, canHold, type OutputScope } from './values.ts';

/** What `output` is after a call of a tool. */
export function toolOutput(tool: CalledTool): OutputScope {
  if (tool.kind === 'http') return requestOutput(tool.request);
  if (tool.kind === 'function' || tool.parse === 'json') return ANY_OUTPUT;
  return { type: tool.parse === 'text' ? 'string' : 'list<string>' };
}

/** The result as a whole, where it is known to be text. */
const wholeText = ({ type }: OutputScope): ValueType | undefined => (type === 'string' ? STRING : undefined);

const isMap = (value: unknown): value is JsonSchema =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function checkFit(name: string, schema: JsonSchema, value: Value, path: Path, context: NodeContext): void {
  const type = readType(schema, () => {});
  const { source, reporter } = context;
  if (value.kind === 'expr' && value.expr.constant === undefined) {
    if (canHold(type, value.expr.type)) return;
    const message = `"${name}" is ${type.label}; it cannot take ${aType(value.expr.type)}`;
    reporter.report('expression-type', source.span(path), message, { hint: 'convert it, or change the tool' });
    return;
  }
  const [wrong] = type.check(value.kind === 'expr' ? value.expr.constant : value.value);
  if (wrong === undefined) return;
  const hint = 'text in quotes of its own stands for itself: "\'text\'"';
  reporter.report('expression-type', source.span(path), `"${name}" is ${type.label}: ${wrong}`, { hint });
}

function checkArguments(node: Written, tool: ToolDef, args: ToolNode['args'], context: NodeContext): void {
  const { source, reporter } = context;
  const schema = tool.input?.schema;
  if (!schema || !isMap(schema.properties)) return;
  const { properties, required, additionalProperties } = schema;
  const given = 'args' in node.file ? Object.keys(node.file.args ?? {}) : [];
  for (const name of Array.isArray(required) ? required.map(String) : []) {
    if (given.includes(name)) continue;
    const hint = `add "args: { ${name}: … }"`;
    const what = `node "${node.id}" gives no "${name}", which the tool "${tool.name}" needs`;
    reporter.report('missing-key', source.keySpan(node.path), what, { hint });
  }
  for (const name of given) {
    const at = [...node.path, 'args', name];
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const value = args.find(arg => arg.name === name)?.value;
    if (isMap(property) && value) checkFit(name, property, value, at, context);
    if (property !== undefined || (additionalProperties !== false && Object.keys(properties).length > 0)) continue;
    const hint = didYouMean(name, Object.keys(properties), 'its arguments');
    reporter.report('unknown-key', source.keySpan(at), `the tool "${tool.name}" has no argument "${name}"`, { hint });
  }
}

/** Reads a `tool` node; undefined when its tool is not known. */
export function readToolNode(node: Written, file: NodeFileOf<'tool'>, context: NodeContext): NodeDef | undefined {
  const { source, reporter, tools, values } = context;
  const args = readInput(file.args ?? {}, [...node.path, 'args'], values);
  const tool = tools.defs.get(file.tool);
  if (tool && (isGraphTool(tool) || tool.kind === 'mcp')) {
    const hint = tool.kind === 'mcp' ? 'give it to an agent' : `use a node of type "${tool.kind}"`;
    const at = source.span([...node.path, 'tool']);
    reporter.report('wrong-value', at, `the tool ${quote(file.tool)} is for agents only`, { hint });
  } else if (tool) {
    checkArguments(node, tool, args, context);
    const seen = toolOutput(tool);
    const writes = writesOf(node, context, wholeText(seen), { kind: 'none' }, seen);
    return { ...base(node, context), kind: 'tool', tool, args, writes };
  }
  if (!tools.names.includes(file.tool)) {
    const hint =
      tools.names.length === 0
        ? `declare it: tools: { ${/^[\w-]+$/.test(file.tool) ? file.tool : 'name'}: { type: function, function: ./file.ts#export } }`
        : didYouMean(file.tool, tools.names, 'tools');
    const at = source.span([...node.path, 'tool']);
    reporter.report('unknown-tool', at, `there is no tool ${quote(file.tool)}`, { hint });
  }
  writesOf(node, context, undefined, { kind: 'none' });
  return undefined;
}

export function readHttp(node: Written, file: NodeFileOf<'http'>, context: NodeContext): HttpNode {
  const timeout = file.timeout === undefined ? DEFAULT_HTTP_TIMEOUT : undefined;
  const request = readRequest(file, node.path, context.values, context, timeout);
  const seen = requestOutput(request);
  const writes = writesOf(node, context, wholeText(seen), { kind: 'none' }, seen);
  return { ...base(node, context), kind: 'http', request, writes };
}
