/** What entering a node that waits works out: the question, or the moment. Pure. */
import { agentInput } from './agent-graph.ts';
import { errorRecord, type GraphContext, GraphRunError, type PendingInterrupt, viewOf } from './context.ts';
import type { NodeDef } from './graph.ts';
import { InputError, inputProblems } from './input.ts';
import { pauseId } from './names.ts';
import { nodeOf, type Plan } from './plan.ts';
import { evaluate, expressionScope, lazy } from './writes.ts';

function question(plan: Plan, context: GraphContext, def: NodeDef, scope: string): Partial<GraphContext> {
  const put = (pending: PendingInterrupt): Partial<GraphContext> => ({
    interrupts: { ...context.interrupts, [def.id]: pending },
  });
  if (def.kind === 'interrupt') {
    const message = def.message.render(expressionScope(plan, context, scope));
    const data = def.data && { data: evaluate(def.data, () => expressionScope(plan, context, scope)) };
    return put({ node: def.id, message, ...data, ...(def.schema ? { schema: def.schema.schema } : {}) });
  }
  if (def.kind === 'machine') {
    bodyInput(plan, context, def.id);
    return {};
  }
  if (def.kind === 'graph' || def.kind === 'agent') {
    // The child is given this when it is spawned; what cannot be evaluated is found here, where it can be a failure.
    childInput(plan, context, def.id);
    return {};
  }
  if (def.kind !== 'wait') return {};
  if (def.until.kind === 'event') {
    const { name } = def.until;
    return put({
      node: def.id,
      message: `waits for the event "${name}"`,
      event: name,
      ...(def.schema ? { schema: def.schema.schema } : {}),
    });
  }
  if (def.until.kind !== 'moment') return {};
  const value = evaluate(def.until.value, () => expressionScope(plan, context, scope));
  return { moments: { ...context.moments, [def.id]: momentOf(value, def.id) } };
}

/** What the graph of a subgraph node is given. Throws what its expressions throw, and {@link InputError}. */
export function childInput(plan: Plan, context: GraphContext, id: string): Record<string, unknown> {
  const { def, scope } = nodeOf(plan, id);
  const names = lazy(() => expressionScope(plan, context, scope));
  if (def.kind === 'agent') return agentInput(def, names());
  if (def.kind !== 'graph') return {};
  const given = def.input.map(i => [i.name, evaluate(i.value, names)] as const);
  const input = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const problems = inputProblems(def.child, input);
  if (problems.length > 0) throw new InputError(def.child.name, problems);
  return input;
}

/** What a function or a machine is given: what `input` says, or the whole state. */
export function bodyInput(plan: Plan, context: GraphContext, id: string): unknown {
  const { def, scope } = nodeOf(plan, id);
  if (def.kind !== 'function' && def.kind !== 'machine') return undefined;
  if (def.input) {
    const names = lazy(() => expressionScope(plan, context, scope));
    return Object.fromEntries(def.input.map(i => [i.name, evaluate(i.value, names)]));
  }
  const state = viewOf(context, scope);
  if (!plan.graph.madeForItem || !Object.hasOwn(state, 'output')) return state;
  const { output: _result, ...given } = state;
  return given;
}

function momentOf(value: unknown, id: string): number {
  const ms =
    typeof value === 'number'
      ? value
      : value instanceof Date
        ? value.getTime()
        : typeof value === 'string'
          ? Date.parse(value)
          : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new GraphRunError(
    'not-a-moment',
    `node "${id}" waits until ${JSON.stringify(value)}, which is no moment; give milliseconds since 1970 or an ISO 8601 text`,
  );
}

/** Waits before or after the body of a node, for a resume without a payload. */
export function pause(context: GraphContext, id: string, side: 'before' | 'after'): Partial<GraphContext> {
  const message = side === 'before' ? `before node "${id}" runs` : `after node "${id}" ran`;
  return { interrupts: { ...context.interrupts, [pauseId(id, side)]: { node: id, message } } };
}

/** Asks, or notes why it cannot. */
export function ask(plan: Plan, context: GraphContext, id: string): Partial<GraphContext> {
  const { def, scope } = nodeOf(plan, id);
  try {
    return question(plan, context, def, scope);
  } catch (thrown) {
    return { failures: { ...context.failures, [id]: errorRecord(thrown) } };
  }
}
