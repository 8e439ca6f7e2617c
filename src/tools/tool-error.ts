interface Extra extends ErrorOptions {
  /** False when trying again cannot help. */
  readonly retryable?: boolean;
  /** The status of an HTTP answer. */
  readonly status?: number;
  /** The exit code of a program. */
  readonly exitCode?: number;
}

/**
 * A tool could not do what it was asked. `code` says why: `tool-args`, `missing-env`, `http-404` (the status),
 * `http-private`, `http-redirect`, `http-too-large`, `http-parse`, `http-request`, `http-network`, `exit-2` (the exit
 * code), `shell-start`, `shell-signal`, `shell-too-large`, `shell-parse`.
 */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly code: string;
  readonly retryable?: boolean;
  readonly status?: number;
  readonly exitCode?: number;
  constructor(code: string, message: string, { retryable, status, exitCode, ...options }: Extra = {}) {
    super(message, options);
    this.code = code;
    if (retryable !== undefined) this.retryable = retryable;
    if (status !== undefined) this.status = status;
    if (exitCode !== undefined) this.exitCode = exitCode;
  }
}

/** A call took longer than it may: as a node's `timeout` says it. */
export class ToolTimeout extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'timeout';
}

const MAX_SHOWN = 2_000;

/** The beginning of a text for a message. */
export const head = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** The end of a text for a message. */
export const tail = (text: string): string => (text.length > MAX_SHOWN ? `…${text.slice(-MAX_SHOWN)}` : text);
