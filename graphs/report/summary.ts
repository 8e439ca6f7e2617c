/** The first lines of the report: what there is, in sentences. */
import { listing, literal, plural, wrap } from './layout.ts';
import type { Analysis, FileStats, Finding, FindingKind, Source } from './types.ts';
import { levelOf, lix } from './wording.ts';

/** Words read in a minute, quietly. */
const PACE = 200;

export interface Totals {
  readonly words: number;
  readonly sentences: number;
  readonly longWords: number;
  readonly lines: number;
  readonly codeLines: number;
}

export function totalsOf(stats: readonly FileStats[]): Totals {
  const sum = (key: keyof Totals): number => stats.reduce((total, file) => total + file[key], 0);
  const [words, sentences, longWords] = [sum('words'), sum('sentences'), sum('longWords')];
  return { words, sentences, longWords, lines: sum('lines'), codeLines: sum('codeLines') };
}

/** Minutes as a cell: `<1`, `12`. */
export function minutesOf(words: number): string {
  return words < PACE / 2 ? '<1' : Math.round(words / PACE).toLocaleString('en');
}

function readingTime(words: number): string {
  const minutes = Math.round(words / PACE);
  if (minutes === 0) return 'less than a minute';
  if (minutes < 60) return `about ${plural(minutes, 'minute')}`;
  const rest = minutes < 600 ? minutes % 60 : 0;
  return `about ${plural(Math.floor(minutes / 60), 'hour')}${rest === 0 ? '' : ` and ${plural(rest, 'minute')}`}`;
}

/** How a number of findings of one kind is put. */
const COUNTED: Readonly<Record<FindingKind, readonly [one: string, many: string]>> = {
  'broken-link': ['broken link', 'broken links'],
  'open-fence': ['code block that never ends', 'code blocks that never end'],
  empty: ['empty file', 'empty files'],
  'no-title': ['file without a top heading', 'files without a top heading'],
  'skipped-level': ['skipped heading level', 'skipped heading levels'],
  duplicate: ['repeated paragraph', 'repeated paragraphs'],
  mark: ['open TODO mark', 'open TODO marks'],
  'doubled-word': ['doubled word', 'doubled words'],
  'long-sentence': ['very long sentence', 'very long sentences'],
};

function problems(findings: readonly Finding[], files: number): string {
  if (findings.length === 0) return 'Nothing was found that needs attention.';
  const kinds = new Map<FindingKind, number>();
  const perFile = new Map<string, number>();
  for (const { kind, file } of findings) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    perFile.set(file, (perFile.get(file) ?? 0) + 1);
  }
  const counts = listing([...kinds].map(([kind, count]) => plural(count, ...COUNTED[kind])));
  const [worst = '', most = 0] = [...perFile].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0] ?? [];
  const where = files > 1 && most > 2 ? ` ${literal(worst)} has the most of them (${most}).` : '';
  const found =
    kinds.size > 1
      ? `There are ${findings.length.toLocaleString('en')} things to look at: ${counts}.`
      : `There ${findings.length === 1 ? 'is' : 'are'} ${counts}.`;
  return `${found}${where}`;
}

function size(source: Source, stats: readonly FileStats[], { words }: Totals): string {
  const [longest] = [...stats].sort((a, b) => b.words - a.words || (a.file < b.file ? -1 : 1));
  const isFile = stats.length === 1 && source.name.endsWith(longest?.file ?? '/');
  const holds = isFile ? 'has' : `holds ${plural(stats.length, 'document')} with`;
  const most =
    stats.length > 1 && longest ? `; the longest is ${literal(longest.file)} (${plural(longest.words, 'word')})` : '';
  return `${literal(source.name)} ${holds} ${plural(words, 'word')}, ${readingTime(words)} of reading${most}.`;
}

function style(stats: readonly FileStats[], totals: Totals): string {
  const code = totals.lines === 0 ? 0 : Math.round((100 * totals.codeLines) / totals.lines);
  const score = lix(totals);
  const hardest = [...stats]
    .filter(s => s.sentences >= 10)
    .sort((a, b) => lix(b) - lix(a) || (a.file < b.file ? -1 : 1))[0];
  const differs = hardest && stats.length > 1 && lix(hardest) >= score + 5;
  const worst = differs ? `; ${literal(hardest.file)} is harder than the rest (LIX ${lix(hardest)})` : '';
  const text = totals.sentences === 0 ? '' : `The text is ${levelOf(score)} (LIX ${score})${worst}.`;
  return `${text}${code === 0 ? '' : ` Code makes up ${code} % of the lines.`}`.trim();
}

function subject({ terms }: Analysis): string {
  const first = terms.slice(0, 5).map(({ term }) => literal(term));
  return first.length < 3 ? '' : `It speaks mostly of ${listing(first)}.`;
}

/** What was not read, so that nobody takes the report for more than it is. */
function gaps({ leftOut, limit }: Source): string {
  const shown = leftOut.slice(0, 3).map(({ file, why }) => `${literal(file)} (${why})`);
  const others = leftOut.length > 3 ? [...shown, `${leftOut.length - 3} more`] : shown;
  const files = leftOut.length === 0 ? '' : `Left out: ${listing(others)}.`;
  return `${files}${limit === null ? '' : ` Not everything was read: ${limit}.`}`.trim();
}

/** The summary, a paragraph for each thing it speaks of. */
export function summary(
  source: Source,
  stats: readonly FileStats[],
  findings: readonly Finding[],
  analysis: Analysis,
): string {
  const totals = totalsOf(stats);
  const first = [size(source, stats, totals), style(stats, totals), subject(analysis)].filter(s => s !== '').join(' ');
  return [first, problems(findings, stats.length), gaps(source)]
    .filter(s => s !== '')
    .map(s => wrap(s))
    .join('\n\n');
}
