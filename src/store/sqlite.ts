/**
 * Threads in one SQLite file, by Node's own SQLite: nothing to install or to compile.
 *
 * - C1. A commit is one transaction.
 * - C6. A step is committed only on the `seq` that it was computed from.
 * - C9. Every row carries a digest, and is checked when it is read: SQLite does not notice a byte that changed.
 */
import {
  CHECKPOINT,
  checkpointDigest,
  checkpointOf,
  decodeName,
  encodeName,
  FINISHED,
  historyOf,
  newestOf,
  type Row,
  THREAD,
  taskDigest,
  taskOf,
  threadAfter,
  threadOf,
  workerDigest,
  workerOf,
} from './rows.ts';
import { SqliteFile, type SqliteOptions } from './sqlite-file.ts';
import {
  type Checkpoint,
  type Claim,
  type LoadedThread,
  type Pruned,
  type PrunePolicy,
  type Store,
  type StoreCommit,
  type StoredCheckpoint,
  type StoredThread,
  type StoredWorker,
  StoreError,
  type ThreadFilter,
} from './store.ts';
import { digestOf, referencesIn } from './tree.ts';
import { type WrittenThread, WrittenThreads, writtenOf } from './written.ts';

export type { SqliteOptions } from './sqlite-file.ts';

/** A store in a file. Its methods answer at once. */
export interface SqliteStore extends Pick<OpenStore, Exclude<keyof Store, 'watch'>> {
  /** Copies the whole store to another file, while it is used. */
  backup(file: string): Promise<void>;
}

/** Tasks of `t` that nobody runs; parameters: the workers that ended, and now. */
const FREE = `(t.worker IS NULL OR t.worker IN (SELECT value FROM json_each(?))
  OR NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = t.worker AND w.until > ?))`;

const name = (value: string | undefined): string | null => (value === undefined ? null : encodeName(value));
const names = (values: readonly string[]): string => JSON.stringify(values.map(encodeName));

class OpenStore implements SqliteStore {
  private readonly db: SqliteFile;
  private readonly written = new WrittenThreads();

  constructor(file: string, options: SqliteOptions) {
    this.db = new SqliteFile(file, options);
    if (this.db.isNew || options.check === false) return;
    try {
      this.db.guard(() => this.verify());
    } catch (thrown) {
      this.db.close();
      throw thrown;
    }
  }

  /** What cannot be found must not be taken for what was never there, or was pruned. */
  private verify(): void {
    const { damaged } = this.db;
    this.db.verify(['threads', 'checkpoints', 'tasks', 'workers']);
    for (const row of this.db.each(`SELECT ${THREAD} FROM threads`)) threadOf(row, damaged);
    const tasks = 'SELECT t.id, task, worker, k.digest FROM tasks k JOIN threads t ON t.key = k.thread';
    for (const row of this.db.all(tasks)) taskOf(row, decodeName(String(row.id)), damaged);
    for (const row of this.db.all('SELECT * FROM workers')) workerOf(row, damaged);
  }

  private find(thread: string): StoredThread | undefined {
    const row = this.db.get(`SELECT ${THREAD} FROM threads WHERE id = ?`, encodeName(thread));
    const own = row && threadOf(row, this.db.damaged);
    if (own && own.id !== thread) throw this.db.damaged(`the thread "${own.id}" was found for "${thread}"`);
    return own;
  }

  load(thread: string, seq?: number): LoadedThread | undefined {
    const { damaged } = this.db;
    const own = this.find(thread);
    if (!own) return undefined;
    const checkpoint = this.checkpoint(own, seq ?? own.seq);
    if (!checkpoint && (seq ?? own.seq) === own.seq)
      throw damaged(`the newest checkpoint of the thread "${thread}" is missing`);
    if (!checkpoint) return undefined;
    const tasks = this.db.all('SELECT task, worker, digest FROM tasks WHERE thread = ?', Number(own.key));
    return { thread: own, checkpoint, tasks: tasks.map(row => taskOf(row, thread, damaged)) };
  }

  private checkpoint({ id, key }: StoredThread, seq: number): StoredCheckpoint | undefined {
    const sql = `SELECT ${CHECKPOINT} FROM checkpoints WHERE thread = ? AND seq = ?`;
    const row = this.db.get(sql, Number(key), seq);
    return row && checkpointOf(row, id, this.db.damaged);
  }

  head(thread: string): Pick<StoredThread, 'key' | 'seq'> | undefined {
    const own = this.find(thread);
    return own && { key: own.key, seq: own.seq };
  }

  texts(digests: readonly string[]): ReadonlyMap<string, string> {
    return this.db.guard(() => {
      const found = digests.map((digest): [string, string] => {
        const text = this.db.get('SELECT body FROM texts WHERE digest = ?', digest)?.body;
        if (typeof text !== 'string') throw this.db.damaged(`the text ${digest} is missing`);
        if (digestOf(text) !== digest) throw this.db.damaged(`the text ${digest} is not what was stored`);
        return [digest, text];
      });
      return new Map(found);
    });
  }

