/**
 * The graph that an agent is: the model, then the tool calls that it asks for, then the model again.
 *
 *     START -> model -> tools -> model -> … -> END
 *
 * It is planned and emitted like any graph: each call of the model is a node, each call of a tool an item of a map, so
 * that each is checkpointed, visible, and may wait for a person without keeping the others from going on.
 */
import type { Span } from '../diagnostic/diagnostic.ts';
import { createReporter } from '../diagnostic/diagnostic.ts';
import { exitsOf } from './exits.ts';
import type { Expr, Scope } from './expr.ts';
import type {
  AgentNode,
  CallNode,
  Edge,
  GraphDef,
  InterruptNode,
  MapNode,
  NodeDef,
  StateKey,
  TurnNode,
  Value,
  Writes,
} from './graph.ts';
import { END, START } from './names.ts';
import { asMessages, promptMessages } from './prompt-messages.ts';
import { ANY, type JsonSchema, readType } from './state-type.ts';
import type { Text } from './text.ts';
import { isGraphTool, type ToolDef } from './tool.ts';

/** A call of a tool as the agent's model asked for it. */
export interface ToolCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
  /** Why it cannot be made. */
  readonly invalid?: string;
  /** Who must do something before, or instead. */
  readonly gate?: 'approve' | 'client';
}

/** The names of the two nodes of an agent's graph. */
export const MODEL_NODE = 'model';
export const TOOLS_NODE = 'tools';

/** A value that is worked out by the compiler's own code. */
function native(source: string, names: readonly string[], evaluate: (scope: Scope) => unknown): Value {
  const expr: Expr = {
    source,
    type: 'dyn',
    names: new Set(names),
    reads: { paths: [], constants: [] },
    // No check looks into a graph that the compiler made.
    tree: { op: 'value', args: null } as unknown as Expr['tree'],
    evaluate,
  };
  return { kind: 'expr', expr };
}

const NOWHERE: Span = { file: '', start: 0, end: 0 };

function key(name: string, merge: StateKey['merge'], initial: unknown, required = false): StateKey {
  return { name, type: ANY, merge, required, initial, span: NOWHERE };
}

const put = (name: string, value: Value): Writes => ({ kind: 'map', entries: [{ key: name, value }] });

const shared = (id: string, span: Span): { id: string; tags: readonly string[]; span: Span } => ({
  id,
  tags: [],
  span,
});

/** A person's word on a call: yes or no, or what to do, with other arguments or a reason. */
const DECISION: JsonSchema = {
  anyOf: [
    { type: 'boolean' },
    { enum: ['approve', 'reject'] },
    {
      type: 'object',
      properties: {
        action: { enum: ['approve', 'edit', 'reject'] },
        input: {},
        reason: { type: 'string' },
      },
      required: ['action'],
      additionalProperties: false,
    },
  ],
};

interface Decision {
  readonly action: 'approve' | 'edit' | 'reject';
  readonly input?: unknown;
  readonly reason?: string;
}

function decisionOf(answer: unknown): Decision {
  if (answer !== null && typeof answer === 'object') return answer as Decision;
  return { action: answer === true || answer === 'approve' ? 'approve' : 'reject' };
}

/** The node that takes the errors of graphs. */
const FAILED_NODE = 'failed';

/** The nodes around a call; the tools that are graphs are nodes beside them. */
export const CALL_NODES: readonly string[] = ['approve', 'client', 'run', FAILED_NODE];

/** Whether a call is one of a tool, and can be made. */
const isFor = ({ toolName, invalid }: ToolCall, tool: string): boolean => toolName === tool && invalid === undefined;

const callIn = (scope: Scope): ToolCall => scope.call as ToolCall;

function resultPart({ toolCallId, toolName }: ToolCall, output: object): object {
  return { type: 'tool-result', toolCallId, toolName, output };
}

function callText(before: string): Text {
  return {
    source: `${before} {{ call }}`,
    names: new Set(['call']),
    render: scope => {
      const { toolName, input } = callIn(scope);
      return `${before} ${toolName}(${JSON.stringify(input)})`;
    },
  };
}

