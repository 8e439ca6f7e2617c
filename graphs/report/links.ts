/** Finds links that lead nowhere: to a file that is not there, to a heading that is not there. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from './blocks.ts';
import { linksOf } from './inline.ts';
import { anchorSet, candidates, documentAt, looseAnchor, readTarget } from './targets.ts';
import type { Context, Finding } from './types.ts';

interface Known {
  readonly page: Page;
  /** Made when the first link asks. */
  anchors?: Set<string>;
}

class LinkChecker {
  private readonly base: string;
  private readonly known: Map<string, Known>;
  private readonly onDisk = new Map<string, boolean>();

  constructor(pages: readonly Page[], base: string) {
    this.base = base;
    this.known = new Map(pages.map(page => [page.file, { page }]));
  }

  /** What is wrong with a link, or undefined. */
  async problem(from: string, link: string): Promise<string | undefined> {
    const target = readTarget(from, link);
    if (target.kind !== 'file') return undefined;
    const known = documentAt(this.known, target.files);
    if (known) return target.anchor ? this.anchorProblem(known, target.anchor, from) : undefined;
    const [file = ''] = target.files;
    // "/guide" may be a route that a site makes up; "/guide.md" is a file.
    if (link.startsWith('/') && !/\.\w{1,5}$/.test(file)) return undefined;
    for (const place of target.files) if (await this.exists(place)) return undefined;
    return `there is no such file${this.elsewhere(file)}`;
  }

  private anchorProblem(known: Known, anchor: string, from: string): string | undefined {
    if (known.page.format !== 'markdown' || /^(?:top|L\d+(?:-L\d+)?|:~:.*)$/.test(anchor)) return undefined;
    known.anchors ??= anchorSet(known.page);
    const wanted = looseAnchor(anchor);
    if (known.anchors.has(wanted)) return undefined;
    const near = [...known.anchors].find(
      a => Math.min(a.length, wanted.length) > 3 && (a.includes(wanted) || wanted.includes(a)),
    );
    const where = known.page.file === from ? 'there is no such heading' : 'the file has no such heading';
    return near === undefined ? where : `${where}; there is \`#${near}\``;
  }

  private async exists(file: string): Promise<boolean> {
    const seen = this.onDisk.get(file);
    if (seen !== undefined) return seen;
    const tries = candidates(file).map(name =>
      stat(path.join(this.base, name))
        .then(() => true)
        .catch(() => false),
    );
    const found = (await Promise.all(tries)).includes(true);
    this.onDisk.set(file, found);
    return found;
  }

  /** A document of the same name in another folder: the likeliest cause is that it moved. */
  private elsewhere(file: string): string {
    const name = path.posix.basename(file).toLowerCase();
    const moved = [...this.known.keys()].filter(k => path.posix.basename(k).toLowerCase() === name);
    return moved.length === 1 && !/^(?:readme|index)\b/.test(name) ? `; there is \`${moved[0]}\`` : '';
  }
}

/** Checks the relative links of every Markdown document; the web is not asked. */
export async function findBrokenLinks(pages: readonly Page[], base: string, { signal }: Context): Promise<Finding[]> {
  const checker = new LinkChecker(pages, base);
  const findings: Finding[] = [];
  for (const { file, format, blocks } of pages) {
    signal.throwIfAborted();
    if (format !== 'markdown') continue;
    for (const block of blocks) {
      if (block.kind === 'comment') continue;
      for (const { target, line } of linksOf(block)) {
        const problem = await checker.problem(file, target);
        if (problem === undefined) continue;
        findings.push({ kind: 'broken-link', file, line, text: `\`${target.replaceAll('`', "'")}\`: ${problem}` });
      }
    }
  }
  return findings;
}
