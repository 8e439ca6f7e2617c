/** Forks whose branches are actors of their own: nothing but the time they take shows it. */

import { describe, expect, it } from 'vitest';
import { createActor, type Snapshot, toPromise } from 'xstate';
import { createRuntime, failuresOf, type Graph, interruptsOf } from '../../src/index.ts';
import { Bodies, build, launch, settle } from '../helpers.ts';

const WIDTH = 20;
const ids = Array.from({ length: WIDTH }, (_, i) => `b${i}`);

/** Branch 3 asks, branch 5 fails at first, branch 7 goes round twice; each notes its name. */
function wide(bodies: Bodies, broken = { is: false }): Graph {
  const text = `state:
  seen: { type: list<string>, merge: append }
  ok: boolean?
  rounds: { type: number, default: 0, merge: sum }
nodes:
${ids.map(id => (id === 'b3' ? '  b3: { type: interrupt, message: "ok?", output: ok }' : `  ${id}: { type: function, function: ${id}, input: {} }`)).join('\n')}
  join: { type: function, function: join, input: {} }
edges:
  - "START -> [${ids.join(', ')}]"
  - { from: b7, to: b7, when: rounds < 2 }
  - "[${ids.join(', ')}] -> join -> END"
`;
  const functions = Object.fromEntries(
    ids.map(id => [id, bodies.now(id, id === 'b7' ? { seen: id, rounds: 1 } : { seen: id })]),
  );
  const fails = bodies.now('b5', () => {
    if (broken.is) throw new Error('no b5');
    return { seen: 'b5' };
  });
  return build(text, { functions: { ...functions, b5: fails, join: bodies.now('join') } });
}

const seen = ids.filter(id => id !== 'b3').flatMap(id => (id === 'b7' ? ['b7', 'b7'] : [id]));

describe('a wide fork', () => {
  it('writes in file order, joins once, and asks under the plain id', async () => {
    const bodies = new Bodies();
    const graph = wide(bodies);
    expect([...graph.plan.forks.values()].map(f => f.wide)).toEqual([true]);
    const { thread, result, events } = await launch(graph);
    expect((await result).interrupts).toMatchObject([{ id: 'b3', node: 'b3', path: [] }]);
    const { branches, values } = await thread.state();
    expect(values.seen).toEqual([]);
    expect(branches).toHaveLength(WIDTH);
    expect(branches.find(b => b.branch === 'b19')?.writes).toEqual([{ node: 'b19', writes: { seen: 'b19' } }]);
    expect(bodies.count('join')).toBe(0);
    const last = await thread.resume(true);
    expect(last).toMatchObject({ status: 'done', output: { ok: true, seen } });
    expect(last.metrics.visits).toMatchObject({ b7: 2, b19: 1, join: 1 });
    expect(bodies.count('join')).toBe(1);
    expect(events.filter(e => e.type === 'node-started' && e.node.startsWith('$'))).toEqual([]);
    expect(events.find(e => e.type === 'node-finished' && e.node === 'b4')).toMatchObject({ branch: 'b4', path: '' });
  });

  it('S17: a branch that fails runs alone on retry', async () => {
    const bodies = new Bodies();
    const broken = { is: true };
    const thread = createRuntime().thread(wide(bodies, broken), 't');
    const first = await thread.invoke({});
    expect(first).toMatchObject({ status: 'failed', failures: [{ id: 'b5', node: 'b5' }] });
    broken.is = false;
    await thread.retry();
    expect((await thread.resume(false)).output.seen).toEqual(seen);
    expect(bodies.count('b5')).toBe(2);
    expect(bodies.count('b4')).toBe(1);
  });

  it('in a plain actor, stored while a branch waits and another failed', async () => {
    const bodies = new Bodies();
    const broken = { is: true };
    const graph = wide(bodies, broken);
    const actor = createActor(graph.machine, { input: {} }).start();
    await settle();
    const stored = JSON.parse(JSON.stringify(actor.getPersistedSnapshot())) as Snapshot<unknown>;
    actor.stop();
    broken.is = false;
    const again = createActor(graph.machine, { snapshot: stored, input: undefined }).start();
    await settle();
    expect(interruptsOf(again.getSnapshot()).map(i => i.id)).toEqual(['b3']);
    expect(failuresOf(again.getSnapshot()).map(f => f.id)).toEqual(['b5']);
    again.send({ type: 'retry', id: 'b5' });
    again.send({ type: 'resume', id: 'b3', value: true });
    expect(await toPromise(again)).toMatchObject({ ok: true, seen });
    expect(bodies.count('b4')).toBe(1);
  });
});

describe('a thread is answered while it runs', () => {
  it('S26: the answer joins the run, and both wait for its rest', async () => {
    const bodies = new Bodies();
    const graph = build(
      `state: { ok: boolean?, said: string? }
nodes:
  ask: { type: interrupt, message: "ok?", output: ok }
  then: { type: function, function: then, input: {} }
  slow: { type: function, function: slow, input: {} }
edges:
  - START -> [ask, slow]
  - ask -> then -> END
  - slow -> END
`,
      { functions: { then: bodies.now('then', { said: 'yes' }), slow: bodies.hold('slow') } },
    );
    const { thread, result } = await launch(graph);
    expect((await thread.state()).interrupts.map(i => i.id)).toEqual(['ask']);
    const answered = thread.resume(true);
    await settle();
    expect(bodies.count('then')).toBe(1);
    bodies.get('slow').finish();
    expect((await answered).status).toBe('done');
    expect((await result).output).toEqual({ ok: true, said: 'yes' });
  });
});
