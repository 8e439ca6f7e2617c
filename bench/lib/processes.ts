/** What several processes measured of the same thing: the compiler of JavaScript is luckier in some of them than in others. */
import { type Quartiles, quartilesOf } from './stats.ts';

/** What each process measured, round by round. */
export type Series = readonly (readonly number[])[];

/** Each process counts once, by its median; of one process its rounds count. */
export function acrossProcesses(series: Series): Quartiles {
  const [first = []] = series;
  return quartilesOf(series.length === 1 ? first : series.map(rounds => quartilesOf(rounds).median));
}
