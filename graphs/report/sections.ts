/** The parts of the report below its summary. Each is Markdown, or empty when there is nothing to say. */
import { bullets, clipName, listing, literal, plural, table, wrap } from './layout.ts';
import { minutesOf, totalsOf } from './summary.ts';
import { type Analysis, type FileStats, type Finding, type FindingKind, findingKinds, type Source } from './types.ts';
import { LONG_SENTENCE, lix } from './wording.ts';

/** How much of a long list is shown. */
const MAX_FILES = 200;
const MAX_FINDINGS = 25;
const MAX_PER_FILE = 5;
const NAME_WIDTH = 40;

const TITLES: Readonly<Record<FindingKind, string>> = {
  'broken-link': 'Broken links',
  'open-fence': 'Code blocks that never end',
  empty: 'Empty files',
  'no-title': 'No top heading',
  'skipped-level': 'Skipped heading levels',
  duplicate: 'Repeated paragraphs',
  mark: 'TODO and FIXME marks',
  'doubled-word': 'Doubled words',
  'long-sentence': `Sentences of more than ${LONG_SENTENCE} words`,
};

function moreThan(count: number, limit: number): string[] {
  return count > limit ? [`and ${(count - limit).toLocaleString('en')} more`] : [];
}

/** The findings of a kind that are shown: of many, a few from each file. */
function selectFindings(found: readonly Finding[]): readonly Finding[] {
  if (found.length <= MAX_FINDINGS) return found;
  const perFile = new Map<string, number>();
  const few = found.filter(({ file }) => {
    const count = (perFile.get(file) ?? 0) + 1;
    perFile.set(file, count);
    return count <= MAX_PER_FILE;
  });
  return few.slice(0, MAX_FINDINGS);
}

/** `and 12 more, most of them in a.md`. */
function restOf(found: readonly Finding[], shown: readonly Finding[]): string[] {
  if (found.length === shown.length) return [];
  const hidden = new Map<string, number>();
  const seen = new Set(shown);
  for (const finding of found) if (!seen.has(finding)) hidden.set(finding.file, (hidden.get(finding.file) ?? 0) + 1);
  const [file = '', count = 0] = [...hidden].sort(([, n], [, m]) => m - n)[0] ?? [];
  const most = count > (found.length - shown.length) / 2 ? `, most of them in ${literal(file)}` : '';
  return [`and ${plural(found.length - shown.length, 'more', 'more')}${most}`];
}

/** What to look at, by kind. */
export function problemsSection(findings: readonly Finding[]): string {
  const parts = findingKinds.flatMap(kind => {
    const found = findings.filter(f => f.kind === kind);
    if (found.length === 0) return [];
    const shown = selectFindings(found);
    const lines = shown.map(({ file, line, text }) => `${literal(file)}:${line}: ${text}`);
    const list = bullets([...lines, ...restOf(found, shown)]);
    return [`### ${TITLES[kind]} (${found.length.toLocaleString('en')})\n\n${list}`];
  });
  return parts.length === 0 ? '' : ['## To look at', ...parts].join('\n\n');
}

function row(name: string, s: Omit<FileStats, 'file'>): string[] {
  const code = s.lines === 0 ? 0 : Math.round((100 * s.codeLines) / s.lines);
  const cells = [s.words.toLocaleString('en'), minutesOf(s.words), s.headings.toLocaleString('en'), `${code} %`];
  return [name, ...cells, String(s.longSentences || '-'), s.sentences === 0 ? '-' : String(lix(s))];
}

