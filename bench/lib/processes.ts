/** What several processes measured of the same thing: the compiler of JavaScript is luckier in some of them than in others. */
import { type Quartiles, quartilesOf } from './stats.ts';

/** What each process measured, round by round. */
export type Series = readonly (readonly number[])[];

/** How many processes measure at least and at most, and when it is enough. */
const LEAST = 7;
const MOST = 14;
const ENOUGH_MS = 40_000;

/** How far off a median may be, as a share of it. */
const SURE = 0.04;

/** Each process counts once, by its median; of one process its rounds count. */
export function acrossProcesses(series: Series): Quartiles {
  const [first = []] = series;
  return quartilesOf(series.length === 1 ? first : series.map(rounds => quartilesOf(rounds).median));
}

/** The standard error of the median, as a share of it, if what processes measure is spread as it mostly is. */
export function errorOf(series: Series): number {
  const { low, median, high } = acrossProcesses(series);
  return (0.93 * (high - low)) / median / Math.sqrt(series.length);
}

/** Whether processes have measured enough: each series is sure, or there is no more time. */
export function isEnough(all: readonly Series[], processes: number, ms: number): boolean {
  if (processes < LEAST) return false;
  return processes >= MOST || ms > ENOUGH_MS || all.every(series => errorOf(series) <= SURE);
}
