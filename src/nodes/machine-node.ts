import { bodyInput } from '../compile/ask.ts';
import type { BodyCall } from '../compile/body-call.ts';
import { GraphRunError } from '../compile/context.ts';
import { referenceKey } from '../compile/files.ts';
import type { MachineNode } from '../compile/graph.ts';
import type { Plan } from '../compile/plan.ts';
import { isActorLogic, runLive } from '../core/live.ts';

/** Machines, or other XState actor logic, by the reference a graph uses: `./machines.ts#door` or a registered name. */
export type Machines = Readonly<Record<string, unknown>>;

/** The machine of a node; undefined when none is registered. */
export function machineOf(plan: Plan, node: MachineNode, machines: Machines): unknown {
  const names = [node.machine, referenceKey(node.machine, plan.graph.file)];
  const name = names.find(n => Object.hasOwn(machines, n));
  return name === undefined ? undefined : machines[name];
}

/** Runs the machine of a node to its end, as a live actor. Its `output` is the result. */
export async function runMachine(plan: Plan, node: MachineNode, call: BodyCall, machines: Machines): Promise<unknown> {
  const logic = machineOf(plan, node, machines);
  if (!isActorLogic(logic)) {
    const why = logic === undefined ? 'is not registered; pass it in "machines"' : 'is no XState actor logic';
    throw new GraphRunError('missing-machine', `the machine "${node.machine}" of node "${node.id}" ${why}`);
  }
  return (await runLive(logic, bodyInput(plan, call.context, node.id), call)) ?? null;
}
