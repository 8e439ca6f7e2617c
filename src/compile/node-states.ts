/** The state of each kind of node. */
import { DONE_ACTOR, ERROR_ACTOR } from './actor-events.ts';
import { assertNever } from './assert-never.ts';
import { backoffDelay, expiryDelay, momentDelay } from './delays.ts';
import type { FunctionNode, InterruptNode, MachineNode, MapNode, NodeDef, WaitNode } from './graph.ts';
import { nodeOf, type Plan } from './plan.ts';
import type { Point } from './point.ts';
import { failure, STATES, type StateConfig, type TransitionConfig, waysOut } from './transitions.ts';

function describeNode(def: NodeDef): Pick<StateConfig, 'description' | 'meta'> {
  const meta = { node: def.id, kind: def.kind, ...(def.tags.length === 0 ? {} : { tags: def.tags }) };
  return { ...(def.description === undefined ? {} : { description: def.description }), meta };
}

export function nodeState(plan: Plan, id: string): StateConfig {
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
    case 'agent':
      return { ...shared, ...subgraphState(plan, id, at) };
    case 'map':
      return { ...shared, ...mapState(plan, def, at) };
    case 'machine':
      return { ...shared, ...machineState(plan, def, at) };
    case 'function':
      return { ...shared, ...functionState(plan, def, at) };
    case 'turn':
    case 'call':
    case 'llm':
    case 'router':
    case 'tool':
    case 'http':
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

/** The registered name of the pool of a map, or of a wide fork. */
export const poolSrc = (id: string): string => (id.startsWith('$') ? `fork ${id}` : `map ${id}`);

/** The events that a graph, or one inside it, waits for. */
export function eventNames(plan: Plan): string[] {
  const own = [...plan.nodes.values()].flatMap(({ def, child, item }) => {
    const inner = child ?? item;
    if (inner) return eventNames(inner);
    return def.kind === 'wait' && def.until.kind === 'event' ? [def.until.name] : [];
  });
  return [...new Set(own)];
}

function subgraphState(plan: Plan, id: string, at: Point): StateConfig {
  const { def } = nodeOf(plan, id);
  const state = (isCompound(def) ? timedState : bareState)(plan, def, childSrc(id), at);
  const inward = inwardEvents(plan, id, at);
  // A resume may be for the node itself, which waits after its body, or for what is in it.
  const resume = [...(state.on?.resume ?? []), ...(inward.resume ?? [])];
  return { ...asked(at), ...state, on: { ...inward, ...state.on, resume } };
}

/** What is meant for a child actor, or for one inside it, is passed on. */
function inwardEvents(plan: Plan, id: string, at: Point): NonNullable<StateConfig['on']> {
  const { child, item } = nodeOf(plan, id);
  const params = { at };
  const inward: TransitionConfig[] = [{ guard: { type: 'inside', params }, actions: [{ type: 'forward', params }] }];
  const inner = child ?? item;
  const names = ['resume', 'retry', ...(inner ? eventNames(inner) : [])];
  return Object.fromEntries(names.map(name => [name, inward]));
}

/** The registered name of the machine of a machine node. */
export const machineSrc = (id: string): string => `machine ${id}`;

/** A machine of the user's own. What its input throws is found on entering, where it can be a failure. */
function machineState(plan: Plan, def: MachineNode, at: Point): StateConfig {
  return { ...asked(at), ...(isCompound(def) ? timedState : bareState)(plan, def, machineSrc(def.id), at) };
}

/** A map: one actor that runs all items, however many there are. */
function mapState(plan: Plan, def: MapNode, at: Point): StateConfig {
  const state = (isCompound(def) ? timedState : bareState)(plan, def, poolSrc(def.id), at);
  return { ...state, on: { ...inwardEvents(plan, def.id, at), ...state.on } };
}

const isCompound = (def: NodeDef): boolean =>
  [def.retry, def.timeout, def.deadline, def.pauses].some(key => key !== undefined);

/** A node that waits, before or after its body, for a resume without a payload. */
function pausedState(at: Point, side: 'before' | 'after'): StateConfig {
  const entry = [{ type: side === 'before' ? 'pauseBefore' : 'pauseAfter', params: { at } }];
  const released: TransitionConfig = {
    guard: { type: 'released', params: { at } },
    target: '$work',
    actions: [{ type: 'release', params: { at } }],
  };
  return { tags: ['interrupt'], entry, ...(side === 'before' ? { on: { resume: [released] } } : {}) };
}

/** A function may ask in its middle: it then waits, outside its state, and runs anew with the answer. */
function functionState(plan: Plan, def: FunctionNode, at: Point): StateConfig {
  const params = { at };
  const asks: TransitionConfig = {
    guard: { type: 'asks', params },
    target: STATES.asking,
    actions: [{ type: 'question', params }],
  };
  if (!isCompound(def)) {
    const state = bareState(plan, def, def.kind, at);
    const { invoke } = state;
    return invoke ? { ...state, invoke: { ...invoke, onError: [asks, ...(invoke.onError ?? [])] } } : state;
  }
  const state = timedState(plan, def, def.kind, at);
  const event = ERROR_ACTOR + def.id;
  return { ...state, on: { ...state.on, [event]: [asks, ...(state.on?.[event] ?? [])] } };
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
    ? [
        {
          guard: { type: 'again', params: { at } },
          target: '.$backoff',
          actions: [{ type: 'again', params: { at } }],
        },
      ]
    : [];
  const ways = waysOut(plan, at);
  type Ways = readonly TransitionConfig[];
  const settled = (onDone: Ways, onError: Ways): Record<string, Ways> => ({
    [DONE_ACTOR + def.id]: onDone,
    [ERROR_ACTOR + def.id]: onError,
  });
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
  const run: StateConfig = { invoke: { src, id: def.id, input: { node: def.id } }, ...timer('timeout', def.timeout) };
  const work: StateConfig = { initial: '$run', states: { $run: run, ...backoff }, ...timer('deadline', def.deadline) };
  if (!def.pauses) return { ...work, on: settled([...again, ...ways], [...again, ...ways]) };
  // Another attempt stays inside `$work`, whose deadline goes on. It is the body's: a person may take any time around it.
  const own = def.retry ? { on: settled(again, again) } : {};
  return {
    initial: before ? '$before' : '$work',
    states: {
      ...(before ? { $before: pausedState(at, 'before') } : {}),
      $work: { ...work, ...own },
      ...(after ? { $after: pausedState(at, 'after') } : {}),
    },
    on: { ...(after ? { resume: waysOut(plan, at).slice(0, -1) } : {}), ...settled([...hold, ...ways], ways) },
  };
}
