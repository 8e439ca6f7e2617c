/** Opens the store of a command, and closes it on every way out. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Store, StoredThread } from '../store/store.ts';
import { type LoadedConfig, loadConfig } from './config-file.ts';
import { CliError } from './exit.ts';
import { shellWord, visible } from './output.ts';
import { refusal } from './refusal.ts';

/** Where threads are kept when nothing says so. */
const DEFAULT_STORE = '.statewright/threads.db';

export interface StoreOptions {
  readonly store?: string;
  readonly config?: string;
}

export interface Opened extends LoadedConfig {
  readonly store: Store;
  /** What it is called, for people. */
  readonly place: string;
  /** The options that lead another command to the same store. */
  readonly flags: string;
}

const isAddress = (place: string): boolean => /^postgres(ql)?:\/\//.test(place);

const isStore = (value: unknown): value is Store =>
  value !== null && typeof value === 'object' && 'load' in value && 'commit' in value && 'close' in value;

/** As it is printed: without the password of an address. */
const shown = (place: string): string =>
  isAddress(place) ? place.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1:***@') : place;

async function openPlace(place: string, mayMake: boolean): Promise<Store> {
  if (isAddress(place)) return (await import('../store/postgres.ts')).postgresStore(place);
  if (!mayMake && place !== ':memory:' && !existsSync(place))
    throw new CliError(`there is no store ${place} yet; "statewright run <graph> --thread <id>" makes one`);
  const { sqliteStore } = await import('../store/sqlite.ts');
  try {
    mkdirSync(path.dirname(place), { recursive: true });
  } catch (thrown) {
    throw new CliError(`the store ${place} cannot be made: ${(thrown as Error).message}`);
  }
  return sqliteStore(place);
}

/** The store of the configuration, and what it is called. */
async function configured({ config, file = '' }: LoadedConfig): Promise<string | Store> {
  let given: unknown;
  try {
    given = await (typeof config.store === 'function' ? config.store() : config.store);
  } catch (thrown) {
    throw new CliError(`${file}: its store cannot be opened: ${String((thrown as Error)?.message ?? thrown)}`);
  }
  if (given === undefined) return DEFAULT_STORE;
  if (typeof given === 'string') return isAddress(given) ? given : path.resolve(path.dirname(file), given);
  if (isStore(given)) return given;
  throw new CliError(
    `${file}: "store" must be a file, the address of a Postgres database, a store, or give one of them`,
  );
}

/** @param mayMake whether a store that is not there is made; else it is refused */
export async function openStore(options: StoreOptions, mayMake: boolean, loaded?: LoadedConfig): Promise<Opened> {
  const config = loaded ?? (await loadConfig(options.config));
  const place = options.store ?? (await configured(config));
  const flags = [
    ...(options.store === undefined || options.store === DEFAULT_STORE
      ? []
      : ['--store', shellWord(shown(options.store))]),
    ...(options.config === undefined ? [] : ['--config', shellWord(options.config)]),
  ];
  const own = { ...config, flags: flags.map(word => ` ${word}`).join('') };
  if (typeof place !== 'string') return { ...own, store: place, place: `the store of ${config.file}` };
  return { ...own, store: await openPlace(place, mayMake), place: shown(place) };
}

/** Does something with a store, and closes it. What the store or a thread refuses is one clear line. */
export async function withStore(
  options: StoreOptions,
  act: (opened: Opened) => Promise<number>,
  { mayMake = false, config }: { readonly mayMake?: boolean; readonly config?: LoadedConfig } = {},
): Promise<number> {
  let opened: Opened | undefined;
  try {
    opened = await openStore(options, mayMake, config);
    const code = await act(opened);
    await opened.store.close();
    return code;
  } catch (thrown) {
    // Why it failed is told, and not that it could not be closed then.
    await Promise.resolve(opened?.store.close()).catch(() => {});
    throw refusal(thrown);
  }
}

/** Says that a thread is not there, and which are. */
export async function unknownThread(store: Store, id: string): Promise<CliError> {
  const known = (await store.threads({ limit: 10 })).map(t => visible(t.id));
  const list = known.length === 0 ? 'no thread is stored' : `stored: ${known.join(', ')}`;
  return new CliError(`there is no thread "${visible(id)}"; ${list}`);
}

/** The stored thread with this id. */
export async function storedThread(store: Store, id: string): Promise<StoredThread> {
  const found = (await store.load(id))?.thread;
  if (found) return found;
  throw await unknownThread(store, id);
}
