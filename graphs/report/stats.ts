/** Figures per document: words, sentences, headings, code. */
import type { Block } from './blocks.ts';
import { plainText } from './inline.ts';
import { readPages } from './pages.ts';
import type { Context, Doc, FileStats } from './types.ts';
import { isLongWord, LONG_SENTENCE, sentencesOf, wordsOf } from './wording.ts';

interface Counts {
  words: number;
  sentences: number;
  longWords: number;
  longSentences: number;
}

/** Adds a block to the counts. Tables and headings have words but no sentences worth measuring. */
function count(block: Block, into: Counts): void {
  if (block.kind === 'comment' || block.kind === 'definition') return;
  const text = plainText(block.text);
  if (block.kind === 'heading' || block.kind === 'row') {
    into.words += wordsOf(text).length;
    return;
  }
  for (const sentence of sentencesOf(text)) {
    const words = wordsOf(sentence.text);
    into.words += words.length;
    into.longWords += words.filter(isLongWord).length;
    into.sentences++;
    if (words.length > LONG_SENTENCE) into.longSentences++;
  }
}

/** Counts every document. */
export async function stats({ docs }: { readonly docs: readonly Doc[] }, ctx: Context): Promise<FileStats[]> {
  const rows: FileStats[] = [];
  for await (const { file, blocks, lines, codeLines } of readPages(docs, ctx)) {
    const counts: Counts = { words: 0, sentences: 0, longWords: 0, longSentences: 0 };
    for (const block of blocks) count(block, counts);
    rows.push({ file, ...counts, headings: blocks.filter(b => b.kind === 'heading').length, lines, codeLines });
  }
  return rows;
}
