import { deepStrictEqual } from 'node:assert';
import { type Effort, measure } from './measure.ts';
import type { Runner } from './runner.ts';
import type { SampledCase } from './sampled.ts';
import type { Case, Input, Shape, SubjectName } from './shape.ts';
import { openersOf } from './subjects.ts';

interface Check extends Pick<SampledCase, 'bytes' | 'stateBytes'> {
  /** Milliseconds of the run. */
  readonly ran: Partial<Record<SubjectName, number>>;
}

/** Runs each once: all must give the answer. */
async function check(about: Case): Promise<Check> {
  const ran: Partial<Record<SubjectName, number>> = {};
  const bytes: Partial<Record<SubjectName, number>> = {};
  let state: Input = {};
  for (const [name, open] of Object.entries(openersOf(about)) as [SubjectName, () => Runner][]) {
    const runner = open();
    const begun = performance.now();
    const found = await runner.run();
    ran[name] = performance.now() - begun;
    deepStrictEqual(about.read(found), about.answer, `${name} gives something else`);
    if (name === 'statewright') state = found;
    bytes[name] = await runner.close();
  }
  return { ran, bytes, stateBytes: JSON.stringify(state).length };
}

/** Checks and samples a shape at some of its sizes. */
export async function runShape(shape: Shape, effort: Effort, sizes: readonly number[]): Promise<SampledCase[]> {
  const cases: SampledCase[] = [];
  for (const size of sizes) {
    const about = shape.at(size);
    const { ran, ...checked } = await check(about);
    const opened: Runner[] = [];
    cases.push({ size, ...checked, samples: await measure(openersOf(about, opened), effort, ran) });
    for (const runner of opened) await runner.close();
  }
  return cases;
}
