import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Graph } from '../../src/index.ts';
import { build } from '../helpers.ts';
import { blocks, toYaml } from './generate.ts';
import { type Body, Interpreter } from './interpreter.ts';
import { ActorSubject, HeldBodies, type Subject, ThreadSubject, tick } from './subject.ts';

const GRAPHS = Number(process.env.DIFFERENTIAL_GRAPHS ?? 600);
const MAX_STEPS = 400;

/** What every subject runs: flaky bodies fail on each odd attempt. */
const body: Body = (node, attempt) => {
  if (node.startsWith('x') && attempt % 2 === 1) throw new Error('planned');
  return { seen: [`${node}.${attempt}`], n: 1 };
};

interface Outcome {
  readonly steps: string[];
  readonly status: string;
  readonly state: Record<string, unknown>;
  readonly trace: Record<string, string[]>;
}

/** Drives a subject by a sequence of choices: which ready body ends, or when none is, which failure is tried again. */
async function drive(subject: Subject, choices: readonly number[]): Promise<Outcome> {
  const steps: string[] = [];
  for (let i = 0; i < MAX_STEPS; i++) {
    await tick();
    const ready = subject.ready();
    const failed = subject.failed();
    steps.push(`${ready.join(' ')} | ${failed.join(' ')}`);
    const pool = ready.length > 0 ? ready : failed;
    const chosen = pool[(choices[i % choices.length] ?? 0) % Math.max(1, pool.length)];
    if (chosen === undefined) break;
    if (ready.length > 0) await subject.finish(chosen);
    else await subject.retry(chosen);
  }
  return { steps, status: subject.status(), state: subject.state(), trace: subject.trace };
}

it(`a direct interpreter, a thread and a plain actor agree on ${GRAPHS} generated graphs, whatever finishes first`, async () => {
  let largest = 0;
  let failures = 0;
  await fc.assert(
    fc.asyncProperty(blocks, fc.array(fc.nat(20), { minLength: 1, maxLength: 30 }), async (block, choices) => {
      const yaml = toYaml(block);
      const made = (wideFork: number): [Graph, HeldBodies] => {
        const held = new HeldBodies(body);
        return [build(yaml, { wideFork, functions: { body: held.function } }), held];
      };
      // Forks as parallel states, and forks whose branches are actors of their own.
      const [narrow, wide] = [made(1_000), made(0)];
      const [graph] = narrow;
      const reference = await drive(new Interpreter(graph.plan, body), choices);
      largest = Math.max(largest, graph.plan.nodes.size);
      if (reference.steps.some(s => !s.endsWith('| '))) failures++;
      for (const [width, [own, held]] of Object.entries({ narrow, wide })) {
        for (const make of [ThreadSubject, ActorSubject]) {
          const outcome = await drive(new make(own, held.fresh()), choices);
          expect(outcome, `${make.name} (${width}) disagrees on\n${yaml}`).toEqual(reference);
        }
      }
    }),
    { numRuns: GRAPHS, seed: Number(process.env.DIFFERENTIAL_SEED ?? 20_261_121), verbose: 1 },
  );
  // The generator must reach what the test is about.
  expect(largest).toBeGreaterThan(20);
  expect(failures).toBeGreaterThan(GRAPHS / 10);
}, 300_000);
