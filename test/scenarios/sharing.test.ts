import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { type Cache, type CompileOptions, createRuntime, memoryCache, type RunEvent } from '../../src/index.ts';
import { scriptedModel, simulatedClock } from '../../src/testing/index.ts';
import { Bodies, build, refusals, settle } from '../helpers.ts';

const one = (keys: string, more = ''): string => `model: scripted
state: { n: { type: number, default: 1 }, who: { type: string, default: a }, out: any? }
${more}
nodes: { work: { type: function, function: work, input: { n: n }, output: out, ${keys} } }
edges: ["START -> work -> END"]
`;

describe('cache', () => {
  it('uses the result of a node with the same input again, over the threads of a runtime', async () => {
    const bodies = new Bodies();
    const graph = build(one('cache: true'), {
      functions: { work: bodies.now('work', (input: Record<string, unknown>) => Number(input.n) * 10) },
    });
    const app = createRuntime();
    const events: RunEvent[] = [];
    const outs = [];
    for (const n of [1, 2, 1]) {
      const result = await app.thread(graph).invoke({ n, who: `${Math.random()}` }, { onEvent: e => events.push(e) });
      outs.push([result.output.out, result.metrics.cachedRuns]);
    }
    expect(outs).toEqual([
      [10, 0],
      [20, 0],
      [10, 1],
    ]);
    expect(bodies.count('work')).toBe(2);
    expect(events.filter(e => e.type === 'cached')).toMatchObject([{ node: 'work' }]);
    await createRuntime().thread(graph).invoke({ n: 1 });
    expect(bodies.count('work')).toBe(3);
  });

  it('for as long as "ttl" says', async () => {
    const bodies = new Bodies();
    const clock = simulatedClock();
    const graph = build(one('cache: { ttl: 10s }'), { functions: { work: bodies.now('work', 5) } });
    const app = createRuntime({ clock });
    for (const [ms, count] of [
      [0, 1],
      [9_999, 1],
      [1, 2],
    ] as const) {
      await clock.advance(ms);
      await app.thread(graph).invoke();
      expect(bodies.count('work')).toBe(count);
    }
  });

  it('by "key" where it is given', async () => {
    const bodies = new Bodies();
    const graph = build(one('cache: { key: who }'), {
      functions: { work: bodies.now('work', (input: Record<string, unknown>) => input.n) },
    });
    const app = createRuntime();
    const out = async (input: Record<string, unknown>): Promise<unknown> =>
      (await app.thread(graph).invoke(input)).output.out;
    expect([await out({ n: 1, who: 'a' }), await out({ n: 2, who: 'a' }), await out({ n: 3, who: 'b' })]).toEqual([
      1, 1, 3,
    ]);
    expect(refusals(one('cache: { key: nope }'))).toEqual(['expression-name']);
  });

  it('keeps no errors, and nothing of another node or of another function', async () => {
    let calls = 0;
    const work = (): number => {
      if (++calls === 1) throw new Error('first');
      return calls;
    };
    const options: CompileOptions = { functions: { work, other: () => 'other' } };
    const app = createRuntime();
    const graph = build(one('cache: true, retry: { attempts: 2, delay: 1ms }'), options);
    expect((await app.thread(graph).invoke()).output.out).toBe(2);
    expect((await app.thread(graph).invoke()).output.out).toBe(2);
    const renamed = build(
      one('cache: true').replaceAll('work:', 'work2:').replaceAll('-> work ', '-> work2 '),
      options,
    );
    expect((await app.thread(renamed).invoke()).output.out).toBe(3);
    const other = build(one('cache: true').replace('function: work', 'function: other'), options);
    expect((await app.thread(other).invoke()).output.out).toBe('other');
  });

  it('null is a result; one that does not fit the state is written no more than any other', async () => {
    const bodies = new Bodies();
    const app = createRuntime();
    const graph = build(one('cache: true'), { functions: { work: bodies.now('work', null) } });
    for (let i = 0; i < 2; i++) expect((await app.thread(graph).invoke()).output.out).toBeNull();
    expect(bodies.count('work')).toBe(1);
    const wrong = build(one('cache: true').replace('output: out', 'output: n'), {
      functions: { work: bodies.now('wrong', 'text') },
    });
    for (let i = 0; i < 2; i++) expect((await app.thread(wrong).invoke()).error).toMatchObject({ node: 'work' });
  });

  it('a model is not asked again for the same prompt', async () => {
    const text = `model: scripted\nstate: { q: string, out: string? }\nnodes: { ask: { type: llm, prompt: "About {{ q }}", output: out, cache: true } }\nedges: ["START -> ask -> END"]\n`;
    const model = scriptedModel({ ask: ['one', 'two'] });
    const app = createRuntime({ models: { scripted: model } });
    const results = [];
    for (const q of ['owls', 'cats', 'owls']) results.push(await app.thread(build(text)).invoke({ q }));
    expect(results.map(r => [r.output.out, r.metrics.modelCalls])).toEqual([
      ['one', 1],
      ['two', 1],
      ['one', 0],
    ]);
  });

  it('may be the program\u2019s own', async () => {
    const kept = new Map<string, unknown>();
    const sets: unknown[] = [];
    const cache: Cache = {
      get: async key => kept.get(key),
      set: async (key, value, ttlMs) => {
        sets.push([value, ttlMs]);
        kept.set(key, value);
      },
    };
    const bodies = new Bodies();
    const graph = build(one('cache: { ttl: 1m }'), { functions: { work: bodies.now('work', { a: 1 }) } });
    for (let i = 0; i < 2; i++) await createRuntime({ cache }).thread(graph).invoke();
    expect([bodies.count('work'), sets]).toEqual([1, [[{ a: 1 }, 60_000]]]);
    expect([...kept.keys()][0]).toMatch(/^graph\.yaml#work\/[0-9a-f]{64}$/);
  });

  it('in memory is bounded: what was not used for longest goes', () => {
    const cache = memoryCache(() => 0, 2);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.get('a');
    cache.set('c', 3);
    expect(['a', 'b', 'c'].map(key => cache.get(key))).toEqual([1, undefined, 3]);
  });
});

describe('concurrencyKey', () => {
  const keyed = (more = ''): string => one('concurrencyKey: "user-{{ who }}"', more);

  async function started(
    graph: ReturnType<typeof build>,
    whos: string[],
    options = {},
  ): Promise<{ bodies: Bodies; app: ReturnType<typeof createRuntime>; results: Promise<unknown>[] }> {
    const app = createRuntime(options);
    const bodies = new Bodies();
    const results = whos.map((who, n) => app.thread(graph, `${n}`).invoke({ who, n }));
    await settle();
    return { bodies, app, results };
  }

  it('lets one run at a time, over threads, in the order in which they came', async () => {
    const bodies = new Bodies();
    const graph = build(keyed(), { functions: { work: bodies.hold('work') } });
    const { results } = await started(graph, ['a', 'a', 'b', 'a']);
    expect(bodies.count('work')).toBe(2);
    const order: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const body = bodies.get('work');
      order.push(body.input.n);
      body.finish(i);
      await settle();
    }
    await Promise.all(results);
    expect(order).toEqual([0, 2, 1, 3]);
  });

  it('or as many as the graph says, or the runtime before it', async () => {
    const limits = 'limits: { concurrency: { user-a: 2 } }';
    for (const [more, options, expected] of [
      ['', {}, 1],
      [limits, {}, 2],
      [limits, { concurrency: { 'user-a': 3 } }, 3],
      ['', { concurrency: { 'user-{{ who }}': 4 } }, 4],
    ] as const) {
      const bodies = new Bodies();
      const graph = build(keyed(more), { functions: { work: bodies.hold('work') } });
      const { results } = await started(graph, ['a', 'a', 'a', 'a', 'a'], options);
      expect(bodies.count('work')).toBe(expected);
      for (let i = 0; i < 5; i++) {
        bodies.get('work').finish(1);
        await settle();
      }
      await Promise.all(results);
    }
    expect(refusals(keyed('limits: { concurrency: { a: 0 } }'))).toEqual(['wrong-value']);
  });

  it('who fails makes room, and who is cancelled while waiting leaves the row', async () => {
    const bodies = new Bodies();
    const graph = build(keyed(), { functions: { work: bodies.hold('work') } });
    const { app, results } = await started(graph, ['a', 'a', 'a']);
    await app.thread(graph, '1').cancel();
    expect(await results[1]).toMatchObject({ status: 'cancelled' });
    bodies.get('work').fail('no');
    await settle();
    expect(bodies.get('work').input.n).toBe(2);
    expect(await results[0]).toMatchObject({ status: 'failed' });
    expect(bodies.count('work')).toBe(2);
  });

  it('a timeout counts the wait for a turn', async () => {
    const bodies = new Bodies();
    const clock = simulatedClock();
    const graph = build(one('concurrencyKey: k, timeout: 10s'), { functions: { work: bodies.hold('work') } });
    const { results } = await started(graph, ['a', 'b'], { clock });
    await clock.advance(10_000);
    // What does not heed its signal is waited for a while.
    await clock.advance(2_000);
    expect(await Promise.all(results)).toMatchObject([{ error: { code: 'timeout' } }, { error: { code: 'timeout' } }]);
    expect(bodies.count('work')).toBe(1);
  });

  it('who does not heed a stop makes room after a while', async () => {
    const bodies = new Bodies();
    const clock = simulatedClock();
    const graph = build(one('concurrencyKey: k'), { functions: { work: bodies.hold('work') } });
    const { app, results } = await started(graph, ['a', 'b'], { clock });
    const cancelled = app.thread(graph, '0').cancel();
    await clock.advance(1_999);
    expect(bodies.count('work')).toBe(1);
    await clock.advance(1);
    expect(bodies.count('work')).toBe(2);
    await cancelled;
    expect(await results[0]).toMatchObject({ status: 'cancelled' });
  });

  it('holds over branches, and in plain actors per graph', async () => {
    const bodies = new Bodies();
    const text = `state: { seen: { type: list<string>, merge: append } }
nodes:
  a: { type: function, function: work, concurrencyKey: k, input: {}, output: seen }
  b: { type: function, function: work, concurrencyKey: k, input: {}, output: seen }
edges: ["START -> [a, b] -> END"]
`;
    const graph = build(text, { functions: { work: bodies.hold('work') } });
    createActor(graph.machine, { input: {} }).start();
    createActor(graph.machine, { input: {} }).start();
    await settle();
    expect(bodies.count('work')).toBe(1);
    for (let i = 2; i <= 4; i++) {
      bodies.get('work').finish('x');
      await settle();
      expect(bodies.count('work')).toBe(i);
    }
  });

  it('a key that cannot be made is an error of the node', async () => {
    const text = one('concurrencyKey: "{{ out.a }}"');
    const result = await createRuntime()
      .thread(build(text, { functions: { work: () => 1 } }))
      .invoke({ out: {} });
    expect(result.error).toMatchObject({ node: 'work', code: 'text' });
    expect(refusals(one('concurrencyKey: "{{ nope }}"'))).toEqual(['text-name']);
  });
});
