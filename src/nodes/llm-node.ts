import type { GraphContext } from '../compile/context.ts';
import type { LlmNode, RouterNode } from '../compile/graph.ts';
import type { Fit, ModelSettings } from '../compile/model-call.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import { promptMessages } from '../compile/prompt-messages.ts';
import type { JsonSchema, ValueType } from '../compile/state-type.ts';
import { expressionScope } from '../compile/writes.ts';
import { type Answer, costOf, listen } from '../models/answer.ts';
import {
  type CallSettings,
  type Model,
  ModelError,
  type ModelMessage,
  type ModelPart,
  type ModelRequest,
} from '../models/model.ts';
import { answerSchema, checkFinish, mendRequest, parseAnswer } from './answers.ts';
import { type ModelMeans, modelFor } from './choose-model.ts';
import { type Fitted, fitContext } from './fit-context.ts';
import { historyOf, historyWrites } from './history.ts';
import type { ModelIo } from './node-io.ts';

/** What is said in one call: before the user speaks, and by the user. */
export interface Conversation {
  readonly system: readonly ModelMessage[];
  readonly before: readonly ModelMessage[];
  readonly user: readonly ModelMessage[];
}

function conversationOf(plan: Plan, node: LlmNode | RouterNode, context: GraphContext): Conversation {
  const scope = expressionScope(plan, context, nodeOf(plan, node.id).scope);
  const { system, before, user } = promptMessages(node, scope) as Conversation;
  return { system, before: [...historyOf(plan, node.id, context), ...before], user };
}

export const allOf = ({ system, before, user }: Conversation): ModelMessage[] => [...system, ...before, ...user];

/** What a model is asked. */
export function messagesOf(plan: Plan, node: LlmNode | RouterNode, context: GraphContext): ModelMessage[] {
  return allOf(conversationOf(plan, node, context));
}

/** The item of the innermost map that a body runs for. */
export function itemIn({ thread }: Pick<GraphContext, 'thread'>): Pick<ModelRequest, 'item'> {
  const item = /\[(\d+)\]\/$/.exec(thread.path)?.[1];
  return item === undefined ? {} : { item: Number(item) };
}

