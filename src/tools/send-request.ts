import type { Scope } from '../compile/expr.ts';
import type { HttpRequest } from '../compile/tool.ts';
import type { After } from '../nodes/turns.ts';
import type { Fetch, ToolIo } from '../nodes/world.ts';
import { refusePrivateHost } from './address.ts';
import { Environment } from './environment.ts';
import type { HttpClient } from './http-client.ts';
import { type RenderedRequest, renderRequest } from './render-request.ts';
import { withTimeLimit } from './time-limit.ts';
import { head, ToolError } from './tool-error.ts';

const MAX_REDIRECTS = 5;

/** The most bytes of an error's body that are read. */
const MAX_ERROR_BODY = 8_000;

/** Statuses below 500 that may be another the next time. */
const PASSING = new Set([408, 425, 429]);

const OWN_TO_HOST = ['authorization', 'cookie', 'proxy-authorization'];

/** The request that a redirect asks for. */
function redirected(request: RenderedRequest, status: number, location: string): RenderedRequest {
  if (!URL.canParse(location, request.url.href)) {
    throw new ToolError('http-redirect', `the redirect to ${JSON.stringify(head(location))} leads nowhere`);
  }
  const url = new URL(location, request.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ToolError('http-redirect', `a redirect to "${url.protocol}" is not followed`, { retryable: false });
  }
  const { body, ...rest } = request;
  const asGet = (status === 303 && request.method !== 'HEAD') || (status < 303 && request.method === 'POST');
  const isElsewhere = url.origin !== request.url.origin;
  if (isElsewhere && !asGet && body !== undefined && request.secret.body) {
    const message = `a body that holds something of the environment is not sent on to ${url.host}`;
    throw new ToolError('http-redirect', message, { retryable: false });
  }
  const left = Object.entries(request.headers).filter(([name]) => {
    if (asGet && name.startsWith('content-')) return false;
    return !isElsewhere || !(OWN_TO_HOST.includes(name) || request.secret.headers.has(name));
  });
  const headers = Object.fromEntries(left);
  return asGet ? { ...rest, url, headers, method: 'GET' } : { ...request, url, headers };
}

type Send = (url: string, init: RequestInit, allowPrivate: boolean) => Promise<Response>;

/** A given `fetch` is asked nothing of a host that is private by its name. */
function sendWith(fetch: Fetch): Send {
  return (url, init, allowPrivate) => {
    if (!allowPrivate) refusePrivateHost(new URL(url).hostname);
    return fetch(url, init);
  };
}

/** What of an error of the network says most: the library wraps it. */
function networkError(thrown: unknown, { method, url }: RenderedRequest): unknown {
  for (let at = thrown; at instanceof Error; at = at.cause) if (at instanceof ToolError) return at;
  if (!(thrown instanceof Error) || thrown.name === 'AbortError') return thrown;
  const cause = thrown.cause instanceof Error ? thrown.cause : thrown;
  const { code } = cause as { code?: unknown };
  const why = cause.message === '' ? String(code ?? cause.name) : cause.message;
  return new ToolError('http-network', `${method} ${url.origin}${url.pathname} failed: ${why}`, { cause });
}

/** Sends a request and follows its redirects. */
async function exchange(
  first: RenderedRequest,
  allowPrivate: boolean,
  send: Send,
  signal: AbortSignal,
): Promise<{ request: RenderedRequest; response: Response }> {
  let request = first;
  for (let redirects = 0; ; redirects++) {
    const { method, url, headers, body } = request;
    const init = { method, headers, redirect: 'manual', signal, ...(body === undefined ? {} : { body }) } as const;
    let response: Response;
    try {
      response = await send(url.href, init, allowPrivate);
    } catch (thrown) {
      throw networkError(thrown, request);
    }
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return { request, response };
    await response.body?.cancel();
    if (redirects === MAX_REDIRECTS) {
      const message = `${first.method} ${first.url.origin} redirects more than ${MAX_REDIRECTS} times`;
      throw new ToolError('http-redirect', message, { retryable: false });
    }
    request = redirected(request, response.status, location);
  }
}

/** Reads at most `limit` bytes. `whole` tells whether that was all. */
async function readBody(response: Response, limit: number): Promise<{ text: string; whole: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); reader && part && !part.done; part = await reader.read()) {
    size += part.value.byteLength;
    chunks.push(part.value);
    if (size <= limit) continue;
    await reader.cancel();
    return { text: new TextDecoder().decode(Buffer.concat(chunks).subarray(0, limit)), whole: false };
  }
  return { text: new TextDecoder().decode(Buffer.concat(chunks)), whole: true };
}

async function statusError({ method, url }: RenderedRequest, response: Response): Promise<ToolError> {
  const { status, statusText } = response;
  const { text } = await readBody(response, MAX_ERROR_BODY);
  const passes = status >= 500 || PASSING.has(status);
  const what = `${method} ${url.origin}${url.pathname} answered ${status}${statusText === '' ? '' : ` ${statusText}`}`;
  const body = text.trim() === '' ? '' : `: ${head(text.trim())}`;
  return new ToolError(`http-${status}`, `${what}${body}`, { status, ...(passes ? {} : { retryable: false }) });
}

function parseBody(text: string, response: Response, parse: HttpRequest['parse']): unknown {
  const type = response.headers.get('content-type') ?? '';
  const isJson = parse === 'json' || (parse !== 'text' && /^[^;]*[/+]json\b/i.test(type));
  if (!isJson) return text;
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ToolError('http-parse', `the answer is not JSON: ${JSON.stringify(text.slice(0, 200))}`, { cause });
  }
}

/** Sends the requests of a runtime or graph; the connections are its own. */
export class Requests {
  private readonly after: After;
  private client: Promise<HttpClient> | undefined;

  constructor(after: After) {
    this.after = after;
  }

  private async senderFor({ fetch }: ToolIo): Promise<Send> {
    if (fetch) return sendWith(fetch);
    this.client ??= import('./http-client.ts').then(({ createHttpClient }) => createHttpClient());
    return (await this.client).fetch;
  }

  async send(request: HttpRequest, scope: Scope, io: ToolIo): Promise<unknown> {
    const environment = new Environment(io.env);
    try {
      const rendered = renderRequest(request, scope, environment);
      const send = await this.senderFor(io);
      const result = await withTimeLimit(request.timeout, io.context.signal, this.after, signal =>
        this.receive(request, rendered, send, signal),
      );
      return environment.mask(result);
    } catch (thrown) {
      throw environment.maskError(thrown);
    }
  }

  private async receive(
    { allowPrivate, maxBytes, parse }: HttpRequest,
    rendered: RenderedRequest,
    send: Send,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { request, response } = await exchange(rendered, allowPrivate, send, signal);
    if (!response.ok) throw await statusError(request, response);
    const { text, whole } = await readBody(response, maxBytes);
    if (!whole) {
      const message = `the answer of ${request.url.host} has more than ${maxBytes} bytes`;
      throw new ToolError('http-too-large', message, { retryable: false });
    }
    const body = parseBody(text, response, parse);
    const { status } = response;
    return parse === 'full' ? { status, headers: Object.fromEntries(response.headers), body } : body;
  }
}
