/** What a step leaves behind is collected while it is young: nothing that ended with it is kept until everything is collected. */
import { getHeapSpaceStatistics } from 'node:v8';
import { expect, it } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { gc } from './helpers/gc.ts';
import { build, run } from './helpers.ts';

/** Steps of a run; each makes a list of all that was written so far. */
const STEPS = 3_000;

const GRAPH = build(
  `state: { items: { type: list<number>, merge: append } }
nodes:
  one: { type: function, function: one, maxVisits: ${STEPS} }
  two: { type: function, function: two, maxVisits: ${STEPS} }
edges:
  - START -> one -> two
  - { from: two, to: one, when: size(items) < ${STEPS} }
  - two -> END
`,
  { functions: { one: () => ({ items: [1] }), two: () => ({ items: [2] }) } },
);

const runs: Record<string, () => Promise<unknown>> = {
  thread: async () => (await run(GRAPH)).output,
  'an actor': () => toPromise(createActor(GRAPH.machine, { input: {} }).start()),
};

/** Bytes of what is taken to live long. */
function old(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => /^(old|large_object)_space$/.test(space_name));
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

it.each(Object.keys(runs))('36 MB of lists, each of one step of %s: less than 4 MB become old', async name => {
  gc();
  const before = old();
  const output = await runs[name]?.();
  gc({ type: 'minor' });
  expect(output).toMatchObject({ items: { length: STEPS } });
  expect(old() - before).toBeLessThan(4_000_000);
});
