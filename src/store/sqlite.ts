/**
 * Threads in one SQLite file, by Node's own SQLite: nothing to install or to compile.
 *
 * - C1. A step is one transaction.
 * - C6. A step is committed only on the `seq` that it was computed from.
 * - C9. Every row carries a hash, and is checked when it is read: SQLite does not notice a byte that changed.
 */
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  type Store,
  type StoreCommit,
  type StoredActor,
  type StoredStatus,
  type StoredThread,
  StoreError,
} from './store.ts';

export interface SqliteOptions {
  /** `full` flushes every step to the disk; `normal` may lose the last steps when the machine loses power. Default: `full`. */
  readonly synchronous?: 'full' | 'normal';
  /** How long to wait for another process that writes, in milliseconds. Default: 5,000. */
  readonly busyTimeout?: number;
}

/** Marks a file as ours: "stwr". */
const APPLICATION_ID = 0x73747772;
const SCHEMA_VERSION = 1;
/** Older ones may lose a committed transaction when a log is reset. */
const OLDEST = [3, 51, 3];

const SCHEMA = `
CREATE TABLE threads (
  id TEXT PRIMARY KEY, graph TEXT NOT NULL, file TEXT NOT NULL, shape TEXT NOT NULL, run INTEGER NOT NULL,
  status TEXT NOT NULL, counters TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL
) STRICT;
CREATE INDEX threads_by_time ON threads (updated);
CREATE TABLE actors (
  thread TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE, address TEXT NOT NULL, seq INTEGER NOT NULL,
  body TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (thread, address)
) STRICT;
`;

type Row = Readonly<Record<string, unknown>>;

const digest = (...parts: readonly (string | number)[]): string => hash('sha256', parts.join('\0'), 'base64url');

/** What SQLite's error codes mean to a caller. */
function translated(thrown: unknown, file: string): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const { errcode = 0, message } = thrown as { errcode?: number; message: string };
  const code = {
    5: 'busy',
    6: 'busy',
    8: 'read-only',
    10: 'io',
    11: 'corrupt',
    13: 'full',
    14: 'io',
    26: 'foreign',
  }[errcode & 0xff] as StoreError['code'] | undefined;
  const what = { full: 'the disk is full', busy: 'another process writes', corrupt: 'the file is damaged' };
  const why = code === 'full' || code === 'busy' || code === 'corrupt' ? what[code] : message;
  return new StoreError(code ?? 'io', `the store ${file}: ${why}; what was stored before is kept`, { cause: thrown });
}

function checkVersion(db: DatabaseSync): void {
  const { v } = db.prepare('SELECT sqlite_version() AS v').get() as { v: string };
  const parts = v.split('.').map(Number);
  const at = OLDEST.findIndex((least, i) => parts[i] !== least);
  if (at < 0 || (parts[at] ?? 0) > (OLDEST[at] ?? 0)) return;
  throw new StoreError(
    'version',
    `SQLite ${v} is too old for a store: ${OLDEST.join('.')} is needed; use a newer Node`,
  );
}

/** Makes the tables of a new file, or checks that a file is one of ours. */
function prepare(db: DatabaseSync, file: string, isNew: boolean): void {
  const pragma = (name: string): number => Object.values(db.prepare(`PRAGMA ${name}`).get() as Row)[0] as number;
  if (isNew) {
    db.exec(
      `BEGIN IMMEDIATE; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`,
    );
    return;
  }
  if (pragma('application_id') !== APPLICATION_ID)
    throw new StoreError('foreign', `${file} is a database, but not a store of statewright`);
  const version = pragma('user_version');
  if (version > SCHEMA_VERSION)
    throw new StoreError('version', `${file} was written by a newer statewright (version ${version} of its tables)`);
  const [state] = Object.values(db.prepare('PRAGMA quick_check(1)').get() as Row);
  if (state !== 'ok') throw new StoreError('corrupt', `${file} is damaged: ${state}`);
}

const THREAD_COLUMNS = 'id, graph, file, shape, run, status, counters, created, updated';

function threadOf(row: Row): StoredThread {
  return {
    ...row,
    shape: JSON.parse(row.shape as string),
    counters: JSON.parse(row.counters as string),
  } as StoredThread;
}

class SqliteStore implements Store {
  private readonly db: DatabaseSync;
  private readonly file: string;
  private readonly statements = new Map<string, StatementSync>();

