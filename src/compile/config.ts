/** Plan in, XState config out: plain data that names its actors, guards and actions, and nothing else. */
import { eventNames, nodeState, poolSrc } from './node-states.ts';
import { STEP_EVENT } from './notes.ts';
import { chartOf, forkOf, nodeOf, type Plan, ROOT } from './plan.ts';
import { directEntry, type Point } from './point.ts';
import {
  failure,
  joinState,
  retryOf,
  STATES,
  type StateConfig,
  type TransitionConfig,
  waysOut,
} from './transitions.ts';

function forkState(plan: Plan, id: string): StateConfig {
  const { branches, need, wide } = forkOf(plan, id);
  const at: Point = { kind: 'join', id };
  if (wide) return wideForkState(plan, id, at);
  const target = joinState(id);
  // Enough branches arrived: the state is left, which stops the rest. Not by `onDone` as well: when the last branches come
  // at once, its event would be left over, and end the fork when a loop enters it again in the same macrostep.
  const [givenUp] = broken(plan, at, target);
  const leave =
    need === undefined
      ? { onDone: { target } }
      : {
          always: [{ guard: { type: 'satisfied', params: { at } }, target }],
          ...(givenUp ? { onDone: givenUp } : {}),
        };
  const regions = branches.map(scope => [scope.slice(scope.lastIndexOf('/') + 1), branchState(plan, scope)] as const);
  return { type: 'parallel', ...leave, states: Object.fromEntries(regions) };
}

/** In a graph that gives its failures up, one of them ends all that would wait for what failed. */
function broken(plan: Plan, at: Point, target: string): TransitionConfig[] {
  return plan.gives ? [{ guard: { type: 'broken', params: { at } }, target }] : [];
}

/** One actor that runs the branches, each as a machine of its own. */
function wideForkState(plan: Plan, id: string, at: Point): StateConfig {
  const params = { at };
  const gathered: TransitionConfig = { target: joinState(id), actions: [{ type: 'gather', params }] };
  const inward: TransitionConfig[] = [{ guard: { type: 'within', params }, actions: [{ type: 'forward', params }] }];
  const names = ['resume', 'retry', ...eventNames(plan)];
  return {
    invoke: { src: poolSrc(id), id, input: { node: id }, onDone: [gathered], onError: [failure(at)] },
    on: Object.fromEntries(names.map(name => [name, inward])),
  };
}

/** The results of steps, noted wherever a body runs. */
const STEPS: NonNullable<StateConfig['on']> = { [STEP_EVENT]: [{ actions: [{ type: 'step' }] }] };

/** The config of a branch that runs as a machine of its own. */
export function branchConfig(plan: Plan, scope: string): StateConfig & { readonly id: string } {
  return { id: scope.replaceAll('/', '-'), on: STEPS, ...branchState(plan, scope) };
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
    states: {
      [STATES.enter]: { always: [...broken(plan, params.at, STATES.ended), begin, skip] },
      ...own,
      [STATES.arrived]: final,
      [STATES.ended]: final,
    },
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
  // A branch may be called as the node it begins with; what failed is then the node.
  const retries: (readonly [Point, string])[] = [];
  for (const id of chart.nodes) {
    states[id] = nodeState(plan, id);
    retries.push([{ kind: 'node', id }, id]);
  }
  const asking = askingState(plan, chart.nodes);
  if (asking) states[STATES.asking] = asking;
  for (const id of chart.forks) {
    const at: Point = { kind: 'join', id };
    states[id] = forkState(plan, id);
    states[joinState(id)] = { always: [...broken(plan, at, STATES.failed), ...waysOut(plan, at)] };
    retries.push([at, joinState(id)]);
  }
  states[STATES.failed] = plan.gives
    ? { type: 'final', tags: ['failed'] }
    : { tags: ['failed'], on: { retry: [...retries, ...entries].map(([at, target]) => retryOf(at, target)) } };
  return states;
}

/** Where functions wait for the answers to what they ask; each then runs anew. */
function askingState(plan: Plan, ids: readonly string[]): StateConfig | undefined {
  const functions = ids.filter(id => nodeOf(plan, id).def.kind === 'function');
  if (functions.length === 0) return undefined;
  const resume = functions.map((id): TransitionConfig => {
    const params = { at: { kind: 'node', id } as const };
    return { guard: { type: 'told', params }, target: id, actions: [{ type: 'answer', params }] };
  });
  return { tags: ['interrupt'], on: { resume } };
}

/** The config of a whole graph, without context and output, which are functions. */
export function machineConfig(plan: Plan): StateConfig & { readonly id: string } {
  const at: Point = { kind: 'start' };
  const { name, description } = plan.graph;
  return {
    id: name.replaceAll('.', '-'),
    ...(description === undefined ? {} : { description }),
    initial: STATES.start,
    on: STEPS,
    states: {
      [STATES.start]: { always: waysOut(plan, at) },
      ...chartStates(plan, ROOT, [[at, STATES.start]]),
      [STATES.done]: { type: 'final' },
    },
  };
}
