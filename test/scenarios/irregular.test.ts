import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/index.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { Bodies, build, launch, settle } from '../helpers.ts';

/** A graph of nodes `n0`, `n1`, … from its edges; sources hang on START, sinks lead to END. */
function toYaml(size: number, edges: readonly (readonly [number, number])[]): string {
  const ids = Array.from({ length: size }, (_, i) => `n${i}`);
  const nodes = ids.map(id => `  ${id}: { type: function, function: body }`);
  const sources = ids.filter((_, i) => !edges.some(([, to]) => to === i));
  const sinks = ids.filter((_, i) => !edges.some(([from]) => from === i));
  const lines = [
    `  - START -> [${sources.join(', ')}]`,
    ...edges.map(([from, to]) => `  - n${from} -> n${to}`),
    `  - "[${sinks.join(', ')}] -> END"`,
  ];
  return `state: { seen: { type: array, items: string, merge: append } }\nnodes:\n${nodes.join('\n')}\nedges:\n${lines.join('\n')}\n`;
}

const SIZE = 12;

/** Acyclic graphs of up to twelve nodes: edges lead from lower to higher numbers. */
const dags = fc.integer({ min: 3, max: SIZE }).chain(size =>
  fc.record({
    size: fc.constant(size),
    edges: fc.uniqueArray(
      fc.tuple(fc.nat(size - 2), fc.nat(size - 2)).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const),
      { selector: ([a, b]) => `${a},${b}`, maxLength: size * 2 },
    ),
    delays: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: size, maxLength: size }),
  }),
);

function ancestorsOf(node: number, edges: readonly (readonly [number, number])[]): Set<number> {
  const found = new Set<number>();
  const open = [node];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const [from, to] of edges) if (to === at && !found.has(from)) open.push(found.add(from) && from);
  }
  return found;
}

describe('forks that are not series-parallel', () => {
  it('each node runs once after all that lead to it, sees its ancestors only, in the time of the critical path', async () => {
    await fc.assert(
      fc.asyncProperty(dags, async ({ size, edges, delays }) => {
        const clock = simulatedClock();
        const views: Record<string, string[]> = {};
        const body = async (state: { seen: string[] }, { node }: { node: string }) => {
          expect(views[node], `${node} runs once`).toBeUndefined();
          views[node] = [...state.seen].sort();
          await clock.sleep(delays[Number(node.slice(1))] ?? 0);
          return { seen: node };
        };
        const yaml = toYaml(size, edges);
        const graph = build(yaml, { functions: { body } });
        const result = createRuntime({ clock }).thread(graph).invoke();
        const ends: number[] = [];
        for (let i = 0; i < size; i++) {
          const before = edges.filter(([, to]) => to === i).map(([from]) => ends[from] ?? 0);
          ends[i] = Math.max(0, ...before) + (delays[i] ?? 0);
        }
        await clock.advance(Math.max(...ends) - 1);
        expect(await settled(result), yaml).toBe(false);
        await clock.advance(1);
        const outcome = await result;
        expect(outcome.status, yaml).toBe('done');
        const named = (ids: Iterable<number>): string[] => [...ids].map(i => `n${i}`).sort();
        for (let i = 0; i < size; i++)
          expect(views[`n${i}`], `what n${i} sees in\n${yaml}`).toEqual(named(ancestorsOf(i, edges)));
        expect([...(outcome.output.seen as string[])].sort()).toEqual(
          named(Array.from({ length: size }, (_, i) => i)).sort(),
        );
      }),
      { numRuns: Number(process.env.DAGS ?? 150), seed: 20_261_121 },
    );
  });

  it('a path that a condition skips does not block, and one that nobody takes runs nothing', async () => {
    const text = `
state: { left: boolean, seen: { type: array, items: string, merge: append } }
nodes:
  a: { type: set, set: { seen: "'a'" } }
  b: { type: set, set: { seen: "'b'" } }
  c: { type: set, set: { seen: "'c'" } }
  d: { type: set, set: { seen: "'d'" } }
  e: { type: set, set: { seen: "'e'" } }
  f: { type: set, set: { seen: "'f'" } }
  g: { type: set, set: { seen: "'g'" } }
edges:
  - START -> a -> [b, c]
  - b -> [d, e]
  - c -> e
  - { from: e, to: f, when: left }
  - e -> g
  - d -> g
  - f -> g -> END
`;
    const run = async (left: boolean) => (await createRuntime().thread(build(text)).invoke({ left })).output.seen;
    expect(await run(true)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(await run(false)).toEqual(['a', 'b', 'c', 'd', 'e', 'g']);
  });

  it('inside a loop, with a wait and a failure in it, and two ordered writes of one key', async () => {
    const text = `
state: { n: { type: number, default: 0 }, last: { type: string, default: "" }, seen: { type: array, items: string, merge: append } }
nodes:
  a: { type: set, set: { n: n + 1 }, maxVisits: 5 }
  b: { type: function, function: b }
  c: { type: interrupt, message: "{{ n }}?" }
  d: { type: set, set: { last: "'d' + last", seen: "'d'" } }
  e: { type: set, set: { last: "'e' + last", seen: "'e'" } }
  f: { type: set, set: { seen: "'f'" } }
edges:
  - START -> a -> [b, c]
  - b -> [d, e]
  - c -> e
  - d -> e
  - d -> f
  - e -> f
  - { from: f, to: a, when: n < 2 }
  - f -> END
`;
    let broken = true;
    const b = (): object => {
      if (broken) throw new Error('broken');
      return { seen: 'b' };
    };
    const thread = createRuntime().thread(build(text, { functions: { b } }));
    expect(await thread.invoke()).toMatchObject({ status: 'failed', interrupts: [{ id: 'c' }] });
    broken = false;
    expect((await thread.retry()).status).toBe('waiting');
    expect(await thread.resume('one')).toMatchObject({ status: 'waiting', interrupts: [{ message: '2?' }] });
    expect(await thread.resume('two')).toMatchObject({
      status: 'done',
      output: { last: 'eded', seen: ['b', 'd', 'e', 'f', 'b', 'd', 'e', 'f'] },
    });
  });
});

describe('S10: a partial join where branches cross', () => {
  const text = (join: string): string => `
state: { seen: { type: array, items: string, merge: append } }
nodes:
${['a', 'b', 'c', 'd'].map(id => `  ${id}: { type: function, function: ${id} }`).join('\n')}
  meet: { type: function, function: meet, join: ${join} }
edges: ["START -> [a, b]", "a -> [c, meet]", b -> c, "b -> d -> meet", c -> meet, meet -> END]
`;
  it.each([
    ['any', ['a'], ['a']],
    ['2', ['a', 'b', 'd'], ['a', 'b', 'd']],
  ])('join: %s goes on with so many arrivals, and cancels the rest', async (join, finishing, seen) => {
    const bodies = new Bodies();
    const functions = Object.fromEntries(['a', 'b', 'c', 'd'].map(id => [id, bodies.hold(id)]));
    const { result } = await launch(build(text(join), { functions: { ...functions, meet: bodies.now('meet') } }));
    for (const id of finishing) {
      expect(bodies.count('meet')).toBe(0);
      bodies.get(id).finish({ seen: id });
      await settle();
    }
    expect(bodies.count('meet')).toBe(1);
    expect((await result).output.seen).toEqual(seen);
  });
});

/** Whether a promise has settled. */
async function settled(result: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  return (await Promise.race([result, new Promise(resolve => setImmediate(resolve, open))])) !== open;
}
