/** How the failure of a graph reaches whoever contains it: as a result that is marked. */
import type { ErrorRecord, GraphContext } from './context.ts';

/** No state key has this name. */
const MARK = '$error';

/** The result of a graph that ended with a failure; undefined when it did not. */
export function givenUp({ failures }: GraphContext): Readonly<Record<string, unknown>> | undefined {
  const [error] = Object.values(failures);
  return error && { [MARK]: error };
}

/** The failure that a result stands for. */
export function givenError(output: unknown): ErrorRecord | undefined {
  if (output === null || typeof output !== 'object' || !Object.hasOwn(output, MARK)) return undefined;
  return (output as { [MARK]: ErrorRecord })[MARK];
}