function approveNode(span: Span): InterruptNode {
  const edited = native('the call, with other arguments when they were given', ['call', 'output'], scope => {
    const { action, input } = decisionOf(scope.output);
    return action === 'edit' ? { ...callIn(scope), input: input ?? {} } : callIn(scope);
  });
  const rejected = native('what the model is told of a rejection', ['call', 'output'], scope => {
    const { action, reason } = decisionOf(scope.output);
    if (action !== 'reject') return null;
    const why = reason === undefined ? '' : `: ${reason}`;
    return resultPart(callIn(scope), { type: 'error-text', value: `the call was rejected${why}` });
  });
  return {
    ...shared('approve', span),
    kind: 'interrupt',
    message: callText('Approve'),
    data: native('call', ['call'], callIn),
    schema: readType(DECISION, () => {}),
    writes: {
      kind: 'map',
      entries: [
        { key: 'call', value: edited },
        { key: 'output', value: rejected },
      ],
    },
  };
}

function clientNode(span: Span): InterruptNode {
  const result = native('the result that was given', ['call', 'output'], scope =>
    resultPart(callIn(scope), { type: 'json', value: scope.output ?? null }),
  );
  return {
    ...shared('client', span),
    kind: 'interrupt',
    message: callText('Call'),
    data: native('call', ['call'], callIn),
    writes: put('output', result),
  };
}

function graphOf(name: string, file: string, state: StateKey[], nodes: NodeDef[], edges: Edge[]): GraphDef {
  const byId = new Map(nodes.map(node => [node.id, node]));
  // Its shape is ours: there is nothing to report.
  const exits = exitsOf(edges, byId, createReporter());
  return { name, file, state, nodes: byId, edges, exits, maxVisits: 1_000_000, madeForItem: true };
}

/** The nodes of the tools that are graphs of their own, each under the name of its tool. */
function graphNodes(tools: readonly ToolDef[]): NodeDef[] {
  const result = (name: string): Writes =>
    put(
      'output',
      native(`the result of ${name}`, ['call', 'output'], scope =>
        resultPart(callIn(scope), { type: 'json', value: scope.output ?? null }),
      ),
    );
  return tools.filter(isGraphTool).map((tool): NodeDef => {
    const own = { onError: FAILED_NODE, writes: result(tool.name) };
    if (tool.kind === 'agent') return { ...tool.agent, ...own, ofCall: true };
    const input = tool.child.state.map(({ name }) => ({
      name,
      value: native(`call.input.${name}`, ['call'], scope => (callIn(scope).input as Record<string, unknown>)[name]),
    }));
    return { ...shared(tool.name, tool.span), kind: 'graph', child: tool.child, input, ...own };
  });
}

/** Tells the model of a graph that failed. */
function failedNode(span: Span): NodeDef {
  const told = native('the error, for the model', ['call', 'error'], scope =>
    resultPart(callIn(scope), { type: 'error-text', value: (scope.error as { message: string }).message }),
  );
  return { ...shared(FAILED_NODE, span), kind: 'set', writes: put('output', told) };
}

/** What runs for one call of a tool that may wait: for approval, for the client, for a graph of its own. */
function callGraph(call: CallNode, tools: readonly ToolDef[], file: string): GraphDef {
  const { span } = call;
  const graphs = graphNodes(tools);
  const toGraph = (from: string): Edge[] =>
    graphs.map(({ id }) => ({ from, to: [id], when: when(`calls ${id}`, s => isFor(callIn(s), id)), span }));
  const when = (source: string, test: (scope: Scope) => boolean): Value => native(source, ['call', 'output'], test);
  const edges: Edge[] = [
    { from: START, to: ['approve'], when: when('to be approved', s => callIn(s).gate === 'approve'), span },
    { from: START, to: ['client'], when: when('made by the client', s => callIn(s).gate === 'client'), span },
    ...toGraph(START),
    { from: START, to: ['run'], span },
    { from: 'approve', to: [END], when: when('rejected', s => decisionOf(s.output).action === 'reject'), span },
    ...toGraph('approve'),
    { from: 'approve', to: ['run'], span },
    { from: 'client', to: [END], span },
    { from: 'run', to: [END], span },
    ...[...graphs.map(g => g.id), ...(graphs.length > 0 ? [FAILED_NODE] : [])].map(
      (id): Edge => ({ from: id, to: [END], span }),
    ),
  ];
  const state = [key('call', 'replace', null, true), key('output', 'replace', null)];
  const failed = graphs.length > 0 ? [failedNode(span)] : [];
  const nodes = [approveNode(span), clientNode(span), { ...call, id: 'run' }, ...graphs, ...failed];
  return { ...graphOf('call', file, state, nodes, edges), output: ['output'] };
}

