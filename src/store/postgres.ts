/**
 * Threads in one schema of a Postgres database, by the package `pg`: for many processes on many machines.
 *
 * - C1. A commit is one transaction, and one round trip.
 * - C6. A step is committed only on the `seq` that it was computed from.
 * - C9. Every row carries a digest, and is checked when it is read.
 */
import pg from 'pg';
import { newestVersion, wayFrom } from './migrations.ts';
import { translated } from './postgres-errors.ts';
import { MIGRATIONS, quoted, statementsFor, VERSIONS } from './postgres-schema.ts';
import { MARK, Watch } from './postgres-watch.ts';
import {
  checkpointDigest,
  checkpointOf,
  createdBy,
  encodeName,
  FINISHED,
  historyOf,
  newestOf,
  type Row,
  THREAD,
  taskDigest,
  taskOf,
  threadOf,
  workerDigest,
  workerOf,
} from './rows.ts';
import {
  type Checkpoint,
  type Claim,
  type LoadedThread,
  type Pruned,
  type PrunePolicy,
  type Store,
  type StoreCommit,
  type StoredThread,
  type StoredWorker,
  StoreError,
  type ThreadFilter,
} from './store.ts';
import { digestOf } from './tree.ts';

export interface PostgresOptions {
  /** The schema that holds the tables; made when it is not there. Default: `statewright`. */
  readonly schema?: string;
}

/** What an index of Postgres can hold is a little more, in bytes. */
const LONGEST_ID = 2_000;
/** Postgres cuts longer names, in bytes. */
const LONGEST_SCHEMA = 63;
/** As `server_version_num` has it. */
const OLDEST = 130_000;
const INT8 = 20;
const ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 30_000 };

/** Numbers are numbers: none of ours is past 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
};

const name = (value: string | undefined): string | null => (value === undefined ? null : encodeName(value));

const workerRow = (worker: StoredWorker): Row => ({
  ...worker,
  id: encodeName(worker.id),
  host: encodeName(worker.host),
  digest: workerDigest(worker),
});

/** A commit as the function in the database takes it. */
function stepOf(commit: StoreCommit): string {
  const { thread, before, key, graph, file, checkpoints, due, origin, worker, ended, started } = commit;
  const { seq, status, at } = newestOf(commit);
  return JSON.stringify({
    ...{ thread: encodeName(thread), key, before, graph: encodeName(graph), file: encodeName(file) },
    ...{ seq, status, created: createdBy(commit), updated: at, due },
    origin: origin && { thread: encodeName(origin.thread), seq: origin.seq },
    checkpoints: checkpoints.map(c => ({ ...c, label: encodeName(c.label), digest: checkpointDigest(thread, c) })),
    ended: ended.map(encodeName),
    started: started.map(t => ({ task: encodeName(t.task), worker: name(t.worker), digest: taskDigest(thread, t) })),
    worker: worker && workerRow(worker),
  });
}

class PostgresStore implements Store {
  private readonly pool: pg.Pool;
  private readonly schema: string;
  private readonly where: string;
  private readonly watching: Watch;
  private closing: Promise<void> | undefined;

  private constructor(pool: pg.Pool, schema: string, where: string, watching: Watch) {
    this.pool = pool;
    this.schema = quoted(schema);
    this.where = where;
    this.watching = watching;
  }

  static async open(connection: string | pg.PoolConfig, { schema = 'statewright' }: PostgresOptions): Promise<Store> {
    const where = `the store "${schema}" in Postgres`;
    if (schema === '' || Buffer.byteLength(schema) > LONGEST_SCHEMA || schema.includes('\0'))
      throw new RangeError(`the name of a schema has 1 to ${LONGEST_SCHEMA} bytes`);
    const config = typeof connection === 'string' ? { connectionString: connection } : connection;
    const pool = new pg.Pool({ ...config, types });
    // A connection that was lost while nobody used it is made again when somebody does.
    pool.on('error', () => undefined);
    try {
      const since = await prepare(pool, schema, where);
      // Nothing is ever sent on it: only the system can notice that the other end is gone.
      const connect = (): pg.Client => new pg.Client({ ...config, ...ALIVE });
      const watching = new Watch({ connect, channel: schema, schema: quoted(schema), since });
      return new PostgresStore(pool, schema, where, watching);
    } catch (thrown) {
      await pool.end();
      throw translated(thrown, where);
    }
  }

  private readonly damaged = (what: string): StoreError =>
    new StoreError('corrupt', `${this.where} is damaged: ${what}`);

  private checkOpen(): void {
    if (this.closing) throw new StoreError('closed', `${this.where} was closed`);
  }

  /** `$.` stands for the schema. */
  private async all(sql: string, ...values: readonly unknown[]): Promise<Row[]> {
    this.checkOpen();
    try {
      const text = sql.replaceAll('$.', () => `${this.schema}.`);
      return (await this.pool.query<Row>(text, [...values])).rows;
    } catch (thrown) {
      throw translated(thrown, this.where);
    }
  }

