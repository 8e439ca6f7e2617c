/** What runs inside a thread: imports an export and calls it. Loaded by Node itself, so it names files as they are. */
import type { MessagePort } from 'node:worker_threads';
import { type ErrorRecord, errorRecord } from '../compile/context.ts';
import { copyJson } from '../compile/json.ts';

/** A call of an export. */
export interface ThreadCall {
  /** The URL of the file, and the export. */
  readonly url: string;
  readonly name: string;
  readonly input: unknown;
  readonly context: { readonly node: string; readonly thread: string; readonly idempotencyKey: string };
  readonly port: MessagePort;
}

/** What the thread sends while the function runs. */
export type FromThread =
  | { readonly type: 'emit'; readonly value: unknown }
  | { readonly type: 'log'; readonly message: string };

export type ThreadResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ErrorRecord };

async function call({ url, name, input, context, port }: ThreadCall, signal: AbortSignal): Promise<unknown> {
  const found = ((await import(url)) as Record<string, unknown>)[name];
  if (typeof found !== 'function') throw new Error(`there is no exported function "${name}"`);
  const send = (message: FromThread): void => port.postMessage(message);
  const own = {
    ...context,
    signal,
    emit: (value: unknown) => send({ type: 'emit', value }),
    log: (message: string) => send({ type: 'log', message: String(message) }),
  };
  // Nothing is kept for a function in a thread of its own: it is one piece of computing, and runs anew as a whole.
  const only = (what: string) => (): never => {
    throw Object.assign(new Error(`ctx.${what} is not there in a function with "worker: true"`), { code: 'in-worker' });
  };
  const result: unknown = await found(input, { ...own, step: only('step'), interrupt: only('interrupt') });
  return result === undefined ? null : copyJson(result, 'the result');
}

export default async function run(task: ThreadCall): Promise<ThreadResult> {
  const controller = new AbortController();
  task.port.on('message', () => controller.abort(new DOMException('the call was stopped', 'AbortError')));
  try {
    return { ok: true, value: await call(task, controller.signal) };
  } catch (thrown) {
    // Copying an error to another thread would lose its code.
    return { ok: false, error: errorRecord(thrown) };
  } finally {
    task.port.close();
  }
}
