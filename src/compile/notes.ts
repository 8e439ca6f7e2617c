/**
 * What a function keeps while its node is active: results of steps, and answers to what it asked. It runs anew after an
 * answer, a failure or a crash, and finds them there. Pure.
 */
import type { ErrorRecord, GraphContext, PendingInterrupt } from './context.ts';
import type { AnyEvent } from './outcome.ts';
import type { JsonSchema } from './state-type.ts';
import { checkerOf } from './value-check.ts';

/** The event by which the result of a step is noted. */
export const STEP_EVENT = 'statewright.step';

/** The code of the error by which a body says that it asks something. */
export const ASK_CODE = '$ask';

export interface NodeNotes {
  readonly steps: Readonly<Record<string, unknown>>;
  readonly answers: readonly unknown[];
}

/** What a body asks: an error that is none, with the question. */
export interface AskRecord extends ErrorRecord {
  readonly code: typeof ASK_CODE;
  readonly question: Pick<PendingInterrupt, 'message' | 'data' | 'schema'>;
}

const NOTHING: NodeNotes = { steps: {}, answers: [] };

export const notesOf = ({ notes }: GraphContext, id: string): NodeNotes => notes?.[id] ?? NOTHING;

export function askRecord(message: string, data: unknown, schema: JsonSchema | undefined): AskRecord {
  const question = { message, ...(data === undefined ? {} : { data }), ...(schema ? { schema } : {}) };
  return { name: 'Interrupt', message, code: ASK_CODE, question };
}

/** The question that an event of a body asks. */
export function questionIn({ error }: Pick<AnyEvent, 'error'>): AskRecord['question'] | undefined {
  const { code, question } = (error ?? {}) as Partial<AskRecord>;
  return code === ASK_CODE ? question : undefined;
}

function withNotes(context: GraphContext, id: string, change: Partial<NodeNotes>): Partial<GraphContext> {
  return { notes: { ...context.notes, [id]: { ...notesOf(context, id), ...change } } };
}

export function noteStep(context: GraphContext, id: string, name: string, value: unknown): Partial<GraphContext> {
  return withNotes(context, id, { steps: { ...notesOf(context, id).steps, [name]: value } });
}

/** Puts the question of a body to whoever answers. */
export function noteQuestion(context: GraphContext, id: string, event: AnyEvent): Partial<GraphContext> {
  const question = questionIn(event);
  return question ? { interrupts: { ...context.interrupts, [id]: { node: id, ...question } } } : {};
}

/** Whether an answer fits what a body asked. */
export function fitsQuestion({ interrupts }: GraphContext, id: string, value: unknown): string | undefined {
  const schema = interrupts[id]?.schema;
  const problems = schema ? checkerOf(schema)(value) : [];
  return problems.length === 0 ? undefined : problems.join('; ');
}

export function noteAnswer(context: GraphContext, id: string, value: unknown): Partial<GraphContext> {
  const { [id]: _answered, ...interrupts } = context.interrupts;
  return { interrupts, ...withNotes(context, id, { answers: [...notesOf(context, id).answers, value] }) };
}
