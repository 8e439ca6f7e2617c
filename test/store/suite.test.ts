/** Every store does what stores must. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { memoryStore } from '../../src/store/memory.ts';
import { postgresStore } from '../../src/store/postgres.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { storeSuite } from '../../src/testing/index.ts';
import { privatePostgres } from '../helpers/postgres.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'statewright-suite-'));
const postgres = await privatePostgres();
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('memory', () => {
  for (const { name, run } of storeSuite(memoryStore)) it(name, run);
});

describe('a file of SQLite', () => {
  let files = 0;
  const open = () => sqliteStore(path.join(folder, `${++files}.db`));
  const openAgain = () => sqliteStore(path.join(folder, `${files}.db`));
  for (const { name, run } of storeSuite(open, { openAgain, watches: false })) it(name, run);
});

describe('SQLite in memory', () => {
  for (const { name, run } of storeSuite(() => sqliteStore(':memory:'), { watches: false })) it(name, run);
});

describe.skipIf(!postgres)('Postgres', () => {
  let schema = '';
  const { connection = '', freshSchema = () => '' } = postgres ?? {};
  const openAgain = () => postgresStore(connection, { schema });
  const open = () => {
    schema = freshSchema();
    return openAgain();
  };
  for (const { name, run } of storeSuite(open, { openAgain })) it(name, run);
});
