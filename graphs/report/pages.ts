/** Documents as pages, whatever format they are in. */
import { setImmediate } from 'node:timers/promises';
import type { Page } from './blocks.ts';
import { readMarkdown } from './markdown.ts';
import { readOther } from './other-formats.ts';
import type { Context, Doc } from './types.ts';

/** Reads a document. A `.txt` that begins with a `# heading` is Markdown, as notes often are. */
export function readPage({ file, text }: Doc): Page {
  if (/\.rst$/i.test(file)) return readOther(file, text, 'rst');
  if (/\.(adoc|asciidoc)$/i.test(file)) return readOther(file, text, 'asciidoc');
  const isMarkdown = /\.(md|markdown|mdx)$/i.test(file) || /^\s*#{1,6} \S/.test(text);
  return isMarkdown ? readMarkdown(file, text) : readOther(file, text, 'plain');
}

/** Documents between which others get their turn: a run is cancelled, and its siblings go on, only then. */
const TURN = 8;

/** Reads the documents one by one. Throws the signal's reason when the run is cancelled. */
export async function* readPages(docs: readonly Doc[], { signal }: Context): AsyncGenerator<Page> {
  for (const [i, doc] of docs.entries()) {
    if (i % TURN === 0) await setImmediate();
    signal.throwIfAborted();
    yield readPage(doc);
  }
}
