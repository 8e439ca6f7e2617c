/** Samples of one or several processes, and what they come to. */
import { ratiosOf, type Sample, type Samples } from './measure.ts';
import { acrossProcesses, type Series } from './processes.ts';
import { type CaseResult, type Measured, PAIRS, type PairName, type Ratio, type ShapeResult } from './results.ts';
import type { Shape, SubjectName } from './shape.ts';
import { growthOf } from './stats.ts';

/** What was measured of one size of a shape in one turn, in a process for each group of subjects. */
export interface SampledCase {
  readonly size: number;
  readonly samples: Samples<SubjectName>;
  /** What one run stored. */
  readonly bytes: Partial<Record<SubjectName, number>>;
  /** Bytes of the final state as JSON. */
  readonly stateBytes: number;
}

/** The ratios of each pair, of wall time or of CPU time, turn by turn. */
function ratioSeries(cases: readonly SampledCase[], of: keyof Sample): Map<PairName, Series> {
  const found = new Map<PairName, Series>();
  for (const [one, other] of PAIRS) {
    if (!cases[0]?.samples[one] || !cases[0].samples[other]) continue;
    const ratios = cases.map(({ samples }) => ratiosOf(samples[one] ?? [], samples[other] ?? [], of));
    found.set(`${one}/${other}`, ratios);
  }
  return found;
}

function measured(cases: readonly SampledCase[], name: SubjectName): Measured {
  const of = (time: keyof Sample) => acrossProcesses(cases.map(c => (c.samples[name] ?? []).map(s => s[time])));
  return { wall: of('wall'), cpu: of('cpu'), bytes: cases[0]?.bytes[name] ?? 0 };
}

/** What several turns come to. */
export function caseResult(cases: readonly SampledCase[]): CaseResult {
  const [first] = cases;
  if (!first) throw new Error('nothing was measured');
  const { size, stateBytes, samples } = first;
  const subjects: Partial<Record<SubjectName, Measured>> = {};
  for (const name of Object.keys(samples) as SubjectName[]) subjects[name] = measured(cases, name);
  const ratios: Partial<Record<PairName, Ratio>> = {};
  const cpu = ratioSeries(cases, 'cpu');
  for (const [pair, wall] of ratioSeries(cases, 'wall'))
    ratios[pair] = { wall: acrossProcesses(wall), cpu: acrossProcesses(cpu.get(pair) ?? []) };
  return { size, processes: cases.length, subjects, ratios, stateBytes };
}

function growth(cases: readonly CaseResult[], of: keyof Sample): ShapeResult['growth'] {
  const names = Object.keys(cases[0]?.subjects ?? {}) as SubjectName[];
  const points = (name: SubjectName) =>
    cases.map(({ size, subjects }) => [size, subjects[name]?.[of].median ?? Number.NaN] as const);
  return Object.fromEntries(names.map(name => [name, growthOf(points(name))]));
}

/** What the sizes of a shape come to. */
export function shapeResult({ about, unit, criticalPath }: Shape, cases: readonly CaseResult[]): ShapeResult {
  const known = criticalPath && { criticalPath: cases.map(({ size }) => criticalPath(size)) };
  return { about, unit, cases, growth: growth(cases, criticalPath ? 'wall' : 'cpu'), ...known };
}
