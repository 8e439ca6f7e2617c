import type { Graph } from '../graph/compile-graph.ts';
import type { Models } from '../models/model.ts';
import type { Cache } from '../nodes/cache.ts';
import type { Functions } from '../nodes/function-node.ts';
import type { Machines } from '../nodes/machine-node.ts';
import type { BodyDeps } from '../nodes/run-body.ts';
import type { Env, Fetch, World } from '../nodes/world.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { RunEvent } from './events.ts';
import type { TelemetryOptions } from './spans.ts';

/** The world as a runtime sees it. Everything has a default. */
export interface RuntimeOptions {
  /** Added to, and preferred over, what the graph was loaded with. */
  readonly functions?: Functions;
  readonly models?: Models;
  readonly machines?: Machines;
  readonly clock?: Clock;
  /** Where threads are kept. Default: in this process, until it ends. */
  readonly store?: Store;
  /** What tools and `http` nodes use in place of the network: addresses are then checked by their names alone. */
  readonly fetch?: Fetch;
  /** What texts see under `env`. Default: the environment of the process. */
  readonly env?: Env;
  /** Where results of nodes with `cache` are kept. Default: in memory, the last thousand. */
  readonly cache?: Cache;
  /** How many bodies of a `concurrencyKey` run at once, over all threads; comes before `limits` of the graph. */
  readonly concurrency?: Readonly<Record<string, number>>;
  /**
   * How many events of a run are kept for those who come late, and for `changes`; texts are joined. Default: 10,000, of runs
   * that somebody watches. Given a number, they are kept of every run.
   */
  readonly keepEvents?: number;
  /** Makes spans of OpenTelemetry. Needs the package `@opentelemetry/api`. Default: none. */
  readonly telemetry?: boolean | TelemetryOptions;
  /** Makes the id of a thread that is given none. */
  readonly newId?: () => string;
}

/** The options of a runtime with what it made of them. */
export type BoundOptions = RuntimeOptions & { readonly clock: Clock; readonly world: World };

/** What the bodies of a graph get from the world: what the runtime has, before what the graph was loaded with. */
export function depsOf({ deps }: Graph, options: BoundOptions): BodyDeps {
  return {
    functions: { ...deps.functions, ...options.functions },
    models: { ...deps.models, ...options.models },
    machines: { ...deps.machines, ...options.machines },
    fetch: options.fetch ?? deps.fetch,
    env: options.env ?? deps.env,
    world: options.world,
  };
}

export interface RunOptions {
  /** Goes on with a stored thread although its graph has changed. Default: it is refused. */
  readonly acceptChanges?: boolean;
  /** Cancels the run when it fires. */
  readonly signal?: AbortSignal;
  /** Called with every event of the run, as it happens. What it throws is ignored. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** Acts when a signal fires, unless what is returned was called before. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  signal?.addEventListener('abort', act, { once: true });
  return () => signal?.removeEventListener('abort', act);
}
