/** Several processes on one store, as several runtimes: tasks have one owner, and none of a dead one is lost (C6). */
import { expect, it } from 'vitest';
import { createRuntime, type Graph, type RunEvent, type RunResult, type RuntimeOptions } from '../../src/index.ts';
import type { Store } from '../../src/store/store.ts';
import { type SimulatedClock, simulatedClock } from '../../src/testing/index.ts';
import { wrappedStore } from '../helpers/wrapped-store.ts';
import { Bodies, build } from '../helpers.ts';
import { onEveryStore, until } from './stores.ts';

const TWO = `state: { a: any?, said: any? }
nodes:
  slow: { type: function, function: slow, input: {}, output: a }
  ask: { type: interrupt, message: "Well?", output: said }
  then: { type: function, function: then, input: {} }
edges:
  - START -> [slow, ask]
  - ask -> then -> END
  - slow -> END
`;

function two(): { bodies: Bodies; graph: Graph } {
  const bodies = new Bodies();
  return { bodies, graph: build(TWO, { functions: { slow: bodies.hold('slow'), then: bodies.now('then') } }) };
}

/** A runtime whose process is taken to be on another machine, so that only its lease tells whether it lives. */
const away = (store: Store, clock: SimulatedClock, more: RuntimeOptions = {}) =>
  createRuntime({ store: wrappedStore(store, () => {}), clock, lease: 30_000, ...more });

/** What is stored of a worker, moved to another machine. */
async function elsewhere(store: Store): Promise<void> {
  for (const worker of await store.workers()) await store.renew({ ...worker, host: 'another machine' });
}

