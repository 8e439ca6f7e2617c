/** S40: whoever reads, and however: the run does not notice. */
import { config, filter, firstValueFrom, lastValueFrom, map, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createRuntime, InputError, type RunEvent, ThreadError } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { Bodies, build, settle } from '../helpers.ts';
import { collect, line } from './tools.ts';

const CHAIN = `
state: { n: { type: number, merge: sum }, x: string? }
nodes:
  a: { type: function, function: a }
  b: { type: function, function: b }
edges: [START -> a -> b -> END]
`;

function held() {
  const bodies = new Bodies();
  const graph = build(CHAIN, { functions: { a: bodies.now('a', { n: 1 }), b: bodies.hold('b') } });
  return { bodies, graph };
}

describe('S40: readers', () => {
  it('one that leaves early: the run goes on, and its result is there', async () => {
    const { bodies, graph } = held();
    const stream = createRuntime().thread(graph, 't').stream({});
    for await (const event of stream) {
      expect(event.type).toBe('update');
      break;
    }
    bodies.get('b').finish({ n: 2 });
    expect(await stream.result).toMatchObject({ status: 'done', output: { n: 3 } });
  });

  it('with `cancelOnReturn` the run ends with its reader', async () => {
    const { bodies, graph } = held();
    const stream = createRuntime().thread(graph, 't').stream({}, { cancelOnReturn: true });
    for await (const _ of stream) break;
    const body = bodies.get('b');
    expect(body.signal.aborted).toBe(true);
    body.fail('stopped');
    expect(await stream.result).toMatchObject({ status: 'cancelled' });
    const whole = createRuntime().thread(graph, 'u').stream({}, { cancelOnReturn: true });
    await settle();
    bodies.get('b').finish();
    await collect(whole);
    expect((await whole.result).status).toBe('done');
  });

  it('one that throws, in `onEvent`, in a loop, or in an observer', async () => {
    const { bodies, graph } = held();
    const reported: unknown[] = [];
    config.onUnhandledError = error => reported.push(error);
    const fail = (): never => {
      throw new Error('mine');
    };
    const stream = createRuntime().thread(graph, 't').stream({}, { onEvent: fail });
    const loop = (async () => {
      for await (const _ of stream) fail();
    })();
    await expect(loop).rejects.toThrow('mine');
    const seen: string[] = [];
    stream.observable.subscribe(fail);
    stream.observable.subscribe(e => seen.push(e.type));
    bodies.get('b').finish({ n: 2 });
    expect((await stream.result).output).toMatchObject({ n: 3 });
    await new Promise(resolve => setTimeout(resolve));
    config.onUnhandledError = null;
    expect(seen).toEqual(['update', 'update', 'run-finished']);
    expect(reported.length).toBeGreaterThan(0);
  });

  it('one that comes late: what was first, then what happens; no event twice', async () => {
    const { bodies, graph } = held();
    const thread = createRuntime().thread(graph, 't');
    const stream = thread.stream({}, { modes: ['debug'] });
    await settle();
    const late = collect(thread.events({ modes: ['debug'] }));
    await settle();
    bodies.get('b').finish({ n: 2 });
    const all = await collect(stream);
    expect(all.filter(e => e.type === 'value')).toHaveLength(3);
    // Of the states that were there before, the newest.
    const [first] = all.filter(e => e.type === 'value');
    expect(await late).toEqual(all.filter(e => e !== first));
    const whole = all.filter(e => e.type !== 'value' || e.values.n === 3);
    // Later still: the thread rests, and what is kept is all there is.
    expect(await collect(thread.events({ modes: ['debug'] }))).toEqual(whole);
    expect(await collect(stream)).toEqual(whole);
    const from = whole[4]?.number ?? 0;
    expect(await collect(thread.events({ modes: ['debug'], from }))).toEqual(whole.slice(4));
  });

  it('`from` in the middle of a text that was joined gives the rest of it', async () => {
    const text =
      'model: scripted\nstate: { t: string? }\nnodes: { say: { type: llm, prompt: Hi, output: t } }\nedges: [START -> say -> END]\n';
    const models = { '*': scriptedModel({ say: ['one two three four'] }) };
    const thread = createRuntime({ models }).thread(build(text), 't');
    const numbers: number[] = [];
    await thread.invoke({}, { onEvent: e => e.type === 'token' && numbers.push(e.number) });
    const texts = async (from?: number): Promise<string[]> => {
      const events = await collect(thread.events({ modes: ['tokens'], ...(from === undefined ? {} : { from }) }));
      return events.flatMap(e => (e.type === 'token' ? [e.text] : []));
    };
    expect(await texts()).toEqual(['one two three four']);
    expect(await texts(numbers[2])).toEqual([' three four']);
    expect(await texts((numbers[3] ?? 0) + 1)).toEqual([]);
  });

  it('says `missed` where nobody was watching, and where more happened than is kept', async () => {
    const { bodies, graph } = held();
    const thread = createRuntime().thread(graph, 't');
    const result = thread.invoke();
    await settle();
    const late = collect(thread.events());
    await settle();
    bodies.get('b').finish({ n: 2 });
    await result;
    expect((await late).map(line)).toEqual(['missed', 'update b {"n":2}', 'run-finished done']);

    const few = createRuntime({ keepEvents: 4 }).thread(graph, 'u');
    const run = few.invoke();
    await settle();
    bodies.get('b').finish({ n: 2 });
    await run;
    const kept = await collect(few.events({ modes: ['debug'] }));
    expect(kept.map(line)).toEqual([
      'missed',
      'node-finished b',
      'value {"n":3,"x":null}',
      'checkpoint u 3',
      'run-finished done',
    ]);
    const newest = kept[2]?.number ?? 0;
    expect((await collect(few.events({ modes: ['debug'], from: newest }))).map(e => e.number)).toEqual([
      newest,
      newest + 1,
      newest + 2,
    ]);
    const none = createRuntime({ keepEvents: 0 }).thread(graph, 'v');
    const unseen = none.invoke({}, { onEvent() {} });
    await settle();
    bodies.get('b').finish();
    await unseen;
    expect((await collect(none.events())).map(line)).toEqual(['missed']);
  });

  it('`keepEvents` keeps those of runs that nobody watches; a new run begins anew, a resume goes on', async () => {
    const text =
      'state: { n: { type: number, merge: sum } }\nnodes: { a: { type: set, set: { n: 1.0 } }, ask: { type: interrupt, message: Well? } }\nedges: [START -> a -> ask -> END]\n';
    const thread = createRuntime({ keepEvents: 100 }).thread(build(text), 't');
    await thread.invoke();
    await thread.resume(true);
    const of = async (): Promise<string[]> => (await collect(thread.events())).map(line);
    expect(await of()).toEqual(['update a {"n":1}', 'interrupt ask', 'run-finished waiting', 'run-finished done']);
    await thread.invoke();
    expect(await of()).toEqual(['update a {"n":1}', 'interrupt ask', 'run-finished waiting']);
  });

  it('one that follows hears of run after run, until it leaves', async () => {
    const { bodies, graph } = held();
    const thread = createRuntime().thread(graph, 't');
    const seen: string[] = [];
    const following = (async () => {
      for await (const event of thread.events({ follow: true, modes: ['updates'] })) {
        seen.push(line(event));
        if (seen.length === 5) break;
      }
    })();
    for (let i = 0; i < 2; i++) {
      const run = thread.invoke();
      await settle();
      bodies.get('b').finish({ n: 2 });
      await run;
    }
    await following;
    expect(seen).toEqual([
      'update a {"n":1}',
      'update b {"n":2}',
      'run-finished done',
      'update a {"n":1}',
      'update b {"n":2}',
    ]);
  });

  it('one that asks before the first run waits for it', async () => {
    const { bodies, graph } = held();
    const thread = createRuntime().thread(graph, 't');
    const early = collect(thread.events());
    const run = thread.invoke();
    await settle();
    bodies.get('b').finish();
    await run;
    expect((await early).map(line)).toEqual(['update a {"n":1}', 'run-finished done']);
  });

  it('an observable: operators, unsubscribing, the end', async () => {
    const { bodies, graph } = held();
    const stream = createRuntime()
      .thread(graph, 't')
      .stream({}, { modes: ['updates'] });
    const updates = stream.observable.pipe(
      filter(e => e.type === 'update'),
      map(e => e.node),
    );
    expect(await firstValueFrom(updates)).toBe('a');
    const both = firstValueFrom(updates.pipe(take(2), toArray()));
    const last = lastValueFrom(stream.observable);
    bodies.get('b').finish({ n: 2 });
    expect(await both).toEqual(['a', 'b']);
    expect(await last).toMatchObject({ type: 'run-finished', status: 'done' });
    expect(await lastValueFrom(stream.observable.pipe(toArray()))).toHaveLength(3);
  });

  it('a run that cannot begin: `result` rejects, and so does whoever reads', async () => {
    const { bodies, graph } = held();
    const thread = createRuntime().thread(graph, 't');
    const wrong = thread.stream({ n: 'x' });
    await expect(collect(wrong)).rejects.toThrow(InputError);
    await expect(lastValueFrom(wrong.observable)).rejects.toThrow(InputError);
    await expect(wrong.result).rejects.toThrow(InputError);
    const running = thread.stream();
    await expect(collect(thread.stream())).rejects.toThrow(ThreadError);
    await expect(collect(thread.stream.resume(true))).rejects.toThrow(/waits for no answer/);
    bodies.get('b').finish();
    expect((await collect(running)).map(line)).toEqual(['update a {"n":1}', 'run-finished done']);
    expect(() => thread.stream({}, { modes: ['update' as 'updates'] })).toThrow(/there is no stream mode "update"/);
  });

  it('what is asked while a run goes on is streamed to its end', async () => {
    const text =
      'state: { ok: boolean? }\nnodes: { ask: { type: interrupt, message: Well?, output: ok }, b: { type: function, function: b } }\nedges: ["START -> [ask, b] -> END"]\n';
    const bodies = new Bodies();
    const thread = createRuntime().thread(build(text, { functions: { b: bodies.hold('b') } }), 't');
    const first = collect(thread.stream());
    await settle();
    const second = collect(thread.stream.resume(true));
    await settle();
    bodies.get('b').finish();
    expect((await second).map(line)).toEqual(['update ask {"ok":true}', 'run-finished done']);
    expect((await first).map(line)).toEqual(['interrupt ask', 'update ask {"ok":true}', 'run-finished done']);
  });

  it('the changes of the state, where events are kept', async () => {
    const { bodies, graph } = held();
    const runtime = createRuntime({ keepEvents: 1000 });
    const thread = runtime.thread(graph, 't');
    const run = thread.invoke();
    await settle();
    bodies.get('b').finish({ n: 2, x: 'y' });
    await run;
    const at = expect.any(Number) as number;
    const place = { path: '', branch: '', at };
    expect(await thread.changes()).toEqual([
      { key: 'n', value: 1, node: 'a', ...place },
      { key: 'n', value: 2, node: 'b', ...place },
      { key: 'x', value: 'y', node: 'b', ...place },
    ]);
    const unwatched = createRuntime().thread(graph, 'u');
    const other = unwatched.invoke();
    await settle();
    bodies.get('b').finish();
    await other;
    await expect(unwatched.changes()).rejects.toMatchObject({ code: 'not-kept' });
  });

  it('no event is made while nobody watches', async () => {
    const { bodies, graph } = held();
    let asked = 0;
    const clock = { now: () => ++asked, after: () => () => {} };
    const count = async (onEvent?: (event: RunEvent) => void): Promise<number> => {
      asked = 0;
      const run = createRuntime({ clock })
        .thread(graph)
        .invoke({}, onEvent ? { onEvent } : {});
      await settle();
      bodies.get('b').finish();
      await run;
      return asked;
    };
    // An event has a time; without any, the clock is asked when the run begins and ends.
    expect(await count()).toBe(2);
    expect(await count(() => {})).toBeGreaterThan(10);
  });
});
