/** What bodies have in common with others: results that were had before, and turns that are taken. */
import { bodyInput } from '../compile/ask.ts';
import type { GraphContext } from '../compile/context.ts';
import type { Scope } from '../compile/expr.ts';
import type { NodeDef } from '../compile/graph.ts';
import { copyJson, JsonProblem } from '../compile/json.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import { requestNames } from '../compile/tool.ts';
import { evaluate, expressionScope } from '../compile/writes.ts';
import { messagesOf } from './llm-node.ts';
import type { NodeIo } from './node-io.ts';
import { argsOf } from './tool-node.ts';
import type { World } from './world.ts';

/** All that the result of a body depends on, but for the environment. */
function givenTo(plan: Plan, def: NodeDef, context: GraphContext, scope: Scope): unknown {
  switch (def.kind) {
    case 'function':
    case 'machine':
      return bodyInput(plan, context, def.id);
    case 'llm':
    case 'router':
      return messagesOf(plan, def, context);
    case 'tool':
      return argsOf(plan, def, context);
    case 'http':
      return Object.fromEntries([...requestNames(def.request)].flatMap(n => (n === 'env' ? [] : [[n, scope[n]]])));
    default:
      return null;
  }
}

/** JSON with the members of objects in the order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
}

/** What a node does, as text: a node that was changed has other results. Where it stands does not matter. */
function signature(def: NodeDef): string {
  return JSON.stringify(def, (key, value: unknown) =>
    /^(span|functionSpan|machineSpan|names)$/.test(key) ? undefined : value,
  );
}

function cacheKey(plan: Plan, def: NodeDef, context: GraphContext, world: World): string {
  const scope = expressionScope(plan, context, nodeOf(plan, def.id).scope);
  const key = def.cache?.key;
  const given = key ? evaluate(key, () => scope) : givenTo(plan, def, context, scope);
  const text = `${signature(def)}\n${canonical(copyJson(given ?? null, 'the cache key'))}`;
  return `${plan.graph.file}#${def.id}/${world.digest(text)}`;
}

async function keep(world: World, key: string, value: unknown, ttl: number | undefined): Promise<void> {
  let json: unknown;
  try {
    json = copyJson(value);
  } catch (problem) {
    // A result that is not JSON, which an `output` may still make use of, cannot be kept.
    if (problem instanceof JsonProblem) return;
    throw problem;
  }
  await world.cache.set(key, json, ttl);
}

/** Runs a body unless its result is known, when it is its turn. Errors are not kept. */
export async function runShared(
  plan: Plan,
  def: NodeDef,
  context: GraphContext,
  world: World,
  io: NodeIo,
  run: () => Promise<unknown>,
): Promise<unknown> {
  const key = def.cache ? cacheKey(plan, def, context, world) : undefined;
  const known = key === undefined ? undefined : await world.cache.get(key);
  if (known !== undefined) {
    io.notify({ type: 'cached', node: def.id });
    return known;
  }
  const result = await inTurn(plan, def, context, world, io, run);
  if (key !== undefined) await keep(world, key, result, def.cache?.ttl);
  return result;
}

function inTurn(
  plan: Plan,
  def: NodeDef,
  context: GraphContext,
  world: World,
  io: NodeIo,
  run: () => Promise<unknown>,
): Promise<unknown> {
  if (!def.concurrencyKey) return run();
  const key = def.concurrencyKey.render(expressionScope(plan, context, nodeOf(plan, def.id).scope));
  const limits = { ...plan.graph.concurrency, ...world.concurrency };
  const limit = Object.hasOwn(limits, key) ? limits[key] : limits[def.concurrencyKey.source];
  return world.turns.take(key, Math.max(1, limit ?? 1), io.context.signal, run);
}
