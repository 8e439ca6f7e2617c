/** The commands that go on with stored threads, and look at them. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Store, StoredThread } from '../store/store.ts';
import { StoreError } from '../store/store.ts';
import { CliError, EXIT } from './exit.ts';
import { printJson, say } from './output.ts';

/** Where threads are kept when no `--store` says so. */
export const DEFAULT_STORE = '.statewright/threads.db';

/** Opens a store; what is wrong with its file is one clear line. */
export async function openStore(file: string): Promise<Store> {
  const { sqliteStore } = await import('../store/sqlite.ts');
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    return sqliteStore(file);
  } catch (thrown) {
    throw thrown instanceof StoreError ? new CliError(thrown.message) : thrown;
  }
}

/** The stored thread with this id. */
export function storedThread(store: Store, id: string): StoredThread {
  const found = store.load(id)?.thread;
  if (found) return found;
  const known = store.threads().map(t => t.id);
  const list = known.length === 0 ? 'no thread is stored' : `stored: ${known.slice(0, 10).join(', ')}`;
  throw new CliError(`there is no thread "${id}"; ${list}`);
}

export interface ThreadsOptions {
  readonly store: string;
  readonly json?: boolean;
}

/** `statewright threads`: lists what is stored, the newest first. */
export async function threadsCommand({ store: file, json }: ThreadsOptions): Promise<number> {
  const store = await openStore(file);
  try {
    const threads = store.threads();
    if (json) printJson(threads.map(({ id, graph, status, run, updated }) => ({ id, graph, status, run, updated })));
    else if (threads.length === 0) say(`no threads are stored in ${file}`);
    const width = Math.max(0, ...threads.map(t => t.id.length));
    if (!json)
      for (const { id, graph, status, updated } of threads)
        process.stdout.write(
          `${id.padEnd(width)}  ${status.padEnd(9)}  ${new Date(updated).toISOString()}  ${graph}\n`,
        );
    return EXIT.done;
  } finally {
    store.close();
  }
}
