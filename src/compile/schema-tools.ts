/** The tools of the language, and the request that `http` nodes have in common with `http` tools. */
import { z } from 'zod';
import { agentKeys } from './schema-model.ts';
import { duration, expression, schemaOf, text } from './schema-parts.ts';

const texts = z.record(z.string().min(1), text).optional();

const maxBytes = z.int().min(1).optional();

export const worker = z
  .boolean()
  .optional()
  .describe('Calls the function in a thread of its own, so that long computing holds up nothing else.');

/** What makes an HTTP request. */
export const request = {
  method: z
    .enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
    .optional()
    .describe('Default: `POST` with a `body`, else `GET`.'),
  url: text.describe(
    'Where to. Values in it are percent-encoded; they cannot change the host or the path around them.',
  ),
  headers: texts.describe('A map from name to text.'),
  query: texts.describe('What is added to the URL: a map from name to text.'),
  body: z
    .union([text, z.record(z.string(), expression)])
    .optional()
    .describe('A map of expressions is sent as JSON; a text as it is.'),
  parse: z
    .enum(['auto', 'json', 'text', 'full'])
    .optional()
    .describe(
      'How the answer is read: `auto` (default) by its content type; `full` gives `{ status, headers, body }`.',
    ),
  maxBytes: maxBytes.describe('The largest answer. Default: 10,000,000.'),
  allowPrivate: z
    .boolean()
    .optional()
    .describe('Allows addresses of this machine and of private networks. Default: they are refused.'),
};

const everyTool = {
  description: z.string().optional().describe('What the tool does, for people and for models.'),
  input: schemaOf.optional().describe('The arguments: a map from name to type, or a JSON Schema of an object.'),
};

/** The kinds of tools with their keys. */
export const toolKinds = {
  function: z.strictObject({
    type: z.literal('function').describe('Calls a TypeScript or JavaScript function.'),
    function: z.string().describe('`./file.ts#export`, relative to the graph, or a registered name.'),
    worker,
    ...everyTool,
  }),
  http: z.strictObject({
    type: z.literal('http').describe('Sends an HTTP request.'),
    ...request,
    timeout: duration.optional().describe('How long a call may take. Default: 30s.'),
    ...everyTool,
  }),
  shell: z.strictObject({
    type: z.literal('shell').describe('Runs a program.'),
    command: z
      .union([text, z.array(text).min(1)])
      .describe(
        'A list: the program and its arguments, one text each. A text: for `/bin/sh`, with every value quoted.',
      ),
    cwd: z.string().optional().describe('The folder to run in, inside the project. Default: that of the graph.'),
    env: texts.describe('Environment variables: a map from name to text.'),
    stdin: text.optional().describe('What the program reads.'),
    success: z
      .array(z.int().min(0).max(255))
      .min(1)
      .optional()
      .describe('The exit codes that are no errors. Default: `[0]`.'),
    parse: z
      .enum(['text', 'json', 'lines'])
      .optional()
      .describe('How the output is read. Default: `text`, without the line break at its end.'),
    maxBytes: maxBytes.describe('The largest output. Default: 10,000,000.'),
    timeout: duration.optional().describe('How long a call may take. Default: 60s.'),
    ...everyTool,
  }),
  mcp: z.strictObject({
    type: z.literal('mcp').describe('All tools of an MCP server, for agents; each is called `<name>_<its name>`.'),
    command: z.array(text).min(1).optional().describe('A server to start: the program and its arguments.'),
    env: texts.describe('Environment variables of the server: a map from name to text.'),
    cwd: z.string().optional().describe('The folder to run in, inside the project. Default: that of the graph.'),
    url: text.optional().describe('A server that runs, by streamable HTTP.'),
    headers: texts.describe('Headers of its requests: a map from name to text.'),
    only: z.array(z.string()).min(1).optional().describe('The tools of the server that are offered. Default: all.'),
    timeout: duration.optional().describe('How long a call may take. Default: 60s.'),
    description: everyTool.description,
  }),
  graph: z.strictObject({
    type: z.literal('graph').describe('Runs a graph, for agents.'),
    graph: z.string().describe('The file of the graph, relative to this one. Its input is what the tool takes.'),
    description: everyTool.description,
  }),
  agent: z.strictObject({
    type: z.literal('agent').describe('Asks another agent, for agents.'),
    ...agentKeys,
    ...everyTool,
  }),
} as const;

export type ToolKind = keyof typeof toolKinds;

export const anyTool = z
  .discriminatedUnion('type', [
    toolKinds.function,
    toolKinds.http,
    toolKinds.shell,
    toolKinds.mcp,
    toolKinds.graph,
    toolKinds.agent,
  ])
  .meta({ id: 'Tool', description: 'A tool; `type` says of which kind.' });

export type ToolFile = z.infer<typeof anyTool>;
export type ToolFileOf<K extends ToolKind> = Extract<ToolFile, { type: K }>;
export type RequestFile = z.infer<z.ZodObject<typeof request>>;
