/** Functions that ask in their middle, and keep the results of their steps. */

import { describe, expect, it } from 'vitest';
import { createActor, type Snapshot, toPromise } from 'xstate';
import { createRuntime, type Graph, interruptsOf, type NodeFunction } from '../../src/index.ts';
import { build, settle } from '../helpers.ts';

const text = (more = ''): string => `state: { said: any, total: { type: number, default: 0 } }
nodes:
  work: { type: function, function: work, input: {}, output: { said: output } ${more} }
  end: { type: set, set: { total: total + 1 } }
edges: [START -> work -> end -> END]
`;

const graph = (work: NodeFunction, more = ''): Graph =>
  build(text(more).replace('said: any', 'said: { type: any, default: null }'), { functions: { work } });

describe('S28: a function that asks', () => {
  it('runs its steps once, and goes on with the answers in order', async () => {
    const ran: string[] = [];
    const own = graph(async (_, ctx) => {
      const drafted = await ctx.step('draft', () => ran.push('draft'));
      const name = await ctx.interrupt('Your name?', { type: 'string' });
      const sent = await ctx.step('send', () => ran.push(`send to ${name}`));
      const ok = await ctx.interrupt({ message: 'Was it good?', drafted });
      return { name, ok, drafted, sent };
    });
    const thread = createRuntime().thread(own, 't');
    const first = await thread.invoke({});
    expect(first).toMatchObject({
      status: 'waiting',
      interrupts: [{ id: 'work', node: 'work', message: 'Your name?', schema: { type: 'string' } }],
      metrics: { failedRuns: 0 },
    });
    await expect(thread.resume(7)).rejects.toThrow(/does not fit/);
    const second = await thread.resume('Ada');
    expect(second.interrupts).toMatchObject([{ id: 'work', message: 'Was it good?', data: { drafted: 1 } }]);
    const last = await thread.resume(false);
    expect(last.output).toEqual({ said: { name: 'Ada', ok: false, drafted: 1, sent: 2 }, total: 1 });
    expect(ran).toEqual(['draft', 'send to Ada']);
  });

  it('in a plain actor, stored while it waits', async () => {
    const ran: string[] = [];
    const own = graph(async (_, ctx) => {
      await ctx.step('draft', () => ran.push('draft'));
      return ctx.interrupt('Good?');
    });
    const actor = createActor(own.machine, { input: {} }).start();
    await settle();
    const stored = JSON.parse(JSON.stringify(actor.getPersistedSnapshot())) as Snapshot<unknown>;
    actor.stop();
    const again = createActor(own.machine, { snapshot: stored, input: undefined }).start();
    expect(interruptsOf(again.getSnapshot())).toMatchObject([{ id: 'work', message: 'Good?' }]);
    again.send({ type: 'resume', id: 'work', value: 'yes' });
    expect(await toPromise(again)).toEqual({ said: 'yes', total: 1 });
    expect(ran).toEqual(['draft']);
  });

  it('steps are not run again by a retry, and are by another visit', async () => {
    const ran: string[] = [];
    let broken = true;
    const own = build(
      `state: { n: { type: number, default: 0, merge: sum } }
nodes: { work: { type: function, function: work, maxVisits: 5 } }
edges: [START -> work, { from: work, to: work, when: n < 2 }, work -> END]
`,
      {
        functions: {
          work: async (_, ctx) => {
            await ctx.step('once', () => ran.push(ctx.idempotencyKey));
            if (broken) throw new Error('broken');
            return { n: 1 };
          },
        },
      },
    );
    const thread = createRuntime().thread(own, 't');
    expect((await thread.invoke({})).status).toBe('failed');
    broken = false;
    expect((await thread.retry()).status).toBe('done');
    expect(ran).toEqual(['t/1/work/1', 't/1/work/2']);
  });

  it('beside a retry of its own: a question is no error', async () => {
    let tries = 0;
    const own = graph(async (_, ctx) => {
      const name = await ctx.interrupt('Your name?');
      if (++tries < 2) throw new Error('not yet');
      return name;
    }, ', retry: { attempts: 2, delay: 1ms }');
    const thread = createRuntime().thread(own, 't');
    await thread.invoke({});
    expect((await thread.resume('Ada')).output.said).toBe('Ada');
    expect(tries).toBe(2);
  });

  it('two branches ask at once, and in a wide fork', async () => {
    for (const wideFork of [0, 10]) {
      const own = build(
        `state: { said: { type: list<any>, merge: append } }
nodes:
  a: { type: function, function: ask, input: { who: "'a'" }, output: said }
  b: { type: function, function: ask, input: { who: "'b'" }, output: said }
edges: ["START -> [a, b]", a -> END, b -> END]
`,
        { wideFork, functions: { ask: ({ who }, ctx) => ctx.interrupt(`${who}?`) } },
      );
      const thread = createRuntime().thread(own, 't');
      expect((await thread.invoke({})).interrupts.map(i => i.id)).toEqual(['a', 'b']);
      expect((await thread.resume({ b: 2 })).interrupts.map(i => i.id)).toEqual(['a']);
      expect((await thread.resume(1)).output.said).toEqual([1, 2]);
    }
  });

  it('cannot ask where nothing could wait', async () => {
    const own = build(
      `state: { items: list<number> }
nodes: { each: { type: map, over: items, node: { type: function, function: ask } } }
edges: [START -> each -> END]
`,
      { functions: { ask: (_, ctx) => ctx.interrupt('?') } },
    );
    const result = await createRuntime()
      .thread(own, 't')
      .invoke({ items: [1] });
    expect(result.error).toMatchObject({ code: 'cannot-ask', message: expect.stringMatching(/a graph of its own/) });
  });

  it('two steps of one name are a mistake that is told', async () => {
    const own = graph(async (_, ctx) => {
      await ctx.step('same', () => 1);
      return ctx.step('same', () => 2);
    });
    expect((await createRuntime().thread(own, 't').invoke({})).error).toMatchObject({ code: 'step-name' });
  });
});
