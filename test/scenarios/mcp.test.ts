/** MCP servers as tools of agents, over the real protocol: started as a program, and by HTTP on this machine. */
import { createServer as createHttp } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { createRuntime, type Graph, type RunEvent } from '../../src/index.ts';
import { type Script, scriptedModel } from '../../src/testing/index.ts';
import { createServer } from '../fixtures/mcp-server.ts';
import { build, refusals } from '../helpers.ts';

const program = path.resolve(import.meta.dirname, '../fixtures/mcp-server.ts');

const text = (server: string): string => `model: scripted
state: { answer: string? }
tools:
  kit: { type: mcp, ${server} }
nodes:
  helper: { type: agent, prompt: Help., tools: [kit], output: answer }
edges: [START -> helper -> END]
`;

const started = `command: ["${process.execPath}", "${program}"], env: { SECRET: "{{ env.KIT_SECRET }}" }`;

function graph(server: string, script: Script): Graph {
  return build(text(server), {
    models: { scripted: scriptedModel(script) },
    env: { KIT_SECRET: 'very-secret' },
  });
}

const calls = (...names: [string, unknown][]): { toolCalls: { tool: string; input: unknown }[] } => ({
  toolCalls: names.map(([tool, input]) => ({ tool, input })),
});

const outputs = (events: readonly RunEvent[]): unknown[] =>
  events.flatMap(e => (e.type === 'tool-result' ? [e.output] : []));

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

let close = (): void => {};
afterEach(() => close());

/** Serves the tools by HTTP; gives the address. */
async function serve(): Promise<string> {
  const http = createHttp(async (request, response) => {
    const transport = new StreamableHTTPServerTransport({} as never);
    const server = createServer(String(request.headers.authorization));
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    await transport.handleRequest(request, response);
  });
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  close = () => {
    http.closeAllConnections();
    http.close();
  };
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
}

describe('an MCP server that is started', () => {
  it('offers its tools, tells of errors, keeps secrets, and ends with the run', async () => {
    const own = graph(started, {
      helper: [calls(['kit_add', { a: 1, b: 2 }], ['kit_fail', {}], ['kit_nope', {}], ['kit_whoami', {}]), 'Done.'],
    });
    const events: RunEvent[] = [];
    const result = await createRuntime()
      .thread(own, 't')
      .invoke({}, { onEvent: e => events.push(e) });
    expect(result).toMatchObject({ status: 'done', output: { answer: 'Done.' } });
    const [nope, ...others] = outputs(events) as { type: string; value: string }[];
    expect(nope?.value).toBe('there is no tool "kit_nope"; tools: kit_add, kit_fail, kit_whoami');
    expect(others).toContainEqual({ type: 'text', value: '3' });
    expect(others).toContainEqual({ type: 'error-text', value: 'it broke' });
    const told = others.find(o => /^\d+ /.test(o.value))?.value ?? '';
    expect(told).toMatch(/^\d+ \*\*\*$/);
    await vi.waitUntil(() => !isRunning(Number.parseInt(told, 10)), { timeout: 10_000, interval: 20 });
  });

  it('ends after a plain actor too', async () => {
    const own = graph(started, { helper: [calls(['kit_add', { a: 1, b: 2 }]), 'Three.'] });
    expect(await toPromise(createActor(own.machine, { input: {} }).start())).toEqual({ answer: 'Three.' });
  });

  it('that is not there is an error that says so', async () => {
    const own = graph('command: [/nowhere/at-all]', { helper: [] });
    const result = await createRuntime().thread(own, 't').invoke({});
    expect(result.error).toMatchObject({ code: 'mcp-connect', message: expect.stringMatching(/tool "kit"/) });
  });
});

describe('an MCP server by HTTP', () => {
  it('is sent the headers, and offers what `only` names', async () => {
    const url = await serve();
    const server = `url: "${url}", headers: { Authorization: "Bearer {{ env.KIT_SECRET }}" }, only: [whoami]`;
    const own = graph(server, { helper: [calls(['kit_whoami', {}], ['kit_add', {}]), 'Done.'] });
    const events: RunEvent[] = [];
    await createRuntime()
      .thread(own, 't')
      .invoke({}, { onEvent: e => events.push(e) });
    expect(outputs(events)).toEqual([
      { type: 'error-text', value: 'there is no tool "kit_add"; tools: kit_whoami' },
      { type: 'text', value: `${process.pid} Bearer ***` },
    ]);
  });
});

describe('what an MCP tool refuses', () => {
  it.each([
    ['neither command nor url', 'description: x'],
    ['both', 'command: [x], url: "https://x.example"'],
  ])('%s', (_, server) => expect(refusals(text(server))).toEqual(['wrong-value']));

  it('a tool node', () => {
    expect(
      refusals(text('command: [x]').replace('type: agent, prompt: Help., tools: [kit]', 'type: tool, tool: kit')),
    ).toEqual(['wrong-value']);
  });
});
