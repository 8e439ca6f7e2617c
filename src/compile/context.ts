/**
 * What a running graph knows, and the pure rules by which it changes. No XState here: the compiled machine, the
 * generated source and the tests' interpreter all follow these types.
 *
 * Branches are isolated: a branch reads and writes its own view, and keeps a log of what it wrote. At the join the logs
 * are replayed on the outer view in the order the branches stand in the file, whatever order they finished in.
 */
import type { GraphDef, StateKey } from './graph.ts';
import { copyJson, JsonProblem } from './json.ts';
import { merges, takesItems } from './merge.ts';
import { forkOf, type Plan } from './plan.ts';
import type { JsonSchema } from './state-type.ts';

/** Values by state key. Frozen JSON. */
export type State = Readonly<Record<string, unknown>>;

/** What one node wrote, before any merging. */
export interface LogEntry {
  readonly node: string;
  readonly writes: State;
}

/** A branch of a fork while it runs. */
export interface BranchContext {
  readonly state: State;
  readonly log: readonly LogEntry[];
  /** Whether it runs, came to the join, or to END. */
  readonly status: 'running' | 'arrived' | 'ended';
  /** The last error that `onError` handled in this branch. */
  readonly error?: HandledError;
}

/** An error as plain data: it goes into snapshots and checkpoints. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  /** A stable word for programs: `write-conflict`, `no-edge`, `limit`, or the error's own `code`. */
  readonly code?: string;
  /** False when trying again cannot help: a retry then does not. */
  readonly retryable?: boolean;
  readonly stack?: string;
  readonly cause?: ErrorRecord;
}

/** An error that `onError` took care of, as expressions see it under `error`. */
export interface HandledError {
  readonly node: string;
  readonly name: string;
  readonly message: string;
  readonly code: string;
}

/** A question that waits for a person. */
export interface PendingInterrupt {
  readonly node: string;
  readonly message: string;
  /** The JSON Schema of the answer; absent when any answer will do. */
  readonly schema?: JsonSchema;
}

/** The context of every compiled machine: JSON through and through. */
export interface GraphContext {
  readonly state: State;
  /** The running branches, by scope. */
  readonly scopes: Readonly<Record<string, BranchContext>>;
  /** How often each node was entered in this run. */
  readonly visits: Readonly<Record<string, number>>;
  /** By node id. */
  readonly interrupts: Readonly<Record<string, PendingInterrupt>>;
  /** By node id, fork id, or START. */
  readonly failures: Readonly<Record<string, ErrorRecord>>;
  /** Attempts that failed so far, of nodes that are being tried again. */
  readonly attempts: Readonly<Record<string, number>>;
  /** Errors that `onError` handled, the last of each node. */
  readonly errors: Readonly<Record<string, ErrorRecord>>;
  /** The last error handled outside any branch. */
  readonly error?: HandledError;
  readonly thread: { readonly id: string };
}

/** A run-time error of the graph itself: a wrong write, no edge to take, a conflict. */
export class GraphRunError extends Error {
  override readonly name = 'GraphRunError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Reducers that the user registered, by the name in `merge`. Pure: `(current, written) => next`. */
export type Reducers = Readonly<Record<string, (current: unknown, written: unknown) => unknown>>;

/** Turns whatever was thrown into data. */
export function errorRecord(thrown: unknown): ErrorRecord {
  if (!(thrown instanceof Error)) {
    if (isRecord(thrown)) return thrown;
    const message = typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown));
    return { name: 'Error', message };
  }
  const { code, retryable } = thrown as { code?: unknown; retryable?: unknown };
  return {
    name: thrown.name,
    message: thrown.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    ...(thrown.cause === undefined ? {} : { cause: errorRecord(thrown.cause) }),
  };
}

function isRecord(value: unknown): value is ErrorRecord {
  return (
    value !== null &&
    typeof value === 'object' &&
    typeof (value as ErrorRecord).message === 'string' &&
    typeof (value as ErrorRecord).name === 'string'
  );
}

const keyMaps = new WeakMap<GraphDef, ReadonlyMap<string, StateKey>>();

/** The state keys of a graph by name. */
export function stateKeys(graph: GraphDef): ReadonlyMap<string, StateKey> {
  const known = keyMaps.get(graph) ?? new Map(graph.state.map(k => [k.name, k]));
  keyMaps.set(graph, known);
  return known;
}

/** What a node of this scope sees. */
export function viewOf(context: GraphContext, scope: string): State {
  return scope === '' ? context.state : (context.scopes[scope]?.state ?? context.state);
}

/** The last error that was handled in this scope or around it. */
export function errorOf(context: GraphContext, scope: string): HandledError | undefined {
  return scope === '' ? context.error : context.scopes[scope]?.error;
}

