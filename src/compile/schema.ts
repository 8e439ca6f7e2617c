/**
 * The language, once. Types, the JSON Schema for editors, the docs' tables and the first checks derive from here.
 */
import { z } from 'zod';
import { agentKeys, conversation, modelCall, models } from './schema-model.ts';
import { duration, expression, json, output, schemaOf, text, type } from './schema-parts.ts';
import { anyTool, request, worker } from './schema-tools.ts';

const retry = z
  .union([
    z.int().min(1),
    z.strictObject({
      attempts: z.int().min(1).describe('How often in all, the first time included.'),
      delay: duration.optional().describe('The first wait. Default: 1s.'),
      factor: z.number().min(1).optional().describe('Each wait is this many times the one before. Default: 2.'),
      maxDelay: duration.optional().describe('No wait is longer. Default: 1m.'),
      jitter: z
        .union([z.boolean(), z.number().min(0).max(1)])
        .optional()
        .describe('Takes a random share off each wait: true for up to a half, or the share. Default: none.'),
      on: z
        .union([z.string(), z.array(z.string()).min(1)])
        .optional()
        .describe('Names or codes of the errors to try again. Default: all that may pass.'),
    }),
  ])
  .describe('How often a failed body is tried again, and after which waits. A number alone is `attempts`.');

const cache = z
  .union([
    z.boolean(),
    z.strictObject({
      ttl: duration.optional().describe('How long a result is used again. Default: as long as the cache keeps it.'),
      key: expression.optional().describe('What makes two calls the same. Default: all that the body is given.'),
    }),
  ])
  .describe('Uses the result of an earlier run of this node with the same input.');

/** Keys of every node. */
const everyNode = {
  description: z.string().optional().describe('A sentence for people; shown in drawings.'),
  tags: z.array(z.string()).optional().describe('Words to find the node by.'),
  maxVisits: z.int().min(1).optional().describe('How often the node may be entered in one run.'),
  onLimit: z
    .string()
    .optional()
    .describe('Where to go instead of one visit more: a node or END. Without it the run fails.'),
  join: z
    .union([z.literal('all'), z.literal('any'), z.int().min(1)])
    .optional()
    .describe(
      'How many of the branches that meet here are waited for; the rest are cancelled. Default: all that were taken.',
    ),
  route: z
    .enum(['first', 'all'])
    .optional()
    .describe('Which edges with a true `when` are taken: the first (default) or all.'),
};

/** Keys of every node that has a result. */
const common = { ...everyNode, output: output.optional() };

/** Keys of every node that may fail or take its time. */
const timed = {
  ...common,
  retry: retry.optional(),
  timeout: duration.optional().describe('How long one attempt may take.'),
  deadline: duration.optional().describe('How long all attempts and the waits between them may take.'),
  interruptBefore: z.boolean().optional().describe('Waits for a `resume` before the body runs.'),
  interruptAfter: z
    .boolean()
    .optional()
    .describe('Waits for a `resume` after the body ran: its writes stand, the way on is not chosen yet.'),
  onError: z
    .string()
    .optional()
    .describe('What an error does: `fail` (default), `continue` without a result, or go to a node or END.'),
};

/** Keys of every node with a body. */
const body = {
  ...timed,
  cache: cache.optional(),
  concurrencyKey: text
    .optional()
    .describe('Bodies with the same key take turns, over all threads: one at a time, or as many as `limits` says.'),
};

const input = z
  .record(z.string(), expression)
  .optional()
  .describe('What the node is given: a map from name to expression. Default: the whole state.');

/** The node of a map. It is checked by its own kind; editors see it as any node. */
const itemNode = z.record(z.string(), json).meta({ id: 'ItemNode' });

const expires = z
  .strictObject({
    after: duration.describe('How long the answer may take.'),
    value: json.describe('The answer that is taken then, as it stands.'),
  })
  .describe('A default answer for when nobody answers in time.');

