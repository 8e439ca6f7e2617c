/** The events that a step amounts to, read from its transitions and tasks. */
import { errorRecord, type GraphContext, type State } from '../compile/context.ts';
import { itemIndex, type Naming, pathOf } from '../compile/naming.ts';
import { outcomeOf } from '../compile/outcome.ts';
import { chartOf, forkOf, nodeOf, type Plan } from '../compile/plan.ts';
import { directEntry, exitsAt, pointId } from '../compile/point.ts';
import type { ExitParams, PointParams } from '../compile/transitions.ts';
import { writesOf } from '../compile/writes.ts';
import { type CoreEvent, type Step, type Task, toXState } from '../core/core.ts';
import { interruptsOf } from '../core/waiting.ts';
import type { EventBody } from './events.ts';
import type { Member, Work } from './member.ts';
import type { Watch } from './watch.ts';

interface Action {
  readonly type?: string;
  readonly params?: ExitParams | PointParams;
}

const branchOf = (plan: Plan, node: string): string => plan.nodes.get(node)?.scope ?? '';

/** The nodes that an action of a transition enters. */
function enteredBy(plan: Plan, { type, params }: Action): readonly string[] {
  if (!params) return [];
  if (type === 'begin') return chartOf(plan, pointId(params.at)).nodes;
  const exit = params as ExitParams;
  const place = type === 'take' ? exitsAt(plan, exit.at)[exit.exit]?.route[exit.hop]?.place : undefined;
  if (place?.kind === 'node') return [place.id];
  if (place?.kind !== 'fork') return [];
  return forkOf(plan, place.id).branches.flatMap(branch => directEntry(plan, branch) ?? []);
}

/** Counts the nodes that the transitions of a step entered. The items of a map are counted together. */
export function countVisits(plan: Plan, step: Step, visits: Record<string, number>, naming: Naming): void {
  for (const { actions } of step.transitions) {
    for (const action of actions as readonly Action[]) {
      for (const id of enteredBy(plan, action)) {
        const called = naming(id);
        const name = called.includes('[') ? called.replaceAll(/\[\d+\]/g, '') : called;
        visits[name] = (visits[name] ?? 0) + 1;
      }
    }
  }
}

/** The events of one step of a pool: what became of items, and which began. */
function itemEvents(
  { spec, pool }: Extract<Work, { kind: 'pool' }>,
  event: CoreEvent | undefined,
  step: Step,
): StepEvents {
  // The branches of a fork tell of themselves.
  if (pool.work.kind === 'fork') return { done: [], next: [] };
  const { node, items } = spec;
  const results =
    event?.kind === 'settled' ? event.results : event?.kind === 'done' || event?.kind === 'error' ? [event] : [];
  const place = (childId: string): { node: string; index: number; total: number } => {
    return { node, index: itemIndex(childId) ?? 0, total: items.length };
  };
  const done = results.map((result): EventBody => {
    if (result.kind === 'done') return { type: 'item-finished', ...place(result.childId) };
    return { type: 'item-failed', ...place(result.childId), error: errorRecord(result.error) };
  });
  return { done, next: step.tasks.map((task): EventBody => ({ type: 'item-started', ...place(task.childId) })) };
}

/** A transition between the contexts before and after it. */
interface Move {
  readonly plan: Plan;
  readonly event: CoreEvent | undefined;
  readonly before: GraphContext | undefined;
  readonly after: GraphContext;
}

/**
 * What a node wrote in a transition. A branch keeps a log. Outside of branches there is none, so what the node gave is
 * looked at once more: a log of everything would grow with the run.
 */
function writesIn({ plan, event, before, after }: Move, id: string): readonly State[] {
  const node = nodeOf(plan, id);
  if (node.scope !== '') {
    const known = before?.scopes[node.scope]?.log.length ?? 0;
    return (after.scopes[node.scope]?.log ?? []).slice(known).map(({ writes }) => writes);
  }
  if (!before || before.state === after.state) return [];
  const outcome = event && event.kind !== 'settled' && outcomeOf(plan, before, toXState(event), { kind: 'node', id });
  const given = outcome && outcome.kind === 'result' ? outcome : undefined;
  return [writesOf(plan, before, node, given?.value, given?.messages)];
}

function updates(move: Move, node: string): EventBody[] {
  const branch = branchOf(move.plan, node);
  return writesIn(move, node).map((writes): EventBody => ({ type: 'update', node, branch, writes }));
}

function finished(move: Move, node: string): EventBody[] {
  const { plan, before, after } = move;
  const branch = branchOf(plan, node);
  const error = after.errors[node];
  const mended = error !== undefined && error !== before?.errors[node];
  const end: EventBody = { type: 'node-finished', node, branch, ...(mended ? { error } : {}) };
  const own = [...updates(move, node), end];
  if (nodeOf(plan, node).def.kind !== 'set') return own;
  return [{ type: 'node-started', node, visit: after.visits[node] ?? 1, branch }, ...own];
}

/** What an action of a transition tells of the node it is about. */
function actionEvents(move: Move, { type, params }: Action): EventBody[] {
  const at = params?.at;
  if (!at) return [];
  const { plan, after } = move;
  const node = pointId(at);
  const branch = branchOf(plan, node);
  if (type === 'fail') {
    const error = after.failures[node];
    return error ? [{ type: 'node-failed', node, branch, error }] : [];
  }
  if (type === 'again') {
    const thrown = move.event?.kind === 'error' ? { error: errorRecord(move.event.error) } : {};
    return [{ type: 'node-retrying', node, branch, attempts: after.attempts[node] ?? 1, ...thrown }];
  }
  if (at.kind !== 'node') return [];
  if (type === 'hold') return updates(move, node);
  return type === 'take' ? finished(move, node) : [];
}

