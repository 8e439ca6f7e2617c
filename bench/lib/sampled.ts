/** Samples of one or several processes, and what they come to. */
import { ratioOf, type Sample, type Samples } from './measure.ts';
import { type CaseResult, type Measured, PAIRS, type ShapeResult } from './results.ts';
import type { Shape, SubjectName } from './shape.ts';
import { growthOf, quartilesOf } from './stats.ts';

/** What one process measured of one size of a shape. */
export interface SampledCase {
  readonly size: number;
  readonly samples: Samples<SubjectName>;
  /** What one run stored. */
  readonly bytes: Partial<Record<SubjectName, number>>;
  /** Bytes of the final state as JSON. */
  readonly stateBytes: number;
}

const entriesOf = (samples: Samples<SubjectName>) => Object.entries(samples) as [SubjectName, Sample[]][];

/** How long a round takes, in milliseconds. */
export function roundOf({ samples }: SampledCase): number {
  return entriesOf(samples).reduce((sum, [, list]) => sum + quartilesOf(list.map(s => s.wall)).median, 0);
}

/** The samples of a size from several processes together. */
export function together(cases: readonly SampledCase[]): SampledCase[] {
  const bySize = new Map<number, SampledCase>();
  for (const one of cases) {
    const known = bySize.get(one.size);
    const samples: Samples<SubjectName> = { ...known?.samples };
    for (const [name, list] of entriesOf(one.samples)) samples[name] = [...(samples[name] ?? []), ...list];
    bySize.set(one.size, { ...one, samples });
  }
  return [...bySize.values()];
}

function caseResult({ size, samples, bytes, stateBytes }: SampledCase): CaseResult {
  const subjects: Partial<Record<SubjectName, Measured>> = {};
  for (const [name, list] of entriesOf(samples)) {
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

function growth(cases: readonly CaseResult[]): ShapeResult['growth'] {
  const names = Object.keys(cases[0]?.subjects ?? {}) as SubjectName[];
  const points = (name: SubjectName) =>
    cases.map(({ size, subjects }) => [size, subjects[name]?.cpu.median ?? Number.NaN] as const);
  return Object.fromEntries(names.map(name => [name, growthOf(points(name))]));
}

/** What the samples of a shape come to. */
export function shapeResult({ about, unit, criticalPath }: Shape, sampled: readonly SampledCase[]): ShapeResult {
  const cases = together(sampled).map(caseResult);
  const known = criticalPath && { criticalPath: cases.map(({ size }) => criticalPath(size)) };
  return { about, unit, cases, growth: growth(cases), ...known };
}
