import { describe, expect, it } from 'vitest';
import { apply, persist, restore, start } from '../../src/core/core.ts';
import { createRuntime, type RunEvent } from '../../src/index.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { Bodies, build, settle } from '../helpers.ts';

/** How long the end of a run waits for bodies that do not heed their signal. */
const SETTLE_MS = 2_000;

const one = (keys: string, more = '') => `
state: { n: { type: number, default: 0 }, note: string? }
nodes:
  work: { type: function, function: work, ${keys} }
  after: { type: set, set: { n: n + 1 } }
${more}
edges:
  - START -> work -> after -> END
`;

/** A function that fails the first `times` times. */
function flaky(times: number, error: () => Error = () => new Error('not yet')) {
  const at: number[] = [];
  const clock = simulatedClock();
  const work = () => {
    at.push(clock.now());
    if (at.length <= times) throw error();
    return {};
  };
  return { at, clock, work };
}

describe('S19 retry', () => {
  it('S19 waits as said: delay, factor, the longest wait', async () => {
    const { at, clock, work } = flaky(4);
    const graph = build(one('retry: { attempts: 5, delay: 1s, factor: 3, maxDelay: 5s }'), { functions: { work } });
    const events: RunEvent[] = [];
    const result = createRuntime({ clock })
      .thread(graph)
      .invoke({}, { onEvent: e => events.push(e) });
    await clock.advance(60_000);
    expect((await result).status).toBe('done');
    expect(at).toEqual([0, 1_000, 4_000, 9_000, 14_000]);
    expect(events.filter(e => e.type === 'node-retrying').map(e => e.attempts)).toEqual([1, 2, 3, 4]);
  });

  it('S19 fails after the last attempt; a retry by hand begins the count anew', async () => {
    const { at, clock, work } = flaky(5);
    const graph = build(one('retry: { attempts: 3, delay: 1s, factor: 1 }'), { functions: { work } });
    const thread = createRuntime({ clock }).thread(graph);
    const first = thread.invoke();
    await clock.advance(10_000);
    expect((await first).error).toMatchObject({ node: 'work', message: 'not yet' });
    expect(at).toEqual([0, 1_000, 2_000]);
    const second = thread.retry();
    await clock.advance(10_000);
    expect((await second).status).toBe('done');
    expect(at).toHaveLength(6);
  });

  it('S19 jitter takes a share off, the same for the same thread', async () => {
    const run = async (id: string): Promise<number[]> => {
      const { at, clock, work } = flaky(3);
      const graph = build(one('retry: { attempts: 4, delay: 10s, factor: 1, jitter: true }'), { functions: { work } });
      const result = createRuntime({ clock }).thread(graph, id).invoke();
      await clock.advance(60_000);
      await result;
      return at;
    };
    const first = await run('a');
    expect(first).toEqual(await run('a'));
    expect(first).not.toEqual(await run('b'));
    const waits = first.slice(1).map((t, i) => t - (first[i] ?? 0));
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(5_000);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(10_000);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });

  it.each([
    ['by name', new TypeError('x'), 'TypeError', 2],
    ['by code', Object.assign(new Error('x'), { code: 'EBUSY' }), 'EBUSY', 2],
    ['not one that does not match', new RangeError('x'), 'TypeError', 1],
    ['not one that says it is of no use', Object.assign(new TypeError('x'), { retryable: false }), 'TypeError', 1],
  ])('S19 tries again only errors that match, %s', async (_, error, on, runs) => {
    const { at, clock, work } = flaky(1, () => error);
    const graph = build(one(`retry: { attempts: 2, delay: 1s, on: ${on} }`), { functions: { work } });
    const result = createRuntime({ clock }).thread(graph).invoke();
    await clock.advance(5_000);
    expect((await result).status).toBe(runs === 2 ? 'done' : 'failed');
    expect(at).toHaveLength(runs);
  });

  it('S19 the wait and the count are in the state: stored and restored in the middle, they go on', () => {
    const { machine } = build(one('retry: { attempts: 3, delay: 10s, factor: 2 }'), {
      functions: { work: () => ({}) },
    });
    const first = start(machine, {});
    const taskOf = (step: { tasks: readonly { taskId: string }[] }): string => step.tasks[0]?.taskId ?? '';
    const failed = apply(machine, first.state, {
      kind: 'error',
      taskId: taskOf(first),
      childId: 'work',
      error: new Error('x'),
    });
    expect(failed?.timers).toMatchObject([{ delay: 10_000 }]);
    const stored = JSON.stringify(persist(failed?.state ?? first.state));
    const state = restore(machine, JSON.parse(stored));
    const [timer] = failed?.timers ?? [];
    if (!timer) throw new Error('no timer');
    const again = apply(machine, state, { kind: 'timer', ...timer });
    expect(again?.tasks).toHaveLength(1);
    expect(apply(machine, again?.state ?? state, { kind: 'timer', ...timer })).toBeUndefined();
    const twice = apply(machine, again?.state ?? state, {
      kind: 'error',
      taskId: taskOf(again ?? first),
      childId: 'work',
      error: new Error('x'),
    });
    expect(twice?.timers).toMatchObject([{ delay: 20_000 }]);
  });

  it('S19 a write that does not fit is tried again too', async () => {
    let tries = 0;
    const clock = simulatedClock();
    const work = () => ({ n: ++tries === 1 ? 'x' : 5 });
    const graph = build(one('retry: 2'), { functions: { work } });
    const result = createRuntime({ clock }).thread(graph).invoke();
    await clock.advance(2_000);
    expect((await result).output.n).toBe(6);
  });
});

