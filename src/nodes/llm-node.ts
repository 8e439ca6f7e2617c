import { type GraphContext, GraphRunError } from '../compile/context.ts';
import type { LlmNode, RouterNode } from '../compile/graph.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import type { JsonSchema, ValueType } from '../compile/state-type.ts';
import { expressionScope } from '../compile/writes.ts';
import { listen } from '../models/answer.ts';
import {
  type CallSettings,
  type Model,
  ModelError,
  type ModelMessage,
  type ModelPart,
  type ModelRequest,
  type Models,
  modelNamed,
} from '../models/model.ts';
import type { NodeIo } from './node-io.ts';

/** What a model is asked. */
export function messagesOf(plan: Plan, node: LlmNode | RouterNode, context: GraphContext): ModelMessage[] {
  const scope = expressionScope(plan, context, nodeOf(plan, node.id).scope);
  const system: ModelMessage[] = node.system ? [{ role: 'system', content: node.system.render(scope) }] : [];
  const user: ModelMessage[] = node.user ? [{ role: 'user', content: node.user.render(scope) }] : [];
  return [...system, ...user];
}

/** The object that an answer is. Throws when it does not fit; `node` is who asked. */
export function parseAnswer(node: string, schema: ValueType, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ModelError(
      'answer-not-json',
      `the answer of node "${node}" is not JSON: ${JSON.stringify(text.slice(0, 200))}`,
      { cause },
    );
  }
  const problems = schema.check(value);
  if (problems.length === 0) return value;
  throw new ModelError('answer-schema', `the answer of node "${node}" does not fit its schema: ${problems.join('; ')}`);
}

/** The model with a name. Throws when there is none; `node` is who asks. */
export function modelFor(models: Models, name: string, node: string): Model {
  const model = modelNamed(models, name);
  if (model) return model;
  const known = Object.keys(models).join(', ') || 'none';
  const scripted = 'give it replies with --script, or scriptedModel(…) in "models"';
  const advice = name === 'scripted' ? scripted : `models at hand: ${known}`;
  throw new GraphRunError('missing-model', `there is no model "${name}" for node "${node}"; ${advice}`);
}

/** Asks a model, sending text on as it arrives. Gives the whole text. */
async function askModel(
  plan: Plan,
  node: LlmNode | RouterNode,
  context: GraphContext,
  models: Models,
  io: NodeIo,
  schema: JsonSchema | undefined,
): Promise<string> {
  const model = modelFor(models, node.model, node.id);
  const request: ModelRequest = {
    node: node.id,
    ...itemIn(context),
    model: node.model,
    messages: messagesOf(plan, node, context),
    signal: io.context.signal,
    settings: settingsOf(node),
    ...(schema ? { schema } : {}),
  };
  const { text } = await listen(model, request, part => tellPart(io, node.id, part));
  return text;
}

/** The item of the innermost map that a body runs for. */
export function itemIn({ thread }: Pick<GraphContext, 'thread'>): Pick<ModelRequest, 'item'> {
  const item = /\[(\d+)\]\/$/.exec(thread.path)?.[1];
  return item === undefined ? {} : { item: Number(item) };
}

export function settingsOf({ temperature, maxTokens }: Pick<LlmNode, 'temperature' | 'maxTokens'>): CallSettings {
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  };
}

/** Tells whoever watches of a part of an answer. */
export function tellPart(io: NodeIo, node: string, part: ModelPart): void {
  if (part.type === 'usage') io.notify({ type: 'usage', node, usage: part.usage });
  else if (part.type === 'text') io.notify({ type: 'token', node, text: part.text });
  else if (part.type === 'reasoning') io.notify({ type: 'reasoning', node, text: part.text });
}

/** Asks the model of a node. The result is the text, or the object the schema describes. */
export async function runLlm(
  plan: Plan,
  node: LlmNode,
  context: GraphContext,
  models: Models,
  io: NodeIo,
): Promise<unknown> {
  const text = await askModel(plan, node, context, models, io, node.schema?.schema);
  return node.schema ? parseAnswer(node.id, node.schema, text) : text;
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
  models: Models,
  io: NodeIo,
): Promise<string> {
  const labels = Object.keys(node.routes);
  const schema = {
    type: 'object',
    properties: { route: { enum: labels } },
    required: ['route'],
    additionalProperties: false,
  };
  const text = await askModel(plan, node, context, models, io, schema);
  const label = labelIn(text, labels) ?? node.fallback;
  if (label !== undefined) return label;
  const shown = JSON.stringify(text.slice(0, 200));
  throw new ModelError(
    'answer-route',
    `the answer of node "${node.id}" is ${shown}, which is none of its labels: ${labels.join(', ')}`,
  );
}
