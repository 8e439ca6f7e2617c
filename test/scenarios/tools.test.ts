import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createActor, waitFor } from 'xstate';
import { z } from 'zod';
import { type CompileOptions, createRuntime, type Fetch, loadGraph, type RunResult } from '../../src/index.ts';
import { toolInputSchema } from '../../src/tools/tool-input.ts';
import { build, refusals } from '../helpers.ts';

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'statewright-tools-')));
afterAll(() => rmSync(folder, { recursive: true }));

const one = (
  tools: string,
  node: string,
): string => `state: { q: { type: string, default: owls }, n: { type: number, default: 2 }, out: any? }
tools: { ${tools} }
nodes: { call: { type: tool, output: out, ${node} } }
edges: ["START -> call -> END"]
`;

const run = (text: string, options: CompileOptions = {}): Promise<RunResult> =>
  createRuntime().thread(build(text, options), 't').invoke();

const search = 'search: { type: function, function: search, input: { query: string, limit: integer? } }';

describe('a function tool', () => {
  it('is called with its arguments and the context of the node', async () => {
    const calls: unknown[] = [];
    const functions = {
      search: (args: object, ctx: { node: string; thread: string; signal: AbortSignal; idempotencyKey: string }) => {
        calls.push([args, ctx.node, ctx.thread, ctx.idempotencyKey, ctx.signal.aborted]);
        return { found: 3 };
      },
    };
    const result = await run(one(search, 'tool: search, args: { query: q, limit: n + 1 }'), { functions });
    expect(result.output.out).toEqual({ found: 3 });
    expect(calls).toEqual([[{ query: 'owls', limit: 3 }, 'call', 't', 't/1/call/1', false]]);
  });

  it('what it returns goes where "output" says, and nowhere without it', async () => {
    const functions = { search: () => ({ q: 'changed' }) };
    const text = one(search, 'tool: search, args: { query: q, limit: 1 }').replace('output: out, ', '');
    expect((await run(text, { functions })).output).toEqual({ q: 'owls', n: 2, out: null });
    const map = text.replace('type: tool,', 'type: tool, output: { out: output.q + "!" },');
    expect((await run(map, { functions })).output.out).toBe('changed!');
  });

  it.each([
    ['tool: search', 'missing-key'],
    ['tool: search, args: { query: q, limit: 1, more: 1 }', 'unknown-key'],
    ['tool: search, args: { query: n, limit: 1 }', 'expression-type'],
    ['tool: search, args: { query: 5, limit: 1 }', 'expression-type'],
    ['tool: search, args: { query: q, limit: 1.5 }', 'expression-type'],
    ['tool: search, args: { query: nope, limit: 1 }', 'expression-name'],
    ['tool: serch, args: { query: q }', 'unknown-tool'],
  ])('the node { %s } is refused', (node, code) => {
    expect(refusals(one(search, node))[0]).toBe(code);
  });

  it('its arguments are checked again when it is called', async () => {
    const calls: unknown[] = [];
    const functions = { search: (args: unknown) => calls.push(args) };
    const text = one(search, 'tool: search, args: { query: out, limit: n * 0.75 }, retry: 3');
    const { error, metrics } = await run(text, { functions });
    expect(error).toMatchObject({ name: 'ToolError', code: 'tool-args', retryable: false });
    expect(error?.message).toBe(
      'the arguments of the tool "search" do not fit: query: expected string, got null; limit: expected integer or null, got number 1.5',
    );
    expect([calls, metrics.nodeRuns]).toEqual([[], 1]);
  });

  it('may state its input itself, as a zod schema or a JSON Schema', async () => {
    const zod = Object.assign((args: unknown) => args, {
      input: z.object({ query: z.string(), limit: z.int().default(5) }),
    });
    const plain = Object.assign((args: unknown) => args, {
      input: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
    });
    const bare = 'search: { type: function, function: search }';
    const text = one(bare, 'tool: search, args: { query: q }');
    expect((await run(text, { functions: { search: zod } })).output.out).toEqual({ query: 'owls', limit: 5 });
    expect((await run(text, { functions: { search: plain } })).output.out).toEqual({ query: 'owls' });
    const wrong = one(bare, 'tool: search, args: { query: n }');
    for (const search of [zod, plain]) {
      expect((await run(wrong, { functions: { search } })).error).toMatchObject({ code: 'tool-args' });
      const tool = build(wrong).plan.graph.tools?.get('search');
      expect(tool && toolInputSchema(tool, { search })).toMatchObject({ properties: { query: { type: 'string' } } });
    }
  });

  it('is imported by loadGraph, and missed when it is not there', async () => {
    writeFileSync(path.join(folder, 'fns.ts'), 'export const twice = ({ n }: { n: number }) => n * 2;\n');
    const file = path.join(folder, 'g.yaml');
    writeFileSync(
      file,
      one('t: { type: function, function: "./fns.ts#twice", input: { n: number } }', 'tool: t, args: { n: n }'),
    );
    expect(
      (
        await createRuntime()
          .thread(await loadGraph(file))
          .invoke()
      ).output.out,
    ).toBe(4);
    writeFileSync(
      file,
      one('t: { type: function, function: "./fns.ts#twise", input: { n: number } }', 'tool: t, args: { n: n }'),
    );
    await expect(loadGraph(file)).rejects.toMatchObject({
      diagnostics: [{ code: 'unused-key' }, { code: 'missing-function' }],
    });
    await expect(run(one(search, 'tool: search, args: { query: q, limit: 1 }'))).resolves.toMatchObject({
      error: { code: 'missing-function', message: expect.stringContaining('tool "search"') },
    });
  });

  it('has retries, errors and pauses as every body', async () => {
    let calls = 0;
    const functions = {
      search: () => {
        if (++calls < 3) throw new Error('busy');
        return calls;
      },
    };
    const node = 'tool: search, args: { query: q, limit: 1 }';
    const retried = await run(one(search, `${node}, retry: { attempts: 3, delay: 1ms }`), { functions });
    expect(retried.output.out).toBe(3);
    calls = 0;
    const handled = await run(one(search, `${node}, onError: continue`), { functions });
    expect(handled).toMatchObject({ status: 'done', handled: [{ node: 'call', error: { message: 'busy' } }] });
  });
});

