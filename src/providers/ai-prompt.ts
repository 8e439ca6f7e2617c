/** Messages as a model of the AI SDK takes them. */
import { type ContentPart, ModelError, type ModelMessage, type ModelRequest } from '../models/model.ts';
import type { AiLanguageModel, UrlPatterns } from './ai-types.ts';

type FilePart = Extract<ContentPart, { type: 'image' | 'file' }>;

/** What the parts of a message depend on. */
interface Target {
  readonly model: string;
  /** Version 4 says of each file how its data is given; before, the value shows it. */
  readonly tagged: boolean;
  readonly urls: UrlPatterns;
}

/** The contents of a data URL in base64, with its media type. */
function readDataUrl(url: string): { data: string; mediaType: string | undefined } {
  const comma = url.indexOf(',');
  const [mediaType, ...parameters] = url.slice('data:'.length, comma).split(';');
  const body = url.slice(comma + 1);
  const data = parameters.includes('base64') ? body : Buffer.from(decodeURIComponent(body)).toString('base64');
  return { data, mediaType: mediaType === '' ? undefined : mediaType };
}

function takesUrl(urls: UrlPatterns, mediaType: string, url: string): boolean {
  const [kind] = mediaType.split('/');
  const patterns = ['*', '*/*', kind, `${kind}/*`, mediaType].flatMap(name => (name && urls[name]) || []);
  return patterns.some(pattern => pattern.test(url.toLowerCase()) || pattern.test(url));
}

function filePart(part: FilePart, { model, tagged, urls }: Target): object {
  const given = part.type === 'image' ? part.image : part.data;
  const filename = part.type === 'file' && part.filename !== undefined ? { filename: part.filename } : {};
  // The media type of an image may be unknown; version 4 takes the first half of one.
  const own = part.mediaType ?? (tagged ? 'image' : 'image/*');
  if (/^https?:/i.test(given)) {
    if (!takesUrl(urls, own, given)) {
      const advice = 'give it as a data URL';
      throw new ModelError('file-url', `the model "${model}" takes no ${own} by its URL; ${advice}`, {
        retryable: false,
      });
    }
    const url = new URL(given);
    return { type: 'file', ...filename, mediaType: own, data: tagged ? { type: 'url', url } : url };
  }
  const { data, mediaType } = given.startsWith('data:') ? readDataUrl(given) : { data: given, mediaType: undefined };
  const kind = part.mediaType ?? mediaType ?? own;
  return { type: 'file', ...filename, mediaType: kind, data: tagged ? { type: 'data', data } : data };
}

function contentPart(part: ContentPart, target: Target): object {
  return part.type === 'image' || part.type === 'file' ? filePart(part, target) : part;
}

function textOf({ content }: ModelMessage): string {
  if (typeof content === 'string') return content;
  return content.flatMap(part => (part.type === 'text' ? [part.text] : [])).join('\n');
}

function message(given: ModelMessage, target: Target): object {
  const { role, content } = given;
  if (role === 'system') return { role, content: textOf(given) };
  if (typeof content !== 'string') return { role, content: content.map(part => contentPart(part, target)) };
  return { role, content: content === '' ? [] : [{ type: 'text', text: content }] };
}

/** The options of one call. Throws {@link ModelError} for what the model cannot take. */
export async function callOptions(model: AiLanguageModel, request: ModelRequest): Promise<object> {
  const { messages, tools, schema, settings, signal } = request;
  const version = Number(/\d+/.exec(model.specificationVersion)?.[0] ?? 0);
  const target: Target = { model: request.model, tagged: version >= 4, urls: (await model.supportedUrls) ?? {} };
  // Several providers refuse a system message behind others.
  const ordered = [...messages.filter(m => m.role === 'system'), ...messages.filter(m => m.role !== 'system')];
  const { temperature, maxTokens, topP, seed, stop } = settings;
  const options = {
    prompt: ordered.map(each => message(each, target)),
    temperature,
    maxOutputTokens: maxTokens,
    topP,
    seed,
    stopSequences: stop,
    responseFormat: schema ? { type: 'json', schema, name: 'answer' } : { type: 'text' },
    tools: tools?.map(({ name, description, input }) => ({ type: 'function', name, description, inputSchema: input })),
    toolChoice: tools && { type: 'auto' },
    abortSignal: signal,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
