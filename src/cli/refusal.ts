import { InputError } from '../compile/input.ts';
import { ResumeError, ThreadError } from '../runtime/errors.ts';
import { StoreError } from '../store/store.ts';
import { CliError, EXIT } from './exit.ts';

/** Failures of the store that are nobody's mistake: the same command may do it later. */
const LATER: readonly StoreError['code'][] = ['stale', 'busy', 'full', 'io', 'closed'];

/** What a thread or its store refused, as one clear line; anything else as it is. */
export function refusal(thrown: unknown): unknown {
  if (thrown instanceof StoreError)
    return new CliError(thrown.message, LATER.includes(thrown.code) ? EXIT.failed : EXIT.usage);
  if (thrown instanceof ThreadError) {
    const message = thrown.message.replace('pass "acceptChanges"', 'add --accept-changes');
    return new CliError(message);
  }
  return thrown instanceof InputError || thrown instanceof ResumeError ? new CliError(thrown.message) : thrown;
}