/** Notes an error that `onError` takes care of. */
export function handleError(context: GraphContext, scope: string, node: string, error: ErrorRecord): GraphContext {
  const { name, message, code = '' } = error;
  const seen: HandledError = { node, name, message, code };
  const noted = { ...context, errors: { ...context.errors, [node]: error } };
  const branch = context.scopes[scope];
  if (!branch) return { ...noted, error: seen };
  return { ...noted, scopes: { ...context.scopes, [scope]: { ...branch, error: seen } } };
}

/** Whether a value is one item of a list that is written item by item. */
function isItem(key: StateKey, value: unknown): boolean {
  return typeof key.merge === 'string' && takesItems(key.merge) && key.type.check(value).length > 0;
}

function jsonWrite(value: unknown, name: string, by: string): unknown {
  try {
    return copyJson(value, name);
  } catch (problem) {
    if (!(problem instanceof JsonProblem)) throw problem;
    throw new GraphRunError('not-json', `${by} writes "${problem.path}", which${problem.reason}`);
  }
}

/** Checks a value against its key and copies it. Throws {@link GraphRunError}. */
export function acceptWrite(keys: ReadonlyMap<string, StateKey>, name: string, value: unknown, by: string): unknown {
  const key = keys.get(name);
  if (!key) {
    throw new GraphRunError(
      'undeclared-key',
      `${by} writes "${name}", which the state does not declare; state keys: ${[...keys.keys()].join(', ')}`,
    );
  }
  const copied = jsonWrite(value, name, by);
  const [wrong] = key.type.check(copied);
  if (wrong === undefined || (isItem(key, copied) && key.type.items?.check(copied).length === 0)) return copied;
  throw new GraphRunError('wrong-type', `${by} writes "${name}", which is ${key.type.label}: ${wrong}`);
}

function mergeKey(key: StateKey, current: unknown, written: unknown, reducers: Reducers): unknown {
  if (typeof key.merge !== 'string') {
    const reduce = reducers[key.merge.reducer];
    if (!reduce)
      throw new GraphRunError(
        'missing-reducer',
        `the reducer "${key.merge.reducer}" of "${key.name}" is not registered`,
      );
    return copyJson(reduce(current, written), `the result of the reducer "${key.merge.reducer}"`);
  }
  const item = isItem(key, written) && Array.isArray(written);
  return Object.freeze(merges[key.merge](current, item ? [written] : written));
}

/** Merges accepted writes into a state, key by key. */
export function mergeWrites(graph: GraphDef, state: State, writes: State, reducers: Reducers): State {
  const keys = stateKeys(graph);
  const next: Record<string, unknown> = { ...state };
  for (const name of Object.keys(writes)) {
    const key = keys.get(name);
    if (key) next[name] = mergeKey(key, state[name], writes[name], reducers);
  }
  return Object.freeze(next);
}

/** Writes into a scope: into the state, or into a branch's view and log. */
export function writeTo(
  graph: GraphDef,
  context: GraphContext,
  scope: string,
  entries: readonly LogEntry[],
  reducers: Reducers,
): GraphContext {
  if (entries.length === 0) return context;
  let state = viewOf(context, scope);
  for (const { writes } of entries) state = mergeWrites(graph, state, writes, reducers);
  if (scope === '') return { ...context, state };
  const branch = context.scopes[scope];
  if (!branch) throw new Error(`no branch "${scope}"`);
  return { ...context, scopes: { ...context.scopes, [scope]: { ...branch, state, log: [...branch.log, ...entries] } } };
}

/** Opens the branches of a fork, each with the view of its parent. */
export function openFork(plan: Plan, context: GraphContext, forkId: string): GraphContext {
  const fork = forkOf(plan, forkId);
  const state = viewOf(context, fork.scope);
  const error = errorOf(context, fork.scope);
  const scopes: Record<string, BranchContext> = { ...context.scopes };
  for (const scope of fork.branches) scopes[scope] = { state, log: [], status: 'running', ...(error ? { error } : {}) };
  return { ...context, scopes };
}

function findConflict(graph: GraphDef, logs: readonly (readonly LogEntry[])[]): GraphRunError | undefined {
  const keys = stateKeys(graph);
  const writer = new Map<string, { branch: number; node: string }>();
  for (const [branch, log] of logs.entries()) {
    for (const { node, writes } of log) {
      for (const name of Object.keys(writes)) {
        if (keys.get(name)?.merge !== 'replace') continue;
        const before = writer.get(name);
        if (before && before.branch !== branch) {
          return new GraphRunError(
            'write-conflict',
            `"${before.node}" and "${node}" ran in parallel and both wrote "${name}", whose merge rule is "replace"; give "${name}" another rule, or write it in one branch`,
          );
        }
        writer.set(name, { branch, node });
      }
    }
  }
  return undefined;
}

/** Whether a join need wait for no further branch. */
export function isSatisfied(plan: Plan, context: GraphContext, forkId: string): boolean {
  const { branches, need, arrives } = forkOf(plan, forkId);
  if (need === undefined) return false;
  const arrived = branches.filter(scope => context.scopes[scope]?.status === 'arrived').length;
  return arrived + (arrives ? 1 : 0) >= need;
}