/** The map over the calls of a turn. */
function toolsNode(turn: TurnNode, file: string, concurrency: number): MapNode {
  const { span, tools } = turn;
  const call: CallNode = {
    ...shared(TOOLS_NODE, span),
    kind: 'call',
    tools: tools.filter(tool => !isGraphTool(tool)),
    writes: { kind: 'key', key: 'output' },
  };
  const waits = turn.approve.size > 0 || turn.client.size > 0 || tools.some(isGraphTool);
  const oneNode = (): GraphDef => {
    const state = [
      key('call', 'replace', null, true),
      key('index', 'replace', null, true),
      key('output', 'replace', null),
    ];
    const edges: Edge[] = [
      { from: START, to: [TOOLS_NODE], span },
      { from: TOOLS_NODE, to: [END], span },
    ];
    return { ...graphOf(TOOLS_NODE, file, state, [call], edges), output: ['output'] };
  };
  const given = { name: 'call', value: native('call', ['call'], callIn) };
  const message = native('what the tools gave', ['output'], scope => {
    const { results } = scope.output as { results: readonly object[] };
    const content = results.map(r => ('toolCallId' in r ? r : (r as { output: unknown }).output));
    return [{ role: 'tool', content }];
  });
  return {
    ...shared(TOOLS_NODE, span),
    kind: 'map',
    over: native('calls', ['calls'], scope => scope.calls),
    as: 'call',
    concurrency,
    result: 'dyn',
    item: waits
      ? { graph: callGraph(call, tools, file), inline: false, bare: false, input: [given] }
      : { graph: oneNode(), inline: true, bare: true, input: [] },
    writes: put('messages', message),
  };
}

/** Makes the graph of an agent. */
export function agentGraph(turn: TurnNode, file: string, concurrency: number): GraphDef {
  const { span } = turn;
  const state = [
    key('system', 'replace', null),
    key('messages', 'append', [], true),
    key('calls', 'replace', []),
    key('again', 'replace', false),
    key('heard', 'replace', 0),
    key('said', 'replace', []),
    key('turns', 'sum', 0),
    key('tokens', 'sum', 0),
    key('cost', 'sum', 0),
    key('output', 'replace', null),
  ];
  const asked = native('calls are to be made', ['calls'], s => (s.calls as readonly unknown[]).length > 0);
  const again = native('the answer is to be mended', ['again'], s => s.again === true);
  const edges: Edge[] = [
    { from: START, to: [MODEL_NODE], span },
    { from: MODEL_NODE, to: [TOOLS_NODE], when: asked, span },
    { from: MODEL_NODE, to: [MODEL_NODE], when: again, span },
    { from: MODEL_NODE, to: [END], span },
    { from: TOOLS_NODE, to: [MODEL_NODE], span },
  ];
  const graph = graphOf(turn.agent, file, state, [turn, toolsNode(turn, file, concurrency)], edges);
  return { ...graph, output: ['output', 'said', 'turns'] };
}

/** What the graph of an agent begins with. */
export function agentInput(agent: AgentNode, names: Scope): Record<string, unknown> {
  const { system, before, user } = promptMessages(agent, agent.ofCall ? (callIn(names).input as Scope) : names);
  const [told] = system;
  const heard = agent.history === undefined ? [] : asMessages(names[agent.history], `the history "${agent.history}"`);
  return { messages: [...heard, ...before, ...user], heard: heard.length, ...(told ? { system: told.content } : {}) };
}
