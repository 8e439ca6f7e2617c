/** From a request with texts and expressions to one that can be sent. */

import type { Scope } from '../compile/expr.ts';
import { copyJson } from '../compile/json.ts';
import type { Piece } from '../compile/text.ts';
import type { HttpRequest, NamedTexts } from '../compile/tool.ts';
import { evaluate } from '../compile/writes.ts';
import type { Environment } from './environment.ts';
import { ToolError } from './tool-error.ts';

export interface RenderedRequest {
  readonly method: string;
  readonly url: URL;
  /** In small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Headers, and whether the body, hold something of the environment: no other host is told. */
  readonly secret: { readonly headers: ReadonlySet<string>; readonly body: boolean };
}

const wrong = (message: string): ToolError => new ToolError('http-request', message, { retryable: false });

/**
 * Puts a URL together. Values are percent-encoded; a segment of the path that a value makes `.` or `..` would lead
 * elsewhere however it is encoded, and is refused. A value at the beginning is the host's, and stands as it is.
 */
function urlOf(pieces: readonly Piece[]): URL {
  const encoded = pieces.map(({ text, given }, i) => (given && i > 0 ? encodeURIComponent(text.toWellFormed()) : text));
  const text = encoded.join('');
  let at = 0;
  for (const [i, piece] of encoded.entries()) {
    if (pieces[i]?.given && i > 0) refuseDots(text, at, piece.length);
    at += piece.length;
  }
  if (!URL.canParse(text)) throw wrong(`${JSON.stringify(text)} is not a URL`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw wrong(`requests go to http and https only, not to ${JSON.stringify(url.protocol)}`);
  }
  return url;
}

/** Refuses a value that makes the segment it stands in a step up or aside. */
function refuseDots(url: string, at: number, length: number): void {
  const query = url.search(/[?#]/);
  if (query >= 0 && at > query) return;
  const start = Math.max(url.lastIndexOf('/', at - 1), url.lastIndexOf('\\', at - 1)) + 1;
  const rest = url.slice(at + length);
  const stop = rest.search(/[/\\?#]/);
  const segment = url.slice(start, stop < 0 ? undefined : at + length + stop);
  if (/^(\.|%2e){1,2}$/i.test(segment)) throw wrong(`a value makes ${JSON.stringify(segment)} of a part of the path`);
}

function renderTexts(
  texts: NamedTexts,
  what: string,
  scope: Scope,
  environment: Environment,
): { name: string; value: string }[] {
  return texts.map(({ name, text }) => ({
    name,
    value: environment.rendering(`the ${what} "${name}"`, () => text.render(scope)),
  }));
}

function headersOf(request: HttpRequest, scope: Scope, environment: Environment): Record<string, string> {
  const out: Record<string, string> = {};
  if (request.body?.kind === 'json') out['content-type'] = 'application/json';
  for (const { name, value } of renderTexts(request.headers, 'header', scope, environment)) {
    if (/[\r\n\0]/.test(value)) throw wrong(`the header "${name}" would contain a line break`);
    if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(value))
      throw wrong(`the header "${name}" has characters it cannot hold`);
    out[name.toLowerCase()] = value.trim();
  }
  return out;
}

function bodyOf({ body }: HttpRequest, scope: Scope, environment: Environment): string | undefined {
  if (body === undefined) return undefined;
  return environment.rendering('the body', () => {
    if (body.kind === 'text') return body.text.render(scope);
    const members = body.members.map(({ name, value }) => [name, evaluate(value, () => scope)]);
    return JSON.stringify(copyJson(Object.fromEntries(members), 'the body'));
  });
}

/** Renders a request. Throws `ToolError` before anything is sent. */
export function renderRequest(request: HttpRequest, names: Scope, environment: Environment): RenderedRequest {
  const scope = { ...names, env: environment.names };
  const url = urlOf(environment.rendering('the URL', () => request.url.pieces(scope)));
  for (const { name, value } of renderTexts(request.query, 'query parameter', scope, environment)) {
    url.searchParams.append(name, value);
  }
  const headers = headersOf(request, scope, environment);
  const body = bodyOf(request, scope, environment);
  const fromEnv = request.headers.filter(h => h.text.names.has('env')).map(h => h.name.toLowerCase());
  const inBody =
    request.body?.kind === 'text'
      ? request.body.text.names.has('env')
      : (request.body?.members.some(({ value }) => value.kind === 'expr' && value.expr.names.has('env')) ?? false);
  const secret = { headers: new Set(fromEnv), body: inBody };
  return { method: request.method, url, headers, ...(body === undefined ? {} : { body }), secret };
}
