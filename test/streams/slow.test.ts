/** S39: a reader that is slower than the run. */
import { describe, expect, it } from 'vitest';
import { createRuntime, type Model, type ModelPart, type RunEvent } from '../../src/index.ts';
import { gc } from '../helpers/gc.ts';
import { build, settle } from '../helpers.ts';
import { collect, GatedModel, textOf } from './tools.ts';

const TOKENS = 100_000;

const chatty = (count: number): Model => ({
  async *stream(): AsyncIterable<ModelPart> {
    for (let i = 0; i < count; i++) yield { type: 'text', text: `${i} ` };
  },
});

const all = (count: number): string => Array.from({ length: count }, (_, i) => `${i} `).join('');

const ONE = `
model: scripted
state: { text: string?, n: { type: number, merge: sum } }
nodes:
  say: { type: llm, prompt: Hi, output: text }
${Array.from({ length: 50 }, (_, i) => `  s${i}: { type: set, set: { n: 1.0 } }`).join('\n')}
edges: [START -> say -> ${Array.from({ length: 50 }, (_, i) => `s${i}`).join(' -> ')} -> END]
`;

const TWO = `
model: scripted
state: { a: string?, b: string? }
nodes:
  left: { type: llm, prompt: Hi, output: a }
  right: { type: llm, prompt: Hi, output: b }
edges: ["START -> [left, right] -> END"]
`;

/** Memory in use after everything that can be collected is. */
function heap(): number {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

describe('S39: a slow reader', () => {
  it('of 100,000 tokens: less than 20 MB, all updates, all text', async () => {
    const graph = build(ONE);
    const expected = all(TOKENS);
    await collect(
      createRuntime({ models: { '*': chatty(10) } })
        .thread(graph)
        .stream(),
    );
    const before = heap();
    const stream = createRuntime({ models: { '*': chatty(TOKENS) } })
      .thread(graph, 't')
      .stream({});
    const reader = stream[Symbol.asyncIterator]();
    const read: RunEvent[] = [];
    for (let i = 0; i < 3; i++) read.push((await reader.next()).value as RunEvent);
    // It reads no more until the run is over.
    await stream.result;
    const grown = heap() - before;
    for (let next = await reader.next(); !next.done; next = await reader.next()) read.push(next.value);
    expect(grown).toBeLessThan(20_000_000);
    expect(read.length).toBeLessThan(1_200);
    expect(textOf(read) === expected).toBe(true);
    const updates = read.flatMap(e => (e.type === 'update' ? [e.node] : []));
    expect(updates).toEqual(['say', ...Array.from({ length: 50 }, (_, i) => `s${i}`)]);
    expect(read.at(-1)).toMatchObject({ type: 'run-finished', status: 'done' });
  });

  it('of two nodes that speak at once: each text whole and in order, joined node by node', async () => {
    const models = { '*': chatty(20_000) };
    const stream = createRuntime({ models })
      .thread(build(TWO), 't')
      .stream({}, { modes: ['debug'], readAhead: 10 });
    await stream.result;
    const events = await collect(stream);
    expect(events.length).toBeLessThan(40);
    for (const node of ['left', 'right']) {
      const own = events.filter(e => 'node' in e && e.node === node);
      expect(textOf(own) === all(20_000), node).toBe(true);
      // What a node says stands between its start and its end.
      const types = own.map(e => e.type);
      expect(types[0]).toBe('node-started');
      expect(types.slice(-2)).toEqual(['update', 'node-finished']);
    }
  });

  it('one that keeps up gets every token as it came', async () => {
    const model = new GatedModel();
    const thread = createRuntime({ models: { '*': model } }).thread(build(ONE), 't');
    const seen: string[] = [];
    const done = (async () => {
      for await (const event of thread.stream({}, { modes: ['tokens'] }))
        if (event.type === 'token') seen.push(event.text);
    })();
    for (const text of ['a', 'b', 'c']) {
      await settle();
      model.text(text);
    }
    await settle();
    expect(seen).toEqual(['a', 'b', 'c']);
    model.end();
    await done;
  });

  it('gets the newest of the states that wait, once it is far behind', async () => {
    const stream = createRuntime({ models: { '*': chatty(1) } })
      .thread(build(ONE), 't')
      .stream({}, { modes: ['values'], readAhead: 0 });
    await stream.result;
    const events = await collect(stream);
    expect(events.map(e => e.type)).toEqual(['value', 'run-finished']);
    expect(events[0]).toMatchObject({ values: { n: 50 } });
  });

  it('a token is with the reader less than 5 ms after the model said it', async () => {
    const model = new GatedModel();
    const thread = createRuntime({ models: { '*': model } }).thread(build(ONE), 't');
    const reader = thread.stream({}, { modes: ['tokens'] })[Symbol.asyncIterator]();
    const times: number[] = [];
    for (let i = 0; i < 200; i++) {
      const next = reader.next();
      await settle();
      const said = performance.now();
      model.text('x');
      await next;
      times.push(performance.now() - said);
    }
    model.end();
    times.sort((a, b) => a - b);
    expect(times[100]).toBeLessThan(5);
    expect(times[190]).toBeLessThan(5);
  });
});
