/** Finds and reads the configuration of a project. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { didYouMean } from '../diagnostic/suggest.ts';
import { projectRoot } from '../graph/project-files.ts';
import type { Config } from './config.ts';
import { CliError } from './exit.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** Absent: there is none. */
  readonly file?: string;
}

const NAMES = ['statewright.config.ts', 'statewright.config.js', 'statewright.config.mjs'];

const KEYS: Readonly<Record<keyof Config, true>> = {
  store: true,
  functions: true,
  reducers: true,
  models: true,
  machines: true,
  model: true,
  defaultModel: true,
  fetch: true,
  env: true,
  cache: true,
  concurrency: true,
  lease: true,
  telemetry: true,
};

/** From the working directory up to the folder with the `package.json`. */
function findConfig(from: string): string | undefined {
  const root = projectRoot(path.join(from, 'any'));
  for (let folder = from; ; folder = path.dirname(folder)) {
    const found = NAMES.map(name => path.join(folder, name)).find(file => existsSync(file));
    if (found !== undefined || folder === root) return found;
  }
}

/** Where in a file something went wrong, as far as its stack says. */
function placeIn(file: string, stack: unknown): string {
  const at = [file, pathToFileURL(file).href].flatMap(name => {
    const text = String(stack);
    const found = text.indexOf(`${name}:`);
    return found < 0 ? [] : (/^\d+/.exec(text.slice(found + name.length + 1))?.[0] ?? []);
  });
  return at[0] === undefined ? file : `${file}:${at[0]}`;
}

function explain(file: string, thrown: unknown): CliError {
  const { code, message, stack } = (thrown ?? {}) as { code?: string; message?: unknown; stack?: unknown };
  const first = stripVTControlCharacters(String(message ?? thrown)).split('\n')[0];
  const hint =
    code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
      ? '; Node strips types only: avoid enums, namespaces and parameter properties'
      : '';
  return new CliError(`${placeIn(file, stack)}: the configuration cannot be loaded: ${first}${hint}`);
}

function checked(file: string, config: unknown): Config {
  const wrong = (what: string): CliError => new CliError(`${file}: ${what}`);
  if (config === undefined) throw wrong('it has no default export; write: export default defineConfig({ … })');
  if (config === null || typeof config !== 'object' || Array.isArray(config))
    throw wrong('its default export must be an object: export default defineConfig({ … })');
  const known = Object.keys(KEYS);
  const unknown = Object.keys(config).find(key => !Object.hasOwn(KEYS, key));
  if (unknown !== undefined) throw wrong(`unknown key "${unknown}"; ${didYouMean(unknown, known, 'keys')}`);
  return config as Config;
}

/**
 * The configuration for a command. Throws one clear line for a file that cannot be loaded or says what is not known.
 *
 * @param option the file that `--config` names; absent: it is looked for
 */
export async function loadConfig(option: string | undefined): Promise<LoadedConfig> {
  const file = option === undefined ? findConfig(process.cwd()) : path.resolve(option);
  if (file === undefined) return { config: {} };
  if (!existsSync(file)) throw new CliError(`the file "${option}" of --config does not exist`);
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  } catch (thrown) {
    throw explain(file, thrown);
  }
  return { config: checked(file, module.default), file };
}
