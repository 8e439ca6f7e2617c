/** Config and the pure rules in, an XState machine out. */
import { type AnyActorLogic, type AnyStateMachine, assign, fromPromise, raise, sendTo, setup } from 'xstate';
import { ask, bodyInput, childInput, pause } from './ask.ts';
import type { RunBodyOf } from './body-call.ts';
import { beginBranch, isBroken, isSatisfied, readiness, skipBranch } from './branches.ts';
import { branchConfig, machineConfig } from './config.ts';
import { errorRecord, type GraphContext, GraphRunError, outputOf, type Reducers, type State } from './context.ts';
import { attempt, type Decision, handled, triesAgain, writeResult } from './decide.ts';
import { countAttempt, delaysOf, PURE_ACTOR, timeUp } from './delays.ts';
import { countVisit, follow, without } from './follow.ts';
import { givenUp } from './given-up.ts';
import type { MachineNode } from './graph.ts';
import { type GraphInput, initialContext, START_OPTIONS } from './input.ts';
import { mappingOf } from './items.ts';
import { pauseId } from './names.ts';
import { childSrc, machineSrc, poolSrc } from './node-states.ts';
import { fitsQuestion, noteAnswer, noteQuestion, noteStep, questionIn, STEP_EVENT } from './notes.ts';
import { type AnyEvent, isAnswer, isMeant, isRelease, outcomeOf } from './outcome.ts';
import { chartOf, type Plan } from './plan.ts';
import { type Point, pointId } from './point.ts';
import { poolActor } from './pool-actor.ts';
import { branchResult, forkWork, gatherBranches, mapWork, nodesOfFork } from './pools.ts';
import { steadyMachine } from './steady-scope.ts';
import type { ExitParams, PointParams, StateConfig } from './transitions.ts';

/** Answers the interrupt with this id; the id may be left out when one waits. */
export interface ResumeEvent {
  readonly type: 'resume';
  readonly id?: string;
  readonly value?: unknown;
}

/** Runs a failed node again; without an id, all that failed. */
export interface RetryEvent {
  readonly type: 'retry';
  readonly id?: string;
}

export type GraphEvent = ResumeEvent | RetryEvent;

/** What a graph's machine is made with. */
export interface World {
  readonly bodies: RunBodyOf;
  readonly reducers: Reducers;
  /** The machine of a machine node; undefined when there is none. */
  readonly machineOf: (plan: Plan, node: MachineNode) => unknown;
}

type Guarded = { context: GraphContext; event: AnyEvent };

/** What a point's event amounts to: as it is, and once `onError` has had its say. */
interface Judged {
  readonly tried: Decision;
  readonly decision: Decision;
}

/**
 * Guards and actions ask for the same decision in one microstep; the last one is kept. It is a cache of a pure
 * function, so a miss costs time and changes nothing.
 */
function judge(plan: Plan, reducers: Reducers): (args: Guarded, at: Point) => Judged {
  let last: { context: GraphContext; event: object; id: string; kind: string; judged: Judged } | undefined;
  return ({ context, event }, at) => {
    const id = pointId(at);
    if (last && last.context === context && last.event === event && last.id === id && last.kind === at.kind)
      return last.judged;
    const tried = attempt(plan, context, at, outcomeOf(plan, context, event, at), reducers);
    const judged = { tried, decision: handled(plan, context, at, tried) };
    last = { context, event, id, kind: at.kind, judged };
    return judged;
  };
}

