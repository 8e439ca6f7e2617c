import type { ErrorRecord, GraphContext } from '../compile/context.ts';
import { type Naming, splitItem } from '../compile/naming.ts';
import { chartOf, forkOf, nodeOf, type Plan } from '../compile/plan.ts';
import { directEntry, exitsAt, pointId } from '../compile/point.ts';
import type { ExitParams, PointParams } from '../compile/transitions.ts';
import type { CoreEvent, Step } from '../core/core.ts';
import { type Interrupt, interruptsOf } from '../core/waiting.ts';
import type { BodyEvent } from '../nodes/node-io.ts';
import type { Member, Work } from './member.ts';
import type { Watch } from './watch.ts';

/** What happens in a run, in order. `at` is milliseconds by the runtime's clock. */
export type RunEvent = (
  | { readonly type: 'node-started'; readonly node: string; readonly visit: number; readonly branch: string }
  | { readonly type: 'node-finished'; readonly node: string; readonly branch: string }
  | { readonly type: 'node-failed'; readonly node: string; readonly branch: string; readonly error: ErrorRecord }
  | { readonly type: 'node-retrying'; readonly node: string; readonly branch: string; readonly attempts: number }
  | { readonly type: 'item-started'; readonly node: string; readonly index: number; readonly total: number }
  | { readonly type: 'item-finished'; readonly node: string; readonly index: number; readonly total: number }
  | {
      readonly type: 'item-failed';
      readonly node: string;
      readonly index: number;
      readonly total: number;
      readonly error: ErrorRecord;
    }
  | { readonly type: 'interrupt'; readonly interrupt: Interrupt }
  | BodyEvent
) & {
  readonly at: number;
  /** The subgraph nodes that lead to the node, each with a slash behind it; `''` for the graph itself. */
  readonly path: string;
};

type EventBody = RunEvent extends infer E ? (E extends unknown ? Omit<E, 'at' | 'path'> : never) : never;

function scopeOf(plan: Plan, id: string): string {
  return plan.nodes.get(id)?.scope ?? '';
}

/** The nodes that an action of a transition enters. */
function enteredBy(
  plan: Plan,
  { type, params }: { readonly type?: string; readonly params?: ExitParams },
): readonly string[] {
  if (!params) return [];
  if (type === 'begin') return chartOf(plan, pointId(params.at)).nodes;
  const place = type === 'take' ? exitsAt(plan, params.at)[params.exit]?.route[params.hop]?.place : undefined;
  if (place?.kind === 'node') return [place.id];
  if (place?.kind !== 'fork') return [];
  return forkOf(plan, place.id).branches.flatMap(branch => directEntry(plan, branch) ?? []);
}

/** Counts the nodes that the transitions of a step entered. The items of a map are counted together. */
export function countVisits(plan: Plan, step: Step, visits: Record<string, number>, naming: Naming): void {
  for (const { actions } of step.transitions) {
    for (const action of actions as readonly { type?: string; params?: ExitParams }[]) {
      for (const id of enteredBy(plan, action)) {
        const name = naming(id).replaceAll(/\[\d+\]/g, '');
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
): EventBody[] {
  // The branches of a fork tell of themselves.
  if (pool.work.kind === 'fork') return [];
  const { node, items } = spec;
  const results =
    event?.kind === 'settled' ? event.results : event?.kind === 'done' || event?.kind === 'error' ? [event] : [];
  const place = (childId: string): { node: string; index: number; total: number } => {
    return { node, index: splitItem(childId, null)?.index ?? 0, total: items.length };
  };
  const ended = results.map((result): EventBody => {
    if (result.kind === 'done') return { type: 'item-finished', ...place(result.childId) };
    return { type: 'item-failed', ...place(result.childId), error: result.error as ErrorRecord };
  });
  return [...ended, ...step.tasks.map((task): EventBody => ({ type: 'item-started', ...place(task.childId) }))];
}

/** The node events that the transitions of a step amount to. */
function transitionEvents(plan: Plan, context: GraphContext, step: Step): EventBody[] {
  return step.transitions.flatMap(({ actions }) =>
    (actions as readonly { type?: string; params?: PointParams }[]).flatMap((action): EventBody[] => {
      const at = action.params?.at;
      if (!at) return [];
      const node = at.kind === 'start' ? 'START' : at.id;
      const branch = scopeOf(plan, node);
      if (action.type === 'fail') {
        const error = context.failures[node];
        return error ? [{ type: 'node-failed', node, branch, error }] : [];
      }
      if (action.type === 'again')
        return [{ type: 'node-retrying', node, branch, attempts: context.attempts[node] ?? 1 }];
      if (action.type !== 'take' || at.kind !== 'node') return [];
      const finished: EventBody = { type: 'node-finished', node, branch };
      if (nodeOf(plan, node).def.kind !== 'set') return [finished];
      return [{ type: 'node-started', node, visit: context.visits[node] ?? 1, branch }, finished];
    }),
  );
}

/** The events of one step: what finished, what began, who is asked. */
function eventsOf(plan: Plan, before: GraphContext | undefined, step: Step): EventBody[] {
  const context = step.state.snapshot.context as GraphContext;
  const started = step.tasks
    .filter(({ childId }) => plan.nodes.has(childId))
    .map(
      ({ childId }): EventBody => ({
        type: 'node-started',
        node: childId,
        visit: context.visits[childId] ?? 1,
        branch: scopeOf(plan, childId),
      }),
    );
  const asked = interruptsOf({ context }).filter(i => before?.interrupts[i.id] !== context.interrupts[i.id]);
  return [
    ...transitionEvents(plan, context, step),
    ...started,
    ...asked.map((interrupt): EventBody => ({ type: 'interrupt', interrupt })),
  ];
}

/** Tells whoever watches of the events of one step. */
export function tellStep(
  watch: Watch,
  { work, naming, parent }: Member,
  event: CoreEvent | undefined,
  before: GraphContext | undefined,
  step: Step,
): void {
  if (work.kind === 'graph') for (const each of eventsOf(work.plan, before, step)) watch.tell(each, naming);
  // The items of a map are told of as its own, where it stands.
  else for (const each of itemEvents(work, event, step)) watch.tell(each, parent?.member.naming ?? naming);
}
