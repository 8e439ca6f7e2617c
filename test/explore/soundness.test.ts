import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRuntime, type Graph, type NodeFunction } from '../../src/index.ts';
import { explorePaths } from '../../src/testing/index.ts';
import { build } from '../helpers.ts';
import { blocks, toYaml } from '../simple-graphs.ts';

/** Runs a graph with random results and gives the nodes that were entered. */
async function visitedBy(graph: Graph, input: Record<string, unknown>): Promise<Set<string>> {
  const visited = new Set<string>();
  const thread = createRuntime().thread(graph, 't');
  const options = {
    onEvent: (event: { type: string; node?: string }) => {
      if (event.type === 'node-started' && event.node !== undefined) visited.add(event.node);
    },
  };
  let result = await thread.invoke(input, options);
  for (let i = 0; i < 60 && result.status === 'waiting'; i++) {
    result = await thread.resume(Object.fromEntries(result.interrupts.map(({ id }) => [id, 'yes'])), options);
  }
  return visited;
}

it('what any run enters is reached by a path, or the report says that a bound was hit', async () => {
  let complete = 0;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(blocks, fc.infiniteStream(fc.integer({ min: -2, max: 7 })), async (block, numbers) => {
      const body: NodeFunction = () => {
        const { value: n } = numbers.next();
        return n < 0 ? {} : { n, ...(n % 2 === 0 ? { seen: `got ${n}` } : {}) };
      };
      const graph = build(toYaml(block), { functions: { body } });
      const report = explorePaths(graph, { maxStates: 500 });
      runs++;
      if (report.complete) complete++;
      const reached = new Set(report.reached.filter(t => t.kind === 'node').map(t => t.from));
      for (const input of [{}, { n: 3 }, { n: 9, seen: ['a', 'b'] }]) {
        const visited = await visitedBy(graph, input);
        if (report.complete) expect([...visited].filter(id => !reached.has(id))).toEqual([]);
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
  expect(complete / runs).toBeGreaterThan(0.5);
});
