/** The conversation that a node goes on with: read from a state key, and written back to it. */
import { type GraphContext, viewOf } from '../compile/context.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import { asMessages } from '../compile/prompt-messages.ts';
import type { ModelMessage } from '../models/model.ts';
import type { Fitted } from './fit-context.ts';

/** A message as it is written to a state key of type `messages`: added, in place of another, or to take one away. */
export type MessageWrite = ModelMessage | { readonly id: string; readonly remove: true } | { readonly remove: 'all' };

/** What was said before, of a node that has a `history`. */
export function historyOf(plan: Plan, id: string, context: GraphContext): readonly ModelMessage[] {
  const { def, scope } = nodeOf(plan, id);
  if (def.history === undefined) return [];
  return asMessages(viewOf(context, scope)[def.history], `the history "${def.history}"`) as readonly ModelMessage[];
}

/**
 * Messages with ids, `draft-1`, `draft-2`, that no message of the history has. They do not depend on the run: a node
 * that runs again after a crash gives the same ones, and branches, which are other nodes, give others.
 */
function withIds(said: readonly ModelMessage[], history: readonly ModelMessage[], owner: string): ModelMessage[] {
  const taken = history.map(({ id }) => (id?.startsWith(`${owner}-`) ? Number(id.slice(owner.length + 1)) : 0));
  const last = taken.reduce((most, n) => (Number.isInteger(n) ? Math.max(most, n) : most), 0);
  return said.map((message, i) => ({ ...message, id: message.id ?? `${owner}-${last + i + 1}` }));
}

/**
 * The summary in place of the first message that it sums up, and the others taken away. What has no id cannot be taken
 * away: then the history stays as it is.
 */
function summed({ summary, dropped }: Fitted, history: readonly ModelMessage[]): MessageWrite[] {
  const ids = dropped.flatMap(message => (history.includes(message) && message.id !== undefined ? [message.id] : []));
  const [first, ...rest] = ids;
  if (!summary || first === undefined || ids.length < dropped.length) return [];
  return [{ ...summary, id: first }, ...rest.map(id => ({ id, remove: true }) as const)];
}

/** What a node writes to its history: what it said, and the summary of what was too long. `owner` begins the new ids. */
export function historyWrites(
  said: readonly ModelMessage[],
  history: readonly ModelMessage[],
  fitted: Fitted,
  owner: string,
): MessageWrite[] {
  return [...summed(fitted, history), ...withIds(said, history, owner)];
}
