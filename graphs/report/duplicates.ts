/**
 * Finds paragraphs that stand more than once, word for word or nearly so.
 *
 * Paragraphs that are alike share most of their runs of three words. Only those that share one of their eight smallest
 * hashes are compared, so the work grows with the text and not with its square.
 */
import type { Page } from './blocks.ts';
import { plainText, readableText } from './inline.ts';
import { listing, literal, plural, quote } from './layout.ts';
import type { Context, Finding } from './types.ts';
import { wordsOf } from './wording.ts';

/** Shorter paragraphs repeat by nature. */
const MIN_WORDS = 15;
const RUN = 3;
const SKETCH = 8;
/** The share of runs that two paragraphs must have in common. */
const ALIKE = 0.75;
/** How many paragraphs with one hash are compared at most. */
const MAX_COMPARED = 20;

interface Place {
  readonly file: string;
  readonly line: number;
  readonly exact: boolean;
}

interface Group {
  readonly first: Place;
  readonly text: string;
  /** Hashes of runs, sorted, each once. */
  readonly runs: Uint32Array;
  readonly others: Place[];
}

function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  // Without this the smallest hashes would be those of similar texts.
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}

function runsOf(words: readonly string[]): Uint32Array {
  const runs = new Set<number>();
  for (let i = 0; i + RUN <= words.length; i++) runs.add(hash(words.slice(i, i + RUN).join(' ')));
  return Uint32Array.from(runs).sort();
}

/** The share of hashes that two sorted lists have in common, of all they have. */
export function likeness(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x = 0, y = 0] = [a[i], b[j]];
    if (x === y) shared++;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return shared / (a.length + b.length - shared);
}

class DuplicateFinder {
  readonly groups: Group[] = [];
  private readonly exact = new Map<string, Group>();
  private readonly sketches = new Map<number, Group[]>();

  add(file: string, line: number, raw: string): void {
    const words = wordsOf(plainText(raw)).map(word => word.toLowerCase());
    if (words.length < MIN_WORDS) return;
    const key = words.join(' ');
    const same = this.exact.get(key);
    if (same) {
      same.others.push({ file, line, exact: true });
      return;
    }
    const runs = runsOf(words);
    const like = this.similar(runs);
    if (like) like.others.push({ file, line, exact: false });
    else this.open({ first: { file, line, exact: true }, text: raw, runs, others: [] }, key);
  }

  private open(group: Group, key: string): void {
    this.groups.push(group);
    this.exact.set(key, group);
    for (const h of group.runs.slice(0, SKETCH)) {
      const bucket = this.sketches.get(h);
      if (!bucket) this.sketches.set(h, [group]);
      else if (bucket.length < MAX_COMPARED) bucket.push(group);
    }
  }

  private similar(runs: Uint32Array): Group | undefined {
    const near = new Set([...runs.slice(0, SKETCH)].flatMap(h => this.sketches.get(h) ?? []));
    return [...near].find(group => likeness(group.runs, runs) >= ALIKE);
  }
}

function describe({ first, text, others }: Group): Finding {
  const shown = others
    .slice(0, 3)
    .map(({ file, line, exact }) => `${literal(file)}:${line}${exact ? '' : ' (nearly)'}`);
  const rest = others.length > shown.length ? [plural(others.length - shown.length, 'more place')] : [];
  const again = listing([...shown, ...rest]);
  return {
    kind: 'duplicate',
    file: first.file,
    line: first.line,
    text: `${quote(readableText(text))}, again in ${again}`,
  };
}

/** One finding for each paragraph that has copies, at its first place; what repeats most text comes first. */
export function findDuplicates(pages: readonly Page[], { signal }: Context): Finding[] {
  const finder = new DuplicateFinder();
  for (const { file, blocks } of pages) {
    signal.throwIfAborted();
    for (const { kind, line, text } of blocks) if (kind === 'text' || kind === 'item') finder.add(file, line, text);
  }
  const weight = ({ runs, others }: Group): number => runs.length * others.length;
  return finder.groups
    .filter(group => group.others.length > 0)
    .sort((a, b) => weight(b) - weight(a))
    .map(describe);
}
