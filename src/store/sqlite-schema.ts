/** The tables of a store file, and the ways from older ones. */
import type { Migration } from './migrations.ts';

/** Marks a file as ours: "stwr". */
export const APPLICATION_ID = 0x73747772;

const TABLES = `
CREATE TABLE threads (
  key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, graph TEXT NOT NULL, file TEXT NOT NULL,
  seq INTEGER NOT NULL, status TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, due INTEGER,
  origin_thread TEXT, origin_seq INTEGER, digest TEXT NOT NULL
) STRICT;
CREATE INDEX threads_by_time ON threads (updated);
CREATE INDEX threads_by_due ON threads (due) WHERE due IS NOT NULL;
CREATE INDEX threads_by_origin ON threads (origin_thread) WHERE origin_thread IS NOT NULL;
CREATE TABLE checkpoints (
  thread INTEGER NOT NULL REFERENCES threads (key) ON DELETE CASCADE, seq INTEGER NOT NULL, at INTEGER NOT NULL,
  status TEXT NOT NULL, label TEXT NOT NULL, root TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (thread, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE texts (digest TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE tasks (
  thread INTEGER NOT NULL REFERENCES threads (key) ON DELETE CASCADE, task TEXT NOT NULL, worker TEXT,
  digest TEXT NOT NULL, PRIMARY KEY (thread, task)
) STRICT, WITHOUT ROWID;
CREATE TABLE workers (
  id TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, until INTEGER NOT NULL, digest TEXT NOT NULL
) STRICT;
`;

/** A thread that runs is written at every step: it is in no index that a step would change. */
const INDEX_AT_REST = `
DROP INDEX threads_by_time;
CREATE INDEX threads_by_time ON threads (updated) WHERE status <> 'running';
CREATE INDEX threads_running ON threads (status) WHERE status = 'running';
`;

export const MIGRATIONS: readonly Migration[] = [
  { from: 0, to: 2, sql: TABLES },
  { from: 2, to: 3, sql: INDEX_AT_REST },
];
