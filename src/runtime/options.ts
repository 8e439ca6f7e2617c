import type { State } from '../compile/context.ts';
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

/**
 * What becomes of a stored thread whose graph changed: gives the state as the new graph has it, or nothing to refuse. The nodes
 * where the thread stands must still be there. Pure.
 */
export type Migration = (thread: {
  readonly id: string;
  /** Lines for people: `node "ask" has changed`. */
  readonly changes: readonly string[];
  readonly values: State;
}) => State | undefined;

/** The world as a runtime sees it. Everything has a default. */
export interface RuntimeOptions {
  /** Added to, and preferred over, what the graph was loaded with. */
  readonly functions?: Functions;
  readonly models?: Models;
  readonly machines?: Machines;
  readonly clock?: Clock;
  /** Where threads are kept. Default: in this process, until it ends. */
  readonly store?: Store;
  /**
   * How long the bodies that this process runs are its own after it was last heard of, in milliseconds: then another
   * process that shares the store may run them. Default: 30,000.
   */
  readonly lease?: number;
  /** By the name of the graph. Default: a thread whose graph changed is refused, unless `acceptChanges` is passed. */
  readonly migrations?: Readonly<Record<string, Migration>>;
  /** How many threads of a store stay loaded while they rest, the last that were used. Default: 100. */
  readonly keepLoaded?: number;
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

/**
 * When what happens is in the store. `sync`: each step before its bodies start. `async`: soon after; a process that ends may
 * run again what it ran last. `exit`: when the run rests; a process that ends loses the run.
 */
export type Durability = 'sync' | 'async' | 'exit';

export interface RunOptions {
  /** Default: `sync`. Without a store it means nothing. */
  readonly durability?: Durability;
  /** Goes on with a stored thread although its graph has changed. Default: it is refused. */
  readonly acceptChanges?: boolean;
  /** Cancels the run when it fires. */
  readonly signal?: AbortSignal;
  /** Called with every event of the run, as it happens. What it throws is ignored. */
  readonly onEvent?: (event: RunEvent) => void;
}

export interface InvokeOptions extends RunOptions {
  /**
   * What to do when the thread is not done: refuse; wait until its run is over, and refuse if it is not done then; or give the
   * run up and begin from the state it has. Default: `reject`.
   */
  readonly onBusy?: 'reject' | 'enqueue' | 'cancel';
}

export interface ResumeOptions extends RunOptions {
  /** The interrupt that is answered: nothing else is, should it not wait any more. Default: the one that waits. */
  readonly id?: string;
}

export interface UpdateOptions {
  /** Puts the values in place of what is there. Default: they are merged as the writes of a node are. */
  readonly replace?: boolean;
}

export interface ForkOptions extends UpdateOptions {
  /** The id of the new thread. Default: a random one. */
  readonly id?: string;
  /** Values to put into its state. */
  readonly update?: Readonly<Record<string, unknown>>;
}

/** Acts when a signal fires, unless what is returned was called before. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  signal?.addEventListener('abort', act, { once: true });
  return () => signal?.removeEventListener('abort', act);
}
