/** What is about files of SQLite only. What every store does is in suite.test.ts. */
import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wayFrom } from '../../src/store/migrations.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { digestOf } from '../../src/store/tree.ts';
import { checkpoint, referTo, step, textsOf } from '../../src/testing/store-cases/tools.ts';
import { answersOf, fill, wrongOnes } from './contents.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'statewright-sqlite-'));
  file = path.join(folder, 'threads.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const failing = (code: string) => expect.objectContaining({ name: 'StoreError', code });

function filled(): void {
  const store = sqliteStore(file);
  fill(store);
  store.close();
}

/** Something on the file, by a connection that knows nothing of stores. */
function meddle(sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

describe('what a file is', () => {
  it('a file that is no database is refused', () => {
    writeFileSync(file, 'not a database at all, and long enough to be looked at as one, or so it seems');
    expect(() => sqliteStore(file)).toThrow(failing('foreign'));
  });

  it('a database of something else is refused, and left as it is', () => {
    meddle('CREATE TABLE threads (id TEXT)');
    expect(() => sqliteStore(file)).toThrow(failing('foreign'));
    const db = new DatabaseSync(file);
    expect(db.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'threads' }]);
    db.close();
  });

  it('an empty file becomes a store', () => {
    writeFileSync(file, '');
    const store = sqliteStore(file);
    store.commit(step());
    store.close();
    const again = sqliteStore(file);
    expect(again.head('t')).toEqual({ key: '1', seq: 1 });
    again.close();
  });

  it('a folder, and a file in no folder, are told', () => {
    mkdirSync(file);
    expect(() => sqliteStore(file)).toThrow(failing('io'));
    expect(() => sqliteStore(path.join(folder, 'none', 'threads.db'))).toThrow(failing('io'));
  });

  it('a file of a newer release is refused, and one of no release', () => {
    filled();
    meddle('PRAGMA user_version = 999');
    expect(() => sqliteStore(file)).toThrow(/written by a newer statewright \(version 999/);
    expect(() => sqliteStore(file)).toThrow(failing('version'));
    meddle('PRAGMA user_version = 1');
    expect(() => sqliteStore(file)).toThrow(failing('version'));
  });

  it('migrations are taken one after the other', () => {
    const [a, b, c] = [0, 2, 3].map((from, i) => ({ from, to: [2, 3, 7][i] ?? 0, sql: `${i}` }));
    const ladder = [c, a, b].filter(m => m !== undefined);
    expect(wayFrom(0, ladder)?.map(m => m.sql)).toEqual(['0', '1', '2']);
    expect(wayFrom(3, ladder)?.map(m => m.sql)).toEqual(['2']);
    expect(wayFrom(7, ladder)).toEqual([]);
    expect(wayFrom(1, ladder)).toBeUndefined();
  });

  it('many that open an empty file at once make one store', async () => {
    const code = `
      import { sqliteStore } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../src/store/sqlite.ts'))};
      const store = sqliteStore(process.argv[1]);
      store.commit({ ...JSON.parse(process.argv[2]), texts: new Map() });
      store.close();`;
    const run = promisify(execFile);
    const commits = [1, 2, 3, 4].map(n => JSON.stringify(step({ thread: `t${n}` })));
    await Promise.all(
      commits.map(commit => run(process.execPath, ['--input-type=module', '--eval', code, file, commit])),
    );
    const store = sqliteStore(file);
    expect(store.threads()).toHaveLength(4);
    store.close();
  });
});

/** Numbers that look random, and are the same in every run. */
function* random(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

describe('C9: a file that is damaged is never read wrong silently', () => {
  /** Damages copies of a file, and gives how many of them were told. */
  function damaged(times: number, damage: (copy: string, next: () => number) => string): number {
    filled();
    const right = answersOf(() => sqliteStore(file));
    const numbers = random(20_261_121);
    const copy = path.join(folder, 'copy.db');
    let noticed = 0;
    for (let i = 0; i < times; i++) {
      for (const end of ['', '-wal', '-shm']) rmSync(`${copy}${end}`, { force: true });
      copyFileSync(file, copy);
      const what = damage(copy, () => numbers.next().value);
      const answers = answersOf(() => sqliteStore(copy));
      expect(wrongOnes(answers, right), what).toEqual([]);
      if ([...answers.values()].some(answer => answer.startsWith('told'))) noticed++;
    }
    return noticed;
  }

  it('by a byte that changed, at 300 places', () => {
    const noticed = damaged(300, (copy, next) => {
      const bytes = readFileSync(copy);
      const [at, by] = [Math.floor(next() * bytes.length), 1 + Math.floor(next() * 255)];
      bytes[at] = (bytes[at] ?? 0) ^ by;
      writeFileSync(copy, bytes);
      return `byte ${at} xor ${by}`;
    });
    expect(noticed).toBeGreaterThan(100);
  });

  it('by its end missing, at 100 places', () => {
    const noticed = damaged(100, (copy, next) => {
      const length = 1 + Math.floor(next() * (statSync(copy).size - 1));
      truncateSync(copy, length);
      return `cut to ${length} bytes`;
    });
    // The end of a page may be of no use.
    expect(noticed).toBeGreaterThan(90);
  });

  it('by a text that is missing or another', () => {
    filled();
    const right = answersOf(() => sqliteStore(file));
    meddle("UPDATE texts SET body = replace(body, 'share', 'shore'); DELETE FROM texts WHERE rowid = 7");
    const answers = answersOf(() => sqliteStore(file));
    expect(wrongOnes(answers, right)).toEqual([]);
    expect(answers.get('thread 0 at undefined')).toBe('told: corrupt');
    expect(answers.get('history of thread 0')).toBe(right.get('history of thread 0'));
  });

  it('by a row of any table that says something else', () => {
    const changes = {
      threads: "UPDATE threads SET status = 'done' WHERE id = 'thread 1'",
      checkpoints: "UPDATE checkpoints SET label = 'other' WHERE thread = 1 AND seq = 2",
      tasks: "UPDATE tasks SET worker = 'w9' WHERE thread = 1 AND task = '6.a'",
      workers: "UPDATE workers SET until = 1 WHERE id = 'w1'",
      'a thread that is missing': "PRAGMA foreign_keys = OFF; DELETE FROM threads WHERE id = 'thread 1'",
      'a checkpoint that is missing': 'DELETE FROM checkpoints WHERE thread = 1 AND seq = 6',
    };
    for (const [what, sql] of Object.entries(changes)) {
      rmSync(file, { force: true });
      filled();
      const right = answersOf(() => sqliteStore(file));
      meddle(sql);
      const answers = answersOf(() => sqliteStore(file));
      expect(wrongOnes(answers, right), what).toEqual([]);
      expect([...answers.values()], what).toContain('told: corrupt');
    }
  });

  it('and what is left of it is not pruned by what it says', () => {
    const store = sqliteStore(file);
    const [inner, outer] = ['"inner"', referTo('"inner"')];
    store.commit(step({ checkpoints: [checkpoint(1, { root: referTo(outer) })], texts: textsOf(inner, outer) }));
    meddle(`UPDATE texts SET body = '"nothing"' WHERE digest = '${digestOf(outer)}'`);
    expect(() => store.prune({})).toThrow(failing('corrupt'));
    expect(store.texts([digestOf(inner)]).size).toBe(1);
    store.close();
  });
});

describe('while others use it', () => {
  it('a store whose file another process writes is busy, and goes on after', () => {
    const store = sqliteStore(file, { busyTimeout: 50 });
    const key = store.commit(step());
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    expect(() => store.commit(step({ before: 1, key }))).toThrow(failing('busy'));
    expect(() => store.claim('t', { worker: { id: 'w', host: 'h', pid: 1, until: 9 }, now: 1 })).toThrow(
      failing('busy'),
    );
    expect(store.head('t')?.seq).toBe(1);
    other.exec('ROLLBACK');
    other.close();
    store.commit(step({ before: 1, key }));
    expect(store.head('t')?.seq).toBe(2);
    store.close();
  });

  it('it is copied as it was at one moment, whatever is committed meanwhile', async () => {
    const store = sqliteStore(file);
    fill(store);
    const key = store.commit(step());
    for (let before = 1; before < 200; ) {
      const copy = path.join(folder, `copy ${before}.db`);
      const copying = store.backup(copy);
      for (const until = before + 20; before < until; before++) store.commit(step({ before, key }));
      await copying;
      const other = sqliteStore(copy);
      expect(other.threads({ graph: 'graph 3' })).toEqual(store.threads({ graph: 'graph 3' }));
      const seq = other.head('t')?.seq ?? 0;
      expect(seq).toBeGreaterThan(before - 21);
      expect(other.history('t')).toEqual(store.history('t').slice(-seq));
      other.close();
    }
    store.close();
    await expect(store.backup(path.join(folder, 'late.db'))).rejects.toThrow(failing('closed'));
  });

  it('one in memory is copied to a file', async () => {
    const store = sqliteStore(':memory:');
    store.commit(step());
    await store.backup(file);
    const copy = sqliteStore(file);
    expect(copy.threads()).toEqual(store.threads());
    copy.close();
    store.close();
  });

  it('a copy that cannot be made is told', async () => {
    const store = sqliteStore(file);
    await expect(store.backup(path.join(folder, 'none', 'copy.db'))).rejects.toThrow(failing('io'));
    store.close();
  });
});

/** A small disk, or undefined where none can be had. */
function smallDisk(): string | undefined {
  const disk = path.join(folder, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
    return disk;
  } catch {
    process.stderr.write('SKIPPED: the tests of a full and of a read-only disk: only root may mount one\n');
    return undefined;
  }
}

describe('a disk', () => {
  let disk: string | undefined;
  beforeEach(() => {
    disk = smallDisk();
  });
  afterEach(() => {
    if (disk) execFileSync('umount', ['-l', disk]);
  });

  it('that is full is told; what was acknowledged stays, and it goes on when there is room', context => {
    if (!disk) return context.skip();
    const ballast = path.join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(300_000));
    const onDisk = path.join(disk, 'threads.db');
    const store = sqliteStore(onDisk);
    const body = (seq: number): string => JSON.stringify(`${seq} `.repeat(5_000));
    const commit = (before: number, key?: string): string => {
      const texts = textsOf(body(before + 1));
      const checkpoints = [checkpoint(before + 1, { root: referTo(body(before + 1)) })];
      return store.commit(step({ before, checkpoints, texts, ...(key ? { key } : {}) }));
    };
    const key = commit(0);
    let seq = 1;
    const fillUp = (): void => {
      for (; seq < 1_000; seq++) commit(seq, key);
    };
    expect(fillUp).toThrow(failing('full'));
    expect(seq).toBeGreaterThan(5);
    expect(() => commit(seq, key)).toThrow(failing('full'));
    expect(store.head('t')?.seq).toBe(seq);
    expect(store.history('t')).toHaveLength(seq);
    for (let n = 1; n <= seq; n++) expect(store.texts([digestOf(body(n))]).get(digestOf(body(n)))).toBe(body(n));
    rmSync(ballast);
    commit(seq, key);
    store.close();
    const again = sqliteStore(onDisk);
    expect(again.history('t')).toHaveLength(seq + 1);
    again.close();
  });

  it('that may only be read is told, and what is on it is left as it is', context => {
    if (!disk) return context.skip();
    const onDisk = path.join(disk, 'threads.db');
    const store = sqliteStore(onDisk);
    store.commit(step());
    store.close();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    expect(() => sqliteStore(onDisk)).toThrow(failing('read-only'));
    expect(() => sqliteStore(path.join(disk ?? '', 'other.db'))).toThrow(failing('read-only'));
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    const again = sqliteStore(onDisk);
    expect(again.head('t')?.seq).toBe(1);
    again.close();
  });
});
