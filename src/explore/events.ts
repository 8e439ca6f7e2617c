/** Events of a path: what a person reads, and what the machine takes. */
import { nodeOf, type Plan } from '../compile/plan.ts';
import type { CoreEvent } from '../core/core.ts';
import type { GraphState, Pending } from './pending.ts';

/** One thing that happens on a path. Values are made up from types and conditions; no body runs. */
export type PathEvent =
  | { readonly kind: 'input'; readonly input: Readonly<Record<string, unknown>> }
  /** The body of a node, or the graph in it, gives a result. */
  | { readonly kind: 'result'; readonly node: string; readonly output: unknown }
  | {
      readonly kind: 'error';
      readonly node: string;
      readonly error: { readonly name: string; readonly message: string; readonly code?: string };
    }
  | { readonly kind: 'answer'; readonly node: string; readonly value: unknown }
  | { readonly kind: 'event'; readonly node: string; readonly event: { readonly type: string } }
  /** A node that waits before or after its body may go on. */
  | { readonly kind: 'release'; readonly node: string; readonly id: string }
  /** A wait is over, or the time for an answer is up. */
  | { readonly kind: 'time' | 'expiry'; readonly node: string };

/** The events that a pending node can give, when it may give these outputs and these errors. */
export function eventsFor(
  plan: Plan,
  pending: Pending,
  outputs: () => readonly unknown[],
  errors: readonly Extract<PathEvent, { kind: 'error' }>['error'][],
): PathEvent[] {
  const { node } = pending;
  switch (pending.kind) {
    case 'body': {
      const { onError } = nodeOf(plan, node).def;
      const handled = onError !== undefined && onError !== 'fail';
      const results = outputs().map((output): PathEvent => ({ kind: 'result', node, output }));
      return [...results, ...(handled ? errors.map((error): PathEvent => ({ kind: 'error', node, error })) : [])];
    }
    case 'answer': {
      const { event } = pending;
      if (event === undefined) return outputs().map(value => ({ kind: 'answer', node, value }));
      return outputs().map(payload => ({ kind: 'event', node, event: { ...(payload as object | null), type: event } }));
    }
    case 'pause':
      return [{ kind: 'release', node, id: pending.id }];
    case 'time':
      return [{ kind: pending.expiry ? 'expiry' : 'time', node }];
  }
}

/** An event as the core takes it. Undefined when nothing in the state waits for it. */
export function coreEvent(event: PathEvent, state: GraphState, pending: readonly Pending[]): CoreEvent | undefined {
  switch (event.kind) {
    case 'input':
      return undefined;
    case 'result':
    case 'error': {
      const taskId = state.active[event.node];
      if (taskId === undefined) return undefined;
      return event.kind === 'result'
        ? { kind: 'done', taskId, childId: event.node, output: event.output }
        : { kind: 'error', taskId, childId: event.node, error: event.error };
    }
    case 'answer':
      return { kind: 'event', event: { type: 'resume', id: event.node, value: event.value } as { type: string } };
    case 'event':
      return { kind: 'event', event: event.event };
    case 'release':
      return { kind: 'event', event: { type: 'resume', id: event.id } as { type: string } };
    case 'time':
    case 'expiry':
      return timerEvent(event, state, pending);
  }
}

/** The timer that a time event stands for. */
function timerEvent(
  { kind, node }: Extract<PathEvent, { kind: 'time' | 'expiry' }>,
  { timers }: GraphState,
  pending: readonly Pending[],
): CoreEvent | undefined {
  const found = pending.find(p => p.kind === 'time' && p.node === node && p.expiry === (kind === 'expiry'));
  const id = found?.kind === 'time' ? found.timer : undefined;
  const timerId = id === undefined ? undefined : timers[id];
  return id === undefined || timerId === undefined ? undefined : { kind: 'timer', timerId, id, event: { type: id } };
}

/** An event in one line: `review answers {"ok":true}`. */
export function describeEvent(event: PathEvent): string {
  const json = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
  switch (event.kind) {
    case 'input':
      return `input ${json(event.input)}`;
    case 'result':
      return `${event.node} gives ${json(event.output)}`;
    case 'error':
      return `${event.node} fails with ${event.error.code ?? event.error.name}`;
    case 'answer':
      return `${event.node} is answered ${json(event.value)}`;
    case 'event':
      return `${event.node} gets the event ${json(event.event)}`;
    case 'release':
      return `${event.id} may go on`;
    case 'time':
      return `${event.node} has waited long enough`;
    case 'expiry':
      return `${event.node} is not answered in time`;
  }
}
