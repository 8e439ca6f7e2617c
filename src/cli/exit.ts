/** The exit codes of the command line. */
export const EXIT = { done: 0, failed: 1, usage: 2, waiting: 3, cancelled: 130 } as const;

/** Something the user can put right; printed as one line, without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  constructor(message: string, exitCode: number = EXIT.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}
