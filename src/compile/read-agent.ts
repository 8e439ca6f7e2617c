import { didYouMean, quote } from '../diagnostic/suggest.ts';
import { agentGraph, MODEL_NODE } from './agent-graph.ts';
import type { AgentNode, TurnNode } from './graph.ts';
import { defined, type NodeContext, readSchema, type Written, writesOf } from './read-common.ts';
import { readConversation } from './read-history.ts';
import { readCall } from './read-model.ts';
import type { NodeFileOf } from './schema.ts';
import type { ToolFileOf } from './schema-tools.ts';
import { STRING } from './state-type.ts';
import type { ToolDef } from './tool.ts';

const DEFAULT_TURNS = 10;
const DEFAULT_REPEATS = 2;
const DEFAULT_CONCURRENCY = 8;

type AgentFile = NodeFileOf<'agent'>;

/** The tools that an agent names. */
function readTools(node: Written, file: AgentFile, { tools, source, reporter }: NodeContext): ToolDef[] {
  return (file.tools ?? []).flatMap((name, i): ToolDef[] => {
    const tool = tools.defs.get(name);
    if (tool) return [tool];
    // One that could not be read has a finding of its own.
    if (tools.names.includes(name)) return [];
    const hint = didYouMean(name, tools.names, 'tools');
    const at = source.span([...node.path, 'tools', i]);
    reporter.report('unknown-tool', at, `there is no tool ${quote(name)}`, { hint });
    return [];
  });
}

/** Checks that the names of a list are tools of the agent. */
function checkAmong(key: 'approve' | 'client', node: Written, file: AgentFile, context: NodeContext): Set<string> {
  const own = file.tools ?? [];
  const names = file[key] ?? [];
  names.forEach((name, i) => {
    const at = context.source.span([...node.path, key, i]);
    if (!own.includes(name)) {
      const hint = didYouMean(name, own, 'its tools');
      context.reporter.report('unknown-tool', at, `the agent "${node.id}" has no tool ${quote(name)}`, { hint });
    } else if (key === 'client' && file.approve?.includes(name)) {
      const hint = 'whoever makes the call approves of it; take it out of one of the two';
      context.reporter.report('wrong-value', at, `the tool ${quote(name)} is under "approve" too`, { hint });
    }
  });
  return new Set(names);
}

export function readAgent(node: Written, file: AgentFile | ToolFileOf<'agent'>, context: NodeContext): AgentNode {
  const { call, prompt } = readCall(node, file, context);
  const { model, choices, temperature, maxTokens, topP, seed, stop, retry, timeout, ...rest } = call;
  const own = readSchema(file.schema, [...node.path, 'schema'], context);
  const inFile = own === undefined && prompt.schema !== undefined && prompt.source;
  const schema = inFile ? readSchema(prompt.schema, prompt.schemaPath ?? [], { ...context, source: inFile }) : own;
  const writes = writesOf(node, context, schema ?? STRING, { kind: 'none' });
  const { fit, ...conversation } = readConversation(
    node,
    'history' in file || 'context' in file ? file : {},
    writes,
    context,
  );
  const at = [...node.path, 'concurrencyKey'];
  // The calls of the model are made inside the agent, where the names of the graph around it are not in scope.
  const concurrencyKey =
    file.concurrencyKey === undefined ? undefined : context.values.over({}).text(file.concurrencyKey, at);
  const turn: TurnNode = {
    id: MODEL_NODE,
    tags: [],
    span: call.span,
    kind: 'turn',
    agent: node.id,
    model,
    tools: readTools(node, file, context),
    approve: checkAmong('approve', node, file, context),
    client: checkAmong('client', node, file, context),
    maxTurns: file.maxTurns ?? DEFAULT_TURNS,
    maxRepeats: file.maxRepeats ?? DEFAULT_REPEATS,
    budget: defined({ tokens: file.budget?.tokens, cost: file.budget?.cost }),
    writes: { kind: 'object' },
    // These are of one call of the model: nothing that succeeded before it runs again.
    ...defined({ choices, temperature, maxTokens, topP, seed, stop, schema, retry, timeout, fit, concurrencyKey }),
  };
  const graph = agentGraph(turn, context.source.file, file.concurrency ?? DEFAULT_CONCURRENCY);
  const child = { ...graph, concurrency: context.concurrency };
  return { ...rest, ...conversation, kind: 'agent', child, writes, ...defined({ schema }) };
}
