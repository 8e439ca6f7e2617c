/** The bodies of an agent's graph: one call of its model, one call of a tool. */
import type { ToolCall } from '../compile/agent-graph.ts';
import { type GraphContext, GraphRunError } from '../compile/context.ts';
import type { CallNode, TurnNode } from '../compile/graph.ts';
import { isCallOf, isGraphTool, type ToolDef } from '../compile/tool.ts';
import { type Answer, listen } from '../models/answer.ts';
import type {
  ContentPart,
  ModelMessage,
  ModelRequest,
  ModelTool,
  ToolOutput,
  ToolResultPart,
} from '../models/model.ts';
import { answerSchema, checkFinish, mendRequest, parseAnswer } from './answers.ts';
import { type ModelMeans, modelFor } from './choose-model.ts';
import { fitContext } from './fit-context.ts';
import { historyWrites } from './history.ts';
import { itemIn, settingsOf, tellPart } from './llm-node.ts';
import type { ToolIo, World } from './world.ts';

/** What an agent's graph knows between its turns. */
interface AgentState {
  readonly system: string | null;
  readonly messages: readonly ModelMessage[];
  /** How many of them were said before the agent began. */
  readonly heard: number;
  readonly turns: number;
  readonly tokens: number;
  readonly cost: number;
  /** The answer was wrong, and the model was asked to mend it. */
  readonly again: boolean;
}

function checkBudget({ agent, maxTurns, budget }: TurnNode, { turns, tokens, cost }: AgentState): void {
  const stop = (code: string, what: string): never => {
    throw new GraphRunError(code, `the agent "${agent}" ${what}`);
  };
  if (turns >= maxTurns) stop('max-turns', `asked its model ${turns} times, which is its "maxTurns"`);
  if (budget.tokens !== undefined && tokens >= budget.tokens)
    stop('token-budget', `used ${tokens} tokens; its budget is ${budget.tokens}`);
  if (budget.cost !== undefined && cost >= budget.cost)
    stop('cost-budget', `cost ${cost}; its budget is ${budget.cost}`);
}

const signature = (tool: string, input: unknown): string => `${tool}(${JSON.stringify(input)})`;

/** How many turns in a row, up to the newest, made a call. */
function timesInRow(call: string, messages: readonly ModelMessage[]): number {
  let times = 0;
  for (let i = messages.length - 1; i >= 0; i--) {
    const { role, content } = messages[i] as ModelMessage;
    if (role !== 'assistant') continue;
    const parts = typeof content === 'string' ? [] : content;
    if (!parts.some(p => p.type === 'tool-call' && signature(p.toolName, p.input) === call)) return times;
    times++;
  }
  return times;
}

function checkRepeats({ agent, maxRepeats }: TurnNode, calls: readonly ToolCall[], state: AgentState): void {
  for (const { toolName, input } of calls) {
    const call = signature(toolName, input);
    const made = timesInRow(call, state.messages);
    if (made < maxRepeats) continue;
    const times = `${made + 1} times in a row`;
    throw new GraphRunError('repeated-call', `the agent "${agent}" asked for ${call.slice(0, 200)} ${times}`);
  }
}

async function toolsFor(tools: readonly ToolDef[], world: World, io: ToolIo): Promise<ModelTool[]> {
  const lists = tools.map(async (tool): Promise<readonly ModelTool[]> => {
    if (tool.kind === 'mcp') return world.mcpTools(tool, io);
    const described = tool.description === undefined ? {} : { description: tool.description };
    return [{ name: tool.name, ...described, input: world.toolInput(tool, io) }];
  });
  return (await Promise.all(lists)).flat();
}

function callsOf(node: TurnNode, answer: Answer, offered: readonly ModelTool[]): ToolCall[] {
  return answer.calls.map(({ id, name, input, invalid }): ToolCall => {
    const tool = offered.some(t => t.name === name) ? node.tools.find(t => isCallOf(t, name)) : undefined;
    const names = offered.map(t => t.name).join(', ') || 'none';
    const why = tool ? (invalid ?? misfit(tool, input)) : `there is no tool "${name}"; tools: ${names}`;
    const own = tool?.name ?? name;
    const gate = node.approve.has(own) ? 'approve' : node.client.has(own) ? 'client' : undefined;
    return {
      toolCallId: id,
      toolName: name,
      input,
      ...(why === undefined ? (gate === undefined ? {} : { gate }) : { invalid: why }),
    };
  });
}

/** Why a graph cannot be run with these arguments; other tools check theirs when they are called. */
function misfit(tool: ToolDef, input: unknown): string | undefined {
  const problems = isGraphTool(tool) ? (tool.input?.check(input) ?? []) : [];
  const what = `the arguments of the tool "${tool.name}" do not fit`;
  return problems.length === 0 ? undefined : `${what}: ${problems.join('; ')}`;
}

