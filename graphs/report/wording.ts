/** Words, sentences and how hard they are to read. */
import { STAND_IN } from './inline.ts';

const WORD = new RegExp(`[\\p{L}\\p{N}\\p{M}${STAND_IN}]+(?:['’\\-.][\\p{L}\\p{N}]+)*`, 'gu');
const ANY_WORD = new RegExp(`[\\p{L}\\p{N}${STAND_IN}]`, 'u');
/** Scripts that put no spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}]/u;
const SENTENCE_END = /(?<=[.!?…]["'”’)\]]{0,3})\s+|(?<=[。！？])|\u2029/u;
const ABBREVIATION = /(?:^|[\s(])(?:e\.g|i\.e|vs|cf|ca|approx|resp|Mr|Mrs|Ms|Dr|Prof|St|No|Fig|z\.B|d\.h|p\.ex)\.$/i;

let segmenter: Intl.Segmenter | undefined;

/** The words of a text; an address or a piece of code is one word. */
export function wordsOf(text: string): string[] {
  if (!UNSPACED.test(text)) return text.match(WORD) ?? [];
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' });
  return [...segmenter.segment(text)].filter(s => ANY_WORD.test(s.segment)).map(s => s.segment);
}

export interface Sentence {
  readonly text: string;
  /** Where it begins in the text it was taken from. */
  readonly offset: number;
}

/** The sentences of a paragraph. An abbreviation such as "e.g." ends none. */
export function sentencesOf(text: string): Sentence[] {
  const found: Sentence[] = [];
  let offset = 0;
  let pending: Sentence | undefined;
  for (const piece of text.split(SENTENCE_END)) {
    const at = text.indexOf(piece, offset);
    offset = at + piece.length;
    pending = pending
      ? { text: text.slice(pending.offset, offset), offset: pending.offset }
      : { text: piece, offset: at };
    if (ABBREVIATION.test(piece)) continue;
    found.push(pending);
    pending = undefined;
  }
  if (pending) found.push(pending);
  return found.filter(s => ANY_WORD.test(s.text));
}

/** Sentences of more words than this are reported. */
export const LONG_SENTENCE = 40;

export function isLongWord(word: string): boolean {
  return word.length > 6;
}

/**
 * LIX: words per sentence plus the share of words over six letters, in percent. It needs neither dictionary nor
 * syllables, so it holds for any language with spaces. Under 30 is a children's book, over 60 is a law.
 */
export function lix({ words, sentences, longWords }: { words: number; sentences: number; longWords: number }): number {
  return words === 0 ? 0 : Math.round(words / Math.max(1, sentences) + (100 * longWords) / words);
}

/** The score in words, to follow "the text is". */
export function levelOf(score: number): string {
  if (score < 35) return 'easy to read';
  if (score < 45) return 'of medium difficulty';
  return score < 55 ? 'demanding' : 'hard to read';
}
