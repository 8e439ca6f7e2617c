/** The outline of the report: titles and headings, as deep as there is room for. */
import { bullets, literal, wrap } from './layout.ts';
import type { Analysis, Heading, Outline } from './types.ts';

/** Lines beyond which deeper headings are left out. */
const ROOM = 150;
const MAX_FILES = 200;

/** A document in the outline: its title, and its other headings by depth from 1. */
interface Entry {
  readonly name: string;
  readonly headings: readonly { readonly depth: number; readonly text: string }[];
}

/** The title of a document comes first and is the only heading of its level. The front matter's has level 0. */
function titleOf([first, ...rest]: readonly Heading[]): string | undefined {
  return first && first.level < 2 && !rest.some(h => h.level === first.level) ? first.text : undefined;
}

function entryOf({ file, headings }: Outline): Entry {
  const title = titleOf(headings);
  const below = headings.slice(title === undefined ? 0 : 1);
  const top = below.reduce((least, { level }) => Math.min(least, level), 6);
  return {
    name: title === undefined ? literal(file) : `${literal(file)}: ${literal(title)}`,
    headings: below.map(({ level, text }) => ({ depth: level - top + 1, text: literal(text) })),
  };
}

function linesOf({ name, headings }: Entry, depth: number): string[] {
  const shown = headings.filter(h => h.depth <= depth);
  return [bullets([name]), ...shown.map(h => bullets([h.text], '  '.repeat(h.depth)))];
}

/** The headings of each document that has some. */
export function outlineSection({ outline }: Analysis): string {
  const all = outline.filter(({ headings }) => headings.length > 0).map(entryOf);
  const entries = all.slice(0, MAX_FILES);
  if (entries.length === 0) return '';
  const linesAt = (depth: number): string[] => entries.flatMap(entry => linesOf(entry, depth));
  const [full, flat] = [linesAt(3), linesAt(0)];
  const lines = [full, linesAt(2), linesAt(1)].find(some => some.length <= ROOM) ?? flat;
  const note = lines.length < full.length ? [wrap('Only the upper levels are shown: there are many headings.')] : [];
  if (all.length > MAX_FILES) lines.push(`- and ${(all.length - MAX_FILES).toLocaleString('en')} more files`);
  return ['## Outline', ...note, lines.join('\n')].join('\n\n');
}
