/** The same tests on every store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { memoryStore } from '../../src/store/memory.ts';
import { postgresStore } from '../../src/store/postgres.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { type PrivatePostgres, privatePostgres } from '../helpers/postgres.ts';

/** Opens the store of a test; a second time, another connection to the same. */
export type Open = () => Promise<Store>;

/** Runs tests in memory, on SQLite, and on Postgres where a server is to be had. */
export function onEveryStore(tests: (open: Open) => void): void {
  let opened: Store[] = [];
  const closing = (open: Open): Open => {
    return async () => {
      const store = await open();
      opened.push(store);
      return store;
    };
  };
  afterEach(async () => {
    for (const store of opened) await store.close();
    opened = [];
  });
  describe('in memory', () => {
    let store = memoryStore();
    beforeEach(() => {
      store = memoryStore();
    });
    tests(async () => store);
  });
  describe('on SQLite', () => {
    let folder = '';
    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'statewright-durable-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));
    tests(closing(async () => sqliteStore(path.join(folder, 'threads.db'), { synchronous: 'normal' })));
  });
  describe('on Postgres', () => {
    let server: PrivatePostgres | undefined;
    let schema = '';
    beforeAll(async () => {
      server = await privatePostgres();
    });
    afterAll(() => server?.stop());
    beforeEach(context => {
      if (!server) context.skip();
      else schema = server.freshSchema();
    });
    tests(closing(() => postgresStore(server?.connection ?? '', { schema })));
  });
}

/** Waits until something is so, as long as anything happens at all. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 100_000; turns++) {
    if (await holds()) return;
    await new Promise<void>(resolve => setImmediate(resolve));
  }
  throw new Error(`it never was so: ${holds}`);
}
