import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { apply, persist, restore, start } from '../../src/core/core.ts';
import { createRuntime, interruptsOf } from '../../src/index.ts';
import { scriptedModel, simulatedClock } from '../../src/testing/index.ts';
import { build, refusals, settle } from '../helpers.ts';

describe('S31 an interrupt with a time limit', () => {
  const text = `
state: { ok: boolean?, note: string? }
nodes:
  review: { type: interrupt, message: "Send it?", schema: boolean, output: ok, expires: { after: 2d, value: false } }
  note: { type: set, set: { note: "ok ? 'sent' : 'kept'" } }
edges: ["START -> review -> note -> END"]
`;
  it('S31 takes the default answer when the time passes; the run does not wait for it', async () => {
    const clock = simulatedClock();
    const thread = createRuntime({ clock }).thread(build(text));
    const result = await thread.invoke();
    expect(result).toMatchObject({ status: 'waiting', interrupts: [{ id: 'review' }] });
    await clock.advance(2 * 86_400_000 - 1);
    expect((await thread.state()).status).toBe('waiting');
    await clock.advance(1);
    expect(await thread.state()).toMatchObject({ status: 'done', values: { ok: false, note: 'kept' }, interrupts: [] });
  });

  it('S31 an answer in time calls the default off', async () => {
    const clock = simulatedClock();
    const thread = createRuntime({ clock }).thread(build(text));
    await thread.invoke();
    expect((await thread.resume(true)).output.note).toBe('sent');
    await clock.advance(3 * 86_400_000);
    expect((await thread.state()).values.note).toBe('sent');
  });

  it('S31 the timer is in the step: a host that was down takes it when it is back', () => {
    const { machine } = build(text);
    const first = start(machine, {});
    const [timer] = first.timers;
    if (!timer) throw new Error('no timer');
    expect(timer.delay).toBe(2 * 86_400_000);
    const state = restore(machine, JSON.parse(JSON.stringify(persist(first.state))));
    expect(apply(machine, state, { kind: 'timer', ...timer })?.state.snapshot.status).toBe('done');
  });

  it('a default that does not fit is refused', () => {
    expect(refusals(text.replace('value: false', 'value: maybe'))).toEqual(['wrong-value']);
  });
});

describe('wait', () => {
  const wait = (keys: string) => `
state: { at: { type: number, default: 5000 }, paid: { type: number, default: 0 } }
nodes: { wait: { type: wait, ${keys} } }
edges: ["START -> wait -> END"]
`;
  it('for a time', async () => {
    const clock = simulatedClock();
    const result = createRuntime({ clock })
      .thread(build(wait('for: 10s')))
      .invoke();
    await clock.advance(9_999);
    let done = false;
    void result.then(() => {
      done = true;
    });
    await settle();
    expect(done).toBe(false);
    await clock.advance(1);
    expect((await result).status).toBe('done');
  });

  it.each([
    ['milliseconds', 'until: at + 1000', 6_000],
    ['an ISO text', 'until: "\'1970-01-01T00:00:08Z\'"', 8_000],
    ['a moment that has passed', 'until: at - 5000', 0],
  ])('until a moment given as %s', async (_, keys, due) => {
    const clock = simulatedClock(100);
    const started = clock.now();
    const result = createRuntime({ clock })
      .thread(build(wait(keys)))
      .invoke();
    if (due > started) await clock.advance(due - started - 1);
    expect(clock.now()).toBe(Math.max(started, due - 1));
    await clock.advance(1);
    expect((await result).status).toBe('done');
  });

  it('until something that is no moment: the node fails and says so', async () => {
    const result = await createRuntime()
      .thread(build(wait('until: "\'soon\'"')))
      .invoke();
    expect(result.error).toMatchObject({ node: 'wait', code: 'not-a-moment' });
  });

  const event = 'event: paid, schema: { amount: number }, output: { paid: output.amount }';
  it('for an event, whose members are the output', async () => {
    const thread = createRuntime().thread(build(wait(event)));
    expect(await thread.invoke()).toMatchObject({ status: 'waiting', interrupts: [{ id: 'wait', event: 'paid' }] });
    await expect(thread.send({ type: 'other' })).rejects.toMatchObject({ code: 'not-waiting' });
    await expect(thread.send({ type: 'paid', amount: 'x' } as { type: string })).rejects.toMatchObject({
      code: 'not-waiting',
    });
    expect((await thread.send({ type: 'paid', amount: 7 } as { type: string })).output.paid).toBe(7);
  });

  it('for an event, as a plain actor', () => {
    const actor = createActor(build(wait(event)).machine, { input: {} }).start();
    expect(interruptsOf(actor.getSnapshot())).toMatchObject([{ event: 'paid' }]);
    actor.send({ type: 'paid', amount: 3 } as never);
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { paid: 3 } });
  });

  it.each([
    ['nothing', ''],
    ['two things', 'for: 1s, event: x'],
    ['a duration that is none', 'for: soon'],
    ['an event with a meaning of its own', 'event: resume'],
    ['an expiry without an event', 'for: 1s, expires: { after: 1s, value: 1 }'],
  ])('for %s is refused', (_, keys) => {
    expect(refusals(wait(keys).replace('wait, }', 'wait }'))).not.toEqual([]);
  });
});

describe('router', () => {
  const text = `
model: scripted
state: { question: string, kind: string? }
nodes:
  sort: { type: router, prompt: "Sort: {{ question }}", routes: { billing: pay, technical: fix, none: END }, output: kind }
  pay: { type: set, set: {} }
  fix: { type: set, set: {} }
edges:
  - START -> sort
  - "[pay, fix] -> END"
`;
  it.each([
    ['the label', 'billing', 'pay'],
    ['the label in another case', 'Technical', 'fix'],
    ['structured', { object: { route: 'technical' } }, 'fix'],
  ])('goes where the answer says: %s', async (_, reply, node) => {
    const models = { scripted: scriptedModel({ sort: [reply] }) };
    const result = await createRuntime({ models }).thread(build(text)).invoke({ question: 'why?' });
    expect(Object.keys(result.metrics.visits)).toEqual(['sort', node]);
  });

  it('an answer that is no label fails the node, or takes the default', async () => {
    const run = (yaml: string) =>
      createRuntime({ models: { scripted: scriptedModel({ sort: ['dunno'] }) } })
        .thread(build(yaml))
        .invoke({ question: '?' });
    expect((await run(text)).error).toMatchObject({
      code: 'answer-route',
      message: expect.stringContaining('billing, technical, none'),
    });
    expect(await run(text.replace('output: kind', 'output: kind, default: none'))).toMatchObject({
      status: 'done',
      output: { kind: 'none' },
    });
  });

  it.each([
    ['a route to a node that does not exist', text.replace('billing: pay', 'billing: pya'), 'unknown-node'],
    ['an edge beside its routes', text.replace('- START -> sort', '- START -> sort -> pay'), 'wrong-value'],
    ['a default that is no label', text.replace('output: kind', 'default: other'), 'wrong-value'],
  ])('%s is refused', (_, yaml, code) => {
    expect(refusals(yaml)).toContain(code);
  });
});
