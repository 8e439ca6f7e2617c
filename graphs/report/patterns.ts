/** What somebody should look at: structure, words, links, copies. */
import type { Page } from './blocks.ts';
import { findDuplicates } from './duplicates.ts';
import { readableText } from './inline.ts';
import { quote } from './layout.ts';
import { findBrokenLinks } from './links.ts';
import { readPages } from './pages.ts';
import { proseFindings } from './prose.ts';
import { type Context, type Doc, type Finding, type FindingKind, findingKinds } from './types.ts';

/** A top heading, an even staircase of levels, code that ends, and something in it at all. */
function structureFindings({ file, format, blocks, lines, title, openFence }: Page): Finding[] {
  const finding = (kind: FindingKind, line: number, text: string): Finding => ({ kind, file, line, text });
  if (lines === 0) return [finding('empty', 1, 'nothing in it')];
  const found: Finding[] = [];
  if (openFence !== undefined) found.push(finding('open-fence', openFence, 'opened here and never closed'));
  if (format === 'plain') return found;
  const headings = blocks.filter(b => b.kind === 'heading');
  // By custom a name that begins with "_" is a part that others include.
  const isPart = /(^|\/)_[^/]*$/.test(file);
  if (title === undefined && !isPart && !headings.some(h => h.level === 1)) {
    const [first] = headings;
    const instead = first ? `the first heading is ${quote(readableText(first.text))}` : 'no headings at all';
    found.push(finding('no-title', first?.line ?? 1, instead));
  }
  for (const [i, { level = 1, line, text }] of headings.entries()) {
    const before = headings[i - 1]?.level;
    if (before === undefined || level <= before + 1) continue;
    found.push(finding('skipped-level', line, `${quote(readableText(text))} goes from level ${before} to ${level}`));
  }
  return found;
}

/** By kind; within a kind as they were found, which is in the order of the documents. */
function inOrder(findings: readonly Finding[]): Finding[] {
  return findingKinds.flatMap(kind => findings.filter(f => f.kind === kind));
}

/** Finds what is wrong, or may be. `base` is the folder that file names are relative to. */
export async function patterns(
  { docs, base }: { readonly docs: readonly Doc[]; readonly base: string },
  ctx: Context,
): Promise<Finding[]> {
  const pages: Page[] = [];
  const found: Finding[][] = [];
  for await (const page of readPages(docs, ctx)) {
    pages.push(page);
    found.push(structureFindings(page), proseFindings(page));
  }
  found.push(await findBrokenLinks(pages, base, ctx), findDuplicates(pages, ctx));
  return inOrder(found.flat());
}
