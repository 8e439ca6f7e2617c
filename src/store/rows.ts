/**
 * What stores make of commits, whatever they keep them in, and of the rows of a database.
 *
 * - C9. A row carries a digest of what it says; what is read from one that does not fit is never given out.
 */
import type {
  Checkpoint,
  StoreCommit,
  StoredCheckpoint,
  StoredStatus,
  StoredTask,
  StoredThread,
  StoredWorker,
} from './store.ts';
import { digestOf } from './tree.ts';

/** Threads that `prune` may forget whole. */
export const FINISHED: readonly StoredStatus[] = ['done', 'cancelled'];

/** The last checkpoint of a commit. Throws for one that no runtime makes: without checkpoints, or with gaps. */
export function newestOf({ thread, before, checkpoints, imported }: StoreCommit): StoredCheckpoint {
  const last = checkpoints.at(-1);
  const first = imported && before === 0 ? (checkpoints[0]?.seq ?? 1) : before + 1;
  if (!last) throw new Error(`a commit of the thread "${thread}" has no checkpoint`);
  if (checkpoints.some(({ seq }, i) => seq !== first + i))
    throw new Error(`the checkpoints of a commit of the thread "${thread}" do not follow ${before}`);
  return last;
}

/** When the thread was created that a commit begins. */
export const createdBy = ({ imported, checkpoints }: StoreCommit): number | undefined =>
  imported?.created ?? checkpoints[0]?.at;

/** A thread as it is after a commit. */
export function threadAfter(commit: StoreCommit, key: string, before: StoredThread | undefined): StoredThread {
  const { thread: id, graph, file, due } = commit;
  const origin = before?.origin ?? commit.origin;
  const { seq, status, at } = newestOf(commit);
  const created = before?.created ?? createdBy(commit) ?? at;
  const own = { id, key, graph, file, seq, status, created, updated: at };
  return { ...own, ...(due === undefined ? {} : { due }), ...(origin ? { origin } : {}) };
}

export function withoutRoot({ root: _root, ...checkpoint }: StoredCheckpoint): Checkpoint {
  return checkpoint;
}

/** Begins what stands for a character that databases do not keep. */
const ESCAPE = '\u001a';

const escaped = (char: string): string => `${ESCAPE}${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What may have to be encoded; of surrogates, those that stand alone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNUSUAL = /[\0\u001a\ud800-\udfff]/;

/** A name as databases keep it: null characters and halves of surrogate pairs are U+001A with four hex digits. */
export function encodeName(name: string): string {
  if (!UNUSUAL.test(name)) return name;
  const kept = (char: string): boolean => char.isWellFormed() && char !== '\0' && char !== ESCAPE;
  return Array.from(name, char => (kept(char) ? char : escaped(char))).join('');
}

export function decodeName(text: string): string {
  const [first = '', ...rest] = text.split(ESCAPE);
  return first + rest.map(part => String.fromCharCode(Number.parseInt(part.slice(0, 4), 16)) + part.slice(4)).join('');
}

type Part = string | number | undefined;

/** The digest of the columns of a row, of which names are encoded. Nothing is something else than an empty text. */
export const digestOfColumns = (...parts: readonly unknown[]): string =>
  digestOf(parts.map(part => part ?? ESCAPE).join('\0'));

const digestOfRow = (...parts: readonly Part[]): string =>
  digestOfColumns(...parts.map(part => (typeof part === 'string' ? encodeName(part) : part)));

export function threadDigest(thread: StoredThread): string {
  const { id, key, graph, file, seq, status, created, updated, due, origin } = thread;
  return digestOfRow(id, key, graph, file, seq, status, created, updated, due, origin?.thread, origin?.seq);
}

export function checkpointDigest(thread: string, { seq, at, status, label, root }: StoredCheckpoint): string {
  return digestOfRow(thread, seq, at, status, label, root);
}

export function taskDigest(thread: string, { task, worker }: StoredTask): string {
  return digestOfRow(thread, task, worker);
}

export function workerDigest({ id, host, pid, until }: StoredWorker): string {
  return digestOfRow(id, host, pid, until);
}

export type Row = Readonly<Record<string, unknown>>;

/** Makes the error for a row that is not as it was written. */
export type Damaged = (what: string) => Error;

export const THREAD = 'key, id, graph, file, seq, status, created, updated, due, origin_thread, origin_seq, digest';
export const CHECKPOINT = 'seq, at, status, label, root, digest';

const text = (value: unknown): string => decodeName(String(value));

export function threadOf(row: Row, damaged: Damaged): StoredThread {
  const { digest, due, origin_thread, origin_seq } = row;
  const thread = {
    id: text(row.id),
    key: String(row.key),
    graph: text(row.graph),
    file: text(row.file),
    seq: row.seq as number,
    status: row.status as StoredStatus,
    created: row.created as number,
    updated: row.updated as number,
    ...(due === null ? {} : { due: due as number }),
    ...(origin_thread === null ? {} : { origin: { thread: text(origin_thread), seq: origin_seq as number } }),
  };
  if (threadDigest(thread) === digest) return thread;
  throw damaged(`the thread "${thread.id}" is not what was stored`);
}

export function checkpointOf(row: Row, thread: string, damaged: Damaged): StoredCheckpoint {
  const { seq, at, status } = row as unknown as StoredCheckpoint;
  const checkpoint = { seq, at, status, label: text(row.label), root: String(row.root) };
  if (checkpointDigest(thread, checkpoint) === row.digest) return checkpoint;
  throw damaged(`checkpoint ${seq} of the thread "${thread}" is not what was stored`);
}

/** The checkpoints of a thread, of which the newest comes first. */
export function historyOf(rows: readonly Row[], thread: StoredThread, damaged: Damaged): Checkpoint[] {
  if (rows[0]?.seq !== thread.seq) throw damaged(`the newest checkpoint of the thread "${thread.id}" is missing`);
  return rows.map(row => withoutRoot(checkpointOf(row, thread.id, damaged)));
}

export function taskOf(row: Row, thread: string, damaged: Damaged): StoredTask {
  const task = { task: text(row.task), ...(row.worker === null ? {} : { worker: text(row.worker) }) };
  if (taskDigest(thread, task) === row.digest) return task;
  throw damaged(`the task "${task.task}" of the thread "${thread}" is not what was stored`);
}

export function workerOf(row: Row, damaged: Damaged): StoredWorker {
  const { pid, until } = row as unknown as StoredWorker;
  const worker = { id: text(row.id), host: text(row.host), pid, until };
  if (workerDigest(worker) === row.digest) return worker;
  throw damaged(`the worker "${worker.id}" is not what was stored`);
}
