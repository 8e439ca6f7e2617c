/** The parts that compiled states are made of: XState's own forms, as plain data. */
import { sourceOf } from './graph.ts';
import { type Place, type Plan, ROOT } from './plan.ts';
import { exitsAt, type Point, scopeAt } from './point.ts';

/** Which way out of which point; the parameters of the guard `exit` and the action `take`. */
export interface ExitParams {
  readonly at: Point;
  readonly exit: number;
  readonly hop: number;
}

export interface PointParams {
  readonly at: Point;
}

type Params = { readonly type: string; readonly params?: ExitParams | PointParams };

export interface TransitionConfig {
  readonly guard?: Params;
  readonly target?: string;
  readonly actions?: readonly Params[];
  /** A node that leads to itself is left and entered again, so that its body runs again. */
  readonly reenter?: true;
  /** The condition as the file has it; shown on the arrow in Stately's tools. */
  readonly description?: string;
}

/** The part of XState's state config that compiled graphs use. */
export interface StateConfig {
  readonly type?: 'parallel' | 'final';
  readonly initial?: string;
  readonly states?: Readonly<Record<string, StateConfig>>;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly entry?: readonly Params[];
  readonly invoke?: {
    readonly src: string;
    readonly id: string;
    readonly input: { readonly node: string };
    readonly onDone?: readonly TransitionConfig[];
    readonly onError?: readonly TransitionConfig[];
  };
  readonly after?: Readonly<Record<string, readonly TransitionConfig[]>>;
  readonly always?: readonly TransitionConfig[];
  readonly on?: Readonly<Record<string, readonly TransitionConfig[]>>;
  readonly onDone?: TransitionConfig;
}

/** The names of the states the compiler adds. */
export const STATES = {
  start: '$start',
  done: '$done',
  failed: '$failed',
  arrived: '$arrived',
  ended: '$ended',
  enter: '$in',
  asking: '$asking',
};

/** The state in which a fork's branches are merged. */
export const joinState = (fork: string): string => fork.replace('$fork', '$join');

function targetOf(place: Place, scope: string): string {
  switch (place.kind) {
    case 'node':
    case 'fork':
      return place.id;
    case 'join':
      return STATES.arrived;
    case 'onward':
      return place.joins ? STATES.arrived : STATES.ended;
    case 'end':
      return scope === ROOT ? STATES.done : STATES.ended;
  }
}

/** One guarded transition for each way a point may go on, and the failure when it cannot. */
export function waysOut(plan: Plan, at: Point): TransitionConfig[] {
  const scope = scopeAt(plan, at);
  const exits = exitsAt(plan, at);
  const way = (exit: number, hop: number, target: string): TransitionConfig => {
    const params: ExitParams = { at, exit, hop };
    const when = exits[exit]?.when;
    const description = when === undefined ? {} : { description: sourceOf(when) };
    const again = at.kind === 'node' && target === at.id ? { reenter: true as const } : {};
    return { guard: { type: 'exit', params }, target, ...again, actions: [{ type: 'take', params }], ...description };
  };
  const out = exits.flatMap(({ route }, exit) => {
    const ways = route.map(({ place }, hop) => way(exit, hop, targetOf(place, scope)));
    return route.every(h => h.limit !== undefined) ? [...ways, way(exit, route.length, STATES.failed)] : ways;
  });
  return [...out, failure(at)];
}

/** The way to the chart's failure. */
export const failure = (at: Point): TransitionConfig => ({
  target: STATES.failed,
  actions: [{ type: 'fail', params: { at } }],
});

/** The way back from it. */
export function retryOf(at: Point, target: string): TransitionConfig {
  return { guard: { type: 'failed', params: { at } }, target, actions: [{ type: 'unfail', params: { at } }] };
}
