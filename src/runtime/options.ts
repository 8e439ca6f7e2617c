import type { Graph } from '../graph/compile-graph.ts';
import type { Models } from '../models/model.ts';
import type { Functions } from '../nodes/function-node.ts';
import type { Machines } from '../nodes/machine-node.ts';
import type { BodyDeps } from '../nodes/run-body.ts';
import type { Clock } from './clock.ts';
import type { RunEvent } from './events.ts';

/** The world as a runtime sees it. Everything has a default. */
export interface RuntimeOptions {
  /** Added to, and preferred over, what the graph was loaded with. */
  readonly functions?: Functions;
  readonly models?: Models;
  readonly machines?: Machines;
  readonly clock?: Clock;
  /** Makes the id of a thread that is given none. */
  readonly newId?: () => string;
}

export interface RunOptions {
  /** Cancels the run when it fires. */
  readonly signal?: AbortSignal;
  /** Called with every event of the run, as it happens. What it throws is ignored. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** The world as the bodies of a graph see it: what a runtime brings goes before what the graph was loaded with. */
export function depsOf({ deps }: Graph, { functions, models, machines }: RuntimeOptions): BodyDeps {
  return {
    functions: { ...deps.functions, ...functions },
    models: { ...deps.models, ...models },
    machines: { ...deps.machines, ...machines },
  };
}
