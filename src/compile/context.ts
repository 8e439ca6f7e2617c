/**
 * What a running graph knows, and the pure rules by which it changes. No XState here: the compiled machine, the
 * generated source and the tests' interpreter all follow these types.
 *
 * Branches are isolated: a branch reads and writes its own view, and keeps a log of what it wrote. At the join the logs
 * are replayed on the outer view in the order the branches stand in the file, whatever order they finished in.
 */
import type { GraphDef, StateKey } from './graph.ts';
import type { NodeNotes } from './notes.ts';
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
  /** Where `route: all` led: the targets that were taken, for the branch and the forks it begins with. */
  readonly taken?: readonly string[];
  /** The last error that `onError` handled in this branch; one from before the fork is not copied into it. */
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
  /** Milliseconds that must pass before another attempt; a retry waits no less. */
  readonly retryAfter?: number;
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
  /** What it is about, for programs. */
  readonly data?: unknown;
  /** The JSON Schema of the answer; absent when any answer will do. */
  readonly schema?: JsonSchema;
  /** The type of the event that is waited for; absent for a question to a person. */
  readonly event?: string;
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
  /** There when a failure ends the graph, so that none can be tried again. */
  readonly gives?: true;
  /** By node id, fork id, or START. */
  readonly failures: Readonly<Record<string, ErrorRecord>>;
  /** Results of nodes that wait after their body, for the conditions of their edges. */
  readonly held: Readonly<Record<string, unknown>>;
  /** The moments that nodes wait for, in milliseconds since 1970. */
  readonly moments: Readonly<Record<string, number>>;
  /** Attempts that failed so far, of nodes that are being tried again. */
  readonly attempts: Readonly<Record<string, number>>;
  /** What functions keep while their nodes are active, by node id. */
  readonly notes?: Readonly<Record<string, NodeNotes>>;
  /** Waits that the last errors of nodes being tried again asked for, in milliseconds. Absent: none. */
  readonly waits?: Readonly<Record<string, number>>;
  /** Errors that `onError` handled, the last of each node. */
  readonly errors: Readonly<Record<string, ErrorRecord>>;
  /** The last error handled outside any branch. */
  readonly error?: HandledError;
  /** The thread, and the subgraph nodes that lead to this graph: `''` at the top, `review/` inside node `review`. */
  readonly thread: { readonly id: string; readonly path: string };
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
  const { code, retryable, retryAfter } = thrown as { code?: unknown; retryable?: unknown; retryAfter?: unknown };
  return {
    name: thrown.name,
    message: thrown.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(typeof retryAfter === 'number' && retryAfter >= 0 ? { retryAfter } : {}),
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

/** Changes a branch; a scope that is none changes nothing. */
export function withBranch(context: GraphContext, scope: string, change: Partial<BranchContext>): GraphContext {
  const branch = context.scopes[scope];
  if (!branch) return context;
  return { ...context, scopes: { ...context.scopes, [scope]: { ...branch, ...change } } };
}

/** Makes an error the last one that was handled in a scope. */
export function setError(context: GraphContext, scope: string, error: HandledError): GraphContext {
  return context.scopes[scope] ? withBranch(context, scope, { error }) : { ...context, error };
}

/** What expressions see under `error` while none was handled: empty texts, so that a condition can ask. */
export const NO_ERROR: HandledError = { node: '', name: '', message: '', code: '' };

/** The last error that was handled in this scope or around it. */
export function errorOf(context: GraphContext, scope: string): HandledError | undefined {
  if (scope === '') return context.error;
  return context.scopes[scope]?.error ?? errorOf(context, scope.slice(0, Math.max(0, scope.lastIndexOf('/'))));
}

/** Notes an error that `onError` takes care of. */
export function handleError(context: GraphContext, scope: string, node: string, error: ErrorRecord): GraphContext {
  const { name, message, code = '' } = error;
  const seen: HandledError = { node, name, message, code };
  const noted = { ...context, errors: { ...context.errors, [node]: error } };
  return setError(noted, scope, seen);
}

/** The result of a run: the whole state, or the keys that `output` names. */
export function outputOf(graph: GraphDef, state: State): State {
  if (!graph.output) return state;
  return Object.fromEntries(graph.output.map(name => [name, state[name]]));
}
