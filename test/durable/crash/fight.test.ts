/**
 * Several processes that do whatever they like with the same threads (S34, C6).
 *
 *     FIGHT_SECONDS=60 npx vitest run test/durable/crash/fight
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PrivatePostgres, privatePostgres } from '../../helpers/postgres.ts';
import { keyOf, valuesIn } from './bodies.ts';
import { linesIn, newFolder, runChild } from './children.ts';
import { openPlace, type StorePlace } from './open.ts';

const SECONDS = Number(process.env.FIGHT_SECONDS ?? 4);
const THREADS = 50;
const SEED = Number(process.env.CRASH_SEED ?? 20_261_121);

const seeds = Array.from({ length: THREADS }, (_, i) => SEED + i);
let server: PrivatePostgres | undefined;
const folders: string[] = [];
beforeAll(async () => {
  server = await privatePostgres();
});
afterAll(async () => {
  await server?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function ownFolder(): string {
  const folder = newFolder();
  folders.push(folder);
  return folder;
}

async function fight(fighters: number, folder: string, store: StorePlace): Promise<void> {
  const job = { store, folder, seeds, ms: SECONDS * 1_000 };
  const children = Array.from({ length: fighters }, (_, i) =>
    runChild('fighter.ts', { ...job, random: SEED + i, finish: false }, job.ms),
  );
  const fought = await Promise.all(children);
  const last = await runChild('fighter.ts', { ...job, ms: 0, random: SEED, finish: true });
  const ends = last.said.filter(line => 'seed' in line);
  expect(ends.map(end => end.status)).toEqual(seeds.map(() => 'done'));
  const keys = linesIn(folder).map(keyOf);
  expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  // What each thread has is what its bodies made, each of them once.
  const started = new Set(linesIn(folder));
  const values = ends.flatMap(end => valuesIn(JSON.stringify(end)));
  expect(values.filter(value => !started.has(value))).toEqual([]);
  expect(new Set(values).size).toBe(values.length);
  const opened = await openPlace(store);
  for (const seed of seeds) {
    const history = await opened.history(`t${seed}`);
    expect(history.map(c => c.seq)).toEqual(history.map((_, i) => history.length - i));
  }
  await opened.close();
  for (const { said } of fought) process.stdout.write(`${JSON.stringify(said.at(-1))}\n`);
}

describe.each([2, 4])('%d processes fight over 50 threads: nothing runs twice, each history is one line', fighters => {
  it(
    'on SQLite',
    async () => {
      const folder = ownFolder();
      await fight(fighters, folder, path.join(folder, 'threads.db'));
    },
    (SECONDS + 300) * 1_000,
  );

  it(
    'on Postgres',
    async context => {
      if (!server) return context.skip();
      const store = { connection: server.connection, schema: server.freshSchema() };
      await fight(fighters, ownFolder(), store);
    },
    (SECONDS + 300) * 1_000,
  );
});
