import { deepStrictEqual } from 'node:assert';
import { type Effort, measure, ratioOf, type Samples } from './measure.ts';
import { type CaseResult, type Measured, PAIRS, type ShapeResult } from './results.ts';
import type { Case, Input, Shape, SubjectName } from './shape.ts';
import { growthOf, quartilesOf } from './stats.ts';
import { openersOf, type Runner } from './subjects.ts';

interface Check {
  readonly bytes: Partial<Record<SubjectName, number>>;
  readonly stateBytes: number;
}

/** Runs each once: all must give the answer. */
async function check(about: Case, openers: Partial<Record<SubjectName, () => Runner>>): Promise<Check> {
  const bytes: Partial<Record<SubjectName, number>> = {};
  let state: Input = {};
  for (const [name, open] of Object.entries(openers) as [SubjectName, () => Runner][]) {
    const runner = open();
    const found = await runner.run();
    deepStrictEqual(about.read(found), about.answer, `${name} gives something else`);
    if (name === 'statewright') state = found;
    bytes[name] = await runner.close();
  }
  return { bytes, stateBytes: JSON.stringify(state).length };
}

function caseOf(size: number, samples: Samples<SubjectName>, { bytes, stateBytes }: Check): CaseResult {
  const subjects: Partial<Record<SubjectName, Measured>> = {};
  for (const [name, list] of Object.entries(samples) as [SubjectName, { wall: number; cpu: number }[]][]) {
    const [wall, cpu] = [quartilesOf(list.map(s => s.wall)), quartilesOf(list.map(s => s.cpu))];
    subjects[name] = { wall, cpu, bytes: bytes[name] ?? 0 };
  }
  const ratios = PAIRS.flatMap(([one, other]) => {
    const [own, others] = [samples[one], samples[other]];
    if (!own || !others) return [];
    return [[`${one}/${other}`, { wall: ratioOf(own, others, 'wall'), cpu: ratioOf(own, others, 'cpu') }]];
  });
  return { size, subjects, ratios: Object.fromEntries(ratios), stateBytes };
}

function growth(cases: readonly CaseResult[]): Partial<Record<SubjectName, number>> {
  const names = Object.keys(cases[0]?.subjects ?? {}) as SubjectName[];
  const points = (name: SubjectName) =>
    cases.map(({ size, subjects }) => [size, subjects[name]?.cpu.median ?? Number.NaN] as const);
  return Object.fromEntries(names.map(name => [name, growthOf(points(name))]));
}

/** Checks and times a shape at some of its sizes. */
export async function runShape(shape: Shape, effort: Effort, sizes: readonly number[]): Promise<ShapeResult> {
  const cases: CaseResult[] = [];
  for (const size of sizes) {
    const about = shape.at(size);
    const openers = openersOf(about);
    const checked = await check(about, openers);
    cases.push(caseOf(size, await measure(openers, effort), checked));
  }
  const { about, unit, criticalPath } = shape;
  const known = criticalPath && { criticalPath: sizes.map(criticalPath) };
  return { about, unit, cases, growth: growth(cases), ...known };
}
