/** Text that reads well in a terminal and as Markdown: lines of bounded width, tables in columns. */

/** No line of the report is wider, but for a word that is. */
export const WIDTH = 96;

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}]/u;

/** Columns a text takes in a terminal: East Asian letters and pictures take two, marks that combine none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += WIDE.test(char) ? 2 : /[\p{M}\u200D]/u.test(char) ? 0 : 1;
  return width;
}

/** Cuts a text to a width, at a word where one ends near. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cut = '';
  for (const char of text) {
    if (widthOf(cut + char) > width - 1) break;
    cut += char;
  }
  const space = cut.lastIndexOf(' ');
  return `${(space > width * 0.6 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

/** Cuts the middle out of a file name: its ends say most. */
export function clipName(name: string, width: number): string {
  const chars = [...name];
  if (widthOf(name) <= width) return name;
  const tail = Math.ceil((width - 1) * 0.6);
  return `${chars.slice(0, width - 1 - tail).join('')}…${chars.slice(-tail).join('')}`;
}

/** Makes a text harmless inside Markdown: no tags, no emphasis, no links, no table cells. */
export function literal(text: string): string {
  return text.replace(/[\\`*<|]|\[(?=.*\])|(?<![\p{L}\p{N}])_(?=\S)/gu, '\\$&');
}

/** Words of a document, short enough for a line of a list. */
export function quote(text: string): string {
  return `"${literal(clip(text, 60))}"`;
}

/** Breaks a text at spaces; `first` stands before the first line, `rest` before the others. */
export function wrap(text: string, first = '', rest = first): string {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && widthOf(line) + 1 + widthOf(word) > WIDTH) {
      lines.push(line);
      line = rest + word;
    } else line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}

/** A bulleted list; long items go on below their text. */
export function bullets(items: readonly string[], indent = ''): string {
  return items.map(item => wrap(item, `${indent}- `, `${indent}  `)).join('\n');
}

export type Align = 'left' | 'right';

/** A table whose columns are padded, so that it is one in a terminal too. Cells are escaped by the caller. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], align: readonly Align[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(3, ...all.map(row => widthOf(row[i] ?? ''))));
  const cell = (text: string, i: number): string => {
    const pad = ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(text)));
    return align[i] === 'right' ? pad + text : text + pad;
  };
  const line = (row: readonly string[]): string => `| ${row.map(cell).join(' | ')} |`;
  const rule = widths.map((width, i) => (align[i] === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** `1 file`, `1,234 files`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listing(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
