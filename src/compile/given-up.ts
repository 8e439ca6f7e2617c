/** How the failure of a graph reaches whoever contains it: as a result that is marked. */
import type { ErrorRecord, GraphContext } from './context.ts';
import { START } from './names.ts';
import type { Plan } from './plan.ts';

/** No state key has this name. */
const MARK = '$error';

/** The result of a graph that ended with a failure, the first in file order; undefined when it did not. */
export function givenUp(plan: Plan, { failures }: GraphContext): Readonly<Record<string, unknown>> | undefined {
  if (Object.keys(failures).length === 0) return undefined;
  const first = [START, ...plan.nodes.keys(), ...plan.forks.keys()].find(id => Object.hasOwn(failures, id));
  return first === undefined ? undefined : { [MARK]: failures[first] };
}

/** The failure that a result stands for. */
export function givenError(output: unknown): ErrorRecord | undefined {
  if (output === null || typeof output !== 'object' || !Object.hasOwn(output, MARK)) return undefined;
  return (output as { [MARK]: ErrorRecord })[MARK];
}
