/** Where links lead: to a place on the web, to a file, to a heading. */
import path from 'node:path';
import type { Block, Page } from './blocks.ts';
import { anchorsOf, readableText } from './inline.ts';

export type Target =
  | { readonly kind: 'web'; readonly site: string }
  /** `files` are the places to look in, relative to the folder and perhaps outside of it; `anchor` is without `#`. */
  | { readonly kind: 'file'; readonly files: readonly string[]; readonly anchor?: string }
  /** Mail, data, a placeholder of a template: nothing that can be followed. */
  | { readonly kind: 'other' };

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** How far above the folder a leading `/` is looked for: the folder may be part of a repository or a site. */
const LEVELS_ABOVE = 3;

/** A leading `/` is the root of a site or repository, which is one of the folders above: nearest last. */
function fromRoot(from: string, target: string): string[] {
  const folders = path.posix
    .dirname(from)
    .split('/')
    .filter(part => part !== '.');
  const inside = folders.map((_, i) => folders.slice(0, i + 1).join('/'));
  const above = Array.from({ length: LEVELS_ABOVE }, (_, i) => '../'.repeat(i + 1));
  return ['', ...inside, ...above].map(folder => path.posix.join(folder, `./${target}`));
}

/** Reads a link as it stands in the document `from`. */
export function readTarget(from: string, link: string): Target {
  const web = /^(?:https?:)?\/\/([^/?#]+)/i.exec(link);
  if (web) return { kind: 'web', site: (web[1] ?? '').toLowerCase().replace(/^www\./, '') };
  if (/^[a-z][a-z0-9+.-]*:/i.test(link) || /\{\{|\{%|\$\{|<|[\uE000-\uEFFF]/u.test(link)) return { kind: 'other' };
  const [, target = '', , rawAnchor] = /^([^?#]*)(\?[^#]*)?(?:#(.*))?$/s.exec(link) ?? [];
  const anchor = rawAnchor === undefined ? {} : { anchor: decode(rawAnchor) };
  const plain = decode(target);
  if (plain === '') return { kind: 'file', files: [from], ...anchor };
  if (plain.startsWith('/')) return { kind: 'file', files: fromRoot(from, plain), ...anchor };
  return { kind: 'file', files: [path.posix.join(path.posix.dirname(from), plain)], ...anchor };
}

/** The names under which site generators find a document that a link leaves short. */
export function candidates(file: string): string[] {
  const plain = file.replace(/\/$/, '');
  const inside = plain === '.' ? '' : `${plain}/`;
  const names = [`${plain}.md`, `${plain}.mdx`, `${inside}index.md`, `${inside}README.md`, `${inside}_index.md`];
  const html = plain.replace(/\.html?$/, '');
  return [plain, ...names, ...(html === plain ? [] : [`${html}.md`, `${html}.rst`, `${html}.adoc`])];
}

/** The document a link leads to, if it is one of those that were read. */
export function documentAt<T>(documents: ReadonlyMap<string, T>, files: readonly string[]): T | undefined {
  const name = files.flatMap(candidates).find(candidate => documents.has(candidate));
  return name === undefined ? undefined : documents.get(name);
}

/** The anchor GitHub gives a heading. */
export function slugOf(heading: string): string {
  return readableText(heading)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

/** Generators differ in how they treat runs of dashes and dots: neither makes a link broken. */
export function looseAnchor(anchor: string): string {
  return anchor
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '-')
    .replace(/^-|-$/g, '');
}

function headingAnchors(blocks: readonly Block[]): string[] {
  const seen = new Map<string, number>();
  return blocks.flatMap(({ kind, text }) => {
    if (kind !== 'heading') return [];
    const slug = slugOf(text);
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? [slug] : [`${slug}-${before}`];
  });
}

/** Every anchor of a document, in the loose form. */
export function anchorSet(page: Page): Set<string> {
  const byHand = page.blocks.flatMap(b => anchorsOf(b.text));
  return new Set([...headingAnchors(page.blocks), ...byHand].map(looseAnchor));
}
