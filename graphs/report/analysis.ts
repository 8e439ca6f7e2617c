/** How the documents are built, what they are about, and who links to whom. */
import type { Page } from './blocks.ts';
import { linksOf, readableText } from './inline.ts';
import { clip } from './layout.ts';
import { readPages } from './pages.ts';
import { documentAt, readTarget } from './targets.ts';
import { TermCollector } from './terms.ts';
import type { Analysis, Context, Doc, FileLinks, Heading, Site } from './types.ts';

const TERMS = 16;
const PHRASES = 8;
const TERMS_PER_FILE = 5;
const SITES = 8;
/** Levels of headings that go into the outline, from the highest a document has. */
const DEPTH = 3;

function headingsOf({ title, blocks }: Page): Heading[] {
  const headings = blocks.flatMap(({ kind, level = 1, text }) => {
    const words = kind === 'heading' ? clip(readableText(text), 80) : '';
    return words === '' ? [] : [{ level, text: words }];
  });
  const top = headings.reduce((least, { level }) => Math.min(least, level), 6);
  const shown = headings.filter(h => h.level < top + DEPTH);
  return title === undefined ? shown : [{ level: 0, text: title }, ...shown];
}

/** Counts links between documents, once for each pair, and to the web. */
class LinkMap {
  private readonly files: ReadonlyMap<string, string>;
  private readonly pairs = new Map<string, Set<string>>();
  private readonly web = new Map<string, number>();

  constructor(docs: readonly Doc[]) {
    this.files = new Map(docs.map(({ file }) => [file, file]));
  }

  add({ file, format, blocks }: Page): void {
    if (format !== 'markdown') return;
    const to = new Set<string>();
    for (const block of blocks) {
      if (block.kind === 'comment') continue;
      for (const link of linksOf(block)) {
        const target = readTarget(file, link.target);
        if (target.kind === 'web') this.web.set(target.site, (this.web.get(target.site) ?? 0) + 1);
        const found = target.kind === 'file' ? documentAt(this.files, target.files) : undefined;
        if (found !== undefined && found !== file) to.add(found);
      }
    }
    this.pairs.set(file, to);
  }

  links(): FileLinks[] {
    const from = new Map<string, number>();
    for (const targets of this.pairs.values()) for (const file of targets) from.set(file, (from.get(file) ?? 0) + 1);
    return [...this.files.keys()].map(file => ({
      file,
      from: from.get(file) ?? 0,
      to: this.pairs.get(file)?.size ?? 0,
    }));
  }

  sites(): Site[] {
    return [...this.web]
      .map(([site, links]) => ({ site, links }))
      .sort((a, b) => b.links - a.links || (a.site < b.site ? -1 : 1))
      .slice(0, SITES);
  }
}

/** Looks at the documents as a whole. */
export async function analysis({ docs }: { readonly docs: readonly Doc[] }, ctx: Context): Promise<Analysis> {
  const terms = new TermCollector();
  const map = new LinkMap(docs);
  const headings = new Map<string, Heading[]>();
  for await (const page of readPages(docs, ctx)) {
    terms.add(page);
    map.add(page);
    headings.set(page.file, headingsOf(page));
  }
  const own = terms.distinctive(TERMS_PER_FILE);
  return {
    outline: docs.map(({ file }) => ({ file, headings: headings.get(file) ?? [], terms: own.get(file) ?? [] })),
    terms: terms.shared(TERMS),
    phrases: terms.phrases(PHRASES),
    links: map.links(),
    sites: map.sites(),
  };
}
