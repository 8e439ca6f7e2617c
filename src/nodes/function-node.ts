import { bodyInput } from '../compile/ask.ts';
import { type GraphContext, GraphRunError } from '../compile/context.ts';
import { referenceKey } from '../compile/files.ts';
import type { FunctionNode } from '../compile/graph.ts';
import type { Plan } from '../compile/plan.ts';
import type { NodeContext, NodeIo } from './node-io.ts';

/** A function node's implementation: what it returns is written to the state. */
// Users give their own input types; the graph's checks stand behind them.
// biome-ignore lint/suspicious/noExplicitAny: a narrower parameter would refuse every user's function
export type NodeFunction = (input: any, ctx: NodeContext) => unknown;

/** Functions by the reference a graph uses: `./fns.ts#score` or a registered name. */
export type Functions = Readonly<Record<string, NodeFunction>>;

/** Calls the function of a node with its input. */
export async function runFunction(
  plan: Plan,
  node: FunctionNode,
  context: GraphContext,
  functions: Functions,
  io: NodeIo,
): Promise<unknown> {
  const key = referenceKey(node.function, plan.graph.file);
  const name = [node.function, key].find(k => Object.hasOwn(functions, k));
  const run = name === undefined ? undefined : functions[name];
  if (!run) {
    throw new GraphRunError(
      'missing-function',
      `the function "${node.function}" of node "${node.id}" is not registered; pass it in "functions"`,
    );
  }
  const result = await run(bodyInput(plan, context, node.id), io.context);
  return result === undefined ? null : result;
}