function transitionEvents(
  plan: Plan,
  event: CoreEvent | undefined,
  start: GraphContext | undefined,
  step: Step,
): EventBody[] {
  const out: EventBody[] = [];
  let before = start;
  let last = start;
  for (const { actions, context } of step.transitions) {
    const after = context as GraphContext;
    // The transitions of one microstep share the context behind them.
    if (after !== last) before = last;
    last = after;
    for (const action of actions as readonly Action[])
      out.push(...actionEvents({ plan, event, before, after }, action));
  }
  return out;
}

/** What the step did, told before its checkpoint; and what it begins, told after it. */
interface StepEvents {
  readonly done: readonly EventBody[];
  readonly next: readonly EventBody[];
}

function startedEvent(plan: Plan, { visits }: GraphContext, node: string): EventBody {
  return { type: 'node-started', node, visit: visits[node] ?? 1, branch: branchOf(plan, node) };
}

/** Whether the state of an actor is that of a graph; the branch of a wide fork shows that of the graph it is in. */
function hasOwnState({ parent }: Member): boolean {
  const around = parent?.member.work;
  return around?.kind !== 'pool' || around.pool.work.kind !== 'fork';
}

function graphEvents(
  member: Member,
  plan: Plan,
  event: CoreEvent | undefined,
  before: GraphContext | undefined,
  step: Step,
): StepEvents {
  const context = step.state.snapshot.context as GraphContext;
  const moved = transitionEvents(plan, event, before, step);
  const changed = before?.state !== context.state && hasOwnState(member);
  const value: EventBody[] = changed ? [{ type: 'value', values: context.state }] : [];
  const nodes = step.tasks.filter(({ childId }) => plan.nodes.has(childId));
  const asked = interruptsOf({ context }).filter(i => before?.interrupts[i.id] !== context.interrupts[i.id]);
  const asks = asked.map((own): EventBody => {
    const id = member.naming(own.id);
    return { type: 'interrupt', interrupt: { ...own, id, path: pathOf(id) } };
  });
  return {
    done: [...moved, ...value],
    next: [...nodes.map(({ childId }) => startedEvent(plan, context, childId)), ...asks],
  };
}

/** Whether a transition says itself what became of a node that was stopped: it failed, or it is tried again. */
function isTold({ transitions }: Step, node: string): boolean {
  return transitions.some(({ actions }) =>
    (actions as readonly Action[]).some(
      ({ type, params }) => /^(take|fail|again)$/.test(type ?? '') && params && pointId(params.at) === node,
    ),
  );
}

const nodeOfTask = (taskId: string): string => taskId.slice(taskId.indexOf('.') + 1);

/** Tells of what is stopped because a task of an actor is not waited for any more, from the inside out. */
function tellDropped(watch: Watch, member: Member, taskId: string, told: boolean): void {
  const child = member.children.get(taskId);
  if (child) for (const own of Object.values(child.state.active)) tellDropped(watch, child, own, false);
  const node = nodeOfTask(taskId);
  if (told || member.work.kind !== 'graph' || !member.work.plan.nodes.has(node)) return;
  watch.tell({ type: 'node-cancelled', node, branch: branchOf(member.work.plan, node) }, member.naming);
}

/** A step that was committed. */
interface Committed {
  readonly event: CoreEvent | undefined;
  readonly before: GraphContext | undefined;
  readonly step: Step;
  /** Whether what it lists begins: after a cancel nothing does. */
  readonly begins: boolean;
}

/** Tells whoever watches of the events of one step. Called before what it drops is stopped, and what it lists begins. */
export function tellStep(watch: Watch, member: Member, { event, before, step, begins }: Committed): void {
  const { work, naming, parent, address } = member;
  for (const taskId of step.dropped) tellDropped(watch, member, taskId, isTold(step, nodeOfTask(taskId)));
  // The items of a map are told of as its own, where it stands.
  const place = work.kind === 'graph' ? naming : (parent?.member.naming ?? naming);
  const { done, next } =
    work.kind === 'graph' ? graphEvents(member, work.plan, event, before, step) : itemEvents(work, event, step);
  for (const each of done) watch.tell(each, place);
  watch.tell({ type: 'checkpoint', address, seq: step.state.seq }, naming);
  for (const each of next) if (begins || each.type === 'interrupt') watch.tell(each, place);
}

/** Tells of every node that runs: that it was stopped, or that it begins again. */
export function tellRunning(watch: Watch, members: Iterable<Member>, what: 'stop' | 'begin'): void {
  for (const member of members) {
    const { work, state, naming } = member;
    if (work.kind !== 'graph') continue;
    for (const childId of Object.keys(state.active)) {
      if (what === 'begin') tellBegun(watch, [{ member, task: { childId } }]);
      else if (work.plan.nodes.has(childId))
        watch.tell({ type: 'node-cancelled', node: childId, branch: branchOf(work.plan, childId) }, naming);
    }
  }
}

/** Tells that nodes begin again which ran when their process ended. */
export function tellBegun(
  watch: Watch,
  tasks: readonly { readonly member: Member; readonly task: Pick<Task, 'childId'> }[],
): void {
  for (const { member, task } of tasks) {
    const { work, state, naming } = member;
    if (work.kind !== 'graph' || !work.plan.nodes.has(task.childId)) continue;
    watch.tell(startedEvent(work.plan, state.snapshot.context as GraphContext, task.childId), naming);
  }
}
