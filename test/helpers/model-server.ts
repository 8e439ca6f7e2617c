/** A server on the loopback that speaks the protocol of OpenAI's chat completions, as tests tell it to. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they need
  readonly body: any;
}

/** What the server does with a request. */
export type Reply = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

const head = { id: 'chat-1', object: 'chat.completion.chunk', created: 1, model: 'test' };

/** One frame of a stream. */
export const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

/** A frame that adds to the answer. */
export const delta = (part: object): string => frame({ ...head, choices: [{ index: 0, delta: part }] });

export function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
}

/** The frames that end an answer. */
export function finish(reason: string, usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }): string {
  const last = frame({ ...head, choices: [{ index: 0, delta: {}, finish_reason: reason }] });
  return `${last}${frame({ ...head, choices: [], usage })}data: [DONE]\n\n`;
}

/** Streams an answer, word by word. */
export const says =
  (text: string, reason = 'stop'): Reply =>
  response => {
    begin(response);
    for (const word of text.match(/\s*\S+/g) ?? []) response.write(delta({ role: 'assistant', content: word }));
    response.end(finish(reason));
  };

/** Streams calls of tools; `arguments` in two parts, as providers do. */
export const calls =
  (...list: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]): Reply =>
  response => {
    begin(response);
    for (const [index, call] of list.entries()) {
      const half = Math.ceil(call.arguments.length / 2);
      const named = { name: call.name, arguments: call.arguments.slice(0, half) };
      response.write(delta({ tool_calls: [{ index, id: call.id, type: 'function', function: named }] }));
      response.write(delta({ tool_calls: [{ index, function: { arguments: call.arguments.slice(half) } }] }));
    }
    response.end(finish('tool_calls'));
  };

/** Answers with an error. */
export const fails =
  (status: number, headers: Readonly<Record<string, string>> = {}, message = 'no luck'): Reply =>
  response => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message, type: 'test', param: null, code: null } }));
  };

export class ModelServer {
  readonly seen: SeenRequest[] = [];
  /** Requests whose connection was closed before the answer ended. */
  closed = 0;
  private replies: Reply[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const one = { path: request.url ?? '', headers: request.headers, body: text === '' ? null : JSON.parse(text) };
      this.seen.push(one);
      response.on('close', () => {
        if (!response.writableFinished) this.closed++;
        this.look();
      });
      this.look();
      const reply = this.replies.shift() ?? fails(500, {}, 'nothing is left to answer');
      void reply(response, one);
    });
  });

  /** `http://127.0.0.1:…/v1` */
  baseURL = '';

  async start(): Promise<void> {
    await new Promise<void>(resolve => this.server.listen(0, '127.0.0.1', resolve));
    this.baseURL = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** What the next requests are answered, in order; forgets what was before. */
  answer(...replies: readonly Reply[]): void {
    this.replies = [...replies];
    this.seen.length = 0;
    this.closed = 0;
  }

  /** Resolves when something is so, which requests and closed connections may make it. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>(resolve => this.waiting.add(resolve));
  }

  /** Lets whoever waits look again. */
  look(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
