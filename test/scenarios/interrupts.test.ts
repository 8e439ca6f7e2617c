import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { createRuntime, interruptsOf } from '../../src/index.ts';
import { Bodies, build, launch, settle } from '../helpers.ts';

const ask = (schema: string, body = 'work') => `
state: { n: { type: number, default: 7 }, answer: any? }
nodes:
  before: { type: function, function: ${body} }
  review: { type: interrupt, message: "Is {{ n }} right?", ${schema} output: answer }
edges: ["START -> before -> review -> END"]
`;

describe('S23 an interrupt', () => {
  it('S23 waits with id, node, message, schema and path', async () => {
    const bodies = new Bodies();
    const graph = build(ask('schema: { ok: boolean },'), { functions: { work: bodies.now('work') } });
    const thread = createRuntime().thread(graph);
    const result = await thread.invoke();
    expect(result.status).toBe('waiting');
    expect(result.interrupts).toEqual([
      {
        id: 'review',
        node: 'review',
        message: 'Is 7 right?',
        path: [],
        schema: {
          type: 'object',
          properties: { ok: { type: 'boolean' } },
          required: ['ok'],
          additionalProperties: false,
        },
      },
    ]);
    expect((await thread.resume({ ok: true })).output.answer).toEqual({ ok: true });
    expect(bodies.runs).toEqual(['work']);
  });

  it.each([[false], [0], [''], [null], [[]], [{}]])('S23 delivers %j as it is', async value => {
    const thread = createRuntime().thread(build(ask(''), { functions: { work: () => ({}) } }));
    await thread.invoke();
    const result = await thread.resume(value);
    expect(result.status).toBe('done');
    expect(result.output.answer).toEqual(value);
  });
});

describe('S24 an answer that does not fit', () => {
  it('S24 is a typed error and the interrupt still waits', async () => {
    const thread = createRuntime().thread(build(ask('schema: { ok: boolean },'), { functions: { work: () => ({}) } }));
    await thread.invoke();
    await expect(thread.resume({ ok: 'yes' })).rejects.toMatchObject({
      name: 'ResumeError',
      code: 'payload',
      id: 'review',
    });
    expect((await thread.state()).status).toBe('waiting');
    expect((await thread.resume({ ok: false })).output.answer).toEqual({ ok: false });
  });

  it('S24 an answer nobody waits for is a typed error', async () => {
    const thread = createRuntime().thread(build(ask(''), { functions: { work: () => ({}) } }));
    await expect(thread.resume(1)).rejects.toMatchObject({ code: 'not-started' });
    await thread.invoke();
    await thread.resume(1);
    await expect(thread.resume(1)).rejects.toMatchObject({ code: 'not-waiting' });
  });
});

const two = `
state: { a: any?, b: any?, log: { type: array, merge: append } }
nodes:
  a: { type: interrupt, message: A?, schema: boolean, output: a }
  b: { type: interrupt, message: B?, output: b }
  afterA: { type: function, function: afterA }
  end: { type: function, function: end }
edges:
  - START -> [a, b]
  - a -> afterA -> end
  - b -> end -> END
`;

describe('S25 two branches wait', () => {
  it('S25 both are listed; an answer without an id is an error; one answer keeps the other waiting', async () => {
    const bodies = new Bodies();
    const functions = { afterA: bodies.now('afterA', { log: 'a' }), end: bodies.now('end') };
    const thread = createRuntime().thread(build(two, { functions }));
    const first = await thread.invoke();
    expect(first.interrupts.map(i => i.id)).toEqual(['a', 'b']);
    await expect(thread.resume(true)).rejects.toMatchObject({ code: 'ambiguous' });
    await expect(thread.resume({ c: true })).rejects.toMatchObject({ code: 'unknown-interrupt' });
    const second = await thread.resume({ a: true });
    expect(second.status).toBe('waiting');
    expect(second.interrupts.map(i => i.id)).toEqual(['b']);
    expect(bodies.runs).toEqual(['afterA']);
    const last = await thread.resume({ b: 2 });
    expect(last.status).toBe('done');
    expect(last.output).toEqual({ a: true, b: 2, log: ['a'] });
    expect(bodies.runs).toEqual(['afterA', 'end']);
  });

  it('S25 both can be answered at once', async () => {
    const functions = { afterA: () => ({}), end: () => ({}) };
    const thread = createRuntime().thread(build(two, { functions }));
    await thread.invoke();
    expect((await thread.resume({ b: 1, a: false })).output).toMatchObject({ a: false, b: 1 });
  });
});

