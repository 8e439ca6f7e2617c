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

/**
 * Reads the documents one by one, with a turn for everybody else before each: that is when parallel nodes go on and
 * when a cancelled run stops. Throws the signal's reason then.
 */
export async function* readPages(docs: readonly Doc[], { signal }: Context): AsyncGenerator<Page> {
  for (const doc of docs) {
    await setImmediate();
    signal.throwIfAborted();
    yield readPage(doc);
  }
}
