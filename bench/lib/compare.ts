/** How far two runs of the benchmarks agree: their ratios, which a slower machine does not change. */
import type { PairName, Results } from './results.ts';

export interface Difference {
  readonly what: string;
  readonly before: number;
  readonly now: number;
  /** How far apart they are, as a share of the smaller one. */
  readonly by: number;
}

export function differencesOf(before: Results, now: Results): Difference[] {
  return Object.entries(now.shapes).flatMap(([name, { cases }]) =>
    cases.flatMap(({ size, ratios }) => {
      const other = before.shapes[name]?.cases.find(c => c.size === size)?.ratios ?? {};
      return Object.entries(ratios).flatMap(([pair, ratio]) => {
        const old = other[pair as PairName]?.wall.median;
        if (old === undefined) return [];
        const value = ratio.wall.median;
        const by = Math.max(value, old) / Math.min(value, old) - 1;
        return [{ what: `${name} of ${size}: ${pair}`, before: old, now: value, by }];
      });
    }),
  );
}
