import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compileGraph, createRuntime } from '../../src/index.ts';
import { Bodies, build, launch, run, settle } from '../helpers.ts';

const later = (ms: number, result: object) => () => new Promise(resolve => setTimeout(resolve, ms, result));

const qaGraph = `
state:
  docs: { type: array, items: string, merge: append }
  rounds: { type: number, default: 0 }
nodes:
  rewrite: { type: function, function: rewrite }
  analyzer: { type: function, function: analyzer }
  r1: { type: function, function: r1 }
  r2: { type: function, function: r2 }
  qa: { type: function, function: qa }
`;

describe('S01 a join waits for unequal branches', () => {
  const text = `${qaGraph}
edges:
  - START -> rewrite -> [analyzer, r2]
  - analyzer -> r1
  - "[r1, r2] -> qa -> END"
`;
  it.each([
    ['r1 first', ['analyzer', 'r1', 'r2']],
    ['r2 first', ['r2', 'analyzer', 'r1']],
  ])('S01 qa runs once and docs are in file order, %s', async (_, order) => {
    const bodies = new Bodies();
    const functions = {
      rewrite: bodies.now('rewrite'),
      analyzer: bodies.hold('analyzer'),
      r1: bodies.hold('r1'),
      r2: bodies.hold('r2'),
      qa: bodies.now('qa'),
    };
    const { result } = await launch(build(text, { functions }));
    const docs: Record<string, object> = { analyzer: {}, r1: { docs: ['r1'] }, r2: { docs: 'r2' } };
    for (const name of order) {
      expect(bodies.count('qa')).toBe(0);
      bodies.get(name).finish(docs[name]);
      await settle();
    }
    expect((await result).output.docs).toEqual(['r1', 'r2']);
    expect(bodies.count('qa')).toBe(1);
  });
});

describe('S02 a fork and join inside a cycle', () => {
  it('S02 the join resets: each doc twice, in order, qa once at the end', async () => {
    const bodies = new Bodies();
    const text = `${qaGraph}
  meet: { type: set, set: { rounds: rounds + 1 } }
edges:
  - START -> rewrite -> [analyzer, r2]
  - analyzer -> r1
  - "[r1, r2] -> meet"
  - { from: meet, to: rewrite, when: rounds < 2 }
  - meet -> qa -> END
`;
    const functions = {
      rewrite: bodies.now('rewrite'),
      analyzer: bodies.now('analyzer'),
      r1: bodies.now('r1', { docs: ['r1'] }),
      r2: bodies.now('r2', { docs: ['r2'] }),
      qa: bodies.now('qa'),
    };
    const result = await run(build(text, { functions }));
    expect(result.output).toEqual({ docs: ['r1', 'r2', 'r1', 'r2'], rounds: 2 });
    expect(bodies.count('qa')).toBe(1);
    expect(result.metrics.visits).toMatchObject({ rewrite: 2, meet: 2, qa: 1 });
  });
});

describe('with a simulated clock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Runs a graph and says how much simulated time it took, in milliseconds. */
  async function timed(
    text: string,
    functions: Record<string, () => unknown>,
  ): Promise<{ ms: number; runs: string[] }> {
    const runs: string[] = [];
    const counted = Object.fromEntries(
      Object.entries(functions).map(([name, f]) => [
        name,
        () => {
          runs.push(name);
          return f();
        },
      ]),
    );
    const start = Date.now();
    const done = createRuntime()
      .thread(build(text, { functions: counted }))
      .invoke();
    let ms = -1;
    void done.then(() => {
      ms = Date.now() - start;
    });
    while (ms < 0 && Date.now() - start < 5_000) await vi.advanceTimersByTimeAsync(1);
    expect((await done).status).toBe('done');
    return { ms, runs };
  }

  it('S03 an unequal diamond runs each node once, in the time of the slower branch', async () => {
    const nodes = ['a', 'b', 'b2', 'c', 'd'].map(n => `  ${n}: { type: function, function: ${n} }`).join('\n');
    const text = `nodes:\n${nodes}\nedges:\n  - START -> a -> [b, c]\n  - b -> b2\n  - "[b2, c] -> d -> END"\n`;
    const functions = { a: later(10, {}), b: later(50, {}), b2: later(50, {}), c: later(90, {}), d: later(10, {}) };
    const { ms, runs } = await timed(text, functions);
    expect(runs.sort()).toEqual(['a', 'b', 'b2', 'c', 'd']);
    expect(ms).toBeLessThanOrEqual(122);
  });

  it('S09 two independent chains do not wait for each other', async () => {
    const nodes = ['a1', 'a2', 'b1', 'b2'].map(n => `  ${n}: { type: function, function: ${n} }`).join('\n');
    const text = `nodes:\n${nodes}\nedges:\n  - START -> [a1, b1]\n  - a1 -> a2 -> END\n  - b1 -> b2 -> END\n`;
    const functions = { a1: later(100, {}), a2: later(10, {}), b1: later(10, {}), b2: later(100, {}) };
    const { ms } = await timed(text, functions);
    expect(ms).toBeLessThan(125);
    expect(ms).toBeGreaterThanOrEqual(110);
  });
});

