/** How a run begins: what its input must be, and the context it makes. */
import { type GraphContext, type Reducers, type State, stateKeys } from './context.ts';
import type { GraphDef, StateKey } from './graph.ts';
import { copyJson } from './json.ts';
import { acceptWrite, isItem, mergeWrites } from './merging.ts';

/** The key under which a machine is handed more than its input; plain inputs never have it. */
export const START_OPTIONS: unique symbol = Symbol('statewright.start');

export type GraphInput = Readonly<Record<string, unknown>> & { readonly [START_OPTIONS]?: StartOptions };

/** A thread to begin, beside its input. */
export interface StartOptions {
  /** The state of an earlier run of the thread: the input is merged into it. */
  readonly state?: State | undefined;
  readonly thread?: string | undefined;
  /** The subgraph nodes that lead here, each with a slash behind it. */
  readonly path?: string | undefined;
  /** What the branch of a fork begins with, in place of all else. */
  readonly context?: GraphContext;
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

/** The keys of a state in the order the file declares them: so they print. */
function inFileOrder(graph: GraphDef, state: State): State {
  const known = graph.state.filter(k => Object.hasOwn(state, k.name));
  return Object.freeze(Object.fromEntries(known.map(k => [k.name, state[k.name]])));
}

/**
 * A state with values that were given for some of its keys: merged into it as a node's writes are, or in place of what is
 * there. Throws what does not fit.
 */
export function editedState(
  graph: GraphDef,
  state: State,
  values: unknown,
  reducers: Reducers,
  replace: boolean,
): State {
  const keys = stateKeys(graph);
  const given = Object.entries({ ...(values as object | undefined) });
  const writes: State = Object.fromEntries(given.map(([k, v]) => [k, acceptWrite(keys, k, v, 'the input')]));
  return replace
    ? inFileOrder(graph, { ...state, ...asLists(keys, writes) })
    : mergeWrites(graph, state, writes, reducers);
}

/**
 * What every context begins as, made as XState makes the next ones, and before any graph is. V8 shares the shapes of plain
 * objects that begin with one of 1,536 names, and for each node XState makes an object that begins with a name of its own:
 * contexts that came after those had a shape each, and a step with them took more than twice as long.
 */
const BLANK: GraphContext = Object.assign(
  {},
  {
    state: {},
    scopes: {},
    visits: {},
    interrupts: {},
    failures: {},
    moments: {},
    held: {},
    attempts: {},
    errors: {},
    thread: { id: '', path: '' },
  },
);

/** The context a run begins with. Throws {@link InputError}. */
export function initialContext(
  graph: GraphDef,
  input: unknown,
  reducers: Reducers,
  options: StartOptions = {},
): GraphContext {
  if (options.context) return options.context;
  const problems = inputProblems(graph, input, options.state);
  if (problems.length > 0) throw new InputError(graph.name, problems);
  const defaults = Object.fromEntries(graph.state.flatMap(k => (k.required ? [] : [[k.name, copyJson(k.initial)]])));
  // A fresh run takes its input as it is; a further one merges it into what the thread has, as a node would.
  const state = editedState(graph, options.state ?? defaults, input, reducers, options.state === undefined);
  return { ...BLANK, state, thread: { id: options.thread ?? '', path: options.path ?? '' } };
}
