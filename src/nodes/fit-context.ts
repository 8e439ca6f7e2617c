/** Conversations that are too long for a model: the newest messages are kept, the rest dropped or summed up. */
import type { Fit } from '../compile/model-call.ts';
import type { ContentPart, ModelMessage } from '../models/model.ts';

/** A rough rule, the same for all models: four characters are a token. */
const CHARACTERS = 4;
/** What a message costs beside its text. */
const PER_MESSAGE = 4;
/** What an image or another file is reckoned at, whatever its size. */
const PER_FILE = 1_000;

/** What is sent, and what is not. */
export interface Fitted {
  readonly messages: readonly ModelMessage[];
  readonly dropped: readonly ModelMessage[];
  /** Sent in place of what was dropped. */
  readonly summary?: ModelMessage;
}

/** Messages that belong together: a call of tools and its results, or one message. */
type Unit = readonly ModelMessage[];

function partTokens(part: ContentPart): number {
  if (part.type === 'image' || part.type === 'file') return PER_FILE;
  const text = part.type === 'text' || part.type === 'reasoning' ? part.text : JSON.stringify(part);
  return Math.ceil(text.length / CHARACTERS);
}

/** About how many tokens a message has. */
export function tokensOf({ content }: ModelMessage): number {
  const parts: readonly ContentPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return parts.reduce((sum, part) => sum + partTokens(part), PER_MESSAGE);
}

const tokensIn = (messages: readonly ModelMessage[]): number => messages.reduce((sum, m) => sum + tokensOf(m), 0);

function unitsOf(messages: readonly ModelMessage[]): Unit[] {
  const units: ModelMessage[][] = [];
  for (const message of messages) {
    const last = units.at(-1);
    if (message.role === 'tool' && last) last.push(message);
    else units.push([message]);
  }
  return units;
}

const isUser = (unit: Unit | undefined): boolean => unit?.[0]?.role === 'user';

/**
 * The units that are kept: the newest ones that fit, and always the last and what the user said last. They begin with
 * the user, as several providers want it.
 */
function keep(units: readonly Unit[], budget: number): Set<Unit> {
  const asked = units.findLastIndex(isUser);
  const kept = new Set([units[asked], units.at(-1)].filter(unit => unit !== undefined));
  let left = budget - [...kept].reduce((sum, unit) => sum + tokensIn(unit), 0);
  let from = units.length;
  for (const [i, unit] of [...units.entries()].reverse()) {
    const cost = kept.has(unit) ? 0 : tokensIn(unit);
    if (cost > left) break;
    left -= cost;
    from = i;
  }
  const newest = units.slice(from);
  const first = newest.findIndex(isUser);
  const usable = from <= asked && first > 0 ? newest.slice(first) : newest;
  return new Set([...kept, ...usable]);
}

const INSTRUCTIONS =
  'Sum up the conversation that follows for the one who goes on with it: what was asked, found, decided and is still ' +
  'open, with all names and figures that matter. Answer with the summary alone.';

function shown({ role, content }: ModelMessage): string {
  const parts: readonly ContentPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  const texts = parts.map(part => {
    if (part.type === 'text' || part.type === 'reasoning') return part.text;
    return part.type === 'image' || part.type === 'file' ? `[${part.type}]` : JSON.stringify(part);
  });
  return `${role}: ${texts.join('\n')}`;
}

/**
 * Makes messages fit. What the system says, what the user said last, and the newest message are sent whatever they
 * cost; a call of tools is never parted from its results.
 *
 * `clip` drops the oldest messages. `summarize` keeps the newest in half of the room, so that not every further message
 * brings another summary, and asks for a summary of the rest.
 *
 * @param ask gives the answer of a model as text
 */
export async function fitContext(
  messages: readonly ModelMessage[],
  fit: Fit | undefined,
  ask: (messages: readonly ModelMessage[]) => Promise<string>,
): Promise<Fitted> {
  if (!fit || tokensIn(messages) <= fit.maxTokens) return { messages, dropped: [] };
  const system = messages.filter(m => m.role === 'system');
  const units = unitsOf(messages.filter(m => m.role !== 'system'));
  const room = fit.kind === 'clip' ? fit.maxTokens : fit.maxTokens / 2;
  const kept = keep(units, room - tokensIn(system));
  const sent = units.filter(unit => kept.has(unit)).flat();
  const dropped = units.filter(unit => !kept.has(unit)).flat();
  if (fit.kind === 'clip' || dropped.length === 0) return { messages: [...system, ...sent], dropped };
  const text = await ask([
    { role: 'system', content: INSTRUCTIONS },
    { role: 'user', content: dropped.map(shown).join('\n\n') },
  ]);
  const summary: ModelMessage = { role: 'user', content: `Summary of the conversation so far:\n${text}` };
  return { messages: [...system, summary, ...sent], dropped, summary };
}