describe('S04 a join after conditions', () => {
  const text = `
state:
  takeB: boolean
  takeC: boolean
  seen: { type: array, items: string, merge: append }
nodes:
  a: { type: set, set: { seen: "'a'" } }
  b: { type: set, set: { seen: "'b'" } }
  b2: { type: set, set: { seen: "'b2'" } }
  c: { type: set, set: { seen: "'c'" } }
  c2: { type: set, set: { seen: "'c2'" } }
  meet: { type: set, set: { seen: "'meet'" } }
edges:
  - START -> a -> [b, c]
  - { from: b, to: b2, when: takeB }
  - b -> END
  - { from: c, to: c2, when: takeC }
  - c -> END
  - "[b2, c2] -> meet -> END"
`;
  it.each([
    [true, true, ['a', 'b', 'b2', 'c', 'c2', 'meet']],
    [true, false, ['a', 'b', 'b2', 'c', 'meet']],
    [false, true, ['a', 'b', 'c', 'c2', 'meet']],
    [false, false, ['a', 'b', 'c']],
  ])('S04 taken %s and %s', async (takeB, takeC, seen) => {
    const result = await run(build(text), { takeB, takeC });
    expect(result.status).toBe('done');
    expect(result.output.seen).toEqual(seen);
  });
});

describe('S05 conditional entry', () => {
  it('S05 only the chosen path runs', async () => {
    const bodies = new Bodies();
    const text = `
state: { kind: { enum: [left, right] } }
nodes:
  left: { type: function, function: left }
  right: { type: function, function: right }
edges:
  - { from: START, to: left, when: kind == "left" }
  - { from: START, to: right, when: kind == "right" }
  - START -> END
  - "[left, right] -> END"
`;
    const functions = { left: bodies.now('left'), right: bodies.now('right') };
    const result = await run(build(text, { functions }), { kind: 'right' });
    expect(bodies.runs).toEqual(['right']);
    expect(result.metrics.visits).toEqual({ right: 1 });
  });
});

describe('S06 loops', () => {
  const counter = (extra: string) => `
state:
  value: { type: number, default: 1 }
  seen: { type: array, items: number, merge: append }
nodes:
  count: { type: set, set: { seen: value, value: value + 1 }${extra} }
  gaveUp: { type: set, set: { seen: "-1" } }
edges:
  - START -> count
  - { from: count, to: END, when: value >= 6 }
  - count -> count
  - gaveUp -> END
`;
  it('S06 a counter ends when its condition says so', async () => {
    const result = await run(build(counter(', onLimit: gaveUp, maxVisits: 9')));
    expect(result.output).toEqual({ value: 6, seen: [1, 2, 3, 4, 5] });
    expect(result.metrics.visits.count).toBe(5);
  });

  it('S06 the budget stops it and onLimit is taken', async () => {
    const result = await run(build(counter(', onLimit: gaveUp, maxVisits: 3')));
    expect(result.status).toBe('done');
    expect(result.output).toEqual({ value: 4, seen: [1, 2, 3, -1] });
  });

  it('S06 a loop that never ends fails at the default budget, and a retry allows one visit more', async () => {
    const text = `
state: { n: { type: number, default: 0 } }
nodes: { spin: { type: set, set: { n: n + 1 } } }
edges:
  - START -> spin
  - { from: spin, to: END, when: n < 0 }
  - spin -> spin
`;
    const thread = createRuntime().thread(build(text));
    const result = await thread.invoke();
    expect(result.status).toBe('failed');
    expect(result.error).toMatchObject({ node: 'spin', code: 'limit' });
    expect(result.output.n).toBe(100);
    expect((await thread.retry()).output.n).toBe(101);
  });
});

describe('S07 two branches write one key', () => {
  it('S07 a compile error with both positions when both writes show', () => {
    const text = `
state: { answer: string? }
nodes:
  a: { type: set, set: { answer: "'a'" } }
  b: { type: set, set: { answer: "'b'" } }
edges: ["START -> [a, b] -> END"]
`;
    const result = compileGraph(text, { file: 'g.yaml' });
    expect(result.ok).toBe(false);
    const [found] = result.ok ? [] : result.diagnostics;
    expect(found?.code).toBe('write-conflict');
    expect(text.slice(found?.span.start, found?.span.end)).toBe('b');
    expect(text.slice(found?.related?.[0]?.span.start, found?.related?.[0]?.span.end)).toBe('a');
  });

  it('S07 a run error with code and both names when functions write', async () => {
    const text = `
state: { answer: string? }
nodes:
  a: { type: function, function: a }
  b: { type: function, function: b }
  c: { type: set, set: {} }
edges: ["START -> [a, b] -> c -> END"]
`;
    const functions = { a: () => ({ answer: 'a' }), b: () => ({ answer: 'b' }) };
    const result = await run(build(text, { functions }));
    expect(result.status).toBe('failed');
    expect(result.error).toMatchObject({ code: 'write-conflict' });
    expect(result.error?.message).toMatch(/"a" and "b".*"answer"/);
  });
});

