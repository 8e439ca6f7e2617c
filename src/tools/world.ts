/** Acts on the world for node bodies. What needs a library loads it when it is first used. */
import { createHash } from 'node:crypto';
import type { Scope } from '../compile/expr.ts';
import type { CalledTool, HttpRequest, McpTool, ToolDef } from '../compile/tool.ts';
import type { ModelTool } from '../models/model.ts';
import { type Cache, memoryCache } from '../nodes/cache.ts';
import { callFunction } from '../nodes/function-node.ts';
import type { NodeIo } from '../nodes/node-io.ts';
import { type After, createTurns } from '../nodes/turns.ts';
import type { ProviderModels, ToolIo, World } from '../nodes/world.ts';
import type { McpServers } from './mcp.ts';
import type { Requests } from './send-request.ts';
import type { Threads } from './threads.ts';
import { acceptArguments, toolInputSchema } from './tool-input.ts';

export interface WorldOptions {
  /** Default: one in memory. */
  readonly cache?: Cache | undefined;
  readonly concurrency?: Readonly<Record<string, number>> | undefined;
  readonly clock: { now(): number; readonly after: After };
  /** Default: models are those that are registered. */
  readonly providers?: ProviderModels;
}

class SystemWorld implements World {
  readonly cache: Cache;
  readonly turns: World['turns'];
  readonly concurrency: World['concurrency'];
  readonly providerModel: ProviderModels | undefined;
  private readonly after: After;
  private requests: Promise<Requests> | undefined;
  private threads: Promise<Threads> | undefined;
  private servers: Promise<McpServers> | undefined;

  constructor({ cache, concurrency = {}, clock, providers }: WorldOptions) {
    this.providerModel = providers;
    this.after = clock.after;
    this.cache = cache ?? memoryCache(clock.now);
    this.turns = createTurns(clock.after);
    this.concurrency = concurrency;
  }

  digest(text: string): string {
    return createHash('sha256').update(text).digest('hex');
  }

  async callTool(tool: CalledTool, args: unknown, io: ToolIo): Promise<unknown> {
    const given = acceptArguments(tool, args, io.functions);
    switch (tool.kind) {
      case 'function':
        return callFunction(tool, { from: tool.from, owner: `the tool "${tool.name}"` }, given, this, io);
      case 'http':
        return this.request(tool.request, given, io);
      case 'shell': {
        const { runShell } = await import('./run-shell.ts');
        return runShell(tool, given, io, this.after);
      }
    }
  }

  toolInput(tool: ToolDef, { functions }: Pick<ToolIo, 'functions'>): Readonly<Record<string, unknown>> {
    return toolInputSchema(tool, functions);
  }

  async request(request: HttpRequest, scope: Scope, io: ToolIo): Promise<unknown> {
    this.requests ??= import('./send-request.ts').then(({ Requests }) => new Requests(this.after));
    return (await this.requests).send(request, scope, io);
  }

  private mcp(): Promise<McpServers> {
    this.servers ??= import('./mcp.ts').then(({ McpServers }) => new McpServers());
    return this.servers;
  }

  async mcpTools(server: McpTool, io: ToolIo): Promise<readonly ModelTool[]> {
    return (await this.mcp()).tools(server, io);
  }

  async callMcp(server: McpTool, name: string, args: unknown, io: ToolIo): Promise<unknown> {
    return (await this.mcp()).call(server, name, args, io);
  }

  endRun(thread: string): void {
    void this.servers?.then(servers => servers.end(thread));
  }

  async inThread(reference: string, input: unknown, io: NodeIo): Promise<unknown> {
    this.threads ??= import('./threads.ts').then(({ Threads }) => new Threads());
    return (await this.threads).call(reference, input, io);
  }
}

/** Makes what acts on the world: its caches, turns, connections and threads are its own. */
export function createWorld(options: WorldOptions): World {
  return new SystemWorld(options);
}
