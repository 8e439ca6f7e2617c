/** Runs as UI message streams of the AI SDK, for pages that use `useChat`. The `ai` package itself is not needed. */
import type { RunEvent } from '../runtime/events.ts';
import { readAll } from '../runtime/streams.ts';
import type { UIChunk } from './chunks.ts';
import { type UIStreamOptions, UITranslator } from './translate.ts';

/**
 * A run as a UI message stream: text, reasoning, tool calls with their results; questions, what functions emit and what
 * nodes write as data parts `data-interrupt`, `data-custom` and `data-update`.
 *
 * Takes what `thread.stream(…)` or `thread.events(…)` gives, whatever its modes. A page that goes away leaves the run
 * alone, unless the stream has `cancelOnReturn`.
 */
export function toUIMessageStream(
  stream: AsyncIterable<RunEvent>,
  options: UIStreamOptions = {},
): ReadableStream<UIChunk> {
  const events = readAll(stream)[Symbol.asyncIterator]();
  const translator = new UITranslator(options);
  let over = false;
  return new ReadableStream<UIChunk>({
    async pull(controller) {
      let chunks: UIChunk[] = [];
      while (!over && chunks.length === 0) {
        try {
          const next = await events.next();
          if (next.done) over = true;
          else chunks = translator.translate(next.value);
        } catch (reason) {
          over = true;
          chunks = translator.broken(reason);
        }
      }
      for (const chunk of chunks) controller.enqueue(chunk);
      if (over) controller.close();
    },
    async cancel() {
      await events.return?.();
    },
  });
}

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  'x-vercel-ai-ui-message-stream': 'v1',
  'x-accel-buffering': 'no',
};

export interface UIResponseOptions extends UIStreamOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A run as the answer of a route that `useChat` asks: a UI message stream as server-sent events. */
export function uiMessageResponse(stream: AsyncIterable<RunEvent>, options: UIResponseOptions = {}): Response {
  const { status = 200, headers = {}, ...rest } = options;
  const encoder = new TextEncoder();
  const line = (text: string): Uint8Array => encoder.encode(`data: ${text}\n\n`);
  const body = toUIMessageStream(stream, rest).pipeThrough(
    new TransformStream<UIChunk, Uint8Array>({
      transform: (chunk, controller) => controller.enqueue(line(JSON.stringify(chunk))),
      flush: controller => controller.enqueue(line('[DONE]')),
    }),
  );
  return new Response(body, { status, headers: { ...HEADERS, ...headers } });
}
