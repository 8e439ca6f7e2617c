/** Errors of providers as errors of models. Told by their shape: each version of a package has classes of its own. */
import { ModelError } from '../models/model.ts';

/** What errors of the AI SDK and of the network carry. */
interface Carried {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly statusCode?: unknown;
  readonly isRetryable?: unknown;
  readonly responseHeaders?: Readonly<Record<string, string>> | undefined;
  readonly type?: unknown;
  readonly code?: unknown;
}

/** The longest wait that a provider may ask for, in milliseconds. */
const LONGEST_WAIT = 86_400_000;

/** How long a provider asks to wait, in milliseconds: `retry-after-ms`, or `retry-after` in seconds or as a date. */
export function retryAfterOf(headers: Readonly<Record<string, string>> | undefined, now: number): number | undefined {
  const ms = Number.parseFloat(headers?.['retry-after-ms'] ?? '');
  const text = headers?.['retry-after'] ?? '';
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  const wait = Number.isNaN(ms) ? seconds : ms;
  return Number.isNaN(wait) ? undefined : Math.min(LONGEST_WAIT, Math.max(0, Math.round(wait)));
}

/** The status of an answer that may be another one next time. */
const passes = (status: number): boolean => [408, 409, 425, 429].includes(status) || status >= 500;

const first = (text: unknown): string => String(text ?? '').split('\n')[0] ?? '';

function httpError(who: string, error: Carried, cause: unknown, now: number): ModelError {
  const status = Number(error.statusCode);
  const retryAfter = retryAfterOf(error.responseHeaders, now);
  const retryable = typeof error.isRetryable === 'boolean' ? error.isRetryable || passes(status) : passes(status);
  const message = `${who} answered with status ${status}: ${first(error.message)}`;
  return new ModelError(`http-${status}`, message, { cause, retryable, retryAfter });
}

/** An error that the provider tells of inside its answer: `{ message, type, code }`. */
function toldError(who: string, { message, type, code }: Carried, cause: unknown): ModelError {
  const words = [type, code].map(String);
  const retryable = !words.some(word => /invalid|context_length|not_found|authentication|permission/.test(word));
  return new ModelError('provider-error', `${who} failed: ${first(message)}`, { cause, retryable });
}

/** Makes what went wrong in a call a {@link ModelError}. `begun` says that the answer had begun. */
export function toModelError(thrown: unknown, model: string, begun: boolean, now: number): ModelError {
  if (thrown instanceof ModelError) return thrown;
  const who = `the model "${model}"`;
  const error = (thrown ?? {}) as Carried;
  const name = String(error.name ?? '');
  const cause = thrown instanceof Error ? thrown : undefined;
  if (typeof error.statusCode === 'number' && !(error.statusCode >= 200 && error.statusCode < 300))
    return httpError(who, error, cause, now);
  if (/LoadAPIKeyError|LoadSettingError/.test(name))
    return new ModelError('missing-key', first(error.message), { cause, retryable: false });
  if (/UnsupportedFunctionality|InvalidPrompt|InvalidArgument|NoSuchModel/.test(name))
    return new ModelError('unsupported', `${who} cannot do this: ${first(error.message)}`, { cause, retryable: false });
  if (/without a finish reason/.test(String(error.message))) return streamCut(who, cause);
  if (/InvalidResponseData|JSONParse|TypeValidation|EmptyResponseBody/.test(name))
    return new ModelError('bad-response', `${who} answered what cannot be read: ${first(error.message)}`, {
      cause,
      retryable: true,
    });
  if (!(thrown instanceof Error)) {
    return toldError(who, typeof thrown === 'object' && thrown !== null ? error : { message: thrown }, undefined);
  }
  if (begun) return streamCut(who, cause);
  return new ModelError('http-network', `${who} cannot be reached: ${first(error.message)}`, {
    cause,
    retryable: error.isRetryable !== false,
  });
}

/** The answer ended before the model said that it did. */
export function streamCut(who: string, cause?: Error): ModelError {
  return new ModelError('stream-cut', `${who} broke off in the middle of its answer`, { cause, retryable: true });
}
