import { maskSecrets } from './secrets.ts';

/** Names beyond this many are not looked at: a list that long is no graph, and the search must stay quick. */
const MAX_CANDIDATES = 2_000;
const MAX_NAME = 64;
const MAX_LISTED = 12;
const MAX_QUOTED = 60;
/** What is looked at of a text that is quoted: a secret that begins in it is known from so much. */
const MAX_MASKED = 5_000;

/** Edit distance with transpositions (optimal string alignment), cut off above `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? limit + 1;
}

/** The name nearest to a mistyped one, or undefined when none is near enough to be meant. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > MAX_NAME) return undefined;
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  let looked = 0;
  for (const candidate of candidates) {
    if (++looked > MAX_CANDIDATES) break;
    if (candidate === '') continue;
    const d = distance(name.toLowerCase(), candidate.toLowerCase(), bestDistance - 1);
    // A name of which every letter would have to change is another name.
    if (d < bestDistance && (d === 0 || d < candidate.length)) [best, bestDistance] = [candidate, d];
  }
  return best;
}

/** A hint that proposes the nearest name, else lists what there is. */
export function didYouMean(name: string, candidates: readonly string[], what: string): string {
  const near = nearest(name, candidates);
  if (near !== undefined) return `did you mean "${near}"?`;
  return listed(candidates, what);
}

/** `nodes: a, b, c`, shortened when there are many. */
export function listed(candidates: readonly string[], what: string): string {
  if (candidates.length === 0) return `there are no ${what}`;
  const shown = candidates.slice(0, MAX_LISTED).join(', ');
  return `${what}: ${shown}${candidates.length > MAX_LISTED ? ', …' : ''}`;
}

/** A name or text from the file in double quotes, on one line and of a bearable length. */
export function quote(text: string): string {
  const safe = maskSecrets(text.slice(0, MAX_MASKED));
  return JSON.stringify(safe.length > MAX_QUOTED ? `${safe.slice(0, MAX_QUOTED)}…` : safe);
}
