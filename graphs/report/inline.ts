/** What is inside a block: code, links, anchors and the words between them. Line breaks are kept: lines are counted. */

/** Code spans stand in a text as one letter each, from a range that is nobody's; an address as another. */
const FIRST_CODE = 0xe000;
const MAX_CODES = 0x1000;
const CODE = /[\uE000-\uEFFF]/g;
const ADDRESS = '\u{FFFC}';
/** The same letters inside a character class. */
export const STAND_IN = '\uE000-\uEFFF\uFFFC';

const CODE_SPAN = /(?<!`)(`+)(?!`)([\s\S]{0,2000}?[^`])\1(?!`)/g;
const TARGET = /(?:<[^<>\n]{0,2000}>|[^()\s<>]{0,2000}(?:\([^()\s]{0,500}\)[^()\s]{0,500})?)/.source;
const TITLE = /(?:\s+(?:"[^"]{0,500}"|'[^']{0,500}'|\([^)]{0,500}\)))?/.source;
const LABEL = /\[((?:[^[\]]|\[[^[\]]{0,500}\]){0,1000})\]/.source;
const LINK = new RegExp(`(!?)${LABEL}\\(\\s*(${TARGET})${TITLE}\\s*\\)`, 'g');
const DEFINITION = new RegExp(`^\\s*\\[((?!\\^)[^\\]]+)\\]:\\s*(${TARGET})`);
const HTML_LINK = /<(?:a|img)\b[^>]{0,2000}?\b(?:href|src)\s*=\s*["']([^"']{1,2000})["']/gi;
const AUTO_LINK = /<((?:https?|ftp):\/\/[^\s<>]{1,2000})>|(?<![("'<=\]])(\bhttps?:\/\/[^\s<>()[\]"'`]{1,2000})/g;

export interface Link {
  readonly target: string;
  readonly line: number;
}

/** The code spans of a block, without their backticks. */
export function codeSpans(text: string): string[] {
  return [...text.matchAll(CODE_SPAN)].map(match => (match[2] ?? '').trim());
}

function keepBreaks(text: string, mark = ''): string {
  return mark + '\n'.repeat(text.split('\n').length - 1);
}

/** The block with a letter in place of each code span. */
function maskCode(text: string): string {
  let next = 0;
  const letter = (): string => String.fromCharCode(FIRST_CODE + Math.min(next++, MAX_CODES - 1));
  return text.includes('`') ? text.replace(CODE_SPAN, match => keepBreaks(match, letter())) : text;
}

/** The line of an offset, counted from the line the text begins on. */
export function lineAt(text: string, offset: number, first: number): number {
  let line = first;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

/** The links and images of a Markdown block. Code is not looked into. */
export function linksOf(block: { readonly text: string; readonly line: number }): Link[] {
  const text = maskCode(block.text);
  const found: Link[] = [];
  const add = (target: string | undefined, offset: number): void => {
    const clean = target?.replace(/^<|>$/g, '').trim();
    if (clean) found.push({ target: clean, line: lineAt(text, offset, block.line) });
  };
  const definition = DEFINITION.exec(text);
  if (definition) add(definition[2], 0);
  for (const match of text.matchAll(LINK)) {
    add(match[3], match.index);
    // A badge is an image inside the label of a link.
    for (const inner of (match[2] ?? '').matchAll(LINK)) add(inner[3], match.index + inner.index);
  }
  for (const match of text.matchAll(HTML_LINK)) add(match[1], match.index);
  for (const match of text.matchAll(AUTO_LINK)) add(match[1] ?? match[2], match.index);
  return found;
}

/** The anchors that a block sets by hand: `<a id="x">`, `{#x}`. */
export function anchorsOf(text: string): string[] {
  const html = [...text.matchAll(/<[a-z][^>]{0,500}?\b(?:id|name)\s*=\s*["']([^"']+)["']/gi)];
  const attribute = [...text.matchAll(/\{[^{}#]{0,100}#([\w:.-]+)[^{}]{0,100}\}/g)];
  return [...html, ...attribute].map(match => match[1] ?? '');
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', mdash: '—' };

/** Parts what HTML parts: cells, items, lines. It is white space and ends a sentence. */
const BREAK = '\u2029';
const HTML_BREAK = /<\/?(?:t[dhr]|li|p|div|br|h[1-6]|summary|details|dt|dd)\b[^<>]{0,2000}>/gi;

const UNDERSCORES = new RegExp(
  `(?<![\\p{L}\\p{N}])_+(?=[\\p{L}\\p{N}${STAND_IN}])|(?<=[\\p{L}\\p{N}${STAND_IN}.!?])_+(?![\\p{L}\\p{N}])`,
  'gu',
);

function stripMarks(text: string): string {
  return text
    .replace(/<!--[\s\S]{0,4000}?-->/g, match => keepBreaks(match))
    .replace(LINK, (_, image: string, label: string) => (image ? '' : label.replace(LINK, '')))
    .replace(/\[([^[\]]{1,500})\]\[[^[\]]{0,200}\]/g, '$1')
    .replace(/\[\^[^\]]{1,100}\]:?|\[![A-Z]+\]|\{#[\w:.-]+\}/g, '')
    .replace(AUTO_LINK, ADDRESS)
    .replace(HTML_BREAK, match => keepBreaks(match, BREAK))
    .replace(/<\/?[a-zA-Z][^<>]{0,2000}>/g, match => keepBreaks(match))
    .replace(/&(\w+);/g, (match, name: string) => ENTITIES[name] ?? match)
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')
    .replace(/\*+|~~/g, '')
    .replace(UNDERSCORES, '');
}

/** The words of a block as a reader sees them; each piece of code and each address is one letter. */
export function plainText(text: string): string {
  return stripMarks(maskCode(text));
}

/** Puts back on one line what {@link plainText} took out of `block`. */
export function restore(text: string, block: string): string {
  const codes = block.includes('`') ? codeSpans(block) : [];
  return text
    .replace(CODE, letter => codes[letter.charCodeAt(0) - FIRST_CODE] ?? '')
    .replaceAll(ADDRESS, '(link)')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A block on one line, without markup. */
export function readableText(text: string): string {
  return restore(plainText(text), text);
}
