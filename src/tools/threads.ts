/** Runs exports in threads, so that long computing holds up nothing else. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ErrorRecord } from '../compile/context.ts';
import type { NodeIo } from '../nodes/node-io.ts';
import { runnable } from './runnable.ts';
import type { FromThread, ThreadCall, ThreadResult } from './thread-entry.ts';

/** How long a function that was told to stop may take before its thread is ended, in milliseconds. */
const GRACE_MS = 200;

/** How long a thread without work is kept, in milliseconds. */
const IDLE_MS = 5_000;

/** The error of a function in a thread, as if it had been thrown here. */
class ThreadError extends Error {
  readonly code?: string;
  readonly retryable?: boolean;
  constructor({ name, message, code, retryable, stack, cause }: ErrorRecord) {
    super(message, cause === undefined ? {} : { cause: new ThreadError(cause) });
    this.name = name;
    if (code !== undefined) this.code = code;
    if (retryable !== undefined) this.retryable = retryable;
    if (stack !== undefined) this.stack = stack;
  }
}

function listen(port: MessagePort, io: NodeIo): void {
  port.on('message', (message: FromThread) => {
    if (message.type === 'emit') io.context.emit(message.value);
    else io.context.log(message.message);
  });
  // What the function has to say is of no use without its result, which keeps the process alive by itself.
  port.unref();
}

export class Threads {
  private readonly pool = new Piscina({
    filename: new URL(import.meta.url.endsWith('.ts') ? './thread-entry.ts' : './thread-entry.js', import.meta.url)
      .href,
    minThreads: 0,
    idleTimeout: IDLE_MS,
  });

  /** Calls `file#export`. Told to stop, the function has a moment to heed its signal; then its thread is ended. */
  async call(reference: string, input: unknown, io: NodeIo): Promise<unknown> {
    const at = reference.indexOf('#');
    const url = pathToFileURL(runnable(path.resolve(reference.slice(0, at)))).href;
    const { node, thread, idempotencyKey, signal } = io.context;
    signal.throwIfAborted();
    const { port1, port2 } = new MessageChannel();
    listen(port1, io);
    const context = { node, thread, idempotencyKey };
    const task: ThreadCall = { url, name: reference.slice(at + 1), input, context, port: port2 };
    const ending = new AbortController();
    let grace: ReturnType<typeof setTimeout> | undefined;
    const stop = (): void => {
      port1.postMessage('stop');
      grace = setTimeout(() => ending.abort(), GRACE_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      const run = this.pool.run(task, { transferList: [port2], signal: ending.signal });
      const result = (await run) as ThreadResult;
      if (result.ok) return result.value;
      throw new ThreadError(result.error);
    } catch (thrown) {
      throw signal.aborted ? signal.reason : thrown;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(grace);
      port1.close();
    }
  }
}