/** The settings of a call among the other members of a node. */
export function settingsOf({ temperature, maxTokens, topP, seed, stop }: ModelSettings): CallSettings {
  const all = { temperature, maxTokens, topP, seed, stop };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Tells whoever watches of a part of an answer. */
export function tellPart(io: ModelIo, node: string, part: ModelPart, model: Pick<Model, 'price'>): void {
  if (part.type === 'usage') {
    const cost = costOf(part.usage, model);
    io.notify({ type: 'usage', node, usage: part.usage, ...(cost === undefined ? {} : { cost }) });
  } else if (part.type === 'text') io.notify({ type: 'token', node, text: part.text });
  else if (part.type === 'reasoning') io.notify({ type: 'reasoning', node, text: part.text });
}

/** Who asks a model, and how. */
export interface Asker {
  /** The node, as scripts and messages call it. */
  readonly node: string;
  readonly model: Model;
  readonly request: Omit<ModelRequest, 'messages' | 'schema'>;
  readonly io: ModelIo;
}

function askOnce(asker: Asker, messages: readonly ModelMessage[], schema?: JsonSchema): Promise<Answer> {
  const { node, model, request, io } = asker;
  return listen(model, { ...request, messages, ...(schema ? { schema } : {}) }, part =>
    tellPart(io, node, part, model),
  );
}

/** Asks for a text that nobody but the node sees. */
async function askAside({ node, model, request, io }: Asker, messages: readonly ModelMessage[]): Promise<string> {
  io.notify({ type: 'model-again', node, why: 'summary' });
  const answer = await listen(model, { ...request, messages, settings: {} }, part => {
    if (part.type === 'usage') tellPart(io, node, part, model);
  });
  checkFinish(node, answer, false);
  return answer.text;
}

/** An answer: what the model said, and the value that it is. */
export interface Answered {
  readonly text: string;
  readonly output: unknown;
}

/** Asks for a value that fits. An answer that does not is shown to the model once, with what is wrong with it. */
async function askFor(asker: Asker, schema: ValueType, messages: readonly ModelMessage[]): Promise<Answered> {
  const { node, io } = asker;
  const wanted = answerSchema(schema);
  const first = await askOnce(asker, messages, wanted);
  checkFinish(node, first, true);
  try {
    return { text: first.text, output: parseAnswer(node, schema, first.text) };
  } catch (problem) {
    io.notify({ type: 'model-again', node, why: 'repair' });
    const wrong: ModelMessage[] = first.text === '' ? [] : [{ role: 'assistant', content: first.text }];
    const mend: ModelMessage[] = [...messages, ...wrong, { role: 'user', content: mendRequest(problem) }];
    const { text, ...second } = await askOnce(asker, mend, wanted);
    checkFinish(node, { text, ...second }, true);
    return { text, output: parseAnswer(node, schema, text) };
  }
}

/** Asks a question: what is said is made to fit, and the answer is checked. */
export async function answerTo(
  asker: Asker,
  said: Conversation,
  { schema, fit }: { readonly schema?: ValueType | undefined; readonly fit?: Fit | undefined },
): Promise<Answered & { readonly fitted: Fitted }> {
  const fitted = await fitContext(allOf(said), fit, messages => askAside(asker, messages));
  if (schema) return { ...(await askFor(asker, schema, fitted.messages)), fitted };
  const answer = await askOnce(asker, fitted.messages);
  checkFinish(asker.node, answer, false);
  return { text: answer.text, output: answer.text, fitted };
}

function askerOf(node: LlmNode | RouterNode, context: GraphContext, means: ModelMeans, io: ModelIo): Asker {
  const { id } = node;
  const model = modelFor(node, `node "${id}"`, means, io);
  const { signal } = io.context;
  return {
    node: id,
    model,
    io,
    request: { node: id, ...itemIn(context), model: node.model, signal, settings: settingsOf(node) },
  };
}

/** Asks the model of a node. The result is the text, or the value that the schema describes. */
export async function runLlm(
  plan: Plan,
  node: LlmNode,
  context: GraphContext,
  means: ModelMeans,
  io: ModelIo,
): Promise<unknown> {
  const said = conversationOf(plan, node, context);
  const { text, output, fitted } = await answerTo(askerOf(node, context, means, io), said, node);
  if (node.history === undefined) return output;
  const added: ModelMessage[] = [...said.user, { role: 'assistant', content: text }];
  return { output, messages: historyWrites(added, historyOf(plan, node.id, context), fitted, node.id) };
}

/** The label that an answer names: `{ "route": label }`, or the label alone, whatever its case. */
function labelIn(text: string, labels: readonly string[]): string | undefined {
  let named: unknown = text.trim();
  try {
    const parsed: unknown = JSON.parse(text);
    named = typeof parsed === 'object' && parsed !== null ? (parsed as { route?: unknown }).route : parsed;
  } catch {
    // Not JSON: the text itself is the label.
  }
  return (
    labels.find(label => label === named) ?? labels.find(label => label.toLowerCase() === String(named).toLowerCase())
  );
}

/** Asks the model of a router for a label. */
export async function runRouter(
  plan: Plan,
  node: RouterNode,
  context: GraphContext,
  means: ModelMeans,
  io: ModelIo,
): Promise<string> {
  const labels = Object.keys(node.routes);
  const schema = {
    type: 'object',
    properties: { route: { enum: labels } },
    required: ['route'],
    additionalProperties: false,
  };
  const answer = await askOnce(askerOf(node, context, means, io), messagesOf(plan, node, context), schema);
  checkFinish(node.id, answer, false);
  const label = labelIn(answer.text, labels) ?? node.fallback;
  if (label !== undefined) return label;
  const shown = JSON.stringify(answer.text.slice(0, 200));
  throw new ModelError(
    'answer-route',
    `the answer of node "${node.id}" is ${shown}, which is none of its labels: ${labels.join(', ')}`,
  );
}
