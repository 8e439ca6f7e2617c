/** The actors that tasks stand for: the graph of a subgraph node, the pool of a map, the machine of an item. */
import type { BodyCall, RunBody } from '../compile/body-call.ts';
import type { GraphContext } from '../compile/context.ts';
import { childStart } from '../compile/emit.ts';
import { givenError } from '../compile/given-up.ts';
import { childNaming, itemIndex, memberNaming, type Naming, plainNaming, poolNaming } from '../compile/naming.ts';
import { childSrc, poolSrc } from '../compile/node-states.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import type { PoolImplementation } from '../compile/pool-actor.ts';
import { type AnySnapshot, type CoreMachine, machineLogic, type Task, type TaskResult } from '../core/core.ts';
import { poolLogic } from '../core/pool-logic.ts';
import type { RunningBody } from './bodies.ts';
import type { Member, MemberOptions, ParentTask, Work } from './member.ts';

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

function implementationNamed({ machine }: GraphWork, name: string): CoreMachine | undefined {
  const { implementations } = machine as unknown as { implementations: { actors: Record<string, CoreMachine> } };
  return implementations.actors[name];
}

function optionsFor(member: Member, task: StartedTask): Pick<MemberOptions, 'address' | 'parent'> {
  return { address: `${member.address}/${task.taskId}`, parent: { member, ...task } };
}

/** The actor that a task of a graph stands for, or undefined when a body does. Throws what its input throws. */
function ofGraph(member: Member, work: GraphWork, task: StartedTask, bodyOf: BodyOf): ChildStart | undefined {
  const { childId } = task;
  const child = work.plan.nodes.get(childId)?.child;
  const machine = child && implementationNamed(work, childSrc(childId));
  if (child && machine) {
    const own = optionsFor(member, task);
    const inner: Work = { kind: 'graph', plan: child, machine, runBody: bodyOf(child) };
    const naming = childNaming(member.naming, childId);
    const input = childStart(work.plan, member.context, childId);
    return { options: { ...own, naming, work: inner, logic: machineLogic(machine) }, input };
  }
  const hasPool = work.plan.forks.has(childId) || nodeOf(work.plan, childId).item !== undefined;
  const pool = hasPool ? (implementationNamed(work, poolSrc(childId)) as unknown as PoolImplementation) : undefined;
  if (!pool) return undefined;
  const spec = pool.work.spec(member.context);
  const naming = poolNaming(member.naming, childId);
  const inner: Work = { kind: 'pool', pool, spec, outer: member.naming, runBody: bodyOf(pool.work.plan) };
  return { options: { ...optionsFor(member, task), naming, work: inner, logic: poolLogic(spec) }, input: undefined };
}

/** The index of the item that a task of a pool is for. */
const indexOf = ({ childId }: Pick<Task, 'childId'>): number => itemIndex(childId) ?? 0;

function ofItem(member: Member, work: PoolWork, task: StartedTask): ChildStart | undefined {
  const { pool, spec, runBody, outer } = work;
  const { id, plan, item } = pool.work;
  const around = member.parent?.member;
  const index = indexOf(task);
  const machine = pool.machineOf?.(index);
  if (!machine || !around || !('start' in item)) return undefined;
  const inner: Work = { kind: 'graph', plan, machine, runBody };
  const naming = memberNaming(outer, id, pool.work, task.childId);
  return {
    options: { ...optionsFor(member, task), naming, work: inner, logic: machineLogic(machine) },
    input: item.start(around.context, index, spec.items[index]),
  };
}

/** The actor that a task stands for, or undefined when a body does. Throws what its input throws. */
export function childOf(member: Member, task: StartedTask, bodyOf: BodyOf): ChildStart | undefined {
  return member.work.kind === 'pool' ? ofItem(member, member.work, task) : ofGraph(member, member.work, task, bodyOf);
}

type Answers = Required<Pick<BodyCall, 'rests' | 'record'>>;

/** A call whose signal is made when it is asked for: most bodies never do. */
class Call implements BodyCall {
  readonly node: string;
  readonly context: GraphContext;
  readonly naming: Naming;
  readonly rests: Answers['rests'];
  readonly record?: Answers['record'];
  private readonly running: RunningBody;

  constructor(
    node: string,
    context: GraphContext,
    naming: Naming,
    running: RunningBody,
    { rests, record }: Pick<Answers, 'rests'> & Partial<Answers>,
  ) {
    this.node = node;
    this.context = context;
    this.naming = naming;
    this.running = running;
    this.rests = rests;
    if (record) this.record = record;
  }

  get signal(): AbortSignal {
    return this.running.signal;
  }

  get over(): boolean {
    return this.running.over;
  }
}

/** What the body of a task is called with. */
export function callOf(member: Member, task: StartedTask, running: RunningBody, answers: Answers): BodyCall {
  const { work, naming } = member;
  running.name = naming(task.childId);
  if (work.kind === 'graph') return new Call(task.childId, member.context, naming, running, answers);
  const { id, item } = work.pool.work;
  const around = member.parent?.member;
  if (!around || !('node' in item)) throw new Error(`the items of "${id}" are no bodies`);
  const index = indexOf(task);
  const context = item.context(around.context, index, work.spec.items[index]);
  const { rests } = answers;
  return new Call(item.node, context, memberNaming(work.outer, id, work.pool.work, task.childId), running, { rests });
}

/** What a child that ended gives to its parent; undefined while it has not ended. */
export function resultFor(
  { member, taskId, childId }: ParentTask,
  { status, output, error }: AnySnapshot,
): TaskResult | undefined {
  if (status !== 'done' && status !== 'error') return undefined;
  const failed = status === 'error' ? error : givenError(output);
  if (failed !== undefined) return { kind: 'error', taskId, childId, error: failed };
  const item = member.work.kind === 'pool' ? member.work.pool.work.item : undefined;
  return { kind: 'done', taskId, childId, output: item && 'result' in item ? item.result(output) : output };
}

export const rootOptions = (address: string, work: GraphWork): MemberOptions => ({
  address,
  naming: plainNaming,
  work,
  logic: machineLogic(work.machine),
});