describe('S26 a branch that waits holds up no other', () => {
  it('S26 b3 is done while A waits', async () => {
    const bodies = new Bodies();
    const text = `
nodes:
  A: { type: interrupt, message: A? }
  b: { type: function, function: b }
  b2: { type: function, function: b2 }
  b3: { type: function, function: b3 }
  end: { type: function, function: end }
edges:
  - START -> [A, b]
  - b -> b2 -> b3 -> end
  - A -> end -> END
`;
    const functions = Object.fromEntries(
      ['b', 'b2', 'b3', 'end'].map(n => [n, n === 'b' ? bodies.hold(n) : bodies.now(n)]),
    );
    const { thread, result, events } = await launch(build(text, { functions }));
    expect((await thread.state()).interrupts.map(i => i.id)).toEqual(['A']);
    bodies.get('b').finish();
    await settle();
    expect(bodies.runs).toEqual(['b', 'b2', 'b3']);
    expect((await result).status).toBe('waiting');
    expect((await thread.resume({ A: 'go' })).status).toBe('done');
    expect(bodies.count('end')).toBe(1);
    expect(events.filter(e => e.type === 'interrupt')).toHaveLength(1);
  });
});

describe('S29 interruptBefore and interruptAfter', () => {
  const text = (keys: string) => `
state: { n: { type: number, merge: sum } }
nodes:
  work: { type: function, function: work, ${keys} }
  big: { type: set, set: { n: 100 } }
edges:
  - START -> work
  - { from: work, to: big, when: output.n > 3 }
  - "[work, big] -> END"
`;
  const withWork = (keys: string, result: object = { n: 5 }) => {
    const bodies = new Bodies();
    return { bodies, graph: build(text(keys), { functions: { work: bodies.now('work', result) } }) };
  };

  it('S29 waits before the body, and goes on without a payload', async () => {
    const { bodies, graph } = withWork('interruptBefore: true');
    const thread = createRuntime().thread(graph);
    expect((await thread.invoke()).interrupts).toMatchObject([
      { id: 'work:before', node: 'work', message: 'before node "work" runs' },
    ]);
    expect(bodies.runs).toEqual([]);
    expect((await thread.resume()).output.n).toBe(105);
    expect(bodies.runs).toEqual(['work']);
  });

  it('S29 waits after the body, whose writes stand; the way on is chosen by its output', async () => {
    const { bodies, graph } = withWork('interruptAfter: true');
    const thread = createRuntime().thread(graph);
    const first = await thread.invoke();
    expect(first).toMatchObject({ status: 'waiting', output: { n: 5 }, interrupts: [{ id: 'work:after' }] });
    expect(await thread.resume()).toMatchObject({ status: 'done', output: { n: 105 }, interrupts: [] });
    expect(bodies.runs).toEqual(['work']);
  });

  it('S29 both, with a retry between', async () => {
    let tries = 0;
    const functions = {
      work: () => {
        if (++tries === 1) throw new Error('once');
        return { n: 1 };
      },
    };
    const thread = createRuntime().thread(
      build(text('interruptBefore: true, interruptAfter: true, retry: { attempts: 2, delay: 1ms }'), { functions }),
    );
    await thread.invoke();
    expect((await thread.resume()).interrupts.map(i => i.id)).toEqual(['work:after']);
    expect(await thread.resume()).toMatchObject({ status: 'done', output: { n: 1 } });
    expect(tries).toBe(2);
  });

  it('S29 in plain XState, restored while it waits after the body', async () => {
    const { bodies, graph } = withWork('interruptBefore: true, interruptAfter: true');
    const actor = createActor(graph.machine, { input: {} }).start();
    expect(interruptsOf(actor.getSnapshot()).map(i => i.id)).toEqual(['work:before']);
    actor.send({ type: 'resume', id: 'work:before' });
    await settle();
    const stored = JSON.stringify(actor.getPersistedSnapshot());
    actor.stop();
    const later = createActor(graph.machine, { input: {}, snapshot: JSON.parse(stored) }).start();
    expect(interruptsOf(later.getSnapshot()).map(i => i.id)).toEqual(['work:after']);
    later.send({ type: 'resume' });
    expect(later.getSnapshot()).toMatchObject({ status: 'done', output: { n: 105 } });
    expect(bodies.runs).toEqual(['work']);
  });
});
