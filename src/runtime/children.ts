/** The actors that tasks stand for: the graph of a subgraph node, the pool of a map, the machine of an item. */
import { type BodyCall, childStart, itemInput, type RunBody } from '../compile/emit.ts';
import { itemContext, itemResult, mappingOf, poolSpec } from '../compile/items.ts';
import { childNaming, itemNaming, plainNaming, poolNaming, splitItem } from '../compile/naming.ts';
import { childSrc, itemSrc } from '../compile/node-states.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import { type CoreMachine, machineLogic, type Task } from '../core/core.ts';
import { poolLogic } from '../core/pool-logic.ts';
import type { RunningBody } from './bodies.ts';
import type { Member, MemberOptions, Work } from './member.ts';

/** What of a task it takes to start it: all else is in the state. */
export type StartedTask = Pick<Task, 'taskId' | 'childId'>;

/** An actor to begin. */
export interface ChildStart {
  readonly options: MemberOptions;
  readonly input: unknown;
}

type BodyOf = (plan: Plan) => RunBody;
type GraphWork = Extract<Work, { kind: 'graph' }>;
type PoolWork = Extract<Work, { kind: 'pool' }>;

function machineNamed({ machine }: GraphWork, name: string): CoreMachine | undefined {
  const { implementations } = machine as unknown as { implementations: { actors: Record<string, CoreMachine> } };
  return implementations.actors[name];
}

function optionsFor(member: Member, task: StartedTask): Pick<MemberOptions, 'address' | 'parent'> {
  return { address: `${member.address}/${task.taskId}`, parent: { member, ...task } };
}

/** The actor that a task of a graph stands for, or undefined when a body does. Throws what its input throws. */
function ofGraph(member: Member, work: GraphWork, task: StartedTask, bodyOf: BodyOf): ChildStart | undefined {
  const { childId } = task;
  const { child } = nodeOf(work.plan, childId);
  const own = optionsFor(member, task);
  const machine = child && machineNamed(work, childSrc(childId));
  if (child && machine) {
    const inner: Work = { kind: 'graph', plan: child, machine, runBody: bodyOf(child) };
    const naming = childNaming(member.naming, childId);
    const input = childStart(work.plan, member.context, childId);
    return { options: { ...own, naming, work: inner, logic: machineLogic(machine) }, input };
  }
  const mapping = mappingOf(work.plan, childId);
  if (!mapping) return undefined;
  const spec = poolSpec(mapping, member.context);
  const each = machineNamed(work, itemSrc(childId));
  const inner: Work = {
    kind: 'pool',
    mapping,
    spec,
    runBody: bodyOf(mapping.item),
    ...(each ? { machine: each } : {}),
  };
  return {
    options: { ...own, naming: poolNaming(member.naming, childId), work: inner, logic: poolLogic(spec) },
    input: undefined,
  };
}

/** The index of the item that a task of a pool is for. */
const indexOf = ({ childId }: Pick<Task, 'childId'>): number => splitItem(childId, null)?.index ?? 0;

function ofItem(member: Member, work: PoolWork, task: StartedTask): ChildStart | undefined {
  const { mapping, machine, spec, runBody } = work;
  const outer = member.parent?.member;
  if (!machine || !outer) return undefined;
  const index = indexOf(task);
  const { inline } = mapping.def.item;
  const naming = itemNaming(member.naming, task.childId, inline ? mapping.def.id : null);
  const inner: Work = { kind: 'graph', plan: mapping.item, machine, runBody };
  return {
    options: { ...optionsFor(member, task), naming, work: inner, logic: machineLogic(machine) },
    input: itemInput(mapping, outer.context, index, spec.items[index]),
  };
}

/** The actor that a task stands for, or undefined when a body does. Throws what its input throws. */
export function childOf(member: Member, task: StartedTask, bodyOf: BodyOf): ChildStart | undefined {
  return member.work.kind === 'pool' ? ofItem(member, member.work, task) : ofGraph(member, member.work, task, bodyOf);
}

/** What the body of a task is called with. */
export function callOf(member: Member, task: StartedTask, running: RunningBody): BodyCall {
  const { work, naming } = member;
  if (work.kind === 'graph') {
    const { context } = member;
    return {
      node: task.childId,
      context,
      naming,
      get signal() {
        return running.signal;
      },
    };
  }
  const index = indexOf(task);
  const node = work.mapping.def.id;
  const outer = member.parent?.member.context ?? member.context;
  const context = itemContext(work.mapping, outer, work.spec.items[index], index);
  return {
    node,
    context,
    naming: itemNaming(naming, task.childId, node),
    get signal() {
      return running.signal;
    },
  };
}

/** What a child that ended gives to its parent. */
export function resultFor({ work }: Member, output: unknown): unknown {
  return work.kind === 'pool' ? itemResult(work.mapping, output) : output;
}

export const rootOptions = (address: string, work: GraphWork): MemberOptions => ({
  address,
  naming: plainNaming,
  work,
  logic: machineLogic(work.machine),
});
