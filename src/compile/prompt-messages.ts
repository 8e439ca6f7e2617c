/** What a prompt says for given values, as messages. Pure. */
import { GraphRunError } from './context.ts';
import type { Scope } from './expr.ts';
import type { Value } from './graph.ts';
import type { PromptDef } from './model-call.ts';
import { evaluate } from './writes.ts';

/** A message as it lies in the state; its parts are those of the AI SDK. */
export interface Message {
  readonly id?: string;
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | readonly { readonly type: string }[];
}

const ROLES = ['system', 'user', 'assistant', 'tool'];

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isPart = (part: unknown): boolean => isObject(part) && typeof part.type === 'string';

function problemOf(message: unknown): string | undefined {
  if (!isObject(message)) return 'is no object';
  const { role, content } = message;
  if (!ROLES.includes(String(role))) return `has no "role"; roles: ${ROLES.join(', ')}`;
  if (typeof content === 'string') return undefined;
  return Array.isArray(content) && content.every(isPart) ? undefined : 'has no "content": a text, or a list of parts';
}

/** A value as messages; null is none. Throws {@link GraphRunError} for what is no list of messages. */
export function asMessages(value: unknown, what: string): readonly Message[] {
  if (value === null || value === undefined) return [];
  const refuse = (why: string): never => {
    throw new GraphRunError('wrong-messages', `${what} ${why}`);
  };
  if (!Array.isArray(value)) return refuse('is no list of messages');
  for (const [i, message] of value.entries()) {
    const problem = problemOf(message);
    if (problem !== undefined) refuse(`has a message that cannot be sent: [${i}] ${problem}`);
  }
  return value as readonly Message[];
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
};

/** The media type of a URL: as a data URL says it, else by its ending. */
function mediaTypeOf(url: string): string | undefined {
  if (url.startsWith('data:')) return /^data:([^;,]+)/.exec(url)?.[1];
  const ending = /\.(\w+)$/.exec(url.replace(/[?#].*$/s, ''))?.[1]?.toLowerCase();
  return ending === undefined ? undefined : MEDIA_TYPES[ending];
}

const isUrl = (text: string): boolean => /^(https?:\/\/|data:)/i.test(text);

function filePart(file: unknown): { readonly type: string } {
  const { data, mediaType, filename } = isObject(file) ? file : { data: file };
  const url = typeof data === 'string' && isUrl(data);
  if (typeof data !== 'string' || (!url && typeof mediaType !== 'string')) {
    const shown = JSON.stringify(file)?.slice(0, 100);
    const forms = 'a URL, a data URL, or { data, mediaType, filename } with data in base64';
    throw new GraphRunError('wrong-file', `a file of a prompt must be ${forms}; it is ${shown}`);
  }
  const kind = typeof mediaType === 'string' ? mediaType : mediaTypeOf(data);
  // What a URL leads to is an image, unless it says otherwise.
  if (kind === undefined || kind.startsWith('image/'))
    return { type: 'image', image: data, ...(kind === undefined ? {} : { mediaType: kind }) } as { type: string };
  return { type: 'file', data, mediaType: kind, ...(typeof filename === 'string' ? { filename } : {}) } as {
    type: string;
  };
}

/** A value, or a list of values, each a file; null is none. */
function filesOf(file: Value, scope: Scope): { readonly type: string }[] {
  const value = evaluate(file, () => scope);
  const all = Array.isArray(value) ? value : [value];
  return all.filter(v => v !== null && v !== undefined).map(filePart);
}

/** The parts of a prompt as messages. Throws what its texts and expressions throw. */
export interface Said {
  readonly system: readonly Message[];
  /** What was said before. */
  readonly before: readonly Message[];
  /** What the user says now: one message at most. */
  readonly user: readonly Message[];
}

export function promptMessages({ system, user, messages, files = [] }: PromptDef, scope: Scope): Said {
  const before = messages
    ? asMessages(
        evaluate(messages, () => scope),
        '"messages" of the prompt',
      )
    : [];
  const parts = files.flatMap(file => filesOf(file, scope));
  const text = user?.render(scope);
  const said = text === undefined ? [] : [{ type: 'text', text }];
  const content = parts.length === 0 ? text : [...said, ...parts];
  return {
    system: system ? [{ role: 'system', content: system.render(scope) }] : [],
    before,
    user: content === undefined ? [] : [{ role: 'user', content }],
  };
}
