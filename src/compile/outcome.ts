/** What an event says of a point: XState's events and the graph's own in, outcomes out. */
import { DONE_ACTOR, ERROR_ACTOR } from './actor-events.ts';
import { errorRecord, type GraphContext } from './context.ts';
import type { Outcome, Result } from './decide.ts';
import { expiryDelay } from './delays.ts';
import { givenError } from './given-up.ts';
import { isAsking } from './graph.ts';
import { pauseId } from './names.ts';
import { fitsQuestion } from './notes.ts';
import { nodeOf, type Plan } from './plan.ts';
import type { Point } from './point.ts';

/** Any event that a machine takes. */
export interface AnyEvent {
  readonly type: string;
  readonly id?: string;
  readonly value?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

const NONE: Outcome = { kind: 'none' };

/** Whether an event's type is a prefix and an id, without putting them together: this is asked of every event. */
const isOf = (type: string, prefix: string, id: string): boolean =>
  type.length === prefix.length + id.length && type.startsWith(prefix) && type.endsWith(id);

/** The answer an event gives to a node that asks; undefined when it is no answer to anything. */
function answerIn(plan: Plan, event: AnyEvent, id: string): { readonly value: unknown } | undefined {
  const { def } = nodeOf(plan, id);
  if (!isAsking(def)) return undefined;
  if (event.type === 'resume') return { value: event.value };
  if (event.type.startsWith(`xstate.after.${expiryDelay(id)}.`)) return { value: def.expires?.value };
  if (def.kind !== 'wait' || def.until.kind !== 'event' || event.type !== def.until.name) return undefined;
  const { type: _type, ...payload } = event;
  return { value: payload };
}

/**
 * What an event says of a point. A node further on is decided in the same macrostep with the same event, so an event
 * speaks only of the node it names.
 */
export function outcomeOf(plan: Plan, context: GraphContext, event: AnyEvent, at: Point): Outcome {
  if (at.kind !== 'node') return NONE;
  if (event.type === 'resume' && isRelease(context, event, at.id, 'after'))
    return { kind: 'released', value: context.held[at.id] };
  if (isOf(event.type, DONE_ACTOR, at.id)) {
    const error = givenError(event.output);
    return error ? { kind: 'error', error } : { kind: 'result', ...resultOf(plan, at.id, event.output) };
  }
  if (isOf(event.type, ERROR_ACTOR, at.id)) return { kind: 'error', error: errorRecord(event.error) };
  const answer = answerIn(plan, event, at.id);
  return answer ? { kind: 'result', value: answer.value } : NONE;
}

/** What a node's actor gave, as the graph sees it: of an agent, or a node with a history, its answer. */
function resultOf(plan: Plan, id: string, output: unknown): Result {
  const { kind, history } = nodeOf(plan, id).def;
  if (kind === 'agent') {
    const { output: value, said } = output as { output: unknown; said: unknown };
    return history === undefined ? { value } : { value, messages: said };
  }
  const whole = output !== null && typeof output === 'object' && 'output' in output && 'messages' in output;
  if (whole && history !== undefined) return { value: output.output, messages: output.messages };
  return { value: output };
}

/** Why an answer cannot be taken, or undefined when it fits. */
export function answerProblem(plan: Plan, node: string, value: unknown, asked?: GraphContext): string | undefined {
  const { def } = nodeOf(plan, node);
  if (def.kind === 'function') return asked && fitsQuestion(asked, node, value);
  const problems = isAsking(def) ? (def.schema?.check(value) ?? []) : [];
  return problems.length === 0 ? undefined : problems.join('; ');
}

/** Whether a resume is for a node that waits before or after its body; with one waiting, the id may be left out. */
export function isRelease(context: GraphContext, event: AnyEvent, node: string, side: 'before' | 'after'): boolean {
  return isMeant(context, event, pauseId(node, side));
}

/** Whether a resume is for the question with this id. */
export function isMeant({ interrupts }: GraphContext, event: AnyEvent, id: string): boolean {
  if (!Object.hasOwn(interrupts, id)) return false;
  return event.id === undefined ? Object.keys(interrupts).length === 1 : event.id === id;
}

/** Whether a point may go on with an event: only a node that asks is particular. */
export function isAnswer(plan: Plan, context: GraphContext, event: AnyEvent, at: Point): boolean {
  if (at.kind !== 'node') return true;
  const { pauses } = nodeOf(plan, at.id).def;
  // While a node waits after its body, a resume is for it alone; before that, none is.
  if (pauses && event.type === 'resume') return isRelease(context, event, at.id, 'after');
  if (!Object.hasOwn(context.interrupts, at.id)) return true;
  const answer = answerIn(plan, event, at.id);
  if (!answer) return false;
  if (event.type === 'resume' && !isMeant(context, event, at.id)) return false;
  return answerProblem(plan, at.id, answer.value) === undefined;
}
