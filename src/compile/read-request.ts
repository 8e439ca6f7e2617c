/** HTTP requests, of `http` nodes and of `http` tools. */
import { quote } from '../diagnostic/suggest.ts';
import type { NodeContext } from './read-common.ts';
import type { RequestFile } from './schema-tools.ts';
import type { Path } from './source.ts';
import { literalText } from './text.ts';
import { DEFAULT_MAX_BYTES, type HttpRequest, type NamedTexts } from './tool.ts';
import type { OutputScope, ValueReader } from './values.ts';

type Context = Pick<NodeContext, 'source' | 'reporter'>;

/** Reads a map of texts. */
export function readTexts(
  raw: Readonly<Record<string, string>> | undefined,
  path: Path,
  values: ValueReader,
): NamedTexts {
  return Object.entries(raw ?? {}).flatMap(([name, source]) => {
    const text = values.text(source, [...path, name]);
    return text ? [{ name, text }] : [];
  });
}

const TAG = /\{\{.*?\}\}|\{%.*?%\}/s;
const ONE_VALUE = /^\{\{[^{}]*\}\}$/;
const FROM_ENV = /^\{\{-?\s*env\.\w+[^{}]*\}\}(?=[/?#]|$)/;

/**
 * Why values could change where a URL leads; undefined when they cannot. The host is in the file or in the
 * environment, or the whole URL is one value.
 */
function urlProblem(url: string): string | undefined {
  if (ONE_VALUE.test(url) || FROM_ENV.test(url)) return undefined;
  const tag = TAG.exec(url);
  const start = url.slice(0, tag?.index);
  if (!tag && /^https?:\/\//i.test(start) && URL.canParse(url)) return undefined;
  if (tag && /^https?:\/\/[^/?#\\\s]+[/?#]/i.test(start) && URL.canParse(start)) return undefined;
  return tag && /^https?:\/\//i.test(start)
    ? 'a value stands where the host is'
    : 'it must begin with "https://" or "http://" and a host';
}

function readUrl(raw: string, path: Path, values: ValueReader, { source, reporter }: Context): HttpRequest['url'] {
  const url = values.markedText(raw.trim(), path);
  const problem = url && urlProblem(raw.trim());
  if (problem !== undefined) {
    const hint = 'write the host out, begin with {{ env.NAME }}, or let one value be the whole URL: "{{ url }}"';
    reporter.report('wrong-value', source.span(path), `the URL ${quote(raw)} cannot be used: ${problem}`, { hint });
  }
  return url ?? literalText('');
}

function checkNames(names: readonly string[], path: Path, { source, reporter }: Context): void {
  for (const name of names) {
    if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) continue;
    const hint = 'a header name has letters, digits and "-"';
    reporter.report('bad-name', source.keySpan([...path, name]), `${quote(name)} cannot be a header`, { hint });
  }
}

function readBody(raw: RequestFile['body'], path: Path, values: ValueReader): HttpRequest['body'] {
  if (raw === undefined) return undefined;
  if (typeof raw === 'string') {
    const text = values.text(raw, path);
    return text && { kind: 'text', text };
  }
  const members = Object.entries(raw).flatMap(([name, given]) => {
    const value = values.value(given, [...path, name]);
    return value ? [{ name, value }] : [];
  });
  return { kind: 'json', members };
}

/** Reads a request over the names that are in scope and `env`. */
export function readRequest(
  file: RequestFile,
  path: Path,
  names: ValueReader,
  context: Context,
  timeout: number | undefined,
): HttpRequest {
  const values = names.with({ env: 'dyn' });
  const body = readBody(file.body, [...path, 'body'], values);
  const method = file.method ?? (file.body === undefined ? 'GET' : 'POST');
  if (file.body !== undefined && (method === 'GET' || method === 'HEAD')) {
    const hint = 'remove the body, or use "method: POST"; what belongs into the URL stands in "query"';
    const at = context.source.keySpan([...path, 'body']);
    context.reporter.report('wrong-value', at, `a ${method} request has no body`, { hint });
  }
  checkNames(Object.keys(file.headers ?? {}), [...path, 'headers'], context);
  return {
    method,
    url: readUrl(file.url, [...path, 'url'], values, context),
    headers: readTexts(file.headers, [...path, 'headers'], values),
    query: readTexts(file.query, [...path, 'query'], values),
    ...(body ? { body } : {}),
    parse: file.parse ?? 'auto',
    maxBytes: file.maxBytes ?? DEFAULT_MAX_BYTES,
    allowPrivate: file.allowPrivate ?? false,
    ...(timeout === undefined ? {} : { timeout }),
  };
}

/** What `output` is after a request. */
export function requestOutput({ parse }: HttpRequest): OutputScope {
  if (parse === 'text') return { type: 'string' };
  return { type: parse === 'full' ? { status: 'double', headers: 'dyn', body: 'dyn' } : 'dyn' };
}
