/** Plan in, XState config out: plain data that names its actors, guards and actions, and nothing else. */
import { backoffDelay, expiryDelay, momentDelay } from './delays.ts';
import type { InterruptNode, NodeDef, WaitNode } from './graph.ts';
import { chartOf, forkOf, nodeOf, type Place, type Plan, ROOT } from './plan.ts';
import { directEntry, exitsAt, type Point, scopeAt } from './point.ts';
import { assertNever } from './read-nodes.ts';

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
};

const joinState = (fork: string): string => fork.replace('$fork', '$join');

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
function waysOut(plan: Plan, at: Point): TransitionConfig[] {
  const scope = scopeAt(plan, at);
  const exits = exitsAt(plan, at);
  const way = (exit: number, hop: number, target: string): TransitionConfig => {
    const params: ExitParams = { at, exit, hop };
    const when = exits[exit]?.when;
    const description =
      when === undefined ? {} : { description: when.kind === 'expr' ? when.expr.source : String(when.value) };
    const again = at.kind === 'node' && target === at.id ? { reenter: true as const } : {};
    return { guard: { type: 'exit', params }, target, ...again, actions: [{ type: 'take', params }], ...description };
  };
  const out = exits.flatMap(({ route }, exit) => {
    const ways = route.map(({ place }, hop) => way(exit, hop, targetOf(place, scope)));
    return route.every(h => h.limit !== undefined) ? [...ways, way(exit, route.length, STATES.failed)] : ways;
  });
  return [...out, failure(at)];
}

const failure = (at: Point): TransitionConfig => ({
  target: STATES.failed,
  actions: [{ type: 'fail', params: { at } }],
});

function retryOf(at: Point, target: string): TransitionConfig {
  return { guard: { type: 'failed', params: { at } }, target, actions: [{ type: 'unfail', params: { at } }] };
}

function describeNode(def: NodeDef): Pick<StateConfig, 'description' | 'meta'> {
  const meta = { node: def.id, kind: def.kind, ...(def.tags.length === 0 ? {} : { tags: def.tags }) };
  return { ...(def.description === undefined ? {} : { description: def.description }), meta };
}

function nodeState(plan: Plan, id: string): StateConfig {
  const { def } = nodeOf(plan, id);
  const at: Point = { kind: 'node', id };
  const tags = def.tags.length === 0 ? {} : { tags: def.tags };
  const shared = { ...describeNode(def), ...tags };
  switch (def.kind) {
    case 'set':
      return { ...shared, always: waysOut(plan, at) };
    case 'interrupt':
      return { ...shared, ...askingState(plan, def, 'resume', at) };
    case 'wait':
      return { ...shared, ...waitState(plan, def, at) };
    case 'graph':
      return { ...shared, ...subgraphState(plan, id, at) };
    case 'function':
    case 'llm':
    case 'router':
      return {
        ...shared,
        ...(isCompound(def) ? timedState(plan, def, def.kind, at) : bareState(plan, def, def.kind, at)),
      };
    default:
      return assertNever(def);
  }
}

/** Entering asks, which may fail: a text without its value, a moment that is none. */
function asked(at: Point): Pick<StateConfig, 'entry' | 'always'> {
  const params = { at };
  return { entry: [{ type: 'ask', params }], always: [{ guard: { type: 'failed', params }, target: STATES.failed }] };
}

/** A node that waits for an answer: by `resume`, by an event of its own, or by the default when the time is up. */
function askingState(plan: Plan, def: InterruptNode | WaitNode, event: string, at: Point): StateConfig {
  const ways = waysOut(plan, at);
  // An answer that is none leaves the node waiting; one that fits and leads nowhere is a failure.
  const taken = [...ways.slice(0, -1), { ...failure(at), guard: { type: 'answered', params: { at } } }];
  const expiry = def.expires === undefined ? {} : { after: { [expiryDelay(def.id)]: ways } };
  const on = { resume: taken, ...(event === 'resume' ? {} : { [event]: taken }) };
  return { tags: ['interrupt', ...def.tags], ...asked(at), on, ...expiry };
}

function waitState(plan: Plan, def: WaitNode, at: Point): StateConfig {
  switch (def.until.kind) {
    case 'event':
      return askingState(plan, def, def.until.name, at);
    case 'for':
      return { after: { [def.until.ms]: waysOut(plan, at) } };
    case 'moment':
      return { ...asked(at), after: { [momentDelay(def.id)]: waysOut(plan, at) } };
  }
}