  private find(row: Row | undefined, thread: string): StoredThread | undefined {
    const own = row && threadOf(row, this.damaged);
    if (own && own.id !== thread) throw this.damaged(`the thread "${own.id}" was found for "${thread}"`);
    return own;
  }

  async load(thread: string, seq?: number): Promise<LoadedThread | undefined> {
    const [row] = await this.all(
      `SELECT ${THREAD},
        (SELECT to_jsonb(c) FROM $.checkpoints c WHERE c.thread = key AND c.seq = coalesce($2, t.seq)) AS checkpoint,
        (SELECT coalesce(jsonb_agg(k), '[]') FROM $.tasks k WHERE k.thread = key) AS tasks
      FROM $.threads t WHERE id = $1`,
      ...[encodeName(thread), seq ?? null],
    );
    const own = this.find(row, thread);
    if (!row || !own) return undefined;
    const checkpoint = row.checkpoint ? checkpointOf(row.checkpoint as Row, thread, this.damaged) : undefined;
    if (!checkpoint && (seq ?? own.seq) === own.seq)
      throw this.damaged(`the newest checkpoint of the thread "${thread}" is missing`);
    const tasks = (row.tasks as Row[]).map(task => taskOf(task, thread, this.damaged));
    return checkpoint && { thread: own, checkpoint, tasks };
  }

  async head(thread: string): Promise<Pick<StoredThread, 'key' | 'seq'> | undefined> {
    const [row] = await this.all(`SELECT ${THREAD} FROM $.threads WHERE id = $1`, encodeName(thread));
    const own = this.find(row, thread);
    return own && { key: own.key, seq: own.seq };
  }

  async texts(digests: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.all('SELECT digest, body FROM $.texts WHERE digest = ANY ($1)', digests);
    const found = new Map(rows.map(({ digest, body }) => [String(digest), String(body)]));
    for (const digest of digests) {
      const text = found.get(digest);
      if (text === undefined) throw this.damaged(`the text ${digest} is missing`);
      if (digestOf(text) !== digest) throw this.damaged(`the text ${digest} is not what was stored`);
    }
    return found;
  }

  async commit(commit: StoreCommit): Promise<string> {
    const { thread, origin, texts } = commit;
    if (Buffer.byteLength(encodeName(thread)) > LONGEST_ID)
      throw new StoreError('io', `${this.where}: the id of a thread has at most ${LONGEST_ID} bytes`);
    const values = [stepOf(commit), [...texts.keys()], [...texts.values()]];
    const [row] = await this.all('SELECT key, problem FROM $.commit($1, $2, $3)', ...values);
    if (row?.problem === 'damaged') throw this.damaged(`the thread "${thread}" is not what was stored`);
    if (row?.problem === 'origin') throw StoreError.stale(origin?.thread ?? thread);
    if (row?.problem) throw StoreError.stale(thread);
    return String(row?.key);
  }

  async claim(thread: string, { worker, now, ended = [], limit }: Claim): Promise<readonly string[]> {
    const values = [encodeName(thread), workerRow(worker), ended.map(encodeName), now, limit ?? null];
    const rows = await this.all('SELECT task, worker, digest FROM $.claim($1, $2, $3, $4, $5)', ...values);
    return rows.map(row => taskOf(row, thread, this.damaged).task);
  }

  async renew(worker: StoredWorker): Promise<void> {
    if (worker.until > 0) await this.all('SELECT $.put($1)', workerRow(worker));
    else await this.all('SELECT $.give_back($1)', encodeName(worker.id));
  }

  async workers(): Promise<readonly StoredWorker[]> {
    const rows = await this.all('SELECT * FROM $.workers WHERE id IN (SELECT worker FROM $.tasks)');
    return rows.map(row => workerOf(row, this.damaged));
  }

  private threadsOf(rows: readonly Row[]): StoredThread[] {
    return rows.map(row => threadOf(row, this.damaged));
  }

  async pending({ now, ended = [] }: Pick<Claim, 'now' | 'ended'>): Promise<readonly StoredThread[]> {
    const rows = await this.all(
      `SELECT ${THREAD} FROM $.threads WHERE status <> 'cancelled' AND (due <= $1 OR key IN
        (SELECT t.thread FROM $.tasks t WHERE $.is_free(t.worker, $2, $1))) ORDER BY updated`,
      ...[now, ended.map(encodeName)],
    );
    return this.threadsOf(rows);
  }

  async history(thread: string): Promise<readonly Checkpoint[]> {
    const rows = await this.all(
      `SELECT ${THREAD}, ARRAY(SELECT to_jsonb(c) FROM $.checkpoints c WHERE c.thread = key ORDER BY c.seq DESC)
        AS checkpoints FROM $.threads WHERE id = $1`,
      encodeName(thread),
    );
    const own = this.find(rows[0], thread);
    return own ? historyOf(rows[0]?.checkpoints as Row[], own, this.damaged) : [];
  }