onEveryStore(open => {
  it('one answers while another runs a body of the thread: both end it, and nothing runs twice', async () => {
    const { bodies, graph } = two();
    const clock = simulatedClock();
    const first = createRuntime({ store: await open(), clock }).thread(graph, 't');
    const run = first.invoke({});
    await until(() => bodies.running('slow'));
    const second = createRuntime({ store: await open(), clock }).thread(graph, 't');
    await until(async () => (await second.state()).interrupts.length === 1);
    expect(await second.state()).toMatchObject({ status: 'running', interrupts: [{ id: 'ask' }] });
    const answered = second.resume('yes');
    await until(() => bodies.count('then') === 1);
    bodies.get('slow').finish('done');
    expect(await run).toMatchObject({ status: 'done', output: { a: 'done', said: 'yes' } });
    let ended: unknown;
    void answered.then(result => {
      ended = result.output;
    });
    await until(async () => {
      await clock.advance(1_000);
      return ended !== undefined;
    });
    expect(ended).toEqual({ a: 'done', said: 'yes' });
    expect(bodies.runs).toEqual(['slow', 'then']);
    const history = await second.history();
    expect(history.map(c => c.seq)).toEqual(history.map((_, i) => history.length - i));
  });

  it('the tasks of a worker are taken over when its time is up, not before, and its late result changes nothing', async () => {
    const { bodies, graph } = two();
    const [clock, later] = [simulatedClock(0), simulatedClock(29_000)];
    const lost = away(await open(), clock)
      .thread(graph, 't')
      .invoke({});
    await until(() => bodies.running('slow'));
    const late = bodies.get('slow');
    const store = await open();
    await elsewhere(store);
    const app = createRuntime({ store, clock: later });
    expect(await app.recover([graph])).toEqual([]);
    const taken = app.thread(graph, 't').resume('yes');
    await until(() => bodies.count('then') === 1);
    expect(bodies.count('slow')).toBe(1);
    await until(async () => {
      await later.advance(1_000);
      return bodies.running('slow');
    });
    bodies.get('slow').finish('taken over');
    expect((await taken).output).toEqual({ a: 'taken over', said: 'yes' });
    const length = (await app.thread(graph, 't').history()).length;
    late.finish('late');
    expect((await lost).output.a).toBe('taken over');
    expect((await app.thread(graph, 't').history()).length).toBe(length);
  });

  it('a body that takes long keeps its task: its worker is heard of', async () => {
    const { bodies, graph } = two();
    const clock = simulatedClock(0);
    const run = away(await open(), clock)
      .thread(graph, 't')
      .invoke({});
    await until(() => bodies.running('slow'));
    const store = await open();
    for (let i = 0; i < 100; i++) {
      await clock.advance(1_000);
      const [worker] = await store.workers();
      expect(worker?.until).toBeGreaterThan(clock.now());
    }
    const app = createRuntime({ store, clock });
    expect(await app.recover([graph])).toEqual([]);
    bodies.get('slow').finish('long');
    expect((await run).status).toBe('waiting');
    expect(bodies.count('slow')).toBe(1);
  });

  it('a runtime that is closed gives back what it has at once', async () => {
    const { bodies, graph } = two();
    const app = createRuntime({ store: await open() });
    const left = expect(app.thread(graph, 't').invoke({})).rejects.toMatchObject({ code: 'closed' });
    await until(() => bodies.running('slow'));
    const body = bodies.get('slow');
    const closed = app.close();
    await until(() => body.signal.aborted);
    body.fail('stopped');
    await closed;
    await left;
    const other = createRuntime({ store: await open() });
    const recovered = other.recover([graph]);
    await until(() => bodies.running('slow'));
    bodies.get('slow').finish('again');
    expect(await recovered).toMatchObject([{ thread: 't', result: { status: 'waiting' } }]);
    expect((await other.thread(graph, 't').resume('yes')).output).toEqual({ a: 'again', said: 'yes' });
    expect(bodies.runs).toEqual(['slow', 'slow', 'then']);
  });

  it('a thread that is cancelled elsewhere stops here, and goes on there', async () => {
    const { bodies, graph } = two();
    const clock = simulatedClock();
    const run = createRuntime({ store: await open(), clock })
      .thread(graph, 't')
      .invoke({});
    await until(() => bodies.running('slow'));
    const body = bodies.get('slow');
    const other = createRuntime({ store: await open(), clock }).thread(graph, 't');
    await other.cancel();
    expect((await other.state()).status).toBe('cancelled');
    await until(async () => {
      await clock.advance(1_000);
      return body.signal.aborted;
    });
    body.finish('too late');
    expect((await run).status).toBe('cancelled');
    const again = other.retry();
    await until(() => bodies.running('slow'));
    bodies.get('slow').finish('again');
    expect((await again).status).toBe('waiting');
    expect((await other.resume('yes')).output.a).toBe('again');
  });

  it('of two that answer the same at once one is refused; the run goes on for the others, and is not looked after when it is over', async () => {
    const { bodies, graph } = two();
    const clock = simulatedClock();
    let looks = 0;
    const counting = wrappedStore(await open(), method => {
      if (method === 'head') looks++;
    });
    const commit: Store['commit'] = async step => counting.commit(step);
    const store = Object.create(counting, { commit: { value: commit } }) as Store;
    const thread = createRuntime({ store, clock }).thread(graph, 't');
    const run = thread.invoke({});
    await until(() => bodies.running('slow'));
    bodies.get('slow').finish('done');
    await run;
    const joined: Promise<RunResult>[] = [];
    const onEvent = ({ type }: RunEvent): void => {
      if (type === 'run-started') joined.push(thread.resume('first', { id: 'ask' }), thread.recover());
    };
    await expect(thread.resume('second', { id: 'ask', onEvent })).rejects.toMatchObject({ code: 'not-waiting' });
    expect(await Promise.all(joined)).toMatchObject(
      joined.map(() => ({ status: 'done', output: { a: 'done', said: 'first' } })),
    );
    looks = 0;
    await clock.advance(10_000);
    expect(looks).toBe(0);
  });

  it('a worker goes on with what others left, thread by thread, until it is told to stop', async () => {
    const { bodies, graph } = two();
    const lost = createRuntime({ store: await open() });
    const runs = ['a', 'b', 'c'].map(id => expect(lost.thread(graph, id).invoke({})).rejects.toThrow('closed'));
    await until(() => bodies.count('slow') === 3);
    const left = [1, 2, 3].map(() => bodies.get('slow'));
    const closed = lost.close();
    await until(() => left.every(body => body.signal.aborted));
    for (const body of left) body.fail('stopped');
    await closed;
    await Promise.all(runs);
    const told: (string | undefined)[] = [];
    const controller = new AbortController();
    const clock = simulatedClock();
    const app = createRuntime({ store: await open(), clock });
    const { signal } = controller;
    const onRecovered = ({ thread, result }: { thread: string; result?: { status: string } }): void => {
      told.push(`${thread} ${result?.status}`);
    };
    const work = app.work([graph], { signal, onRecovered });
    await until(() => bodies.count('slow') === 6);
    for (let i = 0; i < 3; i++) bodies.get('slow').finish(i);
    await until(() => told.length === 3);
    controller.abort();
    await work;
    expect(told.sort()).toEqual(['a waiting', 'b waiting', 'c waiting']);
  });
});
