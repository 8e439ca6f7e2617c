/**
 * Processes that are killed with SIGKILL at random moments, again and again, while they run made-up graphs (S32).
 *
 *     KILLS=1000 npx vitest run test/durable/crash
 */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Tree } from '../../../src/store/tree.ts';
import { privatePostgres } from '../../helpers/postgres.ts';
import { keyOf, valuesIn, withoutRun } from './bodies.ts';
import { linesIn, newFolder, runChild } from './children.ts';
import { type Random, randomFrom } from './graphs.ts';
import { openPlace, type StorePlace } from './open.ts';

const KILLS = Number(process.env.KILLS ?? 100);
const SEED = Number(process.env.CRASH_SEED ?? 20_261_121);
/** How many graphs one worker runs. */
const GRAPHS = 2;
/** Workers that run beside each other, each on a store of its own. */
const LANES = 2;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function ownFolder(): string {
  const folder = newFolder();
  folders.push(folder);
  return folder;
}

const inFile = (folder: string): StorePlace => path.join(folder, 'threads.db');

/** Runs a worker to its end, or until it is killed after so many moments. Gives what each graph came to, by seed. */
async function work(folder: string, store: StorePlace, seeds: readonly number[], moments?: number) {
  const { killed, said } = await runChild('worker.ts', { store, folder, seeds, moments });
  return { killed, ends: new Map(said.map(end => [end.seed, end])) };
}

/** The results that are stored, by the key of the body that made them. */
async function storedIn(place: StorePlace, seeds: readonly number[]): Promise<Map<string, string>> {
  const store = await openPlace(place);
  try {
    const values = await Promise.all(
      seeds.map(async seed => {
        const found = await store.load(`t${seed}`);
        const state = found && (await new Tree().read(found.checkpoint.root, digests => store.texts(digests)));
        return valuesIn(JSON.stringify(state ?? null));
      }),
    );
    return new Map(values.flat().map(value => [keyOf(value), value]));
  } finally {
    await store.close();
  }
}

const marksIn = (folder: string): string[] => readdirSync(path.join(folder, 'marks')).sort();

/** Kills workers of these graphs until they are done, and compares with a run that nobody disturbed. Gives the kills. */
async function disturb(
  seeds: readonly number[],
  random: Random,
  place: (folder: string) => StorePlace,
): Promise<number> {
  const [calm, folder] = [ownFolder(), ownFolder()];
  const store = place(folder);
  const whole = await work(calm, inFile(calm), seeds);
  let kills = 0;
  let stored = new Map<string, string>();
  let last: Awaited<ReturnType<typeof work>> = { killed: true, ends: new Map() };
  while (last.killed) {
    const before = linesIn(folder).length;
    last = await work(folder, store, seeds, 1 + random(60));
    if (last.killed) kills++;
    const started = linesIn(folder).slice(before).map(keyOf);
    expect(started.filter(key => stored.has(key))).toEqual([]);
    expect(new Set(started).size).toBe(started.length);
    const now = await storedIn(store, seeds);
    for (const [key, value] of stored) if (now.has(key)) expect(now.get(key)).toBe(value);
    stored = new Map([...stored, ...now]);
  }
  for (const seed of seeds) {
    const [expected, found] = [whole.ends.get(seed), last.ends.get(seed)];
    expect(found?.status).toBe('done');
    expect(JSON.parse(withoutRun(JSON.stringify(found)))).toEqual(JSON.parse(withoutRun(JSON.stringify(expected))));
    for (const value of valuesIn(JSON.stringify(found))) expect(stored.get(keyOf(value))).toBe(value);
  }
  expect(marksIn(folder)).toEqual(marksIn(calm));
  return kills;
}

/** Kills workers so many times, in lanes beside each other. */
async function killing(times: number, place: (folder: string) => StorePlace): Promise<void> {
  let kills = 0;
  let graphs = 0;
  const lane = async (): Promise<void> => {
    while (kills < times) {
      const first = SEED + graphs;
      graphs += GRAPHS;
      const seeds = Array.from({ length: GRAPHS }, (_, i) => first + i);
      kills += await disturb(seeds, randomFrom(first), place);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  process.stdout.write(`${kills} kills while ${graphs} graphs ran\n`);
}

describe('S32, C1 to C3: kills lose nothing, run nothing that is stored again, and change no result', () => {
  it(`${KILLS} of them on SQLite`, () => killing(KILLS, inFile), 3_600_000);

  it(`${Math.ceil(KILLS / 5)} of them on Postgres`, async context => {
    const server = await privatePostgres();
    if (!server) return context.skip();
    try {
      const { connection } = server;
      await killing(KILLS / 5, () => ({ connection, schema: server.freshSchema() }));
    } finally {
      await server.stop();
    }
  }, 3_600_000);
});
