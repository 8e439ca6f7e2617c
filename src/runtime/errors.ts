/** A thread cannot do what was asked of it; nothing changed. `code` says why, for programs. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError';
  readonly code:
    | 'busy'
    | 'waiting'
    | 'not-waiting'
    | 'not-failed'
    | 'not-started'
    | 'ambiguous'
    | 'unknown-interrupt'
    | 'stale'
    | 'graph-changed'
    | 'not-kept'
    | 'no-store'
    | 'unknown-checkpoint'
    | 'exists'
    | 'closed';
  constructor(code: ThreadError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** The thread has no such checkpoint; without a number, it is not stored at all. */
export function unknownCheckpoint(thread: string, seq: number | undefined): ThreadError {
  const what =
    seq === undefined ? `no thread "${thread}" is stored` : `the thread "${thread}" has no checkpoint ${seq}`;
  return new ThreadError('unknown-checkpoint', what);
}

/** An answer that does not fit the schema of its interrupt. The interrupt still waits and nothing was lost. */
export class ResumeError extends Error {
  override readonly name = 'ResumeError';
  readonly code = 'payload';
  readonly id: string;
  constructor(id: string, problem: string) {
    super(`the answer to "${id}" does not fit: ${problem}`);
    this.id = id;
  }
}