  commit(commit: StoreCommit): string {
    newestOf(commit);
    const own = this.db.transaction(() => {
      const after = commit.before === 0 ? this.begin(commit) : this.goOn(commit);
      const { key } = after.thread;
      const { thread, texts, checkpoints, started, ended, worker } = commit;
      for (const [digest, text] of texts) this.db.run('INSERT OR IGNORE INTO texts VALUES (?, ?)', digest, text);
      for (const own of checkpoints) {
        const values = [own.seq, own.at, own.status, encodeName(own.label), own.root, checkpointDigest(thread, own)];
        this.db.run('INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)', Number(key), ...values);
      }
      for (const task of ended)
        this.db.run('DELETE FROM tasks WHERE thread = ? AND task = ?', Number(key), encodeName(task));
      for (const own of started) {
        const values = [encodeName(own.task), name(own.worker), taskDigest(thread, own)];
        this.db.run('INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?)', Number(key), ...values);
      }
      if (worker) this.put(worker);
      return after;
    });
    this.written.remember(own);
    return own.thread.key;
  }

  private begin(commit: StoreCommit): WrittenThread {
    const { thread: id, origin } = commit;
    const source = origin && this.find(origin.thread);
    if (origin && !(source && this.checkpoint(source, origin.seq))) throw StoreError.stale(origin.thread);
    if (commit.key !== undefined || this.find(id)) throw StoreError.stale(id);
    const next = this.db.get("SELECT seq FROM sqlite_sequence WHERE name = 'threads'")?.seq ?? 0;
    const key = String(Number(next) + 1);
    const own = writtenOf(threadAfter(commit, key, undefined));
    const { thread, digest } = own;
    const { graph, file, seq, status, created, updated, due = null } = thread;
    this.db.run(
      `INSERT INTO threads (${THREAD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[Number(key), encodeName(id), encodeName(graph), encodeName(file), seq, status, created, updated, due],
      ...[name(origin?.thread), origin?.seq ?? null, digest],
    );
    return own;
  }

  /** The row is changed where it is as it was read, or left by the commit before: its digest says so. */
  private goOn(commit: StoreCommit): WrittenThread {
    const { thread: id, before, key } = commit;
    const remembered = this.written.get(id);
    const found = remembered ? undefined : this.find(id);
    const known = remembered ?? (found && writtenOf(found));
    if (known?.thread.seq === before && known.thread.key === key) {
      const after = writtenOf(threadAfter(commit, key, known.thread));
      if (this.replace(known, after)) return after;
    }
    // Somebody else wrote it since, or removed it.
    if (!this.written.forget(id)) throw StoreError.stale(id);
    return this.goOn(commit);
  }

  private replace({ thread: known, digest }: WrittenThread, after: WrittenThread): boolean {
    const { graph, file, seq, status, updated, due = null } = after.thread;
    // A status that is set touches its index, even if it is the one that was there.
    const changedStatus = status === known.status ? [] : [status];
    const changed = this.db.run(
      `UPDATE threads SET graph = ?, file = ?, seq = ?, updated = ?, due = ?, digest = ?${changedStatus.map(() => ', status = ?')}
        WHERE key = ? AND digest = ?`,
      ...[encodeName(graph), encodeName(file), seq, updated, due, after.digest, ...changedStatus],
      ...[Number(known.key), digest],
    );
    return changed > 0;
  }

  private put(worker: StoredWorker): void {
    const { id, host, pid, until } = worker;
    const values = [encodeName(id), encodeName(host), pid, until, workerDigest(worker)];
    this.db.run('INSERT OR REPLACE INTO workers VALUES (?, ?, ?, ?, ?)', ...values);
  }

  claim(thread: string, { worker, now, ended = [], limit = -1 }: Claim): readonly string[] {
    return this.db.transaction(() => {
      this.put(worker);
      const found = this.find(thread);
      if (!found) return [];
      const [key, id, own] = [Number(found.key), encodeName(thread), encodeName(worker.id)];
      this.db.run(
        `UPDATE tasks SET worker = ?, digest = digest(?, task, ?) WHERE thread = ? AND task IN
          (SELECT t.task FROM tasks t WHERE t.thread = ? AND t.worker IS NOT ? AND ${FREE} LIMIT ?)`,
        ...[own, id, own, key, key, own, names(ended), now, limit],
      );
      const tasks = this.db.all('SELECT task, worker, digest FROM tasks WHERE thread = ? AND worker = ?', key, own);
      return tasks.map(row => taskOf(row, thread, this.db.damaged).task);
    });
  }

  renew(worker: StoredWorker): void {
    if (worker.until > 0) {
      this.put(worker);
      return;
    }
    this.db.transaction(() => {
      const id = encodeName(worker.id);
      this.db.run(
        `UPDATE tasks SET worker = NULL, digest = digest(t.id, task, NULL) FROM threads t
          WHERE t.key = tasks.thread AND worker = ?`,
        id,
      );
      this.db.run('DELETE FROM workers WHERE id = ?', id);
    });
  }

  workers(): readonly StoredWorker[] {
    const rows = this.db.all('SELECT * FROM workers WHERE id IN (SELECT worker FROM tasks)');
    return rows.map(row => workerOf(row, this.db.damaged));
  }

  private threadsOf(rows: readonly Row[]): StoredThread[] {
    return rows.map(row => threadOf(row, this.db.damaged));
  }

  pending({ now, ended = [] }: Pick<Claim, 'now' | 'ended'>): readonly StoredThread[] {
    const rows = this.db.all(
      `SELECT ${THREAD} FROM threads WHERE status <> 'cancelled' AND (due <= ? OR key IN
        (SELECT t.thread FROM tasks t WHERE ${FREE})) ORDER BY updated`,
      ...[now, names(ended), now],
    );
    return this.threadsOf(rows);
  }

  history(thread: string): readonly Checkpoint[] {
    const own = this.find(thread);
    if (!own) return [];
    const sql = `SELECT ${CHECKPOINT} FROM checkpoints WHERE thread = ? ORDER BY seq DESC`;
    return historyOf(this.db.all(sql, Number(own.key)), own, this.db.damaged);
  }

  threads({ graph, status, since = 0, until, forkOf, limit = -1 }: ThreadFilter = {}): readonly StoredThread[] {
    const newest = 'ORDER BY updated DESC, id LIMIT ?6';
    const found = (which: string): string =>
      `SELECT * FROM (SELECT ${THREAD} FROM threads WHERE ${which} AND graph = coalesce(?1, graph)
        AND status = coalesce(?2, status) AND updated >= ?3 AND updated < ?4 AND (?5 IS NULL OR origin_thread = ?5) ${newest})`;
    const rows = this.db.all(
      `${found("status <> 'running'")} UNION ALL ${found("status = 'running'")} ${newest}`,
      ...[name(graph), status ?? null, since, until ?? Number.MAX_SAFE_INTEGER, name(forkOf), limit],
    );
    return this.threadsOf(rows);
  }

  remove(thread: string): boolean {
    this.written.forget(thread);
    return this.db.run('DELETE FROM threads WHERE id = ?', encodeName(thread)) > 0;
  }

  prune({ keep, before = 0, finishedBefore = 0, thread }: PrunePolicy): Pruned {
    return this.db.transaction(() => {
      const only = '(? IS NULL OR id = ?)';
      const own = [name(thread), name(thread)];
      const marks = FINISHED.map(() => '?').join();
      const old = `SELECT key FROM threads WHERE status <> 'running' AND status IN (${marks}) AND updated < ? AND ${only}`;
      const gone = this.db.all(old, ...FINISHED, finishedBefore, ...own);
      let checkpoints = 0;
      for (const { key } of gone) {
        checkpoints += this.db.run('DELETE FROM checkpoints WHERE thread = ?', key as number);
        this.db.run('DELETE FROM threads WHERE key = ?', key as number);
      }
      checkpoints += this.db.run(
        `DELETE FROM checkpoints WHERE (thread, seq) IN (
          SELECT thread, seq FROM (
            SELECT c.thread, c.seq, c.at, row_number() OVER (PARTITION BY c.thread ORDER BY c.seq DESC) AS place
            FROM checkpoints c JOIN threads ON key = c.thread WHERE ${only})
          WHERE place > 1 AND (place > ? OR at < ?))`,
        ...[...own, keep ?? Number.MAX_SAFE_INTEGER, before],
      );
      const horizon = Math.max(before, finishedBefore);
      const idle =
        'DELETE FROM workers WHERE until < ? AND id NOT IN (SELECT worker FROM tasks WHERE worker IS NOT NULL)';
      this.db.run(idle, horizon);
      return { threads: gone.length, checkpoints, texts: this.sweep() };
    });
  }

  /** Removes the texts that no checkpoint leads to. Looks at every one that is left, each checked. */
  private sweep(): number {
    const live = new Set<string>();
    const follow = (text: string): void => {
      for (const digest of referencesIn(text)) {
        if (live.has(digest)) continue;
        live.add(digest);
        follow(this.texts([digest]).get(digest) ?? '');
      }
    };
    const roots = `SELECT id, c.seq, at, c.status, label, root, c.digest FROM checkpoints c JOIN threads ON key = thread`;
    for (const row of this.db.each(roots)) follow(checkpointOf(row, decodeName(String(row.id)), this.db.damaged).root);
    const all = this.db.all('SELECT digest FROM texts');
    const dead = all.map(({ digest }) => String(digest)).filter(digest => !live.has(digest));
    for (const digest of dead) this.db.run('DELETE FROM texts WHERE digest = ?', digest);
    return dead.length;
  }

  backup(file: string): Promise<void> {
    return this.db.backup(file);
  }

  close(): void {
    this.db.close();
  }
}

/**
 * Opens a store, or makes one: a file with its `-wal` and `-shm` beside it, or `:memory:`.
 *
 * Throws {@link StoreError}: `foreign` for a database that is no store, `version` for one of a newer release,
 * `corrupt` for one that is damaged.
 */
export function sqliteStore(file: string, options: SqliteOptions = {}): SqliteStore {
  return new OpenStore(file, options);
}