  constructor(file: string, { synchronous = 'full', busyTimeout = 5_000 }: SqliteOptions) {
    this.file = file;
    const isNew = file === ':memory:' || !existsSync(file);
    this.db = this.guard(() => new DatabaseSync(file, { timeout: busyTimeout }));
    try {
      this.guard(() => {
        checkVersion(this.db);
        this.db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON`);
        const empty = isNew || this.db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n === 0;
        prepare(this.db, file, empty);
      });
    } catch (thrown) {
      this.db.close();
      throw thrown;
    }
  }

  private guard<T>(act: () => T): T {
    try {
      return act();
    } catch (thrown) {
      throw translated(thrown, this.file);
    }
  }

  private statement(sql: string): StatementSync {
    if (!this.db.isOpen) throw new StoreError('closed', `the store ${this.file} was closed`);
    const known = this.statements.get(sql) ?? this.db.prepare(sql);
    this.statements.set(sql, known);
    return known;
  }

  private run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.statement(sql).run(...values).changes);
  }

  /** All of it, or nothing. */
  private transaction(act: () => void): void {
    this.guard(() => {
      this.run('BEGIN IMMEDIATE');
      try {
        act();
        this.run('COMMIT');
      } catch (thrown) {
        if (this.db.isTransaction) this.db.exec('ROLLBACK');
        throw thrown;
      }
    });
  }

  load(thread: string): ReturnType<Store['load']> {
    return this.guard(() => {
      const row = this.statement(`SELECT ${THREAD_COLUMNS} FROM threads WHERE id = ?`).get(thread);
      if (!row) return undefined;
      const rows = this.statement('SELECT address, seq, body, hash FROM actors WHERE thread = ?').all(thread);
      return { thread: threadOf(row), actors: rows.map(actor => this.actorOf(thread, actor)) };
    });
  }

  private actorOf(thread: string, { address, seq, body, hash: expected }: Row): StoredActor {
    const whole = digest(thread, String(address), Number(seq), String(body)) === expected;
    if (!whole) {
      const message = `the store ${this.file} is damaged: the actor "${address}" of the thread "${thread}" is not what was stored`;
      throw new StoreError('corrupt', message);
    }
    return { address: String(address), seq: Number(seq), ...JSON.parse(String(body)) } as StoredActor;
  }

  commit({ thread, actor, before, removed, begins }: StoreCommit): void {
    const { address, seq, ...rest } = actor;
    const body = JSON.stringify(rest);
    const check = digest(thread, address, seq, body);
    this.transaction(() => {
      if (begins) this.begin(begins);
      for (const gone of removed) this.run('DELETE FROM actors WHERE thread = ? AND address = ?', thread, gone);
      const changed =
        before === 0
          ? this.run(
              'INSERT INTO actors (thread, address, seq, body, hash) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
              thread,
              address,
              seq,
              body,
              check,
            )
          : this.run(
              'UPDATE actors SET seq = ?, body = ?, hash = ? WHERE thread = ? AND address = ? AND seq = ?',
              seq,
              body,
              check,
              thread,
              address,
              before,
            );
      if (changed === 1) return;
      throw new StoreError('stale', `another process went on with the thread "${thread}"; load it again`);
    });
  }

  private begin(thread: StoredThread): void {
    const { id, graph, file, shape, run, status, counters, created, updated } = thread;
    const before = this.statement('SELECT run FROM threads WHERE id = ?').get(id)?.run;
    if ((before ?? 0) !== run - 1)
      throw new StoreError('stale', `another process went on with the thread "${id}"; load it again`);
    this.run(
      `INSERT INTO threads (${THREAD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
        graph = excluded.graph, file = excluded.file, shape = excluded.shape, run = excluded.run,
        status = excluded.status, counters = excluded.counters, updated = excluded.updated`,
      id,
      graph,
      file,
      JSON.stringify(shape),
      run,
      status,
      JSON.stringify(counters),
      created,
      updated,
    );
    this.run('DELETE FROM actors WHERE thread = ?', id);
  }

  note(thread: string, status: StoredStatus, counters: unknown, at: number): void {
    this.guard(() =>
      this.run(
        'UPDATE threads SET status = ?, counters = ?, updated = ? WHERE id = ?',
        status,
        JSON.stringify(counters),
        at,
        thread,
      ),
    );
  }

  threads({ graph, status }: Parameters<Store['threads']>[0] = {}): readonly StoredThread[] {
    return this.guard(() =>
      this.statement(
        `SELECT ${THREAD_COLUMNS} FROM threads WHERE graph = coalesce(?, graph) AND status = coalesce(?, status)
          ORDER BY updated DESC, id`,
      )
        .all(graph ?? null, status ?? null)
        .map(threadOf),
    );
  }

  remove(thread: string): boolean {
    return this.guard(() => this.run('DELETE FROM threads WHERE id = ?', thread)) > 0;
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }
}

/**
 * Opens a store, or makes one: a file with its `-wal` and `-shm` beside it, or `:memory:`.
 *
 * Throws {@link StoreError}: `foreign` for a database that is no store, `version` for one of a newer release,
 * `corrupt` for one that is damaged.
 */
export function sqliteStore(file: string, options: SqliteOptions = {}): Store {
  return new SqliteStore(file, options);
}
