/**
 * A chain of no-op function nodes in memory, beside a chain written by hand in XState, interleaved in one run.
 *
 *     npm run bench            100 nodes
 *     npm run bench -- 1000    1000 nodes
 */
import { assign, createActor, fromPromise, setup } from 'xstate';
import { compileGraph, createRuntime } from '../src/index.ts';

const NODES = Number(process.argv[2] ?? 100);
const ROUNDS = 15;
const RUNS = Math.max(5, Math.round(3_000 / NODES));

function compiled(): { plain: () => Promise<unknown>; runtime: () => Promise<unknown> } {
  const ids = Array.from({ length: NODES }, (_, i) => `n${i}`);
  const nodes = ids.map(id => `  ${id}: { type: function, function: noop }`).join('\n');
  const text = `name: chain\nstate:\n  n: { type: number, default: 0 }\nnodes:\n${nodes}\nedges:\n  - START -> ${ids.join(' -> ')} -> END\n`;
  const result = compileGraph(text, { functions: { noop: ({ n }: { n: number }) => ({ n: n + 1 }) } });
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  const graph = result.value;
  const app = createRuntime();
  return {
    plain: () => finished(createActor(graph.machine, { input: {} })),
    runtime: () => app.thread(graph).invoke({}),
  };
}

interface Subscribable {
  subscribe(observer: { complete: () => void; error: (reason: unknown) => void }): unknown;
  start(): unknown;
}

function finished(actor: Subscribable): Promise<void> {
  return new Promise((resolve, reject) => {
    actor.subscribe({ complete: resolve, error: reject });
    actor.start();
  });
}

function byHand(): () => Promise<unknown> {
  const builder = setup({
    types: {} as { context: { n: number } },
    actors: { noop: fromPromise(async ({ input }: { input: { n: number } }) => ({ n: input.n + 1 })) },
  });
  const states = Object.fromEntries(
    Array.from({ length: NODES }, (_, i) => [
      `n${i}`,
      {
        invoke: {
          id: `n${i}`,
          src: 'noop' as const,
          input: ({ context }: { context: { n: number } }) => ({ n: context.n }),
          onDone: {
            target: i + 1 < NODES ? `n${i + 1}` : 'done',
            actions: assign(({ event }) => ({ n: (event as unknown as { output: { n: number } }).output.n })),
          },
        },
      },
    ]),
  );
  const machine = builder.createMachine({
    context: { n: 0 },
    initial: 'n0',
    states: { ...states, done: { type: 'final' } },
  } as never);
  return () => finished(createActor(machine));
}

async function time(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < RUNS; i++) await run();
  return ((performance.now() - start) * 1000) / (RUNS * NODES);
}

const quantile = (sorted: number[], q: number): number => sorted[Math.floor((sorted.length - 1) * q)] ?? 0;

const { plain, runtime } = compiled();
const subjects = { 'xstate by hand': byHand(), 'createActor(graph.machine)': plain, 'runtime thread': runtime };
const times: Record<string, number[]> = Object.fromEntries(Object.keys(subjects).map(name => [name, []]));
for (const run of Object.values(subjects)) await time(run);
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(subjects)) times[name]?.push(await time(run));
}
const floor = quantile(
  (times['xstate by hand'] ?? []).sort((a, b) => a - b),
  0.5,
);
console.log(`chain of ${NODES} nodes, ${ROUNDS} interleaved rounds of ${RUNS} runs, microseconds a node`);
for (const [name, list] of Object.entries(times)) {
  const sorted = list.sort((a, b) => a - b);
  const [low, mid, high] = [0.25, 0.5, 0.75].map(q => quantile(sorted, q)) as [number, number, number];
  console.log(
    `${name.padEnd(28)} median ${mid.toFixed(1).padStart(7)}  quartiles ${low.toFixed(1)} to ${high.toFixed(1)}  ratio ${(mid / floor).toFixed(2)}`,
  );
}