function messageOf(answer: Answer): ModelMessage {
  if (answer.calls.length === 0) return { role: 'assistant', content: answer.text };
  const text: ContentPart[] = answer.text === '' ? [] : [{ type: 'text', text: answer.text }];
  const calls = answer.calls.map(
    ({ id, name, input }): ContentPart => ({ type: 'tool-call', toolCallId: id, toolName: name, input: input ?? {} }),
  );
  return { role: 'assistant', content: [...text, ...calls] };
}

/** What the model is told of an answer that does not fit, once. */
function mend(node: TurnNode, answer: Answer, again: boolean): { output: unknown } | { message: ModelMessage } {
  try {
    return { output: node.schema ? parseAnswer(node.agent, node.schema, answer.text) : answer.text };
  } catch (problem) {
    if (again) throw problem;
    return { message: { role: 'user', content: mendRequest(problem) } };
  }
}

/** Asks the model of an agent once. The result is what changes in the agent's state. */
export async function runTurn(
  node: TurnNode,
  context: GraphContext,
  means: ModelMeans,
  world: World,
  io: ToolIo,
): Promise<object> {
  const state = context.state as unknown as AgentState;
  checkBudget(node, state);
  const model = modelFor(node, `the agent "${node.agent}"`, means, io);
  const system: ModelMessage[] = state.system === null ? [] : [{ role: 'system', content: state.system }];
  const tools = await toolsFor(node.tools, world, io);
  const asked = {
    node: node.agent,
    // The agent's own name ends the path; before it stands the item it works for.
    ...itemIn({ thread: { ...context.thread, path: context.thread.path.replace(/[^/]+\/$/, '') } }),
    model: node.model,
    signal: io.context.signal,
    settings: settingsOf(node),
  };
  const aside = async (messages: readonly ModelMessage[]): Promise<string> => {
    io.notify({ type: 'model-again', node: io.context.node, why: 'summary' });
    return (await listen(model, { ...asked, messages }, part => tellPart(io, io.context.node, part, model))).text;
  };
  const fitted = await fitContext([...system, ...state.messages], node.fit, aside);
  const request: ModelRequest = {
    ...asked,
    messages: fitted.messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...(node.schema ? { schema: answerSchema(node.schema) } : {}),
  };
  const answer = await listen(model, request, part => tellPart(io, io.context.node, part, model));
  checkFinish(node.agent, answer, node.schema !== undefined && answer.calls.length === 0);
  const { inputTokens, outputTokens } = answer.usage;
  const counted = { turns: 1, tokens: inputTokens + outputTokens, cost: answer.cost ?? 0 };
  const said = messageOf(answer);
  const calls = callsOf(node, answer, tools);
  if (calls.length > 0) {
    checkRepeats(node, calls, state);
    return { ...counted, messages: [said], calls, again: false };
  }
  const mended = mend(node, answer, state.again);
  if ('message' in mended) return { ...counted, messages: [said, mended.message], calls, again: true };
  const history = state.messages.slice(0, state.heard);
  const added = historyWrites([...state.messages.slice(state.heard), said], history, fitted, node.agent);
  return { ...counted, messages: [said], calls, again: false, output: mended.output, said: added };
}

function outputOf(value: unknown): ToolOutput {
  return typeof value === 'string' ? { type: 'text', value } : { type: 'json', value: value ?? null };
}

/** Calls a tool for an agent. What it throws is told to the model; only a cancel is not. */
export async function runCall(
  node: CallNode,
  context: GraphContext,
  world: World,
  io: ToolIo,
): Promise<ToolResultPart> {
  const { toolCallId, toolName, input, invalid } = context.state.call as ToolCall;
  const told = { node: io.context.node, tool: toolName, id: toolCallId };
  io.notify({ type: 'tool-call', ...told, input });
  const call = async (): Promise<ToolOutput> => {
    const tool = node.tools.find(t => isCallOf(t, toolName));
    if (invalid !== undefined || !tool)
      return { type: 'error-text', value: invalid ?? `there is no tool "${toolName}"` };
    try {
      const called = tool.kind === 'mcp' ? world.callMcp(tool, toolName, input, io) : world.callTool(tool, input, io);
      return outputOf(await called);
    } catch (thrown) {
      if (io.context.signal.aborted) throw thrown;
      return { type: 'error-text', value: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  };
  const output = await call();
  io.notify({ type: 'tool-result', ...told, output });
  return { type: 'tool-result', toolCallId, toolName, output };
}
