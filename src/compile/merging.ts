/** How writes become state: accepted against their key, then merged by its rule. Pure. */
import {
  type GraphContext,
  GraphRunError,
  type LogEntry,
  type Reducers,
  type State,
  stateKeys,
  viewOf,
} from './context.ts';
import type { GraphDef, StateKey } from './graph.ts';
import { copyJson, JsonProblem } from './json.ts';
import { merges, takesItems } from './merge.ts';

/** Whether a value is one item of a list that is written item by item. */
export function isItem(key: StateKey, value: unknown): boolean {
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
  const wrong = key.type.check(copied)[0];
  if (wrong === undefined || (isItem(key, copied) && key.type.items?.check(copied).length === 0)) return copied;
  throw new GraphRunError('wrong-type', `${by} writes "${name}", which is ${key.type.label}: ${wrong}`);
}

function mergeKey(key: StateKey, current: unknown, written: unknown, reducers: Reducers): unknown {
  if (typeof key.merge !== 'string') {
    const name = [key.merge.reducer, key.merge.key].find(k => k !== undefined && Object.hasOwn(reducers, k));
    const reduce = name === undefined ? undefined : reducers[name];
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