/** The registered name of the machine that a subgraph node runs. */
export const childSrc = (id: string): string => `graph ${id}`;

/** The events that a graph, or one inside it, waits for. */
export function eventNames(plan: Plan): string[] {
  const own = [...plan.nodes.values()].flatMap(({ def, child }) => {
    if (child) return eventNames(child);
    return def.kind === 'wait' && def.until.kind === 'event' ? [def.until.name] : [];
  });
  return [...new Set(own)];
}

/** A child actor: what is meant for it, or for one inside it, is passed on. */
function subgraphState(plan: Plan, id: string, at: Point): StateConfig {
  const { child } = nodeOf(plan, id);
  const params = { at };
  const inward: TransitionConfig[] = [{ guard: { type: 'inside', params }, actions: [{ type: 'forward', params }] }];
  const names = ['resume', 'retry', ...(child ? eventNames(child) : [])];
  return {
    ...asked(at),
    invoke: { src: childSrc(id), id, input: { node: id }, onDone: waysOut(plan, at), onError: [failure(at)] },
    on: Object.fromEntries(names.map(name => [name, inward])),
  };
}

const isCompound = (def: NodeDef): boolean =>
  [def.retry, def.timeout, def.deadline, def.pauses].some(key => key !== undefined);

/** A node that waits, before or after its body, for a resume without a payload. */
function pausedState(at: Point, side: 'before' | 'after'): StateConfig {
  const entry = [{ type: side === 'before' ? 'pauseBefore' : 'pauseAfter', params: { at } }];
  const released: TransitionConfig = {
    guard: { type: 'released', params: { at } },
    target: '$run',
    actions: [{ type: 'release', params: { at } }],
  };
  return { tags: ['interrupt'], entry, ...(side === 'before' ? { on: { resume: [released] } } : {}) };
}

/** A node that is tried once and may take its time. */
function bareState(plan: Plan, def: NodeDef, src: string, at: Point): StateConfig {
  // Only an error route or `continue` can make something else of an error than a failure.
  const handles = def.onError !== undefined && def.onError !== 'fail';
  const ways = waysOut(plan, at);
  return {
    invoke: { src, id: def.id, input: { node: def.id }, onDone: ways, onError: handles ? ways : [failure(at)] },
  };
}

/**
 * A node with retry, timeout or deadline: a compound state around its body. What the body, or a timer, has to say is an
 * event of the body's own, which the outer state takes: on, into the wait before the next attempt, or to `$failed`.
 */
function timedState(plan: Plan, def: NodeDef, src: string, at: Point): StateConfig {
  const again: TransitionConfig[] = def.retry
    ? [{ guard: { type: 'again', params: { at } }, target: '.$backoff', actions: [{ type: 'again', params: { at } }] }]
    : [];
  const ways = [...again, ...waysOut(plan, at)];
  const timer = (name: 'timeout' | 'deadline', ms: number | undefined): Pick<StateConfig, 'after'> =>
    ms === undefined ? {} : { after: { [ms]: [{ actions: [{ type: name, params: { at } }] }] } };
  const backoff: Record<string, StateConfig> = def.retry
    ? { $backoff: { after: { [backoffDelay(def.id)]: [{ target: '$run' }] } } }
    : {};
  const before = def.pauses?.includes('before') ?? false;
  const after = def.pauses?.includes('after') ?? false;
  const hold: TransitionConfig[] = after
    ? [{ guard: { type: 'succeeds', params: { at } }, target: '.$after', actions: [{ type: 'hold', params: { at } }] }]
    : [];
  return {
    initial: before ? '$before' : '$run',
    states: {
      ...(before ? { $before: pausedState(at, 'before') } : {}),
      ...(after ? { $after: pausedState(at, 'after') } : {}),
      $run: { invoke: { src, id: def.id, input: { node: def.id } }, ...timer('timeout', def.timeout) },
      ...backoff,
    },
    on: {
      ...(after ? { resume: waysOut(plan, at).slice(0, -1) } : {}),
      [`xstate.done.actor.${def.id}`]: [...hold, ...ways],
      [`xstate.error.actor.${def.id}`]: ways,
    },
    ...timer('deadline', def.deadline),
  };
}

