/** `statewright threads`: what is stored. */
import type { StoredStatus, StoredThread } from '../store/store.ts';
import { EXIT } from './exit.ts';
import { type StoreOptions, withStore } from './open-store.ts';
import { colorsFor, fitted, moment, printJson, say, visible } from './output.ts';

export interface ThreadsOptions extends StoreOptions {
  readonly graph?: string;
  readonly status?: StoredStatus;
  readonly since?: number;
  readonly until?: number;
  readonly limit?: number;
  readonly json?: boolean;
}

const iso = (at: number): string => new Date(at).toISOString();

/** A thread as programs get it. */
export function threadJson({ key: _key, created, updated, due, ...thread }: StoredThread): object {
  return { ...thread, created: iso(created), updated: iso(updated), ...(due === undefined ? {} : { due: iso(due) }) };
}

type Colors = ReturnType<typeof colorsFor>;

/** A status in the colour of how well it went. */
export function paintStatus(status: StoredStatus, c: Colors): (text: string) => string {
  return { done: c.green, failed: c.red, waiting: c.yellow, running: c.cyan, cancelled: c.dim }[status];
}

function printThreads(threads: readonly StoredThread[]): void {
  const { stdout } = process;
  const c = colorsFor(stdout);
  const width = Math.max(0, ...threads.map(t => visible(t.id).length));
  for (const { id, graph, status, updated, origin } of threads) {
    const head = `${visible(id).padEnd(width)}  `;
    const from = origin ? `  (fork of ${visible(origin.thread)} at ${origin.seq})` : '';
    const line = fitted(`${head}${status.padEnd(9)}  ${moment(updated, stdout)}  ${visible(graph)}${from}`, stdout);
    const [before, after] = [head.length, head.length + status.length];
    const painted = paintStatus(status, c)(line.slice(before, after));
    stdout.write(`${line.slice(0, before)}${painted}${line.slice(after)}\n`);
  }
}

/** Lists what is stored, the newest first. */
export function threadsCommand({ json, store, config, ...filter }: ThreadsOptions): Promise<number> {
  return withStore(
    { ...(store === undefined ? {} : { store }), ...(config === undefined ? {} : { config }) },
    async opened => {
      const threads = await opened.store.threads(filter);
      if (json) printJson(threads.map(threadJson));
      else if (threads.length > 0) printThreads(threads);
      else say(`no ${Object.keys(filter).length > 0 ? 'such ' : ''}threads are stored in ${opened.place}`);
      return EXIT.done;
    },
  );
}
