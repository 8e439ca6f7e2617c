/** What is about Postgres only. What every store does is in suite.test.ts. */
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postgresStore } from '../../src/store/postgres.ts';
import { translated } from '../../src/store/postgres-errors.ts';
import type { Store } from '../../src/store/store.ts';
import { digestOf } from '../../src/store/tree.ts';
import {
  checkpoint,
  goOn,
  heard,
  leadingTo,
  referTo,
  step,
  textsOf,
  worker,
} from '../../src/testing/store-cases/tools.ts';
import { privatePostgres } from '../helpers/postgres.ts';

const postgres = await privatePostgres();
afterAll(() => postgres?.stop());

const failing = (code: string) => expect.objectContaining({ name: 'StoreError', code });

describe('errors', () => {
  it('of the server and of the way to it have the code of what to do', () => {
    const codes = {
      ...{ '53100': 'full', '53300': 'busy', '40001': 'busy', '40P01': 'busy', '55P03': 'busy', '57014': 'busy' },
      ...{ '57P03': 'busy', '57P01': 'io', '08006': 'io', '25006': 'read-only', '42501': 'read-only', '28P01': 'io' },
      ...{ '42P01': 'foreign', '3F000': 'foreign', XX001: 'corrupt', ECONNREFUSED: 'io', ENOENT: 'io', '22003': 'io' },
    };
    for (const [code, expected] of Object.entries(codes)) {
      const cause = Object.assign(new Error('what it said'), { code });
      expect(translated(cause, 'the store'), code).toMatchObject({ code: expected, cause });
    }
    const waited = new Error('timeout exceeded when trying to connect');
    expect(translated(waited, 'the store').code).toBe('busy');
    expect(translated(new Error('Connection terminated unexpectedly'), 'the store').code).toBe('io');
  });
});