/** The implementations that a compiled graph's config names. */
export function implementationsOf(plan: Plan, world: World) {
  const { reducers } = world;
  const judgeAt = judge(plan, reducers);
  const run = world.bodies(plan);
  const children = childMachines(plan, world);
  const body = fromPromise<unknown, { node: string }>(({ input, self, signal }) => {
    // The body reads its parent's state when it starts, so that no snapshot holds a copy of the state per child.
    const parent = (self as { _parent?: { getSnapshot(): { context: GraphContext }; send(event: object): void } })
      ._parent;
    if (!parent) throw new Error('a node body runs only inside its graph');
    const record = (name: string, value: unknown): void =>
      parent.send({ type: STEP_EVENT, id: input.node, name, value });
    return run({ node: input.node, context: parent.getSnapshot().context, signal, record });
  });
  return {
    // Children are named per node; their types would only make every caller spell them out.
    actors: Object.assign(
      { function: body, llm: body, router: body, turn: body, call: body, tool: body, http: body },
      children as object,
    ),
    guards: {
      exit: (args: Guarded, { at, exit, hop }: ExitParams): boolean => {
        if (!isAnswer(plan, args.context, args.event, at)) return false;
        const decision = judgeAt(args, at).decision;
        return decision.ok && decision.exit === exit && decision.hop === hop;
      },
      again: (args: Guarded, { at }: PointParams): boolean =>
        triesAgain(plan, args.context, at, judgeAt(args, at).tried),
      answered: (args: Guarded, { at }: PointParams): boolean => isAnswer(plan, args.context, args.event, at),
      skipped: ({ context }: Guarded, { at }: PointParams): boolean => context.scopes[pointId(at)]?.status === 'ended',
      inside: ({ event }: Guarded, { at }: PointParams): boolean =>
        event.id === undefined || ['/', '[', ':'].some(next => event.id?.startsWith(pointId(at) + next)),
      asks: ({ event }: Guarded, _: PointParams): boolean => questionIn(event) !== undefined,
      told: ({ context, event }: Guarded, { at }: PointParams): boolean =>
        isMeant(context, event, pointId(at)) && fitsQuestion(context, pointId(at), event.value) === undefined,
      broken: ({ context }: Guarded, { at }: PointParams): boolean => isBroken(plan, context, at),
      within: ({ event }: Guarded, { at }: PointParams): boolean =>
        event.id === undefined || nodesOfFork(plan, pointId(at)).has(event.id.replace(/[/[:].*$/s, '')),
      succeeds: (args: Guarded, { at }: PointParams): boolean => judgeAt(args, at).tried.ok,
      released: ({ context, event }: Guarded, { at }: PointParams): boolean =>
        isRelease(context, event, pointId(at), 'before'),
      ready: ({ context }: Guarded, { at }: PointParams): boolean => readiness(plan, context, pointId(at)) === 'ready',
      dead: ({ context }: Guarded, { at }: PointParams): boolean => readiness(plan, context, pointId(at)) === 'dead',
      satisfied: ({ context }: Guarded, { at }: PointParams): boolean => isSatisfied(plan, context, pointId(at)),
      failed: ({ context, event }: Guarded, { at }: PointParams): boolean => {
        const id = event.type === 'retry' ? (event as RetryEvent).id : undefined;
        return Object.hasOwn(context.failures, pointId(at)) && (id === undefined || id === pointId(at));
      },
    },
    take: (args: Guarded, { at }: ExitParams): Partial<GraphContext> => {
      const decision = judgeAt(args, at).decision;
      return decision.ok ? follow(plan, decision, at) : {};
    },
    again: (args: Guarded, { at }: PointParams): Partial<GraphContext> => {
      const { tried } = judgeAt(args, at);
      return countAttempt(args.context, pointId(at), tried.ok ? undefined : tried.error);
    },
    fail: (args: Guarded, { at }: PointParams): Partial<GraphContext> => {
      const { context } = args;
      const id = pointId(at);
      const decision = judgeAt(args, at).decision;
      const error = decision.ok ? { name: 'Error', message: 'failed' } : decision.error;
      const { interrupts, attempts, waits, failures } = context;
      return {
        interrupts: without(interrupts, id),
        attempts: without(attempts, id),
        ...(waits ? { waits: without(waits, id) } : {}),
        failures: { ...failures, [id]: error },
      };
    },
    gather: ({ context, event }: Guarded, _: PointParams): Partial<GraphContext> =>
      gatherBranches(context, event.output),
    hold: ({ context, event }: Guarded, { at }: PointParams): Partial<GraphContext> => {
      const id = pointId(at);
      const outcome = outcomeOf(plan, context, event, at);
      const result = outcome.kind === 'result' ? outcome : { value: event.output };
      const written = writeResult(plan, context, id, result, reducers);
      return { ...written, held: { ...context.held, [id]: result.value ?? null } };
    },
    release: ({ context }: Guarded, { at }: PointParams): Partial<GraphContext> => ({
      interrupts: without(context.interrupts, pauseId(pointId(at), 'before')),
    }),
    begin: ({ context }: Guarded, { at }: PointParams): Partial<GraphContext> => {
      const begun = beginBranch(plan, context, pointId(at), reducers);
      return chartOf(plan, pointId(at)).nodes.reduce((next, id) => countVisit(plan, next, id), begun);
    },
    skip: ({ context }: Guarded, { at }: PointParams): Partial<GraphContext> => skipBranch(context, pointId(at)),
    unfail: ({ context }: Guarded, { at }: PointParams): Partial<GraphContext> => ({
      failures: without(context.failures, pointId(at)),
    }),
    ask: ({ context }: Guarded, { at }: PointParams): Partial<GraphContext> => ask(plan, context, pointId(at)),
  };
}

/** The machine of a machine node as XState's own child; one that is missing is an error when its node is entered. */
function machineLogicOf(plan: Plan, def: MachineNode, world: World): AnyActorLogic {
  const found = world.machineOf(plan, def) as Partial<AnyActorLogic> | undefined;
  if (typeof found?.transition === 'function') return found as AnyActorLogic;
  return fromPromise(async () => {
    const why = found === undefined ? 'is not registered; pass it in "machines"' : 'is no XState actor logic';
    throw errorRecord(new GraphRunError('missing-machine', `the machine "${def.machine}" of node "${def.id}" ${why}`));
  });
}

/** What runs for the subgraphs and maps of a graph, by the name under which its states invoke it. */
function childMachines(plan: Plan, world: World): Record<string, AnyActorLogic> {
  const out: Record<string, AnyActorLogic> = {};
  for (const [id, { child, def }] of plan.nodes) {
    if (child) out[childSrc(id)] = emitMachine(child, world);
    if (def.kind === 'machine') out[machineSrc(id)] = machineLogicOf(plan, def, world);
    const mapping = mappingOf(plan, id);
    if (!mapping) continue;
    const machine = mapping.def.item.bare ? undefined : emitMachine(mapping.item, world);
    out[poolSrc(id)] = poolActor(mapWork(mapping), machine && (() => machine), world.bodies(mapping.item));
  }
  return out;
}

/** An event as the child sees it: its id without the way to the child. */
function inward(event: AnyEvent, node: string): AnyEvent {
  return event.id === undefined || node.startsWith('$')
    ? event
    : { ...event, id: event.id.slice(node.length).replace(/^\//, '') };
}

/** What the graph of a subgraph node begins with. Throws when its input cannot be worked out, or does not fit. */
export function childStart(plan: Plan, context: GraphContext, node: string): GraphInput {
  const { id: thread, path } = context.thread;
  const visit = context.visits[node] ?? 1;
  const options = { thread, path: `${path}${node}${visit > 1 ? `@${visit}` : ''}/` };
  return { ...childInput(plan, context, node), [START_OPTIONS]: options };
}

/** A child is given values of its parent's state, so its input is a function: the one thing of the config that is none. */
function withChildInputs(plan: Plan, config: StateConfig): object {
  const states =
    config.states && Object.fromEntries(Object.entries(config.states).map(([id, s]) => [id, withChildInputs(plan, s)]));
  const { invoke } = config;
  const isMachine = invoke?.src.startsWith(machineSrc(''));
  if (!invoke || !(isMachine || invoke.src.startsWith(childSrc('')))) return states ? { ...config, states } : config;
  const input = ({ context }: { context: GraphContext }): unknown => {
    try {
      return (isMachine ? bodyInput : childStart)(plan, context, invoke.input.node);
    } catch {
      // Entering the state has noted the failure; the child that is spawned beside it is stopped in the same step.
      return {};
    }
  };
  return { ...config, invoke: { ...invoke, input } };
}

/** Emits the machine of a plan. */
export function emitMachine(plan: Plan, world: World) {
  const { reducers } = world;
  const own = implementationsOf(plan, world);
  const config = {
    ...withChildInputs(plan, machineConfig(plan)),
    context: ({ input }: { input: GraphInput | undefined }): GraphContext => {
      const { [START_OPTIONS]: options, ...values } = input ?? {};
      const begun = initialContext(plan.graph, values, reducers, options);
      return plan.gives ? { ...begun, gives: true } : begun;
    },
    output: ({ context }: { context: GraphContext }): State =>
      givenUp(plan, context) ?? outputOf(plan.graph, context.state),
    // Budgets bound every cycle; this bounds what they cannot see, should one slip through.
    options: { maxIterations: 100_000 },
  };
  const builder = setup({
    types: {} as {
      context: GraphContext;
      events: GraphEvent;
      input: GraphInput | undefined;
      output: State;
      meta: Readonly<Record<string, unknown>>;
    },
    actors: own.actors,
    guards: own.guards as {
      exit: (args: Guarded, params: ExitParams) => boolean;
      again: (args: Guarded, params: PointParams) => boolean;
      answered: (args: Guarded, params: PointParams) => boolean;
      skipped: (args: Guarded, params: PointParams) => boolean;
      inside: (args: Guarded, params: PointParams) => boolean;
      within: (args: Guarded, params: PointParams) => boolean;
      broken: (args: Guarded, params: PointParams) => boolean;
      asks: (args: Guarded, params: PointParams) => boolean;
      told: (args: Guarded, params: PointParams) => boolean;
      succeeds: (args: Guarded, params: PointParams) => boolean;
      released: (args: Guarded, params: PointParams) => boolean;
      ready: (args: Guarded, params: PointParams) => boolean;
      dead: (args: Guarded, params: PointParams) => boolean;
      satisfied: (args: Guarded, params: PointParams) => boolean;
      failed: (args: Guarded, params: PointParams) => boolean;
    },
    actions: {
      take: assign((args, params: ExitParams) => own.take(args, params)),
      again: assign((args, params: PointParams) => own.again(args, params)),
      fail: assign((args, params: PointParams) => own.fail(args, params)),
      unfail: assign((args, params: PointParams) => own.unfail(args, params)),
      question: assign(({ context, event }: Guarded, { at }: PointParams) => noteQuestion(context, pointId(at), event)),
      answer: assign(({ context, event }: Guarded, { at }: PointParams) =>
        noteAnswer(context, pointId(at), event.value),
      ),
      step: assign(({ context, event }: Guarded) => {
        const { id = '', name = '', value } = event as AnyEvent & { name?: string };
        return noteStep(context, id, name, value);
      }),
      gather: assign((args, params: PointParams) => own.gather(args, params)),
      hold: assign((args, params: PointParams) => own.hold(args, params)),
      pauseBefore: assign(({ context }, { at }: PointParams) => pause(context, pointId(at), 'before')),
      pauseAfter: assign(({ context }, { at }: PointParams) => pause(context, pointId(at), 'after')),
      release: assign((args, params: PointParams) => own.release(args, params)),
      begin: assign((args, params: PointParams) => own.begin(args, params)),
      skip: assign((args, params: PointParams) => own.skip(args, params)),
      ask: assign((args, params: PointParams) => own.ask(args, params)),
      timeout: raise((_, { at }: PointParams) => timeUp(plan, pointId(at), 'timeout') as unknown as GraphEvent),
      // Where nothing runs there are no children: whoever drives the core knows for whom an event is.
      forward: sendTo(
        ({ self }, { at }: PointParams) => (self.id === PURE_ACTOR ? self : pointId(at)),
        ({ event }, { at }: PointParams) => inward(event, pointId(at)) as unknown as GraphEvent,
      ),
      deadline: raise((_, { at }: PointParams) => timeUp(plan, pointId(at), 'deadline') as unknown as GraphEvent),
    },
    delays: delaysOf(plan),
  });
  // The config is made from a plan, so its literal types are not known here; the tests compile the generated sources.
  type Config = Parameters<typeof builder.createMachine>[0];
  // The branches of wide forks share all implementations, and are among them.
  for (const [id, { wide, branches }] of plan.forks) {
    if (!wide) continue;
    const machines = branches.map(scope => {
      const output = ({ context }: { context: GraphContext }) => branchResult(plan, context, scope);
      const branch = { ...config, ...withChildInputs(plan, branchConfig(plan, scope)), output, description: undefined };
      return steadyMachine(builder.createMachine(branch as unknown as Config) as AnyStateMachine);
    });
    Object.assign(own.actors, {
      [poolSrc(id)]: poolActor(forkWork(plan, id), index => machines[index] as AnyStateMachine, world.bodies(plan)),
    });
  }
  return steadyMachine(builder.createMachine(config as unknown as Config));
}

/** A compiled graph as an XState machine, ready for `createActor`. */
export type GraphMachine = ReturnType<typeof emitMachine>;
