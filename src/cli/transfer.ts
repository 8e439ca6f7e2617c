/** `statewright threads export`, `statewright threads import`: threads as files. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type KeptThread, renamed } from '../runtime/kept.ts';
import { checkThreadFile, exportThread, importThread, type ThreadFile } from '../store/portable.ts';
import { type StoredThread, StoreError } from '../store/store.ts';
import { Tree } from '../store/tree.ts';
import { nextCommand } from './app.ts';
import { CliError, EXIT } from './exit.ts';
import { type StoreOptions, storedThread, withStore } from './open-store.ts';
import { plural, printJson, say, visible } from './output.ts';

export interface ExportOptions extends StoreOptions {
  readonly output?: string;
}

export interface ImportOptions extends StoreOptions {
  readonly id?: string;
  readonly json?: boolean;
}

export function exportCommand(id: string, { output, ...options }: ExportOptions): Promise<number> {
  return withStore(options, async ({ store }) => {
    await storedThread(store, id);
    const file = await exportThread(store, id);
    const text = `${JSON.stringify(file)}\n`;
    if (output === undefined) {
      process.stdout.write(text);
      return EXIT.done;
    }
    try {
      writeFileSync(output, text);
    } catch (thrown) {
      throw new CliError(`cannot write "${output}": ${(thrown as Error).message}`);
    }
    say(`${output} written: ${plural(file.checkpoints.length, 'checkpoint')} of ${visible(id)}`);
    return EXIT.done;
  });
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    const missing = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CliError(`the file "${file}" ${missing ? 'does not exist' : 'cannot be read'}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(`the file "${file}" is no JSON`);
  }
}

/** A thread under another id, in all of its checkpoints: its actors and tasks have their addresses by it. */
export function renamedFile(file: ThreadFile, to: string): ThreadFile {
  const from = file.thread.id;
  const tree = new Tree();
  const texts = new Map<string, string>();
  const fetch = (digests: readonly string[]): ReadonlyMap<string, string> =>
    new Map(digests.map(digest => [digest, file.texts[digest] ?? '']));
  const checkpoints = file.checkpoints.map(({ root, ...checkpoint }) => {
    const value = tree.read(root, fetch) as KeptThread;
    return { ...checkpoint, root: tree.write(renamed(value, from, to), undefined, texts) };
  });
  const tasks = file.tasks.map(task => to + task.slice(from.length));
  return { ...file, thread: { ...file.thread, id: to }, checkpoints, tasks, texts: Object.fromEntries(texts) };
}

function sayWhatIsNext({ id, status, file }: StoredThread, flags: string): void {
  const next = nextCommand({ id, status, interrupts: [{ id: '' }] }, flags);
  if (next === undefined) return;
  const here = existsSync(file);
  if (!here) say(`its graph was in ${file}, which is not here`);
  say(`to go on: ${next}${here ? '' : ' --graph <file>'}`);
}

export function importCommand(file: string, options: ImportOptions): Promise<number> {
  const value = readJson(file);
  const act = async (): Promise<ThreadFile> => {
    const read = checkThreadFile(value);
    return options.id === undefined || options.id === read.thread.id ? read : renamedFile(read, options.id);
  };
  return withStore(
    options,
    async ({ store, flags, place }) => {
      const own = await act().catch(thrown => {
        throw thrown instanceof StoreError ? new CliError(`${file}: ${thrown.message}`) : thrown;
      });
      if (await store.head(own.thread.id))
        throw new CliError(`there is a thread "${visible(own.thread.id)}" already; give another id: --id <id>`);
      const thread = await storedThread(store, await importThread(store, own));
      const { id, status } = thread;
      if (options.json) printJson({ thread: id, status, checkpoints: own.checkpoints.length });
      else {
        process.stdout.write(`${visible(id)}\n`);
        say(`${plural(own.checkpoints.length, 'checkpoint')} of ${visible(id)} are in ${place} now`);
        sayWhatIsNext(thread, flags);
      }
      return EXIT.done;
    },
    { mayMake: true },
  );
}
