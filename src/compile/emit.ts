/** Config and the pure rules in, an XState machine out. The only file of the compiler that knows XState. */
import { assign, fromPromise, setup } from 'xstate';
import { type ExitParams, machineConfig, type PointParams } from './config.ts';
import {
  type ErrorRecord,
  errorRecord,
  type GraphContext,
  initialContext,
  outputOf,
  type Reducers,
  type StartOptions,
  type State,
} from './context.ts';
import { type Decision, decide, expressionScope, follow, type Point, pointId } from './decide.ts';
import { nodeOf, type Plan } from './plan.ts';

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

/** What a body is told when it runs inside a plain actor or a host. */
export interface BodyCall {
  readonly node: string;
  readonly context: GraphContext;
  readonly signal: AbortSignal;
}

/** Runs the body of a node and gives its result; rejects when it fails. */
export type RunBody = (call: BodyCall) => Promise<unknown>;

/** The key under which `createRuntime` hands a thread's earlier state to the machine; plain inputs never have it. */
export const START_OPTIONS: unique symbol = Symbol('statewright.start');

export type GraphInput = Readonly<Record<string, unknown>> & { readonly [START_OPTIONS]?: StartOptions };

type Guarded = { context: GraphContext; event: { type: string } };

/** Whether an event is about this point: a node further on is decided in the same macrostep, with the same event. */
function concerns(plan: Plan, event: { type: string }, at: Point): boolean {
  if (at.kind !== 'node') return false;
  if (event.type === 'resume') return nodeOf(plan, at.id).def.kind === 'interrupt';
  return event.type === `xstate.done.actor.${at.id}` || event.type === `xstate.error.actor.${at.id}`;
}

/** The result an event carries for a point: a body's, or a person's answer. */
function resultOf(plan: Plan, event: { type: string }, at: Point): unknown {
  if (!concerns(plan, event, at)) return undefined;
  return event.type === 'resume' ? (event as ResumeEvent).value : (event as { output?: unknown }).output;
}

/** Why an answer cannot be taken, or undefined when it fits. */
export function answerProblem(plan: Plan, node: string, value: unknown): string | undefined {
  const { def } = nodeOf(plan, node);
  if (def.kind !== 'interrupt' || !def.schema) return undefined;
  const problems = def.schema.check(value);
  return problems.length === 0 ? undefined : problems.join('; ');
}

function isAnswer(plan: Plan, { context, event }: Guarded, at: Point): boolean {
  if (event.type !== 'resume' || at.kind !== 'node' || !concerns(plan, event, at)) return true;
  const { id, value } = event as ResumeEvent;
  const waiting = Object.keys(context.interrupts);
  const meant = id === undefined ? waiting.length === 1 && waiting[0] === at.id : id === at.id;
  return meant && answerProblem(plan, at.id, value) === undefined;
}

/**
 * Guards and actions ask for the same decision in one microstep; the last one is kept. It is a cache of a pure
 * function, so a miss costs time and changes nothing.
 */
function decisions(plan: Plan, reducers: Reducers): (args: Guarded, at: Point) => Decision {
  let last: { context: GraphContext; event: object; id: string; kind: string; decision: Decision } | undefined;
  return ({ context, event }, at) => {
    const id = pointId(at);
    if (last && last.context === context && last.event === event && last.id === id && last.kind === at.kind)
      return last.decision;
    const decision = decide(plan, context, at, resultOf(plan, event, at), reducers);
    last = { context, event, id, kind: at.kind, decision };
    return decision;
  };
}

function failureOf(plan: Plan, { event }: Guarded, at: Point, decision: () => Decision): ErrorRecord {
  if (concerns(plan, event, at) && event.type.startsWith('xstate.error.'))
    return errorRecord((event as { error?: unknown }).error);
  const made = decision();
  return made.ok ? { name: 'Error', message: 'failed' } : made.error;
}

function ask(plan: Plan, context: GraphContext, at: Point): Partial<GraphContext> {
  const id = pointId(at);
  const { def, scope } = nodeOf(plan, id);
  if (def.kind !== 'interrupt') return {};
  try {
    const message = def.message.render(expressionScope(plan, context, scope));
    const schema = def.schema ? { schema: def.schema.schema } : {};
    return { interrupts: { ...context.interrupts, [id]: { node: id, message, ...schema } } };
  } catch (thrown) {
    return { failures: { ...context.failures, [id]: errorRecord(thrown) } };
  }
}

