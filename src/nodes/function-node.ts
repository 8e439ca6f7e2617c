import { bodyInput } from '../compile/ask.ts';
import { type GraphContext, GraphRunError } from '../compile/context.ts';
import { referenceKey } from '../compile/files.ts';
import type { FunctionNode } from '../compile/graph.ts';
import type { Plan } from '../compile/plan.ts';
import type { FunctionUse } from '../compile/tool.ts';
import type { NodeContext } from './node-io.ts';
import type { ToolIo, World } from './world.ts';

/** A function node's implementation: what it returns is written to the state. */
// Users give their own input types; the graph's checks stand behind them.
// biome-ignore lint/suspicious/noExplicitAny: `unknown` would refuse every function that says what it is given
export type NodeFunction = (input: any, ctx: NodeContext) => unknown;

/** Functions by the reference a graph uses: `./fns.ts#score` or a registered name. */
export type Functions = Readonly<Record<string, NodeFunction>>;

/** The function that a graph file names; `owner` is whose it is, for the message. Throws when there is none. */
export function functionNamed(reference: string, from: string, functions: Functions, owner: string): NodeFunction {
  const name = Object.hasOwn(functions, reference) ? reference : referenceKey(reference, from);
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found) return found;
  throw new GraphRunError(
    'missing-function',
    `the function "${reference}" of ${owner} is not registered; pass it in "functions"`,
  );
}

/**
 * Calls a function that a graph file names, in a thread of its own where the file says so.
 *
 * A function that the program registers under the very reference takes the place of the file's, and is called here.
 */
export async function callFunction(
  { function: reference, worker }: Pick<FunctionUse, 'function' | 'worker'>,
  { from, owner }: { readonly from: string; readonly owner: string },
  input: unknown,
  world: Pick<World, 'inThread'>,
  io: ToolIo,
): Promise<unknown> {
  const inThread = worker === true && !Object.hasOwn(io.functions, reference);
  const result = inThread
    ? await world.inThread(referenceKey(reference, from), input, io)
    : await functionNamed(reference, from, io.functions, owner)(input, io.context);
  return result === undefined ? null : result;
}

/** Calls the function of a node with its input. */
export async function runFunction(
  plan: Plan,
  node: FunctionNode,
  context: GraphContext,
  world: World,
  io: ToolIo,
): Promise<unknown> {
  const place = { from: plan.graph.file, owner: `node "${node.id}"` };
  return callFunction(node, place, bodyInput(plan, context, node.id), world, io);
}