/** The node kinds with their keys. A kind that is added here fails to compile wherever it is not handled yet. */
export const nodeKinds = {
  function: z.strictObject({
    type: z.literal('function').describe('Calls a TypeScript or JavaScript function.'),
    function: z.string().describe('`./file.ts#export`, relative to the graph, or a registered name.'),
    input,
    worker,
    ...body,
  }),
  set: z.strictObject({
    type: z.literal('set').describe('Writes values into the state.'),
    set: z.record(z.string(), expression).describe('A map from state key to expression.'),
    ...everyNode,
  }),
  llm: z.strictObject({
    type: z.literal('llm').describe('Asks a language model once.'),
    ...modelCall,
    schema: schemaOf.optional(),
    ...conversation,
    ...body,
  }),
  router: z.strictObject({
    type: z.literal('router').describe('Asks a language model which way to go.'),
    ...modelCall,
    routes: z
      .record(z.string().min(1), z.string())
      .describe('A map from label to node or END; the answer is one of the labels, and `output` is that label.'),
    default: z
      .string()
      .optional()
      .describe('The label that is taken when the answer is none of them. Default: an error.'),
    ...body,
  }),
  interrupt: z.strictObject({
    type: z.literal('interrupt').describe('Waits for a person.'),
    message: text.describe('What the person is asked.'),
    data: expression.optional().describe('What the question is about, for whoever shows it.'),
    schema: schemaOf.optional(),
    expires: expires.optional(),
    ...common,
  }),
  tool: z.strictObject({
    type: z.literal('tool').describe('Calls a tool that the graph declares under `tools`.'),
    tool: z.string().describe('The name of the tool.'),
    args: z
      .record(z.string(), expression)
      .optional()
      .describe('What the tool is given: a map from name to expression, checked against its `input`.'),
    ...body,
  }),
  http: z.strictObject({
    type: z.literal('http').describe('Sends an HTTP request.'),
    ...request,
    ...body,
  }),
  graph: z.strictObject({
    type: z.literal('graph').describe('Runs another graph as a child of its own.'),
    graph: z.string().describe('The file of the graph, relative to this one.'),
    input: z
      .record(z.string(), expression)
      .optional()
      .describe("What the child is given: a map from its state key to an expression over this graph's state."),
    ...timed,
  }),
  agent: z.strictObject({
    type: z.literal('agent').describe('Lets a language model work with tools until it has an answer.'),
    ...agentKeys,
    ...conversation,
    ...timed,
  }),
  map: z.strictObject({
    type: z.literal('map').describe('Runs a node or a graph for each item of a list.'),
    over: expression.describe(
      'The items: an expression for a list, or for an object whose members are `{ key, value }`; or a list.',
    ),
    as: z.string().optional().describe('The name of the item in what runs for it. Default: `item`.'),
    node: itemNode.optional().describe('The node that runs for each item.'),
    graph: z.string().optional().describe('The file of the graph that runs for each item, relative to this one.'),
    input: z
      .record(z.string(), expression)
      .optional()
      .describe(
        'What the graph is given: a map from its state key to an expression over the item, `index` and the state.',
      ),
    concurrency: z.int().min(1).optional().describe('The most items at once. Default: 10.'),
    collect: z.string().optional().describe('The state key that takes the results, in the order of the items.'),
    failures: z
      .string()
      .optional()
      .describe('The state key that takes what failed: a list of `{ index, item, error }`.'),
    minSuccess: z
      .number()
      .gt(0)
      .optional()
      .describe('How many items must succeed: a share below 1, a count from 1. Default: all.'),
    ...common,
    deadline: body.deadline,
    onError: body.onError,
  }),
  machine: z.strictObject({
    type: z.literal('machine').describe('Runs an XState machine.'),
    machine: z.string().describe('`./file.ts#export`, relative to the graph, or a registered name.'),
    input,
    ...body,
  }),
  wait: z.strictObject({
    type: z.literal('wait').describe('Waits: `for` a time, `until` a moment, or for an `event`.'),
    for: duration.optional(),
    until: expression.optional().describe('A moment: milliseconds since 1970, or an ISO 8601 text.'),
    event: z
      .string()
      .min(1)
      .optional()
      .describe('The type of the event that ends the wait; its other members are the `output`.'),
    schema: schemaOf.optional(),
    expires: expires.optional(),
    ...common,
  }),
} as const;

export type NodeKind = keyof typeof nodeKinds;

const edgeEnd = z.union([z.string(), z.array(z.string()).min(1)]);

export const edgeObject = z.strictObject({
  from: edgeEnd.describe('One node or several; START for the beginning.'),
  to: edgeEnd.describe('One node or several; END for the end.'),
  when: z.union([z.string(), z.boolean()]).optional().describe('A CEL expression; the edge is taken when it is true.'),
});

const edge = z
  .union([z.string(), edgeObject])
  .meta({ id: 'Edge', description: 'A chain such as `a -> b -> [c, d]`, or `{ from, to, when }`.' });

const anyNode = z
  .discriminatedUnion('type', [
    nodeKinds.function,
    nodeKinds.set,
    nodeKinds.llm,
    nodeKinds.agent,
    nodeKinds.router,
    nodeKinds.interrupt,
    nodeKinds.tool,
    nodeKinds.http,
    nodeKinds.graph,
    nodeKinds.map,
    nodeKinds.machine,
    nodeKinds.wait,
  ])
  .meta({ id: 'Node', description: 'A node; `type` says of which kind.' });

const top = {
  name: z.string().min(1).optional().describe('The name of the graph. Default: the name of the file.'),
  description: z.string().optional().describe('A sentence for people.'),
  model: z.string().min(1).optional().describe('The model of llm nodes that name none.'),
  models,
  state: z.record(z.string(), type).optional().describe('The keys of the state with their types.'),
  edges: z.array(edge).describe('How the nodes follow each other.'),
  output: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe('The state keys that make up the result. Default: all.'),
  limits: z
    .strictObject({
      maxVisits: z.int().min(1).optional().describe('The budget of cycles that set none. Default: 100.'),
      concurrency: z
        .record(z.string(), z.int().min(1))
        .optional()
        .describe('How many bodies of a `concurrencyKey` run at once: a map from key to number. Default: 1 each.'),
    })
    .optional()
    .describe('Budgets for the whole graph.'),
};

/** A graph file whose nodes and tools are not looked into yet: each is checked by its own kind. */
export const graphShell = z.strictObject({
  ...top,
  tools: z.record(z.string(), z.unknown()).optional(),
  nodes: z.record(z.string(), z.unknown()),
});

/** A whole graph file. */
export const graphSchema = z
  .strictObject({
    ...top,
    tools: z.record(z.string(), anyTool).optional().describe('What `tool` nodes may call, by name.'),
    nodes: z.record(z.string(), anyNode).describe('The nodes by id.'),
  })
  .meta({ title: 'statewright graph', description: 'A graph of model calls, functions and human decisions.' });

export type NodeFile = z.infer<typeof anyNode>;
export type NodeFileOf<K extends NodeKind> = Extract<NodeFile, { type: K }>;

/** The JSON Schema of a graph file, for editors (draft 2020-12). */
export function graphJsonSchema(): object {
  return z.toJSONSchema(graphSchema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      if (zodSchema !== (itemNode as unknown)) return;
      for (const name of Object.keys(jsonSchema)) delete jsonSchema[name];
      jsonSchema.$ref = '#/$defs/Node';
    },
  });
}
