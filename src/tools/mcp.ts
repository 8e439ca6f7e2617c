/** MCP servers as sources of tools. The package is the user's, and is loaded when a server is first asked. */
import path from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { McpTool } from '../compile/tool.ts';
import type { ModelTool } from '../models/model.ts';
import type { ToolIo } from '../nodes/world.ts';
import { Environment } from './environment.ts';
import { ToolError } from './tool-error.ts';

/** A connection, with what its texts took from the environment. */
interface Session {
  readonly thread: string;
  readonly client: Client;
  readonly environment: Environment;
  readonly tools: readonly ModelTool[];
}

interface Package {
  readonly Client: typeof import('@modelcontextprotocol/sdk/client/index.js').Client;
  readonly Stdio: typeof import('@modelcontextprotocol/sdk/client/stdio.js').StdioClientTransport;
  readonly Http: typeof import('@modelcontextprotocol/sdk/client/streamableHttp.js').StreamableHTTPClientTransport;
}

async function load(server: McpTool): Promise<Package> {
  try {
    const [client, stdio, http] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/client/stdio.js'),
      import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
    ]);
    return {
      Client: client.Client,
      Stdio: stdio.StdioClientTransport,
      Http: http.StreamableHTTPClientTransport,
    };
  } catch (cause) {
    const message = `the tool "${server.name}" needs a package: npm install @modelcontextprotocol/sdk`;
    throw new ToolError('missing-package', message, { cause, retryable: false });
  }
}

type Transport = Parameters<Client['connect']>[0];

function transportOf({ name, server }: McpTool, { Stdio, Http }: Package, environment: Environment): Transport {
  const names = { env: environment.names };
  const what = `the tool "${name}"`;
  return environment.rendering(what, () => {
    if (server.kind === 'http') {
      const headers = Object.fromEntries(server.headers.map(h => [h.name, h.text.render(names)]));
      // Its types are older than `exactOptionalPropertyTypes`.
      return new Http(new URL(server.url.render(names)), { requestInit: { headers } }) as unknown as Transport;
    }
    const [command = '', ...args] = server.command.map(text => text.render(names));
    const env = Object.fromEntries(server.env.map(e => [e.name, e.text.render(names)]));
    return new Stdio({ command, args, env, cwd: path.resolve(server.cwd), stderr: 'ignore' });
  });
}

async function connect(server: McpTool, thread: string, io: ToolIo): Promise<Session> {
  const loaded = await load(server);
  const environment = new Environment(io.env);
  const client = new loaded.Client({ name: 'statewright', version: '1.0.0' });
  const { timeout } = server;
  try {
    await client.connect(transportOf(server, loaded, environment), { timeout });
    const tools: ModelTool[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout });
      for (const { name, description, inputSchema } of page.tools) {
        if (server.only && !server.only.includes(name)) continue;
        const described = description === undefined ? {} : { description };
        tools.push({ name: `${server.name}_${name}`, ...described, input: inputSchema });
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return { thread, client, environment, tools };
  } catch (thrown) {
    await client.close().catch(() => {});
    const message = `the MCP server of the tool "${server.name}" cannot be reached: ${(thrown as Error).message}`;
    throw environment.maskError(new ToolError('mcp-connect', message, { cause: thrown }));
  }
}

interface Result {
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
}

/** What a result says: its structure, its text where it is all text, or its parts. */
function valueIn(tool: string, { content = [], structuredContent, isError }: Result): unknown {
  const texts = content.flatMap(part => (part.type === 'text' ? [part.text ?? ''] : []));
  if (isError === true) throw new ToolError('mcp-tool', texts.join('\n') || `the tool "${tool}" failed`);
  if (structuredContent !== undefined) return structuredContent;
  return texts.length === content.length ? texts.join('\n') : content;
}

/** How long a plain actor, which says nothing of its end, keeps a connection that it does not use, in milliseconds. */
const IDLE_MS = 1_000;

/** The connections to MCP servers: one for each server and thread, from its first use to the thread's rest. */
export class McpServers {
  private readonly sessions = new Map<string, Promise<Session>>();
  private idle: ReturnType<typeof setTimeout> | undefined;
  private busy = 0;

  /** Does something with a connection; one of a plain actor is closed some time after the last use. */
  private async use<T>(thread: string, act: () => Promise<T>): Promise<T> {
    if (thread !== '') return act();
    clearTimeout(this.idle);
    this.busy++;
    try {
      return await act();
    } finally {
      if (--this.busy === 0) this.idle = setTimeout(() => this.end(''), IDLE_MS).unref();
    }
  }

  private session(server: McpTool, io: ToolIo): Promise<Session> {
    const { thread } = io.context;
    const key = JSON.stringify([thread, server.span.file, server.name]);
    const known = this.sessions.get(key);
    if (known) return known;
    const opened = connect(server, thread, io);
    this.sessions.set(key, opened);
    // A connection that failed, or was lost, is made anew when it is next asked for.
    const forget = (): void => {
      if (this.sessions.get(key) === opened) this.sessions.delete(key);
    };
    opened.then(session => {
      session.client.onclose = forget;
    }, forget);
    return opened;
  }

  async tools(server: McpTool, io: ToolIo): Promise<readonly ModelTool[]> {
    return this.use(io.context.thread, async () => (await this.session(server, io)).tools);
  }

  call(server: McpTool, name: string, args: unknown, io: ToolIo): Promise<unknown> {
    return this.use(io.context.thread, () => this.callNow(server, name, args, io));
  }

  private async callNow(server: McpTool, name: string, args: unknown, io: ToolIo): Promise<unknown> {
    const { client, environment } = await this.session(server, io);
    const tool = name.slice(server.name.length + 1);
    const { signal } = io.context;
    try {
      const call = { name: tool, arguments: args as Record<string, unknown> };
      const result = await client.callTool(call, undefined, { signal, timeout: server.timeout });
      return environment.mask(valueIn(tool, result as Result));
    } catch (thrown) {
      throw environment.maskError(thrown);
    }
  }

  /** Closes the connections of a thread. */
  end(thread: string): void {
    for (const [key, opened] of this.sessions) {
      if ((JSON.parse(key) as string[])[0] !== thread) continue;
      this.sessions.delete(key);
      void opened.then(session => session.client.close()).catch(() => {});
    }
  }
}
