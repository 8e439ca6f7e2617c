import type { After } from '../nodes/turns.ts';
import { ToolTimeout } from './tool-error.ts';

/** Runs with a signal that fires when the outer one does, or when the time is up. Rejects with {@link ToolTimeout} then. */
export async function withTimeLimit<T>(
  ms: number | undefined,
  outer: AbortSignal,
  after: After,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(outer.reason);
  outer.addEventListener('abort', onAbort, { once: true });
  const callOff =
    ms === undefined ? () => {} : after(ms, () => controller.abort(new ToolTimeout(`it took longer than ${ms} ms`)));
  try {
    return await run(controller.signal);
  } catch (thrown) {
    throw controller.signal.aborted ? controller.signal.reason : thrown;
  } finally {
    callOff();
    outer.removeEventListener('abort', onAbort);
  }
}
