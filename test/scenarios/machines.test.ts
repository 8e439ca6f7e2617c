/** Nodes that run an XState machine of the user's own. */

import { describe, expect, it } from 'vitest';
import { assign, createActor, fromPromise, setup, toPromise } from 'xstate';
import { createRuntime, type Graph } from '../../src/index.ts';
import { build, run, settle } from '../helpers.ts';

const text = `state: { start: number, total: number? }
nodes:
  count: { type: machine, machine: counter, input: { from: start }, output: { total: output.count } }
edges: [START -> count -> END]
`;

const counter = setup({
  types: {
    context: {} as { count: number },
    events: {} as { type: 'add'; by: number } | { type: 'stop' },
    input: {} as { from: number },
    output: {} as { count: number },
  },
}).createMachine({
  context: ({ input }) => ({ count: input.from }),
  initial: 'open',
  output: ({ context }) => ({ count: context.count }),
  states: {
    open: {
      on: { add: { actions: assign({ count: ({ context, event }) => context.count + event.by }) }, stop: 'closed' },
    },
    closed: { type: 'final' },
  },
});

const graph = (machine: unknown, more = text): Graph => build(more, { machines: { counter: machine } });

describe('a machine in a thread', () => {
  it('is given its input, waits for its events, and gives its output', async () => {
    const thread = createRuntime().thread(graph(counter), 't');
    const first = await thread.invoke({ start: 2 });
    expect(first).toMatchObject({
      status: 'waiting',
      interrupts: [{ id: 'count', node: 'count', message: 'waits for "add" or "stop"', path: [] }],
    });
    expect((await thread.send({ type: 'add', by: 5 } as { type: string })).status).toBe('waiting');
    await expect(thread.send({ type: 'jump' })).rejects.toThrow(/it waits for add, stop/);
    expect(await thread.send({ type: 'stop' })).toMatchObject({ status: 'done', output: { total: 7 } });
  });

  it('an error in it is an error of its node, and may be tried again', async () => {
    let tries = 0;
    const flaky = fromPromise(async () => {
      if (++tries < 2) throw new Error('not yet');
      return { count: tries };
    });
    const again = text.replace('machine: counter,', 'machine: counter, retry: { attempts: 2, delay: 1ms },');
    expect((await run(graph(flaky, again), { start: 0 })).output.total).toBe(2);
    tries = 0;
    expect((await run(graph(flaky), { start: 0 })).error).toMatchObject({ node: 'count', message: 'not yet' });
  });

  it('is stopped by a cancel, and begins anew on retry', async () => {
    let stopped = 0;
    const working = fromPromise(
      ({ signal }) =>
        new Promise<{ count: number }>(resolve => {
          if (stopped > 0) resolve({ count: 9 });
          signal.addEventListener('abort', () => stopped++);
        }),
    );
    const thread = createRuntime().thread(graph(working), 't');
    const running = thread.invoke({ start: 0 });
    await settle();
    await thread.cancel();
    expect((await running).status).toBe('cancelled');
    expect(stopped).toBe(1);
    expect((await thread.retry()).output.total).toBe(9);
  });

  it('one that is not there is an error that says so', async () => {
    expect((await run(build(text), { start: 0 })).error).toMatchObject({ code: 'missing-machine' });
    expect((await run(graph({}), { start: 0 })).error?.message).toMatch(/is no XState actor logic/);
  });
});

describe('a machine in a plain actor', () => {
  it('is a child that is sent to, stored with the graph, and goes on from there', async () => {
    const own = graph(counter);
    const actor = createActor(own.machine, { input: { start: 2 } }).start();
    actor.getSnapshot().children.count?.send({ type: 'add', by: 3 });
    const stored = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
    actor.stop();
    const again = createActor(own.machine, { snapshot: stored, input: undefined }).start();
    again.getSnapshot().children.count?.send({ type: 'stop' });
    expect(await toPromise(again)).toEqual({ start: 2, total: 5 });
  });
});