/** A row for each document. */
export function filesSection(stats: readonly FileStats[]): string {
  const longest = [...stats].sort((a, b) => b.words - a.words).slice(0, MAX_FILES);
  const shown = stats.filter(s => longest.includes(s));
  const rows = shown.map(s => row(literal(clipName(s.file, NAME_WIDTH)), s));
  const sum = (key: 'headings' | 'longSentences'): number => stats.reduce((total, s) => total + s[key], 0);
  const all = { ...totalsOf(stats), headings: sum('headings'), longSentences: sum('longSentences') };
  if (stats.length > 1) rows.push(row('All', all));
  const head = ['File', 'Words', 'Minutes', 'Headings', 'Code', 'Long', 'LIX'];
  const align = head.map((_, i) => (i === 0 ? 'left' : 'right') as 'left' | 'right');
  const notes = [
    'Words and minutes (at 200 words a minute) leave code out; Code is its share of the lines.',
    `Long counts sentences of more than ${LONG_SENTENCE} words.`,
    'LIX is the mean length of sentences plus the percentage of words over six letters: under 35 is easy, 55 and more hard.',
    stats.length > shown.length ? `The table holds the ${MAX_FILES} longest documents of ${stats.length}.` : '',
  ];
  return `## Files\n\n${table(head, rows, align)}\n\n${wrap(notes.filter(n => n !== '').join(' '))}`;
}

/** What the documents are about, and what each alone is about. */
export function termsSection({ terms, phrases, outline }: Analysis): string {
  if (terms.length === 0) return '';
  const rows = terms.map(({ term, uses, files }) => [
    literal(term),
    uses.toLocaleString('en'),
    files.toLocaleString('en'),
  ]);
  const shared = table(['Term', 'Uses', 'Files'], rows, ['left', 'right', 'right']);
  const pairs = phrases.map(({ term, uses }) => `${literal(term)} (${uses.toLocaleString('en')})`);
  const phrasing = pairs.length === 0 ? [] : [wrap(`Words that go together: ${pairs.join(', ')}.`)];
  const own = outline
    .filter(o => o.terms.length > 0)
    .map(o => `${literal(o.file)}: ${o.terms.map(literal).join(', ')}`);
  const apart =
    own.length === 0
      ? []
      : ['What sets each file apart:', bullets([...own.slice(0, MAX_FILES), ...moreThan(own.length, MAX_FILES)])];
  return ['## Terms', shared, ...phrasing, ...apart].join('\n\n');
}

/** Who links to whom: where readers are sent, and what they never find. */
export function linksSection({ links, sites }: Analysis): string {
  const linked = links.filter(l => l.from > 0).sort((a, b) => b.from - a.from || (a.file < b.file ? -1 : 1));
  const orphans = links.filter(l => l.from === 0 && !/(^|\/)(readme|index|_index)\.\w+$/i.test(l.file));
  const most = linked.slice(0, 10).map(({ file, from }) => `${literal(file)}: linked from ${plural(from, 'document')}`);
  const between =
    linked.length > 0
      ? [bullets(most), orphans.length === 0 ? '' : lonely(orphans.map(o => literal(o.file)))]
      : [links.length > 1 ? 'No document links to another.' : ''];
  const out = sites.map(({ site, links: n }) => `${site} (${n.toLocaleString('en')})`);
  const web = out.length === 0 ? '' : wrap(`Links to the web, which were not checked: ${out.join(', ')}.`);
  const parts = [...between, web].filter(part => part !== '');
  return parts.length === 0 ? '' : ['## Links', ...parts].join('\n\n');
}

function lonely(files: readonly string[]): string {
  const shown = [
    ...files.slice(0, MAX_FINDINGS),
    ...moreThan(files.length, MAX_FINDINGS).map(m => m.replace('and ', '')),
  ];
  return wrap(`No other document links to ${listing(shown)}.`);
}

/** Everything that was left out; the summary names the first few. */
export function leftOutSection({ leftOut }: Source): string {
  if (leftOut.length <= 3) return '';
  const lines = leftOut.slice(0, MAX_FINDINGS).map(({ file, why }) => `${literal(file)}: ${why}`);
  return `## Left out\n\n${bullets([...lines, ...moreThan(leftOut.length, MAX_FINDINGS)])}`;
}
