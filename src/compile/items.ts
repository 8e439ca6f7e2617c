/** The items of a map: what they are, and what each is given. Pure. */
import { type GraphContext, GraphRunError, viewOf } from './context.ts';
import type { Scope } from './expr.ts';
import type { MapNode } from './graph.ts';
import { initialContext } from './input.ts';
import { nodeOf, type Plan } from './plan.ts';
import type { PoolSpec } from './pool.ts';
import { evaluate, expressionScope } from './writes.ts';

/** A map with all it takes to run its items. */
export interface Mapping {
  /** The plan of the graph around the map. */
  readonly plan: Plan;
  readonly def: MapNode;
  readonly scope: string;
  /** How what runs for an item runs. */
  readonly item: Plan;
}

/** The map with this id; undefined for a node of another kind. */
export function mappingOf(plan: Plan, id: string): Mapping | undefined {
  const { def, scope, item } = nodeOf(plan, id);
  return def.kind === 'map' && item ? { plan, def, scope, item } : undefined;
}

function itemsOf({ plan, def, scope }: Mapping, context: GraphContext): readonly unknown[] {
  const value = evaluate(def.over, () => expressionScope(plan, context, scope));
  if (Array.isArray(value)) return value;
  if (value !== null && typeof value === 'object')
    return Object.entries(value).map(([key, member]) => Object.freeze({ key, value: member }));
  const what = value === null || value === undefined ? 'null' : `a ${typeof value}`;
  throw new GraphRunError('not-a-list', `node "${def.id}" maps over ${what}; "over" must give a list or an object`);
}

function neededOf(minSuccess: number | undefined, total: number): number {
  if (minSuccess === undefined) return total;
  return minSuccess < 1 ? Math.ceil(minSuccess * total) : Math.min(Math.ceil(minSuccess), total);
}

/** What the pool of a map is about. Throws when its items cannot be worked out. */
export function poolSpec(mapping: Mapping, context: GraphContext): PoolSpec {
  const { def } = mapping;
  const items = itemsOf(mapping, context);
  const needed = neededOf(def.minSuccess, items.length);
  const gives = mapping.plan.gives === true || (def.onError !== undefined && def.onError !== 'fail');
  return { node: def.id, items, concurrency: def.concurrency, needed, gives };
}

/** The thread as an item sees it. */
function threadOf({ def }: Mapping, { thread, visits }: GraphContext, index: number): GraphContext['thread'] {
  const visit = visits[def.id] ?? 1;
  return { id: thread.id, path: `${thread.path}${def.id}${visit > 1 ? `@${visit}` : ''}[${index}]/` };
}

/** The context in which the body of an item without a machine of its own runs. */
export function itemContext(mapping: Mapping, context: GraphContext, item: unknown, index: number): GraphContext {
  const { def, scope } = mapping;
  const error = scope === '' ? context.error : context.scopes[scope]?.error;
  return {
    state: { ...viewOf(context, scope), [def.as]: item, index },
    scopes: {},
    visits: {},
    interrupts: {},
    failures: {},
    held: {},
    moments: {},
    attempts: {},
    errors: {},
    ...(error ? { error } : {}),
    thread: threadOf(mapping, context, index),
  };
}

/** What the machine of an item begins with: its input, and its thread. Throws when the input does not fit. */
export function itemStart(
  mapping: Mapping,
  context: GraphContext,
  item: unknown,
  index: number,
): { readonly input: Record<string, unknown>; readonly thread: GraphContext['thread'] } {
  const { plan, def, scope } = mapping;
  const { graph, inline, input } = def.item;
  const thread = threadOf(mapping, context, index);
  if (!inline) {
    const names: Scope = { ...expressionScope(plan, context, scope), [def.as]: item, index };
    const given = Object.fromEntries(input.map(i => [i.name, evaluate(i.value, () => names)]));
    initialContext(graph, given, {});
    return { input: given, thread };
  }
  const all: Scope = { ...viewOf(context, scope), [def.as]: item, index };
  const given = graph.state.filter(k => k.required).map(k => [k.name, all[k.name] ?? null]);
  return { input: Object.fromEntries(given), thread };
}

/** The result of an item whose machine ended. */
export function itemResult({ def }: Mapping, output: unknown): unknown {
  return def.item.inline ? (output as { readonly output: unknown }).output : output;
}
