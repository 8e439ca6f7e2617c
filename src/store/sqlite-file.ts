/** One open SQLite file: made, brought to the newest version and checked when it is opened. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { newestVersion, wayFrom } from './migrations.ts';
import { digestOfColumns, type Row } from './rows.ts';
import { APPLICATION_ID, MIGRATIONS } from './sqlite-schema.ts';
import { StoreError } from './store.ts';

export interface SqliteOptions {
  /** `full` flushes every step to the disk; `normal` may lose the last steps when the machine loses power. Default: `full`. */
  readonly synchronous?: 'full' | 'normal';
  /** How long to wait for another process that writes, in milliseconds. Default: 5,000. */
  readonly busyTimeout?: number;
  /** Checks the threads of a file when it is opened. Default: true; it takes about 20 ms for 50,000 checkpoints. */
  readonly check?: boolean;
}

/** Older ones may lose a committed transaction when a log is reset. */
const OLDEST = [3, 51, 3];

const CANTOPEN = 14;
/** The most that SQLite takes. */
const ALL_PAGES = 2 ** 31 - 1;

const WHY: Partial<Readonly<Record<StoreError['code'], string>>> = {
  full: 'the disk is full',
  busy: 'another process writes',
  corrupt: 'the file is damaged',
  'read-only': 'it may only be read',
};

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
    [CANTOPEN]: 'io',
    26: 'foreign',
  }[errcode & 0xff] as StoreError['code'] | undefined;
  const known = (errcode & 0xff) === CANTOPEN && isReadOnly(file) ? 'read-only' : (code ?? 'io');
  const why = `the store ${file}: ${WHY[known] ?? message}; what was stored before is kept`;
  return new StoreError(known, why, { cause: thrown });
}

/** Whether a file, or a new one in its folder, may not be written: SQLite says only that it cannot open it. */
function isReadOnly(file: string): boolean {
  try {
    accessSync(existsSync(file) ? file : path.dirname(file), constants.W_OK);
    return false;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

function checkVersion(db: DatabaseSync): void {
  const { v } = db.prepare('SELECT sqlite_version() AS v').get() as { v: string };
  const parts = v.split('.').map(Number);
  const at = OLDEST.findIndex((least, i) => parts[i] !== least);
  if (at < 0 || (parts[at] ?? 0) > (OLDEST[at] ?? 0)) return;
  const message = `SQLite ${v} is too old for a store: ${OLDEST.join('.')} is needed; use a newer Node`;
  throw new StoreError('version', message);
}

const pragma = (db: DatabaseSync, name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get() as Row)[0];

/** Makes the tables of a new file, or of a newer version. */
function migrate(db: DatabaseSync, file: string): void {
  const version = pragma(db, 'user_version') as number;
  const newest = newestVersion(MIGRATIONS);
  if (version > newest)
    throw new StoreError('version', `${file} was written by a newer statewright (version ${version} of its tables)`);
  const way = wayFrom(version, MIGRATIONS);
  if (!way) throw new StoreError('version', `${file} is of version ${version}, which no release has written`);
  if (way.length === 0) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been quicker.
    if (pragma(db, 'user_version') === version)
      db.exec(`${way.map(m => m.sql).join('\n')}
        PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${newest}`);
    db.exec('COMMIT');
  } catch (thrown) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw thrown;
  }
}

/** Checks that a file is one of ours, and whole as far as SQLite can tell. */
function inspect(db: DatabaseSync, file: string): void {
  if (pragma(db, 'application_id') !== APPLICATION_ID)
    throw new StoreError('foreign', `${file} is a database, but not a store of statewright`);
  const state = pragma(db, 'quick_check(1)');
  if (state !== 'ok') throw new StoreError('corrupt', `${file} is damaged: ${state}`);
}

function checkCopy(file: string): void {
  const copy = new DatabaseSync(file, { readOnly: true });
  try {
    if (pragma(copy, 'application_id') !== APPLICATION_ID)
      throw new StoreError('busy', `the copy ${file} was not made`);
  } finally {
    copy.close();
  }
}

export class SqliteFile {
  private readonly db: DatabaseSync;
  private readonly file: string;
  private readonly busyTimeout: number;
  private readonly statements = new Map<string, StatementSync>();
  /** Whether there was no store in the file before. */
  readonly isNew: boolean;

  constructor(file: string, { synchronous = 'full', busyTimeout = 5_000 }: SqliteOptions) {
    this.file = file;
    this.busyTimeout = busyTimeout;
    const isThere = file !== ':memory:' && existsSync(file);
    try {
      this.db = new DatabaseSync(file, { timeout: busyTimeout });
    } catch (thrown) {
      throw translated(thrown, file);
    }
    try {
      checkVersion(this.db);
      this.db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON`);
      this.isNew = !isThere || this.db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n === 0;
      if (!this.isNew) inspect(this.db, file);
      migrate(this.db, file);
      this.db.function('digest', { deterministic: true, varargs: true }, digestOfColumns);
    } catch (thrown) {
      this.db.close();
      throw translated(thrown, file);
    }
  }

  readonly damaged = (what: string): StoreError =>
    new StoreError('corrupt', `the store ${this.file} is damaged: ${what}`);

  /** Checks what quick checks do not: that each row of some tables is found where it is looked for, and belongs to one. */
  verify(tables: readonly string[]): void {
    for (const table of tables) {
      const state = pragma(this.db, `integrity_check('${table}')`);
      if (state !== 'ok') throw this.damaged(String(state));
    }
    const alone = this.db.prepare('PRAGMA foreign_key_check').get();
    if (alone) throw this.damaged(`rows of the table ${alone.table} belong to no thread`);
  }

  /** Does what it is given, and throws {@link StoreError} for every error of SQLite. */
  guard<T>(act: () => T): T {
    try {
      if (!this.db.isOpen) throw new StoreError('closed', `the store ${this.file} was closed`);
      return act();
    } catch (thrown) {
      throw translated(thrown, this.file);
    }
  }

  private statement(sql: string): StatementSync {
    const known = this.statements.get(sql) ?? this.db.prepare(sql);
    this.statements.set(sql, known);
    return known;
  }

  /** Gives how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.guard(() => Number(this.statement(sql).run(...values).changes));
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.guard(() => this.statement(sql).get(...values));
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.guard(() => this.statement(sql).all(...values));
  }

  /** Gives rows as they are read: for more than fit into memory. */
  each(sql: string): Iterable<Row> {
    return this.guard(() => this.statement(sql).iterate());
  }

  /** All of it, or nothing. */
  transaction<T>(act: () => T): T {
    return this.guard(() => {
      this.run('BEGIN IMMEDIATE');
      try {
        const result = act();
        this.run('COMMIT');
        return result;
      } catch (thrown) {
        if (this.db.isTransaction) this.db.exec('ROLLBACK');
        throw thrown;
      }
    });
  }

  /**
   * Copies all of it as it is at one moment.
   *
   * By a connection of its own and in one step: by ours, Node 24 gives an empty copy when we write meanwhile, and says
   * nothing; in several steps, it would begin again whenever somebody writes.
   */
  async backup(file: string): Promise<void> {
    if (this.file === ':memory:') {
      this.run('VACUUM INTO ?', file);
      return;
    }
    const source = this.guard(() => new DatabaseSync(this.file, { readOnly: true, timeout: this.busyTimeout }));
    try {
      await backup(source, file, { rate: ALL_PAGES });
      checkCopy(file);
    } catch (thrown) {
      throw translated(thrown, this.file);
    } finally {
      source.close();
    }
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }
}
