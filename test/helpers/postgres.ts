/**
 * A Postgres server of one's own, in a temporary folder and on a Unix socket: nothing of the machine's is touched, and
 * several may run at once.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface PrivatePostgres {
  /** To its database `postgres`, as its superuser. */
  readonly connection: string;
  /** A name that no schema has yet. */
  freshSchema(): string;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/** Postgres refuses to be root. */
const USERS = ['postgres', 'nobody'];
/** A Unix socket's path has at most 107 bytes. */
const LONGEST_FOLDER = 80;

function binary(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/local/bin'];
  const versions = globSync('/usr/lib/postgresql/*/bin').sort(
    (a, b) => Number(b.split('/')[4]) - Number(a.split('/')[4]),
  );
  return [...folders, ...versions].map(folder => path.join(folder, name)).find(file => existsSync(file));
}

interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** Whom to run it as: ourselves, or somebody else when we are root. */
function user(): User | undefined {
  if (process.getuid?.() !== 0) return {};
  for (const name of USERS) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {}
  }
  return undefined;
}

function makeFolder({ uid, gid }: User): string {
  const parent = tmpdir().length > LONGEST_FOLDER ? '/tmp' : tmpdir();
  const folder = mkdtempSync(path.join(parent, 'statewright-postgres-'));
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  return folder;
}

const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };

/** Starts a server that ends with this process, however that ends, where the system can see to it. */
function start(postgres: string, folder: string, as: User): ChildProcess {
  const settings = ['listen_addresses=', 'fsync=off', 'full_page_writes=off', 'max_connections=200'];
  const args = ['-D', path.join(folder, 'data'), '-k', folder, ...settings.flatMap(setting => ['-c', setting])];
  const setpriv = binary('setpriv');
  const [command, ...rest] = [...(setpriv ? [setpriv, '--pdeathsig', 'INT'] : []), postgres, ...args];
  return spawn(command as string, rest, { ...as, env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Resolves when the server says that it is ready. */
function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    server.on('error', reject);
    server.on('exit', () => reject(new Error(`the server ended:\n${said.join('\n')}`)));
    createInterface({ input: server.stderr as NodeJS.ReadableStream }).on('line', line => {
      said.push(line);
      if (line.includes('ready to accept connections')) resolve();
    });
  });
}

/** Starts a server, or says on stderr what is missing. Stop it when the tests have ended, also when they failed. */
export async function privatePostgres(): Promise<PrivatePostgres | undefined> {
  const [initdb, postgres, as] = [binary('initdb'), binary('postgres'), user()];
  if (!initdb || !postgres || !as) {
    const what = as ? 'install it (Debian: apt-get install postgresql)' : `add a user: ${USERS.join(' or ')}`;
    process.stderr.write(`SKIPPED: the tests on Postgres: there is no server to be had; ${what}\n`);
    return undefined;
  }
  const folder = makeFolder(as);
  const options = ['--no-sync', '--auth=trust', '--username=postgres', '--encoding=UTF8', '--locale=C'];
  execFileSync(initdb, [...options, '-D', path.join(folder, 'data')], { ...as, env, cwd: folder, stdio: 'pipe' });
  const server = start(postgres, folder, as);
  const ended = new Promise<void>(resolve => server.once('exit', () => resolve()));
  const kill = (): void => void server.kill('SIGINT');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', kill);
    kill();
    if (server.exitCode === null && server.signalCode === null) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(server);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  let schemas = 0;
  return {
    connection: `postgresql://postgres@/postgres?host=${encodeURIComponent(folder)}`,
    freshSchema: () => `s${++schemas}`,
    stop,
  };
}
