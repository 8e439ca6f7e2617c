import { describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/index.ts';
import { Bodies, build, launch, settle } from '../helpers.ts';

const text = `
state: { total: { type: number, merge: sum } }
nodes:
  ok: { type: function, function: ok }
  bad: { type: function, function: bad }
  end: { type: set, set: { total: 10 } }
edges: ["START -> [ok, bad] -> end -> END"]
`;

describe('S17 one branch fails', () => {
  it('S17 the other is stored, a retry runs only what failed', async () => {
    const bodies = new Bodies();
    let broken = true;
    const functions = {
      ok: bodies.now('ok', { total: 2 }),
      bad: bodies.now('bad', () => {
        if (broken) throw new Error('no luck');
        return { total: 3 };
      }),
    };
    const thread = createRuntime().thread(build(text, { functions }));
    const first = await thread.invoke();
    expect(first.status).toBe('failed');
    expect(first.error).toMatchObject({ node: 'bad', name: 'Error', message: 'no luck' });
    const state = await thread.state();
    expect(state.branches.find(b => b.branch === 'ok')?.writes).toEqual([{ node: 'ok', writes: { total: 2 } }]);
    expect((await thread.retry()).status).toBe('failed');
    expect(bodies.runs).toEqual(['ok', 'bad', 'bad']);
    broken = false;
    const last = await thread.retry();
    expect(last.status).toBe('done');
    expect(last.output.total).toBe(15);
    expect(bodies.runs).toEqual(['ok', 'bad', 'bad', 'bad']);
  });
});

describe('S18 a sibling runs while another fails', () => {
  it('S18 it finishes, its result counts, and nothing runs twice on retry', async () => {
    const bodies = new Bodies();
    const functions = { ok: bodies.hold('ok'), bad: bodies.hold('bad') };
    const { thread, result } = await launch(build(text, { functions }));
    bodies.get('bad').fail('broken');
    await settle();
    expect((await thread.state()).status).toBe('running');
    const sibling = bodies.get('ok');
    expect(sibling.signal.aborted).toBe(false);
    expect((await thread.state()).failures.map(f => f.node)).toEqual(['bad']);
    const retried = thread.retry();
    await settle();
    bodies.get('bad').finish({ total: 3 });
    sibling.finish({ total: 2 });
    expect((await retried).output).toEqual((await result).output);
    expect((await result).output.total).toBe(15);
    expect(bodies.runs).toEqual(['ok', 'bad', 'bad']);
  });

  it('S18 the result of the sibling is merged after the retry', async () => {
    const bodies = new Bodies();
    const functions = { ok: bodies.hold('ok'), bad: bodies.hold('bad') };
    const { thread, result } = await launch(build(text, { functions }));
    bodies.get('bad').fail('broken');
    await settle();
    bodies.get('ok').finish({ total: 2 });
    expect((await result).status).toBe('failed');
    const again = thread.retry();
    await settle();
    bodies.get('bad').finish({ total: 3 });
    expect((await again).output.total).toBe(15);
    expect(bodies.runs).toEqual(['ok', 'bad', 'bad']);
  });
});

describe('failures that are the graph’s own', () => {
  const failing = async (yaml: string, functions = {}) => createRuntime().thread(build(yaml, { functions })).invoke();

  it('no edge is true: the message names the conditions', async () => {
    const result = await failing(`
state: { n: { type: number, default: 5 } }
nodes: { a: { type: set, set: {} } }
edges:
  - START -> a
  - { from: a, to: END, when: n < 3 }
`);
    expect(result.error).toMatchObject({ node: 'a', code: 'no-edge' });
    expect(result.error?.message).toContain('n < 3');
  });

  it.each([
    ['a key that is not declared', { nope: 1 }, 'undeclared-key', '"nope"'],
    ['a wrong type', { n: 'x' }, 'wrong-type', 'expected number'],
    ['a Date', { any: { at: new Date(0) } }, 'not-json', 'node "f" writes "any.at", which is a Date'],
    ['a BigInt', { any: [1n] }, 'not-json', '"any[0]", which is a bigint'],
    ['NaN', { any: Number.NaN }, 'not-json', '"any", which is NaN'],
    ['a function', { any: () => 1 }, 'not-json', '"any", which is a function'],
    ['text instead of an object', 'x', 'wrong-result', 'returned a string'],
  ])('a function that writes %s', async (_, result, code, message) => {
    const yaml =
      'state: { n: { type: number, default: 0 }, any: any? }\nnodes: { f: { type: function, function: f } }\nedges: ["START -> f -> END"]';
    const outcome = await failing(yaml, { f: () => result });
    expect(outcome.error).toMatchObject({ node: 'f', code });
    expect(outcome.error?.message).toContain(message);
  });

  it('a value with a cycle is refused, not an overflow', async () => {
    const yaml = 'state: { any: any? }\nnodes: { f: { type: function, function: f } }\nedges: ["START -> f -> END"]';
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    const outcome = await failing(yaml, { f: () => ({ any: loop }) });
    expect(outcome.error?.code).toBe('not-json');
  });

  it('a body cannot change the state it was given', async () => {
    const yaml =
      'state: { all: { type: array, default: [1] } }\nnodes: { f: { type: function, function: f } }\nedges: ["START -> f -> END"]';
    const outcome = await failing(yaml, { f: (s: { all: number[] }) => void s.all.push(2) });
    expect(outcome.status).toBe('failed');
    expect(outcome.output.all).toEqual([1]);
  });
});