function without<T>(record: Readonly<Record<string, T>>, id: string): Record<string, T> {
  const { [id]: _dropped, ...rest } = record;
  return rest;
}

/** The implementations that a compiled graph's config names. */
export function implementationsOf(plan: Plan, runBody: RunBody, reducers: Reducers) {
  const decisionAt = decisions(plan, reducers);
  const body = fromPromise<unknown, { node: string }>(({ input, self, signal }) => {
    // The body reads its parent's state when it starts, so that no snapshot holds a copy of the state per child.
    const parent = (self as { _parent?: { getSnapshot(): { context: GraphContext } } })._parent;
    if (!parent) throw new Error('a node body runs only inside its graph');
    return runBody({ node: input.node, context: parent.getSnapshot().context, signal });
  });
  return {
    actors: { function: body, llm: body },
    guards: {
      exit: (args: Guarded, { at, exit, hop }: ExitParams): boolean => {
        if (!isAnswer(plan, args, at)) return false;
        const decision = decisionAt(args, at);
        return decision.ok && decision.exit === exit && decision.hop === hop;
      },
      answered: (args: Guarded, { at }: PointParams): boolean => isAnswer(plan, args, at),
      failed: ({ context, event }: Guarded, { at }: PointParams): boolean => {
        const id = event.type === 'retry' ? (event as RetryEvent).id : undefined;
        return Object.hasOwn(context.failures, pointId(at)) && (id === undefined || id === pointId(at));
      },
    },
    take: (args: Guarded, { at }: ExitParams): Partial<GraphContext> => {
      const decision = decisionAt(args, at);
      return decision.ok ? follow(plan, decision, at) : {};
    },
    fail: (args: Guarded, { at }: PointParams): Partial<GraphContext> => {
      const error = failureOf(plan, args, at, () => decisionAt(args, at));
      const interrupts = without(args.context.interrupts, pointId(at));
      return { interrupts, failures: { ...args.context.failures, [pointId(at)]: error } };
    },
    unfail: ({ context }: Guarded, { at }: PointParams): Partial<GraphContext> => ({
      failures: without(context.failures, pointId(at)),
    }),
    ask: ({ context }: Guarded, { at }: PointParams): Partial<GraphContext> => ask(plan, context, at),
  };
}

/** Emits the machine of a plan. */
export function emitMachine(plan: Plan, runBody: RunBody, reducers: Reducers) {
  const { actors, guards, take, fail, unfail, ask: asking } = implementationsOf(plan, runBody, reducers);
  const config = {
    ...machineConfig(plan),
    context: ({ input }: { input: GraphInput }): GraphContext => {
      const { [START_OPTIONS]: options, ...values } = input ?? {};
      return initialContext(plan.graph, values, reducers, options);
    },
    output: ({ context }: { context: GraphContext }): State => outputOf(plan.graph, context.state),
    // Budgets bound every cycle; this bounds what they cannot see, should one slip through.
    options: { maxIterations: 100_000 },
  };
  const builder = setup({
    types: {} as {
      context: GraphContext;
      events: GraphEvent;
      input: GraphInput;
      output: State;
      meta: Readonly<Record<string, unknown>>;
    },
    actors,
    guards: guards as {
      exit: (args: Guarded, params: ExitParams) => boolean;
      answered: (args: Guarded, params: PointParams) => boolean;
      failed: (args: Guarded, params: PointParams) => boolean;
    },
    actions: {
      take: assign((args, params: ExitParams) => take(args, params)),
      fail: assign((args, params: PointParams) => fail(args, params)),
      unfail: assign((args, params: PointParams) => unfail(args, params)),
      ask: assign((args, params: PointParams) => asking(args, params)),
    },
  });
  // The config is made from a plan, so its literal types are not known here; the tests compile the generated sources.
  return builder.createMachine(config as unknown as Parameters<typeof builder.createMachine>[0]);
}

/** A compiled graph as an XState machine, ready for `createActor`. */
export type GraphMachine = ReturnType<typeof emitMachine>;