describe('an http tool', () => {
  const weather =
    'weather: { type: http, url: "https://example.org/{{ city }}", query: { days: "{{ days }}" }, input: { city: string, days: integer } }';

  it('makes its texts of its arguments', async () => {
    const asked: string[] = [];
    const fetch: Fetch = async url => {
      asked.push(url);
      return Response.json({ sun: true });
    };
    const { output } = await run(one(weather, 'tool: weather, args: { city: q + "/x", days: n }'), { fetch });
    expect(output.out).toEqual({ sun: true });
    expect(asked).toEqual(['https://example.org/owls%2Fx?days=2']);
  });

  it('sees its arguments and nothing of the state', () => {
    const text = one(weather.replace('{{ city }}', '{{ q }}'), 'tool: weather, args: { city: q, days: n }');
    expect(refusals(text)).toEqual(['text-name']);
  });

  it('works in a plain actor, with what the graph was compiled with', async () => {
    const fetch: Fetch = async () => new Response('plain');
    const graph = build(one(weather, 'tool: weather, args: { city: q, days: n }'), { fetch });
    const actor = createActor(graph.machine, { input: {} }).start();
    const done = await waitFor(actor, snapshot => snapshot.status === 'done');
    expect(done.output).toMatchObject({ out: 'plain' });
  });
});

describe('the section "tools"', () => {
  const node = 'tool: t';
  it.each([
    ['t: { type: soap, url: "https://example.org" }', 'unknown-type'],
    ['t: { type: graph, graph: x.yaml }', 'missing-file'],
    ['t: { function: f }', 'missing-key'],
    ['t: { type: http }', 'missing-key'],
    ['t: { type: shell, command: [] }', 'wrong-value'],
    ['t: { type: shell, command: [ls], timeout: 5 }', 'wrong-value'],
    ['t: { type: shell, comand: [ls] }', 'unknown-key'],
    ['t: { type: function, function: f, input: string }', 'wrong-value'],
    ['t: { type: http, url: "https://example.org/", input: { env: string } }', 'reserved-name'],
    ['t: 5', 'wrong-value'],
    ['"a b": { type: shell, command: [ls] }, t: { type: shell, command: [ls] }', 'bad-name'],
  ])('%s is refused', (tools, code) => {
    expect(refusals(one(tools, node))).toContain(code);
  });

  it('a tool that could not be read is not missed by its nodes', () => {
    expect(refusals(one('t: { type: soap, url: x }', node))).toEqual(['unknown-type']);
  });

  it('arguments may have names that expressions cannot use', async () => {
    const fetch: Fetch = async url => new Response(url);
    const tools =
      't: { type: http, url: "https://example.org/{{ type }}", parse: text, input: { type: string, in: string } }';
    const { output } = await run(one(tools, 'tool: t, args: { type: q, in: q }'), { fetch });
    expect(output.out).toBe('https://example.org/owls');
  });
});

describe('inside a map', () => {
  it('tools, requests, turns and caches work for items', async () => {
    const asked: string[] = [];
    const fetch: Fetch = async url => {
      asked.push(url);
      return Response.json({ url });
    };
    const text = `state: { words: { type: list<string>, default: [a, b/c, a] }, said: list<string>?, got: any? }
limits: { concurrency: { k: 1 } }
tools: { say: { type: shell, command: [printf, "<%s>", "{{ q }}"], input: { q: string } } }
nodes:
  say: { type: map, over: words, node: { type: tool, tool: say, args: { q: item } }, collect: said }
  get:
    type: map
    over: words
    node: { type: http, url: "https://example.org/{{ item }}", cache: true, concurrencyKey: k }
    output: { got: "output.results.map(r, r.url)" }
    concurrency: 1
edges: ["START -> say -> get -> END"]
`;
    const graph = build(text, { fetch });
    expect(graph.warnings).toEqual([]);
    const { output, metrics } = await createRuntime().thread(graph).invoke();
    expect(output.said).toEqual(['<a>', '<b/c>', '<a>']);
    expect(output.got).toEqual(['https://example.org/a', 'https://example.org/b%2Fc', 'https://example.org/a']);
    expect([asked.length, metrics.cachedRuns]).toEqual([2, 1]);
  });
});