  async threads({
    graph,
    status,
    since = 0,
    until,
    forkOf,
    limit,
  }: ThreadFilter = {}): Promise<readonly StoredThread[]> {
    const rows = await this.all(
      `SELECT ${THREAD} FROM $.threads WHERE graph = coalesce($1, graph) AND status = coalesce($2, status)
        AND updated >= $3 AND updated < $4 AND ($5::text IS NULL OR origin_thread = $5)
        ORDER BY updated DESC, id LIMIT $6`,
      ...[name(graph), status, since, until ?? Number.MAX_SAFE_INTEGER, name(forkOf), limit],
    );
    return this.threadsOf(rows);
  }

  async remove(thread: string): Promise<boolean> {
    const rows = await this.all('DELETE FROM $.threads WHERE id = $1 RETURNING key', encodeName(thread));
    return rows.length > 0;
  }

  async prune({ keep, before = 0, finishedBefore = 0, thread }: PrunePolicy): Promise<Pruned> {
    const values = [keep ?? Number.MAX_SAFE_INTEGER, before, FINISHED, finishedBefore, name(thread)];
    const [row] = await this.all('SELECT threads, checkpoints, texts FROM $.prune($1, $2, $3, $4, $5)', ...values);
    return row as unknown as Pruned;
  }

  watch(listener: (thread: string) => void): () => void {
    this.checkOpen();
    return this.watching.add(listener);
  }

  close(): Promise<void> {
    this.closing ??= Promise.all([this.watching.end(), this.pool.end()]).then(() => undefined);
    return this.closing;
  }
}

/** Makes the tables where there are none, or brings them to the newest version. Gives where watching begins. */
async function prepare(pool: pg.Pool, schema: string, where: string): Promise<string> {
  const client = await pool.connect();
  try {
    const { version } = await inspect(client, schema, where);
    if (version !== newestVersion(MIGRATIONS)) await migrate(client, schema, where);
    const { rows } = await client.query<{ readonly mark: string }>(`SELECT ${MARK}`);
    client.release();
    return rows[0]?.mark ?? '';
  } catch (thrown) {
    // With the connection ends the transaction that it is in.
    client.release(true);
    throw thrown;
  }
}

async function migrate(client: pg.PoolClient, schema: string, where: string): Promise<void> {
  await client.query('BEGIN');
  // Of two that begin at once, the second finds what the first has made.
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${VERSIONS} ${schema}`]);
  const { version, there } = await inspect(client, schema, where);
  const way = wayFrom(version, MIGRATIONS);
  if (!way) throw new StoreError('version', `${where} is of version ${version}, which no release has written`);
  if (!there) await client.query(`CREATE SCHEMA ${quoted(schema)}`);
  for (const migration of way) await client.query(statementsFor(migration, schema));
  await client.query('COMMIT');
}

interface Found {
  /** Of its tables; 0 when it has none. */
  readonly version: number;
  /** Whether there is a schema of the name. */
  readonly there: boolean;
}

/** What there is in a schema. Throws for one that is no store, or of a newer release. */
async function inspect(client: pg.PoolClient, schema: string, where: string): Promise<Found> {
  const table = `${quoted(schema)}.${VERSIONS}`;
  const { rows } = await client.query(
    `SELECT current_setting('server_version_num')::integer AS server, current_setting('server_encoding') AS encoding,
      to_regclass($1) IS NOT NULL AS ours, EXISTS (SELECT FROM pg_namespace WHERE nspname = $2) AS there,
      EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $2) AS used`,
    [table, schema],
  );
  const { server, encoding, ours, there, used } = rows[0];
  if (server < OLDEST) throw new StoreError('version', `${where}: Postgres ${OLDEST / 10_000} or newer is needed`);
  if (encoding !== 'UTF8')
    throw new StoreError('foreign', `${where}: the database has the encoding ${encoding}; UTF8 is needed`);
  if (used && !ours) throw new StoreError('foreign', `${where}: the schema holds something else; name another`);
  if (!ours) return { version: 0, there };
  const { version } = (await client.query(`SELECT max(version) AS version FROM ${table}`)).rows[0];
  if (version > newestVersion(MIGRATIONS))
    throw new StoreError('version', `${where} was written by a newer statewright (version ${version} of its tables)`);
  return { version: version ?? 0, there };
}

/**
 * Opens a store in a Postgres database (13 or newer, UTF8), or makes one.
 *
 * A process has as many connections as its pool (`max`, 10 by default), and one more while it watches. Ids of threads
 * have at most 2,000 bytes. A connection that is lost while a commit is under way leaves open whether it was made: the
 * error has the code `io`, and `head` tells.
 *
 * Throws {@link StoreError}: `foreign` for a schema that holds something else, `version` for one of a newer release, `io`
 * for a server that cannot be reached.
 */
export function postgresStore(connection: string | pg.PoolConfig, options: PostgresOptions = {}): Promise<Store> {
  return PostgresStore.open(connection, options);
}
