import { type GraphContext, GraphRunError } from '../compile/context.ts';
import type { LlmNode } from '../compile/graph.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import { expressionScope } from '../compile/writes.ts';
import { ModelError, type ModelMessage, type ModelRequest, type Models, modelNamed } from '../models/model.ts';
import type { NodeIo } from './node-io.ts';

function messagesOf(plan: Plan, node: LlmNode, context: GraphContext): ModelMessage[] {
  const scope = expressionScope(plan, context, nodeOf(plan, node.id).scope);
  const system: ModelMessage[] = node.system ? [{ role: 'system', content: node.system.render(scope) }] : [];
  const user: ModelMessage[] = node.user ? [{ role: 'user', content: node.user.render(scope) }] : [];
  return [...system, ...user];
}

function parseAnswer(node: LlmNode, text: string): unknown {
  if (!node.schema) return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ModelError(
      'answer-not-json',
      `the answer of node "${node.id}" is not JSON: ${JSON.stringify(text.slice(0, 200))}`,
      { cause },
    );
  }
  const problems = node.schema.check(value);
  if (problems.length === 0) return value;
  throw new ModelError(
    'answer-schema',
    `the answer of node "${node.id}" does not fit its schema: ${problems.join('; ')}`,
  );
}

/** Asks the model of a node, sending text on as it arrives. The result is the text, or the object the schema describes. */
export async function runLlm(
  plan: Plan,
  node: LlmNode,
  context: GraphContext,
  models: Models,
  io: NodeIo,
): Promise<unknown> {
  const model = modelNamed(models, node.model);
  if (!model) {
    const known = Object.keys(models).join(', ') || 'none';
    const advice =
      node.model === 'scripted'
        ? 'give it replies with --script, or scriptedModel(…) in "models"'
        : `models at hand: ${known}`;
    throw new GraphRunError('missing-model', `there is no model "${node.model}" for node "${node.id}"; ${advice}`);
  }
  const request: ModelRequest = {
    node: node.id,
    model: node.model,
    messages: messagesOf(plan, node, context),
    signal: io.context.signal,
    ...(node.schema ? { schema: node.schema.schema } : {}),
    ...(node.temperature === undefined ? {} : { temperature: node.temperature }),
    ...(node.maxTokens === undefined ? {} : { maxTokens: node.maxTokens }),
  };
  let text = '';
  for await (const part of model.stream(request)) {
    if (part.type === 'usage') io.notify({ type: 'usage', node: node.id, usage: part.usage });
    else {
      text += part.text;
      io.notify({ type: 'token', node: node.id, text: part.text });
    }
  }
  return parseAnswer(node, text);
}
