import type { GraphContext } from '../compile/context.ts';
import type { HttpNode, ToolNode } from '../compile/graph.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import { evaluate, expressionScope } from '../compile/writes.ts';
import type { ToolIo, World } from './world.ts';

/** The arguments that a node gives to its tool. */
export function argsOf(plan: Plan, node: ToolNode, context: GraphContext): Record<string, unknown> {
  const scope = expressionScope(plan, context, nodeOf(plan, node.id).scope);
  return Object.fromEntries(node.args.map(({ name, value }) => [name, evaluate(value, () => scope)]));
}

export async function runTool(
  plan: Plan,
  node: ToolNode,
  context: GraphContext,
  world: World,
  io: ToolIo,
): Promise<unknown> {
  return (await world.callTool(node.tool, argsOf(plan, node, context), io)) ?? null;
}

export async function runHttp(
  plan: Plan,
  node: HttpNode,
  context: GraphContext,
  world: World,
  io: ToolIo,
): Promise<unknown> {
  return world.request(node.request, expressionScope(plan, context, nodeOf(plan, node.id).scope), io);
}