describe('S08 two branches append to one key', () => {
  it.each([[['a', 'b']], [['b', 'a']]])('S08 finishing as %s', async order => {
    const bodies = new Bodies();
    const text = `
state: { all: { type: array, merge: append } }
nodes:
  a: { type: function, function: a }
  b: { type: function, function: b }
edges: ["START -> [a, b] -> END"]
`;
    const { result } = await launch(build(text, { functions: { a: bodies.hold('a'), b: bodies.hold('b') } }));
    for (const name of order) {
      bodies.get(name).finish({ all: [name] });
      await settle();
    }
    expect((await result).output.all).toEqual(['a', 'b']);
  });
});

describe('S11 nesting', () => {
  const step = (name: string) => `  ${name}: { type: set, set: { seen: "'${name}'" } }`;
  const nested = (names: string[], edges: string) => `
state:
  seen: { type: array, items: string, merge: append }
  n: { type: number, default: 0, merge: sum }
nodes:
${names.map(step).join('\n')}
  add: { type: set, set: { n: 1, seen: "'add'" }, maxVisits: 9 }
edges:
${edges}
`;
  it('S11 a fork in a branch of a fork', async () => {
    const text = nested(
      ['a', 'b', 'b1', 'b2', 'b3', 'c', 'd'],
      `  - START -> a -> [b, c]
  - b -> [b1, b2] -> b3 -> d
  - c -> add -> d -> END`,
    );
    const result = await run(build(text));
    expect(result.output.seen).toEqual(['a', 'b', 'b1', 'b2', 'b3', 'c', 'add', 'd']);
  });

  it('S11 a cycle inside a branch', async () => {
    const text = nested(
      ['a', 'c', 'd'],
      `  - START -> a -> [add, c] -> d -> END
  - { from: add, to: add, when: n < 3 }`,
    );
    const result = await run(build(text));
    expect(result.output).toEqual({ seen: ['a', 'add', 'add', 'add', 'c', 'd'], n: 3 });
  });

  it('S11 a fork and join inside a cycle inside a branch', async () => {
    const text = nested(
      ['a', 'x', 'y', 'z', 'c', 'd'],
      `  - START -> a -> [add, c] -> d -> END
  - add -> [x, y] -> z
  - { from: z, to: add, when: n < 2 }
  - z -> d`,
    ).replace('a -> [add, c] -> d -> END', 'a -> [add, c]\n  - c -> d -> END');
    const result = await run(build(text));
    expect(result.output).toEqual({ seen: ['a', 'add', 'x', 'y', 'z', 'add', 'x', 'y', 'z', 'c', 'd'], n: 2 });
  });

  it('S11 branches that share a join only in pairs', async () => {
    const text = nested(
      ['a', 'b', 'c', 'e', 'd', 'f'],
      `  - START -> a -> [b, c, e]
  - "[b, c] -> d -> f"
  - e -> add -> f -> END`,
    );
    const result = await run(build(text));
    expect(result.output.seen).toEqual(['a', 'b', 'c', 'd', 'e', 'add', 'f']);
  });

  it('S11 a branch that goes straight to the join, and one that ends', async () => {
    const text = nested(['a', 'b', 'c', 'd'], `  - START -> a -> [b, c, d]\n  - b -> d -> END\n  - c -> add -> END`);
    const result = await run(build(text));
    expect(result.output.seen).toEqual(['a', 'b', 'd', 'c', 'add']);
  });
});

describe('S12 an edge out of the middle of a fork', () => {
  const text = `
nodes:
  a: { type: set, set: {} }
  b: { type: set, set: {} }
  c: { type: set, set: {} }
  d: { type: set, set: {} }
edges:
  - START -> a -> [b, c] -> d -> END
  - { from: b, to: a, when: "true" }
`;
  it('S12 is refused with fork, join, edge and a fix', () => {
    const result = compileGraph(text);
    const found = result.ok ? [] : result.diagnostics.filter(d => d.severity === 'error');
    expect(found.map(d => d.code)).toEqual(['fork-leave']);
    expect(found[0]?.message).toContain('b -> a');
    expect(found[0]?.message).toContain('a -> [b, c]');
    expect(found[0]?.message).toContain('"d"');
    expect(found[0]?.hint).toContain('from: d');
  });

  it('S12 an edge into the middle is refused as well', () => {
    const into = text.replace('{ from: b, to: a, when: "true" }', '{ from: START, to: c, when: "true" }');
    const result = compileGraph(into);
    expect(result.ok ? [] : result.diagnostics.map(d => [d.code, d.message.includes('START -> c')])).toContainEqual([
      'fork-leave',
      true,
    ]);
  });
});
