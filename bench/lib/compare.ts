/** How far two runs of the benchmarks agree: their ratios, which a slower machine does not change. */
import type { Results } from './results.ts';

export interface Difference {
  readonly what: string;
  readonly before: number;
  readonly now: number;
  /** How far apart they are, as a share of the smaller one. */
  readonly by: number;
}

/** The median of every ratio, by what it is of. */
function ratiosIn({ shapes, figures }: Results): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, { cases }] of Object.entries(shapes))
    for (const { size, ratios } of cases)
      for (const [pair, { wall }] of Object.entries(ratios)) found.set(`${name} of ${size}: ${pair}`, wall.median);
  for (const { name, beside } of figures) if (beside) found.set(`${name}: beside ${beside.name}`, beside.ratio.median);
  return found;
}

/** The ratios that both runs measured, those that are furthest apart first. */
export function differencesOf(before: Results, now: Results): Difference[] {
  const others = ratiosIn(before);
  const found: Difference[] = [];
  for (const [what, value] of ratiosIn(now)) {
    const other = others.get(what);
    if (other === undefined) continue;
    const by = Math.max(value, other) / Math.min(value, other) - 1;
    found.push({ what, before: other, now: value, by });
  }
  return found.toSorted((a, b) => b.by - a.by);
}
