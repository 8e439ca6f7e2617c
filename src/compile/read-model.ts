import { didYouMean } from '../diagnostic/suggest.ts';
import type { Edge, LlmNode, NodeDef, RouterNode } from './graph.ts';
import type { ModelUse } from './model-call.ts';
import { END } from './names.ts';
import { base, defined, type NodeContext, readSchema, type Written, writesOf } from './read-common.ts';
import { readConversation } from './read-history.ts';
import { readSettings } from './read-models.ts';
import { type Prompt, readPrompt } from './read-prompt.ts';
import { readTypeAt } from './read-state.ts';
import type { NodeFileOf } from './schema.ts';
import { STRING } from './state-type.ts';

type ModelFile = NodeFileOf<'llm'> | NodeFileOf<'router'> | NodeFileOf<'agent'>;

/** Reads what llm and router nodes share: the prompt, the model, its settings. */
export function readCall(
  node: Written,
  file: ModelFile,
  context: NodeContext,
): { prompt: Prompt; call: Omit<LlmNode, 'kind' | 'writes'> } {
  const prompt = readPrompt(file.prompt, [...node.path, 'prompt'], context);
  const { system, user, messages, files, settings } = prompt;
  const asked = defined({ system, user, messages, files });
  const call = { ...base(node, context), ...asked, ...settings, ...readSettings(file) };
  return { prompt, call: { ...call, ...readModel(node, file, prompt, context) } };
}

/** The model of a node: that of the node itself, of its prompt file, or of the graph. */
function readModel(
  node: Written,
  file: ModelFile,
  prompt: Prompt,
  { models, source, reporter }: NodeContext,
): ModelUse {
  const { override, fallback } = models;
  const inNode = { source, path: [...node.path, 'model'] };
  if (override !== undefined) return models.use(override, inNode);
  if (file.model !== undefined) return models.use(file.model, inNode);
  if (prompt.model !== undefined) return models.use(prompt.model, { source: prompt.source ?? source, path: ['model'] });
  if (fallback !== undefined) return models.use(fallback, { source, path: ['model'] });
  if (prompt.unread !== true) {
    const hint = 'set "model:" on the node or at the top of the graph, or STATEWRIGHT_MODEL; "scripted" needs no key';
    reporter.report('missing-model', source.keySpan(node.path), `node "${node.id}" has no model`, { hint });
  }
  return { model: '' };
}

export function readLlm(node: Written, file: NodeFileOf<'llm'>, context: NodeContext): LlmNode {
  const { prompt, call } = readCall(node, file, context);
  const own = readSchema(file.schema, [...node.path, 'schema'], context);
  const inFile = own === undefined && prompt.schema !== undefined && prompt.source;
  const schema = inFile ? readTypeAt(prompt.schema, prompt.schemaPath ?? [], prompt.source, context.reporter) : own;
  const writes = writesOf(node, context, schema ?? STRING, { kind: 'none' });
  const conversation = readConversation(node, file, writes, context);
  return { ...call, kind: 'llm', writes, ...conversation, ...defined({ schema }) };
}

export function readRouter(node: Written, file: NodeFileOf<'router'>, context: NodeContext): RouterNode {
  const { call } = readCall(node, file, context);
  const labels = Object.keys(file.routes);
  const path = [...node.path, 'routes'];
  if (labels.length === 0) {
    const hint = 'write them as "label: node"';
    context.reporter.report('wrong-value', context.source.span(path), `"routes" of node "${node.id}" is empty`, {
      hint,
    });
  }
  if (file.default !== undefined && !labels.includes(file.default)) {
    const hint = `labels: ${labels.join(', ')}`;
    const at = context.source.span([...node.path, 'default']);
    context.reporter.report('wrong-value', at, `"default" of node "${node.id}" is not one of its labels`, { hint });
  }
  const writes = writesOf(node, context, STRING, { kind: 'none' });
  return { ...call, kind: 'router', routes: file.routes, writes, ...defined({ fallback: file.default }) };
}

/** The edges of a router: one per label. Reports targets that do not exist. */
export function routerEdges(
  node: NodeDef,
  nodes: ReadonlyMap<string, NodeDef>,
  context: Pick<NodeContext, 'source' | 'reporter' | 'values'>,
): Edge[] {
  if (node.kind !== 'router') return [];
  return Object.entries(node.routes).flatMap(([label, target]): Edge[] => {
    const path = ['nodes', node.id, 'routes', label];
    const span = context.source.span(path);
    if (target !== END && !nodes.has(target)) {
      const hint = didYouMean(target, [...nodes.keys(), END], 'nodes');
      context.reporter.report('unknown-node', span, `there is no node "${target}"`, { hint });
      return [];
    }
    const expr = context.values.expr(`output == ${JSON.stringify(label)}`, path, { type: 'string' });
    return expr ? [{ from: node.id, to: [target], when: { kind: 'expr', expr }, span }] : [];
  });
}
