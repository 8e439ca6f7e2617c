import { type Effort, measure, ratiosOf, type Sample, type Samples } from './measure.ts';
import { acrossProcesses } from './processes.ts';
import type { Figure } from './results.ts';
import type { Runner } from './runner.ts';

/** What one process measured of a figure, round by round. */
export interface SampledFigure extends Pick<Figure, 'name' | 'unit'> {
  readonly values: readonly number[];
  readonly beside?: { readonly name: string; readonly values: readonly number[]; readonly ratios: readonly number[] };
}

/** Some figures that are measured together. */
export interface FigureGroup {
  readonly measure: (effort: Effort) => SampledFigure[] | Promise<SampledFigure[]>;
  /** In one process is enough: it starts those that it measures itself, or nothing in it is compared. */
  readonly once?: boolean;
}

/** Something that is done once, and what it is called. */
export interface Act {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

const runnerOf = ({ run }: Act): Runner => ({ run: run as Runner['run'], close: async () => 0 });

/** What samples of something come to, beside those of the same done by another. */
export function figureOf(
  of: keyof Sample,
  name: string,
  otherName: string,
  { own = [], other = [] }: Samples<'own' | 'other'>,
): SampledFigure {
  const beside = { name: otherName, values: other.map(s => s[of]), ratios: ratiosOf(own, other, of) };
  return { name, unit: 'ms', values: own.map(s => s[of]), beside };
}

/** Times something beside the same done by another. */
export async function timeOf(of: keyof Sample, effort: Effort, own: Act, other: Act): Promise<SampledFigure> {
  const openers = { own: () => runnerOf(own), other: () => runnerOf(other) };
  return figureOf(of, own.name, other.name, await measure<'own' | 'other'>(openers, effort));
}

/** What processes that measured the same figure come to. */
export function figureResult(sampled: readonly [SampledFigure, ...SampledFigure[]]): Figure {
  const [{ name, unit, beside }] = sampled;
  const of = (read: (one: SampledFigure) => readonly number[]) => acrossProcesses(sampled.map(read));
  const figure = { name, unit, value: of(one => one.values) };
  if (!beside) return figure;
  const value = of(one => one.beside?.values ?? []);
  return { ...figure, beside: { name: beside.name, value, ratio: of(one => one.beside?.ratios ?? []) } };
}
