/** The commands for stored threads, as processes on a SQLite file. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from './helpers/command-line.ts';

const cli = new CommandLine();
afterAll(() => cli.close());

/** Times of one kind, so that texts can be compared. */
const masked = (text: string): string => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');

const ASKS = `name: asks
state: { name: string?, age: number? }
nodes:
  who: { type: interrupt, message: "Who are you?", schema: string, output: name }
  old: { type: interrupt, message: "How old, {{ name }}?", schema: integer, output: age }
edges: ["START -> who -> old -> END"]
`;

/** The body waits until it is told to stop, or ends at once with GO in the environment. */
const BODY = `export const body = (_: unknown, { signal }: { signal: AbortSignal }) => new Promise((ok, no) => {
  console.error('begun');
  if (process.env.GO) return ok({ text: 'done' });
  const alive = setInterval(() => {}, 1000);
  signal.addEventListener('abort', () => { clearInterval(alive); console.error('heard'); no(new Error('stopped')); });
});
`;

beforeAll(() => {
  cli.file('asks.yaml', ASKS);
  cli.file('body.ts', BODY);
  cli.file(
    'slow.yaml',
    'name: slow\nstate: { text: string? }\nnodes: { s: { type: function, function: "./body.ts#body" } }\nedges: [START -> s -> END]\n',
  );
  cli.file(
    'long.yaml',
    'name: long\nstate: { n: { type: number, default: 0 } }\nnodes: { a: { type: set, set: { n: n + 1 } }, w: { type: wait, for: 1h } }\nedges: [START -> a -> w -> END]\n',
  );
  cli.file(
    'flaky.yaml',
    'name: flaky\nstate: { text: string? }\nnodes: { f: { type: function, function: "./flaky.ts#flaky", output: text } }\nedges: [START -> f -> END]\n',
  );
  cli.file(
    'flaky.ts',
    "export const flaky = () => { if (!process.env.GO) throw new Error('no luck'); return 'luck'; };\n",
  );
});

/** Bodies end at once. */
const GO = { GO: '1' };

describe('a thread that waits', () => {
  it('forks answer differently, and the original is untouched', () => {
    expect(cli.run('run', 'asks.yaml', '--thread', 'ada')).toMatchObject({
      code: 3,
      err: expect.stringContaining('to go on: statewright resume ada <answer>\n'),
    });
    expect(cli.run('resume', 'ada', 'Ada').code).toBe(3);
    const fork = cli.run('fork', 'ada', '1', '--id', 'bob');
    expect(fork).toMatchObject({ code: 0, out: 'bob\n', err: expect.stringContaining('resume bob <answer>') });
    expect(cli.run('resume', 'bob', 'who=Bob', 'old=5')).toMatchObject({ code: 0, out: 'name: Bob\nage: 5\n' });
    const state = JSON.parse(cli.run('state', 'ada', '--json').out);
    expect(state).toMatchObject({
      thread: 'ada',
      checkpoint: 2,
      status: 'waiting',
      values: { name: 'Ada', age: null },
    });
    expect(state.interrupts).toMatchObject([{ id: 'old' }]);
  });

  it('a fork takes values, prints JSON, and is given an id', () => {
    const { code, out } = cli.run('fork', 'ada', '-i', 'name=Eve', '--replace', '--json');
    expect(code).toBe(0);
    const fork = JSON.parse(out);
    expect(fork).toMatchObject({ status: 'waiting', origin: { thread: 'ada', seq: 2 }, interrupts: [{ id: 'old' }] });
    expect(JSON.parse(cli.run('state', fork.thread, '--json').out).values).toEqual({ name: 'Eve', age: null });
    expect(cli.run('fork', 'ada', '-i', 'nmae=x').err).toContain('did you mean "name"?');
    expect(cli.run('fork', 'ada', '--id', 'bob')).toMatchObject({ code: 2, err: 'there is a thread "bob" already\n' });
    expect(cli.run('fork', 'bob', '1', '--id', 'bobs fork').err).toContain("resume 'bobs fork' <answer>");
  });

  it('its history is a tree, with forks under the checkpoints that they began from', () => {
    expect(masked(cli.run('history', 'bob').out)).toMatchInlineSnapshot(`
      "bob  done  asks  (fork of ada at 1)
      ├─ 1  <time>  waiting    fork of ada at 1
      │  └─ bobs fork  waiting  asks
      │     └─ 1  <time>  waiting    fork of bob at 1
      ├─ 2  <time>  waiting    resume, who
      └─ 3  <time>  done       resume, old
      "
    `);
    const tree = masked(cli.run('history', 'ada').out).replaceAll(/[\da-f-]{36}/g, '<id>');
    expect(tree).toMatchInlineSnapshot(`
      "ada  waiting  asks
      ├─ 1  <time>  waiting    invoke
      │  └─ bob  done  asks
      │     ├─ 1  <time>  waiting    fork of ada at 1
      │     │  └─ bobs fork  waiting  asks
      │     │     └─ 1  <time>  waiting    fork of bob at 1
      │     ├─ 2  <time>  waiting    resume, who
      │     └─ 3  <time>  done       resume, old
      └─ 2  <time>  waiting    resume, who
         └─ <id>  waiting  asks
            └─ 1  <time>  waiting    fork of ada at 2
      "
    `);
    const { checkpoints, origin } = JSON.parse(cli.run('history', 'bob', '--json').out);
    expect(origin).toEqual({ thread: 'ada', seq: 1 });
    expect(checkpoints[0]).toMatchObject({ seq: 1, forks: [{ id: 'bobs fork', status: 'waiting' }] });
  });

  it('its state is readable, at each checkpoint', () => {
    expect(masked(cli.run('state', 'ada').out)).toMatchInlineSnapshot(`
      "ada  waiting  asks
      checkpoint 2, <time>

      Values
        name: Ada
        age: null

      Waits for
        old: How old, Ada? ({"type":"integer"})
      "
    `);
    expect(masked(cli.run('state', 'ada', '1').out)).toContain('checkpoint 1 of 2, <time>');
  });

  it('threads are listed, of which some are picked', () => {
    expect(masked(cli.run('threads', '--status', 'done').out)).toBe(
      'bob  done       <time>  asks  (fork of ada at 1)\n',
    );
    const all = JSON.parse(cli.run('threads', '--json').out);
    expect(all).toHaveLength(4);
    expect(all.at(-1)).toMatchObject({ id: 'ada', graph: 'asks', status: 'waiting', seq: 2 });
    expect(Date.parse(all.at(-1).updated)).toBeGreaterThan(0);
    const none = ['threads', '--until', '2001-01-01', '--json'];
    expect(cli.run(...none).out).toBe('[]\n');
    expect(JSON.parse(cli.run('threads', '--since', '1h', '--limit', '2', '--json').out)).toHaveLength(2);
    expect(cli.run('threads', '--graph', 'other').err).toBe('no such threads are stored in .statewright/threads.db\n');
  });
});