function forkState(plan: Plan, id: string): StateConfig {
  const { branches, need } = forkOf(plan, id);
  const at: Point = { kind: 'join', id };
  // Enough branches arrived: the state is left, which stops the rest.
  const early =
    need === undefined ? {} : { always: [{ guard: { type: 'satisfied', params: { at } }, target: joinState(id) }] };
  const regions = branches.map(scope => [scope.slice(scope.lastIndexOf('/') + 1), branchState(plan, scope)] as const);
  return { type: 'parallel', ...early, states: Object.fromEntries(regions), onDone: { target: joinState(id) } };
}

/** A branch that begins when the branches before it have been taken, or cannot be any more. */
function waitingBranch(plan: Plan, scope: string): StateConfig {
  const [node = ''] = chartOf(plan, scope).nodes;
  const params = { at: { kind: 'branch', id: scope } as const };
  const begin: TransitionConfig = {
    guard: { type: 'ready', params },
    target: node,
    actions: [{ type: 'begin', params }],
  };
  const skip: TransitionConfig = {
    guard: { type: 'dead', params },
    target: STATES.ended,
    actions: [{ type: 'skip', params }],
  };
  const own = chartStates(plan, scope, []);
  const final = { type: 'final' } as const;
  return {
    initial: STATES.enter,
    states: { [STATES.enter]: { always: [begin, skip] }, ...own, [STATES.arrived]: final, [STATES.ended]: final },
  };
}

function branchState(plan: Plan, scope: string): StateConfig {
  if (chartOf(plan, scope).waits) return waitingBranch(plan, scope);
  const direct = directEntry(plan, scope);
  const at: Point = { kind: 'branch', id: scope };
  // A parallel state must not be initial, and a budget is asked before a node is entered.
  const skip = { guard: { type: 'skipped', params: { at } }, target: STATES.ended };
  const ways = chartOf(plan, scope).conditional ? [skip, ...waysOut(plan, at)] : waysOut(plan, at);
  const enter = direct === undefined ? { [STATES.enter]: { always: ways } } : {};
  const states = { ...enter, ...chartStates(plan, scope, direct === undefined ? [[at, STATES.enter]] : []) };
  const final = (name: string): Record<string, StateConfig> =>
    isTarget(states, name) ? { [name]: { type: 'final' } } : {};
  return { initial: direct ?? STATES.enter, states: { ...states, ...final(STATES.arrived), ...final(STATES.ended) } };
}

function isTarget(states: Readonly<Record<string, StateConfig>>, name: string): boolean {
  return Object.values(states).some(s => {
    const groups = [
      s.always,
      s.invoke?.onDone,
      s.invoke?.onError,
      ...Object.values(s.on ?? {}),
      ...Object.values(s.after ?? {}),
    ];
    return groups.some(g => g?.some(t => t.target === name));
  });
}

function chartStates(
  plan: Plan,
  scope: string,
  entries: readonly (readonly [Point, string])[],
): Record<string, StateConfig> {
  const chart = chartOf(plan, scope);
  const states: Record<string, StateConfig> = {};
  const retries = [...entries];
  for (const id of chart.nodes) {
    states[id] = nodeState(plan, id);
    retries.push([{ kind: 'node', id }, id]);
  }
  for (const id of chart.forks) {
    const at: Point = { kind: 'join', id };
    states[id] = forkState(plan, id);
    states[joinState(id)] = { always: waysOut(plan, at) };
    retries.push([at, joinState(id)]);
  }
  states[STATES.failed] = { tags: ['failed'], on: { retry: retries.map(([at, target]) => retryOf(at, target)) } };
  return states;
}

/** The config of a whole graph, without context and output, which are functions. */
export function machineConfig(plan: Plan): StateConfig & { readonly id: string } {
  const at: Point = { kind: 'start' };
  const { name, description } = plan.graph;
  return {
    id: name.replaceAll('.', '-'),
    ...(description === undefined ? {} : { description }),
    initial: STATES.start,
    states: {
      [STATES.start]: { always: waysOut(plan, at) },
      ...chartStates(plan, ROOT, [[at, STATES.start]]),
      [STATES.done]: { type: 'final' },
    },
  };
}
