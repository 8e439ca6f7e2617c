/** Stores that fail at random operations (S37, C9): a run ends with an error, and goes on from what was stored. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type RunResult, StoreError, type Thread } from '../../src/index.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { postgresStore } from '../../src/store/postgres.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { type PrivatePostgres, privatePostgres } from '../helpers/postgres.ts';
import { wrappedStore } from '../helpers/wrapped-store.ts';
import { build } from '../helpers.ts';
import { crashGraph, keyOf, valuesIn, withoutRun } from './crash/bodies.ts';
import { linesIn, newFolder } from './crash/children.ts';
import { randomFrom } from './crash/graphs.ts';

const GRAPHS = Number(process.env.FAILING_GRAPHS ?? 15);
const CODES = ['full', 'busy', 'io'] as const;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function ownFolder(): string {
  const folder = newFolder();
  folders.push(folder);
  return folder;
}

/** Calls again and again what a failing store may keep from being done. Counts the failures. */
async function insisting<T>(act: () => Promise<T>, failed: () => void): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(StoreError);
      failed();
    }
  }
}

/** Brings a thread to its end, whatever fails. */
async function toTheEnd(store: Store, begin: () => Thread, failed: () => void): Promise<RunResult> {
  let last = await insisting(async () => {
    const thread = begin();
    return (await store.head(thread.id)) ? thread.recover() : thread.invoke({});
  }, failed);
  while (last.status === 'waiting') {
    const state = await insisting(() => begin().state(), failed);
    const [asked] = state.interrupts;
    if (!asked) break;
    const { id, event } = asked;
    last = await insisting(async () => {
      const thread = begin();
      const { interrupts } = await thread.state();
      // The answer may have been stored before the failure.
      if (!interrupts.some(i => i.id === id)) return thread.recover();
      return event ? thread.send({ type: event, what: 'gone' } as never) : thread.resume(`said ${id}`, { id });
    }, failed);
  }
  return last;
}

type Kind = 'memory' | 'SQLite' | 'Postgres';

let server: PrivatePostgres | undefined;
beforeAll(async () => {
  server = await privatePostgres();
});
afterAll(() => server?.stop());

async function newStore(kind: Kind, folder: string): Promise<Store> {
  if (kind === 'memory') return memoryStore();
  if (kind === 'SQLite') return sqliteStore(path.join(folder, 'db'), { synchronous: 'normal' });
  return postgresStore(server?.connection ?? '', { schema: server?.freshSchema() ?? '' });
}

describe.each<Kind>(['memory', 'SQLite', 'Postgres'])('on %s', kind => {
  it(`${GRAPHS} graphs come to the same end while one operation in eight fails`, async context => {
    if (kind === 'Postgres' && !server) return context.skip();
    let failures = 0;
    for (let seed = 1; seed <= GRAPHS; seed++) {
      const calm = ownFolder();
      const whole = await toTheEnd(
        memoryStore(),
        (
          app => () =>
            app.thread(
              crashGraph(seed, calm, () => {}),
              't',
            )
        )(createRuntime({ store: memoryStore() })),
        () => {},
      );
      const folder = ownFolder();
      const random = randomFrom(seed);
      const store = await newStore(kind, folder);
      const failing = wrappedStore(store, method => {
        if (method === 'close' || method === 'watch' || random(8) > 0) return;
        const code = CODES[random(CODES.length)] ?? 'io';
        throw new StoreError(code, `${method} failed`);
      });
      const graph = crashGraph(seed, folder, () => {});
      const app = createRuntime({ store: failing });
      const last = await toTheEnd(
        store,
        () => app.thread(graph, 't'),
        () => {
          failures++;
        },
      );
      expect(JSON.parse(withoutRun(JSON.stringify(last.output)))).toEqual(
        JSON.parse(withoutRun(JSON.stringify(whole.output))),
      );
      expect(last.status).toBe('done');
      // What the thread has was made by the last run of each body: what was stored did not run again.
      const lines = linesIn(folder);
      for (const value of valuesIn(JSON.stringify(last.output)))
        expect(lines.findLast(line => keyOf(line) === keyOf(value))).toBe(value);
      await store.close();
    }
    expect(failures).toBeGreaterThan(GRAPHS);
  }, 300_000);
});

/** A disk of a megabyte, where this user may make one. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'statewright-disk-'));
  folders.push(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    process.stderr.write('SKIPPED: a full disk: no tmpfs can be mounted by this user\n');
    return undefined;
  }
}

it('a disk that is full ends the run with `full`; with room again, it goes on from what was stored', async context => {
  const disk = smallDisk();
  if (!disk) return context.skip();
  try {
    const text = `state: { seen: { type: list<string>, merge: append }, n: { type: number, default: 0, merge: sum } }
nodes:
  work: { type: function, function: work, input: { n: n }, maxVisits: 40 }
edges:
  - START -> work
  - { from: work, to: work, when: n < 30 }
  - work -> END
`;
    let runs = 0;
    const graph = build(text, {
      functions: { work: ({ n }) => ({ seen: `${n} ${runs++} ${'x'.repeat(20_000)}`, n: 1 }) },
    });
    const ballast = path.join(disk, 'ballast');
    mkdirSync(path.join(disk, 'store'));
    writeFileSync(ballast, Buffer.alloc(700_000));
    const store = sqliteStore(path.join(disk, 'store', 'threads.db'));
    const app = createRuntime({ store });
    await expect(app.thread(graph, 't').invoke({})).rejects.toMatchObject({ code: 'full' });
    const stored = await app.thread(graph, 't').state();
    expect(stored.status).toBe('running');
    const before = (stored.values.seen as string[]).map(text => text.split(' ')[0]);
    expect(before.length).toBeGreaterThan(0);
    rmSync(ballast);
    writeFileSync(ballast, '');
    execFileSync('mount', ['-o', 'remount,size=8m', disk]);
    const last = await app.thread(graph, 't').recover();
    expect(last.status).toBe('done');
    expect((last.output.seen as string[]).map(text => Number(text.split(' ')[0]))).toEqual(
      Array.from({ length: 30 }, (_, i) => i),
    );
    await store.close();
  } finally {
    execFileSync('umount', [disk]);
  }
});
