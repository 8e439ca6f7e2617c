import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, describe, expect, it } from 'vitest';
import { createActor, waitFor } from 'xstate';
import { createRuntime, type Graph, loadGraph, type RunEvent } from '../../src/index.ts';
import { build, refusals } from '../helpers.ts';

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'statewright-worker-')));
afterAll(() => rmSync(folder, { recursive: true }));

writeFileSync(
  path.join(folder, 'fns.ts'),
  `import { threadId } from 'node:worker_threads';
import { existsSync, writeFileSync } from 'node:fs';
type Ctx = { node: string; thread: string; idempotencyKey: string; signal: AbortSignal; emit(v: unknown): void; log(m: string): void };
export const busy = ({ ms, file }: { ms: number; file?: string }) => {
  if (file) writeFileSync(file, 'began');
  const end = performance.now() + ms;
  let n = 0;
  while (performance.now() < end) n++;
  return { out: n > 0 };
};
export const who = (input: object, ctx: Ctx) => {
  ctx.log('hello');
  ctx.emit({ n: 1 });
  return { out: { input, threadId, node: ctx.node, thread: ctx.thread, key: ctx.idempotencyKey, aborted: ctx.signal.aborted } };
};
export const fails = () => {
  throw Object.assign(new TypeError('no good', { cause: new Error('deep') }), { code: 'EBAD', retryable: false });
};
export const odd = () => ({ out: new Date(0) });
export const heeds = async ({ file }: { file: string }, { signal }: Ctx) => {
  writeFileSync(file, 'began');
  await new Promise(resolve => signal.addEventListener('abort', resolve));
  writeFileSync(file, 'stopped');
};
export const exits = () => process.exit(3);
export const started = (file: string) => existsSync(file);
`,
);

async function load(node: string, name = 'g'): Promise<Graph> {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `state: { ms: { type: number, default: 300 }, file: string?, out: any? }\nnodes: { work: { type: function, worker: true, ${node} } }\nedges: ["START -> work -> END"]\n`,
  );
  return loadGraph(file);
}

const { readFileSync } = await import('node:fs');
const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>(resolve => setImmediate(resolve));
}

describe('worker: true', () => {
  it('computing in a thread leaves the event loop free', async () => {
    const app = createRuntime();
    const graph = await load('function: "./fns.ts#busy"');
    // The first call loads the pool and starts a thread.
    await app.thread(graph).invoke({ ms: 0 });
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const result = await app.thread(graph).invoke({ ms: 400 });
    delay.disable();
    expect(result.output.out).toBe(true);
    // In this thread the loop would stand still for 400 ms.
    expect(delay.max / 1e6).toBeLessThan(200);
  });

  it('the function has its input and context, and says what it has to say', async () => {
    const events: RunEvent[] = [];
    const graph = await load('function: "./fns.ts#who", input: { a: ms }');
    const { output } = await createRuntime()
      .thread(graph, 't')
      .invoke({}, { onEvent: e => events.push(e) });
    expect(output.out).toMatchObject({
      input: { a: 300 },
      node: 'work',
      thread: 't',
      key: 't/1/work/1',
      aborted: false,
    });
    expect((output.out as { threadId: number }).threadId).toBeGreaterThan(0);
    const said = events.filter(e => e.type === 'log' || e.type === 'custom');
    expect(said).toMatchObject([
      { type: 'log', node: 'work', message: 'hello' },
      { type: 'custom', node: 'work', value: { n: 1 } },
    ]);
  });

  it('what it throws comes over with its code; what is not JSON does not', async () => {
    const failed = await createRuntime()
      .thread(await load('function: "./fns.ts#fails", retry: 3'))
      .invoke();
    expect(failed.error).toMatchObject({
      name: 'TypeError',
      message: 'no good',
      code: 'EBAD',
      cause: { message: 'deep' },
    });
    expect(failed.metrics.nodeRuns).toBe(1);
    const odd = await createRuntime()
      .thread(await load('function: "./fns.ts#odd"'))
      .invoke();
    expect(odd.error).toMatchObject({ code: 'not-json', message: expect.stringContaining('Date') });
  });

  it('a function that ends its thread fails its node, and the next has another', async () => {
    const app = createRuntime();
    expect((await app.thread(await load('function: "./fns.ts#exits"')).invoke()).status).toBe('failed');
    expect((await app.thread(await load('function: "./fns.ts#busy"')).invoke({ ms: 1 })).status).toBe('done');
  });

  it('a cancel ends a loop that heeds nothing', async () => {
    const app = createRuntime();
    const file = path.join(folder, 'endless');
    const thread = app.thread(await load('function: "./fns.ts#busy"'));
    const result = thread.invoke({ ms: 1e9, file });
    await until(() => textOf(file) === 'began');
    const before = performance.now();
    await thread.cancel();
    expect((await result).status).toBe('cancelled');
    expect(performance.now() - before).toBeLessThan(1_800);
    expect((await app.thread(await load('function: "./fns.ts#busy"')).invoke({ ms: 1 })).status).toBe('done');
  });

  it('a function that heeds its signal has the time to end', async () => {
    const file = path.join(folder, 'heeds');
    const thread = createRuntime().thread(await load('function: "./fns.ts#heeds"'));
    const result = thread.invoke({ file });
    await until(() => textOf(file) === 'began');
    await thread.cancel();
    await result;
    expect(textOf(file)).toBe('stopped');
  });

  it('works in a plain actor, and for function tools', async () => {
    const actor = createActor((await load('function: "./fns.ts#busy"')).machine, { input: { ms: 1 } }).start();
    expect((await waitFor(actor, s => s.status === 'done')).output).toMatchObject({ out: true });
    const file = path.join(folder, 'tool.yaml');
    writeFileSync(
      file,
      'state: { out: any? }\ntools: { who: { type: function, function: "./fns.ts#who", worker: true, input: { a: number } } }\nnodes: { call: { type: tool, tool: who, args: { a: 1 }, output: { out: output.out } } }\nedges: ["START -> call -> END"]\n',
    );
    const { output } = await createRuntime()
      .thread(await loadGraph(file))
      .invoke();
    expect(output.out).toMatchObject({ input: { a: 1 }, node: 'call' });
    expect((output.out as { threadId: number }).threadId).toBeGreaterThan(0);
  });

  it('is refused for a registered name; a function given in place of the file is called here', async () => {
    const text = (name: string): string =>
      `state: { out: any? }\nnodes: { a: { type: function, worker: true, function: ${name} } }\nedges: ["START -> a -> END"]\n`;
    expect(refusals(text('busy'))).toEqual(['wrong-value']);
    const functions = { './fns.ts#busy': () => ({ out: 'here' }) };
    const graph = build(text('"./fns.ts#busy"'), { functions });
    expect((await createRuntime().thread(graph).invoke()).output.out).toBe('here');
  });

  it('keeps no process alive', async () => {
    await load('function: "./fns.ts#busy"', 'alive');
    const index = path.resolve(import.meta.dirname, '../../src/index.ts');
    const program = `import { createRuntime, loadGraph } from ${JSON.stringify(index)};
await createRuntime().thread(await loadGraph(${JSON.stringify(path.join(folder, 'alive.yaml'))})).invoke({ ms: 1 });
const end = performance.now();
process.on('exit', () => console.log(Math.round(performance.now() - end)));`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(Number(stdout)).toBeLessThan(2_000);
  });
});