describe('what is wrong is one clear line', () => {
  it.each([
    [['resume', 'nobody'], 'there is no thread "nobody"; stored: '],
    [['state', 'nobody'], 'there is no thread "nobody"; stored: '],
    [['history', 'nobody'], 'there is no thread "nobody"; stored: '],
    [['prune', '--keep', '1', '--thread', 'nobody'], 'there is no thread "nobody"; stored: '],
    [['state', 'ada', '99'], 'the thread "ada" has no checkpoint 99'],
    [['fork', 'ada', '99'], 'the thread "ada" has no checkpoint 99'],
    [['state', 'ada', 'x'], 'the checkpoint "x": it must be a whole number from 1'],
    [['retry', 'ada'], 'nothing of the thread "ada" failed'],
    [['run', 'asks.yaml', '--thread', 'ada'], 'the thread "ada" is not finished: it waits for old'],
    [['resume', 'ada', 'old=x'], 'the answer to "old" does not fit: expected integer'],
    [['threads', '--store', 'none.db'], 'there is no store none.db yet'],
    [['threads', '--store', 'asks.yaml'], 'the store asks.yaml: file is not a database'],
    [['run', 'asks.yaml', '--durability', 'exit'], '--durability is for a run that is kept'],
    [['prune'], 'say what to forget'],
    [['threads', 'import', 'asks.yaml'], 'the file "asks.yaml" is no JSON'],
  ])('%j', (args, message) => {
    const { code, out, err } = cli.run(...args);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it.each([
    [['threads', '--since', 'yesterday'], 'it must be a date'],
    [['threads', '--status', 'ready'], 'it must be one of: running, done'],
    [['prune', '--keep', '0'], 'it must be a whole number from 1'],
    [['threads', 'exprot'], "too many arguments for 'threads'"],
  ])('usage: %j', (args, message) => {
    expect(cli.run(...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });

  it('a graph that is gone or has changed', () => {
    const moving = cli.file('moving.yaml', ASKS);
    cli.run('run', 'moving.yaml', '--thread', 'moving');
    cli.file(
      'moving.yaml',
      ASKS.replace('old -> END', 'old -> more -> END').replace('edges', '  more: { type: set, set: {} }\nedges'),
    );
    const changed = cli.run('resume', 'moving', 'Ada');
    expect(changed).toMatchObject({ code: 2, out: '' });
    expect(changed.err).toMatch(/add --accept-changes:\n {2}- node "more" is new/);
    expect(cli.run('resume', 'moving', 'Ada', '--accept-changes').code).toBe(3);
    rmSync(moving);
    const gone = cli.run('state', 'moving');
    expect(gone.err).toContain('which does not exist any more; say where it is: --graph <file>\n');
    expect(gone.code).toBe(2);
    expect(cli.run('state', 'moving', '--graph', 'asks.yaml')).toMatchObject({ code: 0 });
  });
});

describe('a run that does not end by itself', () => {
  it('Ctrl-C cancels it once, and retry goes on', async () => {
    const run = cli.start(['run', 'slow.yaml', '--thread', 'c']);
    await run.said('begun');
    const ended = await run.end('SIGINT');
    expect(ended).toMatchObject({ code: 130, out: '' });
    expect(ended.err).toBe('begun\nheard\nslow was cancelled\nto go on: statewright retry c\n');
    expect(cli.run('resume', 'c').code).toBe(130);
    expect(cli.runIn('', ['retry', 'c'], GO)).toMatchObject({ code: 0, out: 'done\n' });
    const { checkpoints } = JSON.parse(cli.run('history', 'c', '--json').out) as { checkpoints: { status: string }[] };
    expect([...new Set(checkpoints.map(({ status }) => status))]).toEqual(['running', 'cancelled', 'done']);
    expect(checkpoints.at(-1)).toMatchObject({ status: 'done', label: 's' });
  });

  it('after kill -9 another process goes on at once', async () => {
    const run = cli.start(['run', 'slow.yaml', '--thread', 'k']);
    await run.said('begun');
    const state = cli.run('state', 'k');
    expect(state.err).toContain(`it runs in process ${run.child.pid} on `);
    expect(cli.run('run', 'slow.yaml', '--thread', 'k').err).toMatch(/is running; wait for it/);
    await run.end('SIGKILL');
    expect(cli.run('state', 'k').err).toContain('statewright resume k\n');
    const resumed = cli.runIn('', ['resume', 'k', '--json'], GO);
    expect(JSON.parse(resumed.out)).toMatchObject({ status: 'done', output: { text: 'done' } });
  });

  it('is cancelled from another process, whatever it waits for', async () => {
    const run = cli.start(['run', 'long.yaml', '--thread', 'w', '--stream', 'updates']);
    await run.said('update a');
    expect(cli.run('cancel', 'w')).toMatchObject({ code: 0, err: 'w is cancelled\nto go on: statewright retry w\n' });
    const ended = await run.ended;
    expect(ended.code).toBe(130);
    expect(ended.err).toContain('long was cancelled');
    expect(JSON.parse(cli.run('cancel', 'w', '--json').out)).toEqual({ thread: 'w', status: 'cancelled' });
    const again = cli.start(['retry', 'w', '--stream', 'debug']);
    await again.said('run-started');
    expect((await again.end('SIGTERM')).code).toBe(130);
  });

  it('--on-busy cancel gives it up for a new one, which the process that ran it follows', async () => {
    const run = cli.start(['run', 'slow.yaml', '--thread', 'q']);
    await run.said('begun');
    const next = cli.start(['run', 'slow.yaml', '--thread', 'q', '--on-busy', 'cancel'], GO);
    expect(await next.ended).toMatchObject({ code: 0, out: 'done\n' });
    expect((await run.ended).code).toBe(0);
  });

  it('a failed one is retried, all of it or by id', () => {
    const failed = cli.run('run', 'flaky.yaml', '--thread', 'f', '--durability', 'exit');
    expect(failed).toMatchObject({ code: 1, err: 'failed f: no luck\nto go on: statewright retry f\n' });
    expect(cli.run('state', 'f').out).toContain('Failed\n  f: no luck\n');
    expect(cli.run('retry', 'f', '--id', 'g')).toMatchObject({
      code: 2,
      err: 'nothing of the thread "f" failed at "g"\n',
    });
    expect(cli.runIn('', ['retry', 'f', '--id', 'f'], GO)).toMatchObject({ code: 0, out: 'luck\n' });
    expect(cli.run('cancel', 'f').err).toBe('f is done; there is nothing to cancel\n');
  });
});

describe('work', () => {
  it('takes up what nobody runs, and gives back what it has when it ends', async () => {
    const run = cli.start(['run', 'slow.yaml', '--thread', 'left']);
    await run.said('begun');
    await run.end('SIGKILL');
    const first = cli.start(['work', 'slow.yaml', '--every', '50ms']);
    await first.said('begun');
    const ended = await first.end('SIGINT');
    expect(ended).toMatchObject({ code: 0, out: 'left  given back\n' });
    expect(ended.err).toContain('working on 1 graph in .statewright/threads.db');
    const second = cli.start(['work', 'slow.yaml', 'asks.yaml'], GO);
    await second.said('left  done');
    expect(await second.end('SIGTERM')).toMatchObject({ code: 0, out: 'left  done\n' });
  });
});

describe('threads as files', () => {
  it('go to another store with their history, and go on there', () => {
    const exported = cli.run('threads', 'export', 'bob', '-o', 'bob.json');
    expect(exported).toMatchObject({ code: 0, out: '', err: 'bob.json written: 3 checkpoints of bob\n' });
    expect(JSON.parse(cli.run('threads', 'export', 'ada').out)).toMatchObject({ thread: { id: 'ada' } });
    const imported = cli.run('threads', 'import', 'bob.json', '--store', 'other.db');
    expect(imported).toMatchObject({ code: 0, out: 'bob\n' });
    const history = (store: string) =>
      JSON.parse(cli.run('history', 'bob', '--json', '--store', store).out).checkpoints;
    const own = history('.statewright/threads.db').map((c: object) => ({ ...c, forks: [] }));
    expect(history('other.db')).toEqual(own);
    expect(cli.run('threads', 'import', 'bob.json', '--store', 'other.db')).toMatchObject({
      code: 2,
      err: 'there is a thread "bob" already; give another id: --id <id>\n',
    });
  });

  it('are given another id in all of their checkpoints', async () => {
    const run = cli.start(['run', 'slow.yaml', '--thread', 'r']);
    await run.said('begun');
    await run.end('SIGKILL');
    cli.run('threads', 'export', 'r', '-o', 'r.json');
    const imported = cli.run('threads', 'import', 'r.json', '--id', 'renamed');
    expect(imported).toMatchObject({ code: 0, out: 'renamed\n', err: expect.stringContaining('resume renamed\n') });
    expect(cli.runIn('', ['resume', 'renamed'], GO)).toMatchObject({ code: 0, out: 'done\n' });
    expect(JSON.parse(cli.run('state', 'r', '--json').out).status).toBe('running');
    cli.run('threads', 'export', 'ada', '-o', 'ada.json');
    cli.run('threads', 'import', 'ada.json', '--id', 'ida');
    expect(JSON.parse(cli.run('state', 'ida', '1', '--json').out)).toMatchObject({
      thread: 'ida',
      values: { name: null },
    });
    expect(cli.run('resume', 'ida', '36')).toMatchObject({ code: 0, out: 'name: Ada\nage: 36\n' });
  });

  it('that were changed are refused, with the place', () => {
    const text = readFileSync(path.join(cli.folder, 'ada.json'), 'utf8');
    cli.file('changed.json', text.replaceAll('\\"who\\"', '\\"how\\"'));
    const { code, err } = cli.run('threads', 'import', 'changed.json', '--store', 'other.db');
    expect(err).toMatch(
      /^changed\.json: the thread is damaged: the text [\w-]{32} of checkpoint 1 is not what was exported\n$/,
    );
    expect(code).toBe(2);
  });
});

describe('prune', () => {
  it('says what it would remove, removes it, and the history says that it is gone', () => {
    const policy = ['prune', '--keep', '1', '--thread', 'ada'];
    const would = cli.run(...policy, '--dry-run');
    expect(would.out).toBe('0 threads and 1 checkpoint of .statewright/threads.db would be removed\n');
    expect(JSON.parse(cli.run(...policy, '--json').out)).toMatchObject({ threads: 0, checkpoints: 1 });
    expect(masked(cli.run('history', 'ada').out)).toMatch(
      /^ada {2}waiting {2}asks\n├─ 1 forgotten\n│ {2}└─ bob {2}done/,
    );
    const finished = cli.run('prune', '--finished', '0s', '--older-than', '2001-01-01');
    expect(finished.out).toMatch(/^\d+ threads and \d+ checkpoints were removed from .* with \d+ texts?\n$/);
    expect(JSON.parse(cli.run('threads', '--status', 'done', '--json').out)).toEqual([]);
  });
});

describe('at a terminal', () => {
  it('there are colours and local times; elsewhere there are none', () => {
    const colour = '\u001b[';
    for (const args of [['threads'], ['history', 'ada'], ['state', 'ada']]) {
      const { out, err } = cli.run(...args);
      expect(out + err).not.toContain(colour);
      expect(cli.atTerminal(80, args)).toContain(colour);
    }
    expect(cli.atTerminal(80, ['threads'])).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
    expect(cli.atTerminal(80, ['threads', '--json'])).not.toContain(colour);
  });

  it('lines stay within a narrow one', () => {
    for (const args of [['threads'], ['history', 'ada']]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
      const plain = cli.atTerminal(30, args).replaceAll(/\u001b\[[0-9;]*m/g, '');
      expect(Math.max(...plain.split(/\r?\n/).map(line => line.length))).toBe(30);
    }
  });
});
