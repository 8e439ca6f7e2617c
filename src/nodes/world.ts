import type { Scope } from '../compile/expr.ts';
import type { ModelChoice } from '../compile/model-call.ts';
import type { CalledTool, HttpRequest, McpTool, ToolDef } from '../compile/tool.ts';
import type { Model, ModelTool } from '../models/model.ts';
import type { Cache } from './cache.ts';
import type { Functions } from './function-node.ts';
import type { NodeIo } from './node-io.ts';
import type { Turns } from './turns.ts';

/** Sends a request, as the global `fetch` does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The environment variables that texts see under `env`. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What graph and runtime give to those who act on the world. */
export interface Means {
  readonly functions: Functions;
  /** In place of the network. Absent: requests are sent, and addresses are checked when a connection is made. */
  readonly fetch?: Fetch | undefined;
  /** Default: the environment of the process. */
  readonly env?: Env | undefined;
}

/** What a call of a tool is given, by a node or by a model. */
export interface ToolIo extends NodeIo, Means {}

/**
 * Gives the model of a provider, `provider/model`. What is missing (a package, a key) is an error when it is asked.
 *
 * @param from the graph file that names it, beside which packages are looked for
 */
export type ProviderModels = (choice: ModelChoice, from: string, env: Env | undefined) => Model;

/** Acts on the world for node bodies. One of it serves all threads of a runtime, or all actors of a graph. */
export interface World {
  readonly cache: Cache;
  readonly turns: Turns;
  /** How many bodies of a `concurrencyKey` run at once, before what the graph says. */
  readonly concurrency: Readonly<Record<string, number>>;
  /** Absent: models are those that are registered. */
  readonly providerModel?: ProviderModels | undefined;
  /** A short name for a text, the same for the same text and for no other. */
  digest(text: string): string;
  /** Checks the arguments against the tool's input, and calls it. Rejects with `ToolError`, or what a function throws. */
  callTool(tool: CalledTool, args: unknown, io: ToolIo): Promise<unknown>;
  /** The JSON Schema of a tool's arguments, for models. */
  toolInput(tool: ToolDef, means: Pick<Means, 'functions'>): Readonly<Record<string, unknown>>;
  /** The tools of an MCP server, which is connected to when it is first asked. */
  mcpTools(server: McpTool, io: ToolIo): Promise<readonly ModelTool[]>;
  /** Calls a tool of an MCP server by the name that a model knows it by. */
  callMcp(server: McpTool, name: string, args: unknown, io: ToolIo): Promise<unknown>;
  /** Lets go of what was opened for a thread. */
  endRun(thread: string): void;
  /** Sends a request whose texts and expressions see `scope` and the environment. */
  request(request: HttpRequest, scope: Scope, io: ToolIo): Promise<unknown>;
  /** Calls an export in a thread of its own. `reference` is `file#export`, the file relative to the working directory. */
  inThread(reference: string, input: unknown, io: NodeIo): Promise<unknown>;
}
