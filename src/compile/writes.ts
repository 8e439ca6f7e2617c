/** What a node's result amounts to: the names its expressions see, and the writes they make. */

import { errorOf, type GraphContext, GraphRunError, NO_ERROR, type State, stateKeys, viewOf } from './context.ts';
import type { Scope } from './expr.ts';
import type { Value } from './graph.ts';
import { acceptWrite } from './merging.ts';
import type { Plan, PlanNode } from './plan.ts';

/** The names an expression or text of this scope sees. */
export function expressionScope(plan: Plan, context: GraphContext, scope: string): Scope {
  const names = { ...viewOf(context, scope), thread: context.thread, error: errorOf(context, scope) ?? NO_ERROR };
  return plan.countsAll ? { ...names, visits: allVisits(plan, context) } : names;
}

function allVisits(plan: Plan, context: GraphContext): Record<string, number> {
  const out: Record<string, number> = {};
  for (const id of plan.nodes.keys()) out[id] = context.visits[id] ?? 0;
  return out;
}

export function evaluate(value: Value, scope: () => Scope): unknown {
  return value.kind === 'literal' ? value.value : value.expr.evaluate(scope());
}

/** Makes a value when it is first asked for. */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The writes a node's result amounts to, and what it said to its history. Throws for what does not fit the state. */
export function writesOf(
  plan: Plan,
  context: GraphContext,
  node: PlanNode,
  output: unknown,
  messages?: unknown,
): State {
  const { id, history } = node.def;
  const own = resultWrites(plan, context, node, output);
  if (history === undefined || messages === undefined) return own;
  return { ...own, [history]: acceptWrite(stateKeys(plan.graph), history, messages, `node "${id}"`) };
}

function resultWrites(plan: Plan, context: GraphContext, node: PlanNode, output: unknown): State {
  const { id, writes } = node.def;
  const keys = stateKeys(plan.graph);
  const by = `node "${id}"`;
  switch (writes.kind) {
    case 'none':
      return {};
    case 'key':
      return { [writes.key]: acceptWrite(keys, writes.key, output, by) };
    case 'map': {
      const scope = lazy(() => ({ ...expressionScope(plan, context, node.scope), output }));
      return Object.fromEntries(
        writes.entries.map(e => [e.key, acceptWrite(keys, e.key, evaluate(e.value, scope), by)]),
      );
    }
    case 'object': {
      if (output === undefined || output === null) return {};
      if (typeof output !== 'object' || Array.isArray(output)) {
        const what = Array.isArray(output) ? 'a list' : `a ${typeof output}`;
        throw new GraphRunError(
          'wrong-result',
          `${by} returned ${what}; return an object of state keys, or give the node an "output"`,
        );
      }
      const given = output as Readonly<Record<string, unknown>>;
      const accepted: Record<string, unknown> = {};
      for (const key of Object.keys(given)) {
        const value = given[key];
        if (value !== undefined) accepted[key] = acceptWrite(keys, key, value, by);
      }
      return accepted;
    }
  }
}
