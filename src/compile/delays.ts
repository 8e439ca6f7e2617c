/** Delays that the config names and the run works out: waits before another attempt, moments, expiries. */
import { ERROR_ACTOR } from './actor-events.ts';
import type { ErrorRecord, GraphContext } from './context.ts';
import { isAsking } from './graph.ts';
import { nodeOf, type Plan } from './plan.ts';

/** The delay that a node waits before it is tried again; its length depends on the attempt. */
export const backoffDelay = (id: string): string => `backoff ${id}`;

/** The delay after which a question answers itself. */
export const expiryDelay = (id: string): string => `expires ${id}`;

/** The delay until a moment. */
export const momentDelay = (id: string): string => `until ${id}`;

/** Whether a timer only ends somebody's waiting: a run does not wait for it. */
export const isBackgroundTimer = (timerId: string): boolean => timerId.startsWith('xstate.after.expires ');

/** Whether the delay of a timer is a moment: milliseconds since 1970. */
export const isMomentTimer = (timerId: string): boolean => timerId.startsWith('xstate.after.until ');

/** The id of the actor that stands in where nothing runs: what it computes has no clock, so its delays are moments. */
export const PURE_ACTOR = 'statewright.core';

/** A share of a wait between 0 and 1, the same whenever it is asked for: the core has no chance of its own. */
function share(text: string): number {
  let hash = 2_166_136_261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return (hash >>> 0) / 4_294_967_296;
}

/** How long a node waits before its next attempt, in milliseconds. */
export function backoffMs(plan: Plan, context: GraphContext, id: string): number {
  const { retry } = nodeOf(plan, id).def;
  if (!retry) return 0;
  const made = context.attempts[id] ?? 1;
  const full = Math.min(retry.maxDelay, retry.delay * retry.factor ** (made - 1));
  const off = full * retry.jitter * share(`${context.thread.id}/${id}/${context.visits[id] ?? 1}/${made}`);
  return Math.max(Math.round(full - off), context.waits?.[id] ?? 0);
}

/** Counts an attempt that failed, and keeps the wait that its error asked for. */
export function countAttempt(context: GraphContext, id: string, error: ErrorRecord | undefined): Partial<GraphContext> {
  const { [id]: _before, ...others } = context.waits ?? {};
  const wait = error?.retryAfter;
  const waits = wait === undefined ? others : { ...others, [id]: wait };
  const attempts = { ...context.attempts, [id]: (context.attempts[id] ?? 0) + 1 };
  return { attempts, ...(context.waits || wait !== undefined ? { waits } : {}) };
}

interface DelayArgs {
  readonly context: GraphContext;
  readonly self: { readonly id: string };
}

/** The delays of a plan by name. A plain actor has the clock of its machine; the pure one leaves moments as they are. */
export function delaysOf(plan: Plan): Record<string, (args: DelayArgs) => number> {
  const out: Record<string, (args: DelayArgs) => number> = {};
  for (const { def } of plan.nodes.values()) {
    const { id } = def;
    if (def.retry) out[backoffDelay(id)] = ({ context }) => backoffMs(plan, context, id);
    if (isAsking(def) && def.expires) out[expiryDelay(id)] = () => def.expires?.after ?? 0;
    if (def.kind === 'wait' && def.until.kind === 'moment') {
      out[momentDelay(id)] = ({ context, self }) => {
        const moment = context.moments[id] ?? 0;
        return self.id === PURE_ACTOR ? moment : Math.max(0, moment - Date.now());
      };
    }
  }
  return out;
}

/** The error of a node whose time is up; an event of its body, so that retry and onError see it like any other. */
export function timeUp(
  plan: Plan,
  id: string,
  code: 'timeout' | 'deadline',
): { readonly type: string; readonly error: ErrorRecord } {
  const ms = nodeOf(plan, id).def[code];
  const how = code === 'timeout' ? `took longer than ${ms} ms` : `was not done after ${ms} ms in all`;
  return { type: ERROR_ACTOR + id, error: { name: 'TimeoutError', code, message: `node "${id}" ${how}` } };
}
