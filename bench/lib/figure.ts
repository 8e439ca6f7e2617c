import { type Effort, measure, ratioOf, type Sample } from './measure.ts';
import type { Figure } from './results.ts';
import type { Runner } from './runner.ts';
import { quartilesOf } from './stats.ts';

/** Something that is done once, and what it is called. */
export interface Act {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

const runnerOf = ({ run }: Act): Runner => ({ run: run as Runner['run'], close: async () => 0 });

/** Times something, beside the same done by another where there is one. */
export async function timeOf(of: keyof Sample, effort: Effort, own: Act, other?: Act): Promise<Figure> {
  const openers = { own: () => runnerOf(own), ...(other ? { other: () => runnerOf(other) } : {}) };
  const { own: times = [], other: others } = await measure<'own' | 'other'>(openers, effort);
  const figure = { name: own.name, unit: 'ms' as const, value: quartilesOf(times.map(s => s[of])) };
  if (!other || !others) return figure;
  const value = quartilesOf(others.map(s => s[of]));
  return { ...figure, beside: { name: other.name, value, ratio: ratioOf(times, others, of) } };
}