/**
 * Closes the branches of a fork, replaying what they wrote in file order. A branch that still runs is cancelled: what it
 * wrote is dropped, and so is all that waits in it. Throws {@link GraphRunError} on a conflict.
 */
export function closeFork(
  plan: Plan,
  context: GraphContext,
  forkId: string,
  reducers: Reducers,
): { context: GraphContext; arrived: boolean } {
  const fork = forkOf(plan, forkId);
  const finished = fork.branches.filter(scope => context.scopes[scope]?.status !== 'running');
  const logs = finished.map(scope => context.scopes[scope]?.log ?? []);
  const conflict = findConflict(plan.graph, logs);
  if (conflict) throw conflict;
  const arrived = fork.arrives || finished.some(scope => context.scopes[scope]?.status === 'arrived');
  const cleared = forgetBranches(plan, context, fork.branches);
  return { context: writeTo(plan.graph, cleared, fork.scope, logs.flat(), reducers), arrived };
}

function forgetBranches(plan: Plan, context: GraphContext, branches: readonly string[]): GraphContext {
  const inside = (scope: string): boolean => branches.some(b => scope === b || scope.startsWith(`${b}/`));
  const scopes = Object.fromEntries(Object.entries(context.scopes).filter(([scope]) => !inside(scope)));
  const waits = [context.interrupts, context.failures, context.attempts].some(r => Object.keys(r).length > 0);
  if (!waits) return { ...context, scopes };
  const outside = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(record).filter(([id]) => !inside(plan.nodes.get(id)?.scope ?? plan.forks.get(id)?.scope ?? '')),
    );
  return {
    ...context,
    scopes,
    interrupts: outside(context.interrupts),
    failures: outside(context.failures),
    attempts: outside(context.attempts),
  };
}

/** A thread to begin, beside its input. */
export interface StartOptions {
  /** The state of an earlier run of the thread: the input is merged into it. */
  readonly state?: State | undefined;
  readonly thread?: string | undefined;
}

/** What is wrong with an input, key by key; empty when the run can start. */
export function inputProblems(graph: GraphDef, input: unknown, before?: State): string[] {
  if (input !== undefined && input !== null && (typeof input !== 'object' || Array.isArray(input)))
    return ['the input must be an object of state keys'];
  const given: Record<string, unknown> = { ...(input as object | undefined) };
  const keys = stateKeys(graph);
  const problems: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    try {
      acceptWrite(keys, name, value, 'the input');
    } catch (problem) {
      problems.push((problem as Error).message);
    }
  }
  for (const key of graph.state) {
    const missing =
      key.required && !Object.hasOwn(given, key.name) && (before === undefined || !Object.hasOwn(before, key.name));
    if (missing) problems.push(`the input lacks "${key.name}" (${key.type.label})`);
  }
  return problems;
}

/** An input that does not fit the graph. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly code = 'input';
  readonly problems: readonly string[];
  constructor(graph: string, problems: readonly string[]) {
    super(`the input does not fit "${graph}":\n${problems.map(p => `  - ${p}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Single items given for lists, as lists. */
function asLists(keys: ReadonlyMap<string, StateKey>, writes: State): State {
  const entries = Object.entries(writes).map(([name, value]) => {
    const key = keys.get(name);
    return [name, key && isItem(key, value) ? Object.freeze([value]) : value];
  });
  return Object.fromEntries(entries);
}

/** The context a run begins with. Throws {@link InputError}. */
export function initialContext(
  graph: GraphDef,
  input: unknown,
  reducers: Reducers,
  options: StartOptions = {},
): GraphContext {
  const problems = inputProblems(graph, input, options.state);
  if (problems.length > 0) throw new InputError(graph.name, problems);
  const keys = stateKeys(graph);
  const defaults = Object.fromEntries(graph.state.flatMap(k => (k.required ? [] : [[k.name, copyJson(k.initial)]])));
  const base: State = options.state ?? defaults;
  const given = Object.entries({ ...(input as object | undefined) }).map(([k, v]) => [
    k,
    acceptWrite(keys, k, v, 'the input'),
  ]);
  const writes: State = Object.fromEntries(given);
  // A fresh run takes its input as it is; a further one merges it into what the thread has, as a node would.
  const state = options.state
    ? mergeWrites(graph, base, writes, reducers)
    : Object.freeze({ ...base, ...asLists(keys, writes) });
  return {
    state,
    scopes: {},
    visits: {},
    interrupts: {},
    failures: {},
    attempts: {},
    errors: {},
    thread: { id: options.thread ?? '' },
  };
}

/** The result of a run: the whole state, or the keys that `output` names. */
export function outputOf(graph: GraphDef, state: State): State {
  if (!graph.output) return state;
  return Object.fromEntries(graph.output.map(name => [name, state[name]]));
}