describe.skipIf(!postgres)('a store in Postgres', () => {
  const { connection = '', freshSchema = () => '' } = postgres ?? {};
  let admin: pg.Client;
  let schema: string;
  const open: Store[] = [];

  async function opened(options: { readonly schema?: string; readonly config?: pg.PoolConfig } = {}): Promise<Store> {
    const store = await postgresStore(
      { connectionString: connection, ...options.config },
      { schema: options.schema ?? schema },
    );
    open.push(store);
    return store;
  }

  beforeEach(async () => {
    schema = freshSchema();
    admin = new pg.Client(connection);
    await admin.connect();
    await admin.query(`SET search_path = ${schema}`);
  });
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
    await admin.end();
  });

  it('is made once by many that open it at once', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => opened()));
    await Promise.all(stores.map(async (store, i) => store.commit(step({ thread: `t${i}` }))));
    expect(await stores[0]?.threads()).toHaveLength(6);
    expect((await admin.query('SELECT version FROM statewright_versions')).rows).toEqual([{ version: 1 }]);
  });

  it('is in the schema that is named, beside others', async () => {
    const odd = `a "b" 'c' {schema} $. $$ é`;
    const [one, two] = [await opened({ schema: odd }), await opened()];
    const heardOf = heard('a commit', hear => void one.watch?.(hear));
    await one.commit(step());
    expect(await heardOf).toBe('t');
    expect((await one.prune({ keep: 1 })).threads).toBe(0);
    expect(await two.head('t')).toBeUndefined();
    const { rows } = await admin.query('SELECT count(*)::integer AS n FROM pg_tables WHERE schemaname = $1', [odd]);
    expect(rows).toEqual([{ n: 6 }]);
    await expect(opened({ schema: 'x'.repeat(64) })).rejects.toThrow(RangeError);
  });

  it('is made in a schema that is there and empty, by a user who may do no more', async () => {
    await admin.query(`CREATE ROLE modest LOGIN; CREATE SCHEMA ${schema} AUTHORIZATION modest`);
    const store = await opened({ config: { connectionString: connection.replace('postgres@', 'modest@') } });
    await store.commit(step());
    expect((await store.head('t'))?.seq).toBe(1);
  });

  it('is not made where something else is', async () => {
    await admin.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.threads (id text)`);
    await expect(opened()).rejects.toThrow(failing('foreign'));
    const { rows } = await admin.query('SELECT tablename FROM pg_tables WHERE schemaname = $1', [schema]);
    expect(rows).toEqual([{ tablename: 'threads' }]);
  });

  it('is not opened when a newer release has written it', async () => {
    await opened();
    await admin.query('INSERT INTO statewright_versions (version) VALUES (999)');
    await expect(opened()).rejects.toThrow(failing('version'));
    await expect(opened()).rejects.toThrow(/written by a newer statewright \(version 999/);
  });

  it('is not made in a database of another encoding', async () => {
    await admin.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    const config = { connectionString: connection.replace('/postgres?', '/latin?') };
    await expect(opened({ config })).rejects.toThrow(failing('foreign'));
  });

  it('that cannot be reached is told', async () => {
    await expect(opened({ config: { connectionString: 'postgresql:///x?host=/nowhere' } })).rejects.toThrow(
      failing('io'),
    );
    const nobody = connection.replace('postgres@', 'nobody-of-that-name@');
    await expect(opened({ config: { connectionString: nobody } })).rejects.toThrow(failing('io'));
  });

  it('takes ids of up to 2,000 bytes', async () => {
    const store = await opened();
    const random = Array.from({ length: 80 }, (_, i) => digestOf(`${i}`)).join('');
    const longest = `${random}é`.slice(-1_999);
    await store.commit(step({ thread: longest }));
    expect((await store.load(longest))?.thread.id).toBe(longest);
    await expect(store.commit(step({ thread: `${longest}x` }))).rejects.toThrow(failing('io'));
    expect(await store.load('x'.repeat(100_000))).toBeUndefined();
  });

  it('C9: a row that says something else is told, and not gone on from', async () => {
    const store = await opened();
    const changes: Record<string, [string, (store: Store) => unknown]> = {
      load: ["UPDATE threads SET status = 'done'", s => s.load('t')],
      head: ['UPDATE threads SET seq = 7', s => s.head('t')],
      threads: ['UPDATE threads SET due = 7', s => s.threads()],
      pending: ['UPDATE threads SET due = 0', s => s.pending({ now: 1 })],
      commit: ["UPDATE threads SET origin_thread = 'x', origin_seq = 1", s => goOn(s, 't')],
      'a checkpoint': ["UPDATE checkpoints SET label = 'x'", s => s.load('t')],
      history: ["UPDATE checkpoints SET status = 'done' WHERE seq = 1", s => s.history('t')],
      'the newest': ['DELETE FROM checkpoints WHERE seq = 2', s => s.history('t')],
      'the newest, loaded': ['DELETE FROM checkpoints WHERE seq = 2', s => s.load('t', 2)],
      tasks: ['UPDATE tasks SET worker = NULL', s => s.load('t')],
      workers: ['UPDATE workers SET until = 1', s => s.workers()],
      texts: ['UPDATE texts SET body = \'"b"\'', s => s.texts([digestOf('"a"')])],
      prune: ['UPDATE texts SET body = \'"b"\'', s => s.prune({})],
      'prune, of a checkpoint': ["UPDATE checkpoints SET root = '{}'", s => s.prune({})],
      'prune, of a text that is missing': [`DELETE FROM texts WHERE body = '"b"'`, s => s.prune({})],
    };
    for (const [what, [sql, act]] of Object.entries(changes)) {
      const started = [{ task: '1.x', worker: 'w' }];
      await store.commit(step({ ...leadingTo('"a"', '"b"'), started, worker: worker('w', 9) }));
      await goOn(store, 't');
      await admin.query(sql);
      const outcome = await Promise.resolve(act(store)).catch(thrown => thrown);
      expect(outcome, what).toEqual(failing('corrupt'));
      await admin.query('DELETE FROM threads; DELETE FROM texts; DELETE FROM workers');
    }
  });

  it('whose lock somebody else holds is busy, and goes on after', async () => {
    const store = await opened({ config: { options: '-c lock_timeout=50' } });
    const key = await store.commit(step());
    await admin.query('BEGIN; SELECT FROM threads FOR UPDATE');
    await expect(store.commit(step({ before: 1, key }))).rejects.toThrow(failing('busy'));
    expect((await store.load('t'))?.thread.seq).toBe(1);
    await admin.query('ROLLBACK');
    await store.commit(step({ before: 1, key }));
    expect((await store.head('t'))?.seq).toBe(2);
  });

  it('that may only be read is told', async () => {
    const store = await opened();
    const key = await store.commit(step());
    const reader = await opened({ config: { options: '-c default_transaction_read_only=on' } });
    await expect(reader.commit(step({ before: 1, key }))).rejects.toThrow(failing('read-only'));
    expect((await reader.load('t'))?.thread.seq).toBe(1);
  });

  it('with more connections than the server has is busy', async () => {
    await admin.query(`CREATE ROLE single SUPERUSER LOGIN; CREATE ROLE few LOGIN CONNECTION LIMIT 1;
      GRANT CREATE ON DATABASE postgres TO few`);
    const config = { connectionString: connection.replace('postgres@', 'few@') };
    const store = await opened({ config });
    await store.commit(step());
    await expect(opened({ config })).rejects.toThrow(failing('busy'));
    expect((await store.head('t'))?.seq).toBe(1);
  });

  it('C1: a commit waits for what forgets, and that for commits under way', async () => {
    const store = await opened();
    const waiting = async (count: number): Promise<void> => {
      const sql = `SELECT FROM pg_locks WHERE NOT granted AND relation = '${schema}.texts'::regclass`;
      while (((await admin.query(sql)).rowCount ?? 0) < count);
    };
    const key = await store.commit(step({ ...leadingTo('"a"') }));
    await admin.query('BEGIN; LOCK TABLE texts IN ROW EXCLUSIVE MODE');
    const pruning = store.prune({ keep: 1 });
    await waiting(1);
    const last = checkpoint(2, { root: referTo('"b"') });
    const committing = store.commit(step({ before: 1, key, checkpoints: [last], texts: textsOf('"b"') }));
    await waiting(2);
    await admin.query('COMMIT');
    await committing;
    expect(await pruning).toEqual({ threads: 0, checkpoints: 0, texts: 0 });
    expect(await store.prune({ keep: 1 })).toEqual({ threads: 0, checkpoints: 1, texts: 1 });
    expect((await store.texts([digestOf('"b"')])).size).toBe(1);
  });

  describe('when connections are lost', () => {
    const terminate = (where: string) =>
      admin.query(
        `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
          WHERE pid <> pg_backend_pid() AND application_name = $1 AND ${where}`,
        [schema],
      );

    it('it says so at most once for each, and goes on', async () => {
      const store = await opened({ config: { application_name: schema, max: 1 } });
      await store.commit(step());
      await terminate('true');
      await Promise.resolve(store.head('t')).catch(thrown => expect(thrown).toEqual(failing('io')));
      expect((await store.head('t'))?.seq).toBe(1);
    });

    it('listeners hear of what was committed meanwhile', async () => {
      const [watching, other] = [await opened({ config: { application_name: schema } }), await opened()];
      const ids: string[] = [];
      const until = new Map<string, (id: string) => void>();
      watching.watch?.(id => {
        ids.push(id);
        until.get(id)?.(id);
      });
      const next = (id: string): Promise<string> => heard(`"${id}"`, hear => void until.set(id, hear));
      const first = next('a');
      await other.commit(step({ thread: 'a' }));
      await first;
      for (const id of ['b', 'c', 'd']) {
        const further = next(id);
        await terminate('true');
        await other.commit(step({ thread: id }));
        await further;
      }
      expect(new Set(ids)).toEqual(new Set(['a', 'b', 'c', 'd']));
    });

    it('a store that is closed while it connects again ends', async () => {
      const store = await opened({ config: { application_name: schema } });
      await heard('a commit', async hear => {
        store.watch?.(hear);
        await store.commit(step());
      });
      await terminate('true');
      await store.close();
      const { rows } = await admin.query('SELECT FROM pg_stat_activity WHERE application_name = $1', [schema]);
      expect(rows).toEqual([]);
    });
  });
});