describe('S20 timeout and deadline', () => {
  it('S20 a timeout stops the attempt: the signal fires, the late result is dropped, the next attempt counts', async () => {
    const clock = simulatedClock();
    const bodies = new Bodies();
    const graph = build(one('timeout: 5s, retry: { attempts: 2, delay: 1s }'), {
      functions: { work: bodies.hold('work') },
    });
    const result = createRuntime({ clock }).thread(graph).invoke();
    await clock.advance(4_999);
    const first = bodies.get('work');
    expect(first.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(first.signal.aborted).toBe(true);
    first.finish({ n: 100 });
    await clock.advance(1_000);
    bodies.get('work').finish({ n: 1 });
    expect((await result).output.n).toBe(2);
  });

  it('S20 without a retry a timeout fails the node, with a message that says how long', async () => {
    const clock = simulatedClock();
    const bodies = new Bodies();
    const graph = build(one('timeout: 5s'), { functions: { work: bodies.hold('work') } });
    const result = createRuntime({ clock }).thread(graph).invoke();
    await clock.advance(5_000 + SETTLE_MS);
    expect((await result).error).toMatchObject({
      name: 'TimeoutError',
      code: 'timeout',
      message: 'node "work" took longer than 5000 ms',
    });
  });

  it('S20 a deadline ends all attempts, also in the middle of a wait', async () => {
    const { at, clock, work } = flaky(99);
    const graph = build(one('deadline: 10s, retry: { attempts: 50, delay: 4s, factor: 1 }'), { functions: { work } });
    const result = createRuntime({ clock }).thread(graph).invoke();
    await clock.advance(60_000);
    expect((await result).error).toMatchObject({ code: 'deadline' });
    expect(at).toEqual([0, 4_000, 8_000]);
  });
});

describe('S21 onError', () => {
  it('S21 continue goes on without a result and shows the error in the outcome', async () => {
    const work = () => {
      throw Object.assign(new Error('no luck'), { code: 'LUCK' });
    };
    const result = await createRuntime()
      .thread(build(one('onError: continue'), { functions: { work } }))
      .invoke();
    expect(result).toMatchObject({
      status: 'done',
      output: { n: 1 },
      failures: [],
      handled: [{ node: 'work', error: { message: 'no luck', code: 'LUCK' } }],
    });
  });

  it('S21 a node takes the error, which is in scope', async () => {
    const work = () => {
      throw Object.assign(new Error('no luck'), { code: 'LUCK' });
    };
    const text = one(
      'onError: repair',
      '  repair: { type: set, set: { note: \'error.node + ": " + error.message + " " + error.code\' } }',
    ).replace('-> END', '-> END\n  - repair -> END');
    const result = await createRuntime()
      .thread(build(text, { functions: { work } }))
      .invoke();
    expect(result).toMatchObject({ status: 'done', output: { n: 0, note: 'work: no luck LUCK' } });
  });

  it('S21 retries come first', async () => {
    const { at, clock, work } = flaky(2);
    const graph = build(one('onError: continue, retry: { attempts: 3, delay: 1s }'), { functions: { work } });
    const result = createRuntime({ clock }).thread(graph).invoke();
    await clock.advance(10_000);
    expect((await result).handled).toEqual([]);
    expect(at).toHaveLength(3);
  });
});

describe('S10 joins of some', () => {
  const text = (join: string) => `
state: { seen: { type: array, items: string, merge: append } }
nodes:
  a: { type: function, function: a }
  b: { type: function, function: b }
  c: { type: function, function: c }
  meet: { type: function, function: meet, join: ${join} }
edges:
  - START -> [a, b, c] -> meet -> END
`;
  const bodiesFor = (): { bodies: Bodies; functions: Record<string, ReturnType<Bodies['hold']>> } => {
    const bodies = new Bodies();
    const functions = {
      a: bodies.hold('a'),
      b: bodies.hold('b'),
      c: bodies.hold('c'),
      meet: bodies.now('meet', { seen: 'meet' }),
    };
    return { bodies, functions };
  };

  it('S10 any goes on with the first, cancels the losers and drops their late results', async () => {
    const { bodies, functions } = bodiesFor();
    const clock = simulatedClock();
    const result = createRuntime({ clock })
      .thread(build(text('any'), { functions }))
      .invoke();
    await settle();
    const [a, c] = [bodies.get('a'), bodies.get('c')];
    bodies.get('b').finish({ seen: 'b' });
    await clock.advance(SETTLE_MS);
    expect((await result).output.seen).toEqual(['b', 'meet']);
    expect(a.signal.aborted && c.signal.aborted).toBe(true);
    a.finish({ seen: 'late' });
    await settle();
    expect(bodies.count('meet')).toBe(1);
  });

  it('S10 two of three, merged in file order', async () => {
    const { bodies, functions } = bodiesFor();
    const clock = simulatedClock();
    const result = createRuntime({ clock })
      .thread(build(text('2'), { functions }))
      .invoke();
    await settle();
    bodies.get('c').finish({ seen: 'c' });
    await settle();
    expect(bodies.count('meet')).toBe(0);
    bodies.get('a').finish({ seen: 'a' });
    await clock.advance(SETTLE_MS);
    expect((await result).output.seen).toEqual(['a', 'c', 'meet']);
    expect(bodies.get('b').signal.aborted).toBe(true);
  });

  it('S10 a loser that waits for a person, or failed, waits no more', async () => {
    const graph = build(
      `
state: { seen: { type: array, items: string, merge: append } }
nodes:
  ask: { type: interrupt, message: "?" }
  bad: { type: function, function: bad }
  good: { type: function, function: good }
  meet: { type: set, set: { seen: "'meet'" }, join: any }
edges: ["START -> [ask, bad, good] -> meet -> END"]
`,
      {
        functions: {
          bad: () => Promise.reject(new Error('x')),
          good: () => new Promise(resolve => setImmediate(resolve, { seen: 'good' })),
        },
      },
    );
    const result = await createRuntime().thread(graph).invoke();
    expect(result).toMatchObject({ status: 'done', interrupts: [], failures: [], output: { seen: ['good', 'meet'] } });
  });
});

describe('S10 route: all', () => {
  const text = (more = '') => `
state: { a: boolean, b: boolean, seen: { type: array, items: string, merge: append } }
nodes:
  pick: { type: set, set: { seen: "'pick'" }, route: all }
  x: { type: set, set: { seen: "'x'" } }
  y: { type: set, set: { seen: "'y'" } }
  y2: { type: set, set: { seen: "'y2'" } }
  meet: { type: set, set: { seen: "'meet'" } }
edges:
  - START -> pick
  - { from: pick, to: x, when: a }
  - { from: pick, to: y, when: b }
${more}
  - x -> meet
  - y -> y2 -> meet -> END
`;
  it.each([
    [true, true, ['pick', 'x', 'y', 'y2', 'meet']],
    [true, false, ['pick', 'x', 'meet']],
    [false, true, ['pick', 'y', 'y2', 'meet']],
  ])('S10 takes every edge that is true: %s and %s', async (a, b, seen) => {
    const result = await createRuntime().thread(build(text())).invoke({ a, b });
    expect(result.status).toBe('done');
    expect(result.output.seen).toEqual(seen);
  });

  it('S10 with none true takes the default, or fails when there is none', async () => {
    const none = { a: false, b: false };
    const failed = await createRuntime().thread(build(text())).invoke(none);
    expect(failed.error).toMatchObject({ node: 'pick', code: 'no-edge' });
    const result = await createRuntime()
      .thread(build(text('  - pick -> END')))
      .invoke(none);
    expect(result.output.seen).toEqual(['pick']);
  });

  it('S10 an edge may lead straight to the join, and branches may share nodes', async () => {
    const yaml = `
state: { a: boolean, b: boolean, c: boolean, seen: { type: array, items: string, merge: append } }
nodes:
  pick: { type: set, set: { seen: "'pick'" }, route: all }
  x: { type: set, set: { seen: "'x'" } }
  y: { type: set, set: { seen: "'y'" } }
  pair: { type: set, set: { seen: "'pair'" } }
  meet: { type: set, set: { seen: "'meet'" } }
edges:
  - START -> pick
  - { from: pick, to: x, when: a }
  - { from: pick, to: y, when: b }
  - { from: pick, to: meet, when: c }
  - "[x, y] -> pair -> meet -> END"
`;
    const run = async (a: boolean, b: boolean, c: boolean) =>
      (await createRuntime().thread(build(yaml)).invoke({ a, b, c })).output.seen;
    expect(await run(true, true, false)).toEqual(['pick', 'x', 'y', 'pair', 'meet']);
    expect(await run(false, true, true)).toEqual(['pick', 'y', 'pair', 'meet']);
    expect(await run(false, false, true)).toEqual(['pick', 'meet']);
  });
});

describe('what was found by writing the language down', () => {
  it('a deadline does not count the time a person takes before or after the body', async () => {
    const clock = simulatedClock();
    const keys =
      'deadline: 5s, interruptBefore: true, interruptAfter: true, retry: { attempts: 3, delay: 2s, factor: 1 }';
    const { at, work } = flaky(1);
    const thread = createRuntime({ clock }).thread(build(one(keys), { functions: { work } }));
    await thread.invoke();
    await clock.advance(60_000);
    const running = thread.resume();
    await clock.advance(2_000);
    expect((await running).interrupts.map(i => i.id)).toEqual(['work:after']);
    await clock.advance(60_000);
    expect((await thread.resume()).status).toBe('done');
    expect(at).toHaveLength(2);
  });

  it('an error handled in a branch is in scope behind the join, and `error` is empty before any', async () => {
    const text = `
state: { before: { type: string, default: x }, after: { type: string, default: x } }
nodes:
  first: { type: set, set: { before: error.code } }
  bad: { type: function, function: bad, onError: continue }
  good: { type: set, set: {} }
  last: { type: set, set: { after: "error.node + ' ' + error.message" } }
edges: ["START -> first -> [bad, good] -> last -> END"]
`;
    const result = await createRuntime()
      .thread(build(text, { functions: { bad: () => Promise.reject(new Error('no')) } }))
      .invoke();
    expect(result.output).toEqual({ before: '', after: 'bad no' });
  });

  it('a default of null is a default, and a null is neither large nor small', async () => {
    const text = `
state:
  any: { type: any, default: null }
  low: { type: "number?", merge: min }
nodes:
  a: { type: set, set: { low: 3 } }
  b: { type: set, set: { low: null } }
edges: ["START -> a -> b -> END"]
`;
    expect((await createRuntime().thread(build(text)).invoke()).output).toEqual({ any: null, low: 3 });
  });
});
