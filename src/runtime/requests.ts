/** What is asked of a thread, checked against how its actors stand: who is meant, or why nobody is. */
import type { BodyWait } from '../compile/body-call.ts';
import { copyJson } from '../compile/json.ts';
import { pathOf } from '../compile/naming.ts';
import { answerProblem } from '../compile/outcome.ts';
import type { Interrupt } from '../core/waiting.ts';
import type { RunningBody } from './bodies.ts';
import { ResumeError, ThreadError } from './errors.ts';
import type { Member } from './member.ts';
import type { RunStatus } from './result.ts';

type Members = readonly Member[];

/** An answer on its way to the node that asked. */
export interface AddressedAnswer {
  readonly member: Member;
  readonly node: string;
  /** The id of the question inside its actor. */
  readonly key: string;
  readonly value: unknown;
}

/** Refuses a new run unless the thread is done. */
export function refuseUnlessDone(thread: string, status: RunStatus | 'running', members: Members): void {
  if (status === 'done') return;
  if (status === 'running')
    throw new ThreadError('busy', `the thread "${thread}" is running; wait for it, or cancel it`);
  const waits = members.flatMap(m => m.interrupts().map(i => i.shown.id)).join(', ');
  const ended = status === 'failed' ? 'it failed; retry it' : 'it was cancelled; retry it';
  const advice = status === 'waiting' ? `it waits for ${waits}; resume it` : ended;
  throw new ThreadError('waiting', `the thread "${thread}" is not finished: ${advice}, or use another thread`);
}

/** Splits an answer by interrupt: the value itself when one waits, a map from id to value when there are several. */
function byId(thread: string, answer: unknown, ids: readonly string[]): [string, unknown][] {
  const [only] = ids;
  if (only === undefined) throw new ThreadError('not-waiting', `the thread "${thread}" waits for no answer`);
  const isMap = answer !== null && typeof answer === 'object' && !Array.isArray(answer);
  const keys = isMap ? Object.keys(answer) : [];
  if (keys.length > 0 && keys.every(k => ids.includes(k))) return Object.entries(answer as object);
  if (ids.length === 1) return [[only, answer]];
  const code = keys.length > 0 ? 'unknown-interrupt' : 'ambiguous';
  throw new ThreadError(code, `${ids.length} interrupts wait (${ids.join(', ')}); answer by id: { "${only}": … }`);
}

/**
 * Finds who is answered, and checks every answer before any is given.
 *
 * @param only the id of the one that is answered
 */
export function addressAnswers(
  thread: string,
  answer: unknown,
  members: Members,
  only: string | undefined,
): AddressedAnswer[] {
  const waiting = new Map(
    members.flatMap(member =>
      member.interrupts().map(({ key, shown }) => [shown.id, { member, node: shown.node, key }] as const),
    ),
  );
  const answers = only === undefined ? byId(thread, answer, [...waiting.keys()]) : [[only, answer] as const];
  return answers.map(([id, raw]) => {
    const asker = waiting.get(id);
    if (!asker) throw new ThreadError('not-waiting', `nothing of the thread "${thread}" waits at "${id}"`);
    const { work } = asker.member;
    const { context } = asker.member;
    const problem = work.kind === 'graph' ? answerProblem(work.plan, asker.node, raw, context) : undefined;
    if (problem !== undefined) throw new ResumeError(id, problem);
    return { ...asker, value: copyJson(raw === undefined ? null : raw, `the answer to "${id}"`) };
  });
}

/** Finds what failed, all of it or what has this id. A thread that was cancelled goes on without any. */
export function failedAt(
  thread: string,
  id: string | undefined,
  members: Members,
  cancelled: boolean,
): { readonly member: Member; readonly key: string }[] {
  const failed = members.flatMap(member => member.failures().map(({ key, shown }) => ({ member, key, id: shown.id })));
  const meant = id === undefined ? failed : failed.filter(f => f.id === id);
  if (meant.length > 0 || cancelled) return meant;
  throw new ThreadError(
    'not-failed',
    `nothing of the thread "${thread}" failed${id === undefined ? '' : ` at "${id}"`}`,
  );
}

/** What a body waits for, as an interrupt lists it. */
export function waitOf({ name, waits }: RunningBody): Interrupt {
  const events = waits?.events ?? [];
  const message = `waits for ${events.map(e => `"${e}"`).join(' or ') || 'an event'}`;
  const [only] = events;
  const node = name.slice(name.lastIndexOf('/') + 1);
  return { id: name, node, message, path: pathOf(name), ...(events.length === 1 && only ? { event: only } : {}) };
}

/** Finds the actors and bodies that take an event: all that wait for it, as the states of one machine would. */
export function takersOf(
  thread: string,
  event: { readonly type: string },
  members: Members,
  waiting: readonly RunningBody[],
): (Member | BodyWait)[] {
  const actors = members.filter(
    m => m.interrupts().some(i => i.shown.event === event.type) && m.logic.takes(m.state, event),
  );
  const bodies = waiting.flatMap(({ waits }) => (waits?.takes(event) ? [waits] : []));
  if (actors.length + bodies.length > 0) return [...actors, ...bodies];
  const named = members.flatMap(m => m.interrupts()).flatMap(i => i.shown.event ?? []);
  const waits = [...named, ...waiting.flatMap(body => body.waits?.events ?? [])];
  const known = waits.length === 0 ? 'it waits for no event' : `it waits for ${waits.join(', ')}`;
  const what = `does not take the event "${event.type}" now, or not with these members`;
  throw new ThreadError('not-waiting', `the thread "${thread}" ${what}; ${known}`);
}
