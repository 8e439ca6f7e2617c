/** What is wrong with the words: marks left behind, words written twice, sentences without end. */
import type { Block, Page } from './blocks.ts';
import { lineAt, plainText, restore } from './inline.ts';
import { quote } from './layout.ts';
import type { Finding, FindingKind } from './types.ts';
import { LONG_SENTENCE, sentencesOf, wordsOf } from './wording.ts';

/** A mark left behind is `TODO: …` or `TODO(ann)`, or begins or ends a line. "The TODO list" is none. */
const MARK =
  /(?<![\p{L}\p{N}_-])(?:(?:TODO|FIXME|XXX)(?=\s?(?:[:(]|[)\].]?$))|(?<=^\s*[([]?)(?:TODO|FIXME|XXX)\b|TBD\b)/gmu;
const MARK_IN_COMMENT = /\b(?:TODO|FIXME|XXX|TBD)\b/g;

/** A word and itself again, the second perhaps without the capital of the first. */
const TWICE = /(?<![\p{L}\p{N}'’-])(\p{L})(\p{L}+)[^\S\u2029]+(\p{L})\2(?![\p{L}\p{N}'’-])/gu;
/** Words that rightly stand twice in a row, in some language. */
const FINE_TWICE = new Set(['had', 'bye', 'blah', 'die', 'der', 'das', 'sie', 'nous', 'vous', 'ha', 'no', 'wiki']);

/** Finds things in one block; offsets are into its plain text. */
type Search = (text: string, block: Block) => { kind: FindingKind; offset: number; text: string }[];

const marks: Search = (text, block) =>
  [...text.matchAll(block.kind === 'comment' ? MARK_IN_COMMENT : MARK)].map(({ index }) => {
    const [line = ''] = text.slice(index).split('\n');
    // The end of a comment, the end of a cell.
    const words = restore(line, block.text).replace(block.kind === 'row' ? /\s*\|.*$/ : /\s*-->.*$/, '');
    return { kind: 'mark', offset: index, text: quote(words) };
  });

const doubledWords: Search = (text, { kind }) => {
  if (kind !== 'text' && kind !== 'item') return [];
  return [...text.matchAll(TWICE)].flatMap(({ index, 0: words, 1: first = '', 2: rest = '', 3: again = '' }) => {
    const same = again === first || again === first.toLowerCase();
    if (!same || FINE_TWICE.has((first + rest).toLowerCase())) return [];
    return [{ kind: 'doubled-word', offset: index, text: quote(words.replace(/\s+/g, ' ')) }];
  });
};

const longSentences: Search = (text, block) => {
  if (block.kind !== 'text' && block.kind !== 'item') return [];
  return sentencesOf(text).flatMap(sentence => {
    const { length } = wordsOf(sentence.text);
    if (length <= LONG_SENTENCE) return [];
    const words = quote(restore(sentence.text, block.text));
    return [{ kind: 'long-sentence', offset: sentence.offset, text: `${length} words: ${words}` }];
  });
};

const searches = [marks, doubledWords, longSentences];

/** Looks at every block of a page. */
export function proseFindings({ file, blocks }: Page): Finding[] {
  return blocks.flatMap(block => {
    // Comments keep their marks and lose their frame.
    const text = plainText(block.kind === 'comment' ? block.text.replace('<!--', '') : block.text);
    return searches.flatMap(search =>
      search(text, block).map(({ kind, offset, text: said }): Finding => {
        return { kind, file, line: lineAt(text, offset, block.line), text: said };
      }),
    );
  });
}
