import type { LoadOptions } from '../graph/load-graph.ts';
import type { RuntimeOptions } from '../runtime/options.ts';
import type { Maybe, Store } from '../store/store.ts';

type OfRuntime =
  | 'functions'
  | 'models'
  | 'machines'
  | 'fetch'
  | 'env'
  | 'cache'
  | 'concurrency'
  | 'lease'
  | 'telemetry';

/** What the commands of a project have in common; see {@link defineConfig}. Everything has a default. */
export interface Config
  extends Pick<RuntimeOptions, OfRuntime>,
    Pick<LoadOptions, 'reducers' | 'model' | 'defaultModel'> {
  /**
   * Where threads are kept: a file, relative to this one, the address of a Postgres database, a store, or what gives one of
   * them. A store is closed when the command ends. Default: `.statewright/threads.db` in the working directory.
   */
  readonly store?: Place | Promise<Place> | (() => Maybe<Place>);
}

type Place = string | Store;

/**
 * The default export of `statewright.config.ts`, for the checks of an editor: gives back what it is given.
 *
 * The command line takes the file of the working directory, or of the nearest folder above it within the project.
 */
export function defineConfig(config: Config): Config {
  return config;
}
