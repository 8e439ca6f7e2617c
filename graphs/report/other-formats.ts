/** Reads reStructuredText, AsciiDoc and plain text: headings, paragraphs, items and code. Links are not looked at. */
import { BlockBuilder, type Page } from './blocks.ts';

const ITEM = /^\s*(?:[-*+•]|\*{2,5}|\.{1,5}|\d{1,9}[.)]|#\.)[ \t]+(?=\S)/;
const RST_LINE = /^([=\-~^"'`#*+.:_])\1{2,}\s*$/;
const RST_CODE = /^\s*\.\.\s+(?:code|code-block|sourcecode|highlight|parsed-literal|literalinclude|math)::/;
const RST_DIRECTIVE = /^\s*\.\.(?:\s|$)/;

type Lines = readonly string[];

const indentOf = (text: string): number => text.length - text.trimStart().length;

/** Code is what is indented below a `::` or a code directive. */
function readRst(lines: Lines, out: BlockBuilder): void {
  const levels: string[] = [];
  let codeIndent: number | undefined;
  for (const [i, text] of lines.entries()) {
    const previous = lines[i - 1] ?? '';
    const mark = RST_LINE.exec(text)?.[1];
    if (codeIndent !== undefined && text.trim() !== '' && indentOf(text) <= codeIndent) codeIndent = undefined;
    if (codeIndent !== undefined) out.code(text);
    else if (text.trim() === '') out.close();
    else if (mark !== undefined) {
      const style = RST_LINE.test(lines[i - 2] ?? '') ? `${mark}${mark}` : mark;
      if (out.current === 'text' && text.trimEnd().length >= previous.trim().length) {
        if (!levels.includes(style)) levels.push(style);
        out.underline(levels.indexOf(style) + 1);
      } else out.close();
    } else if (RST_DIRECTIVE.test(text)) out.start('comment', i + 1, text);
    else if (ITEM.test(text)) out.start('item', i + 1, text.replace(ITEM, ''));
    else if (out.current === 'comment' && indentOf(text) === 0) out.start('text', i + 1, text);
    else out.add(i + 1, text);
    if (codeIndent === undefined && (RST_CODE.test(text) || (!mark && /::\s*$/.test(text))))
      codeIndent = indentOf(text);
  }
}

/** Code stands between two lines of `----` or `....`. */
function readAsciidoc(lines: Lines, out: BlockBuilder): void {
  let fence: string | undefined;
  for (const [i, text] of lines.entries()) {
    const heading = /^(={1,6})\s+(.*)$/.exec(text);
    const mark = /^(-{4,}|\.{4,}|`{3,})/.exec(text)?.[1];
    if (fence !== undefined) {
      out.code(text);
      if (text.trimEnd() === fence) fence = undefined;
    } else if (mark !== undefined) {
      fence = mark;
      out.code(text);
    } else if (text.trim() === '') out.close();
    else if (heading) out.heading(i + 1, heading[1]?.length ?? 1, heading[2] ?? '');
    else if (/^\/\//.test(text)) out.start('comment', i + 1, text);
    else if (/^(?:\[.*\]|:[\w-]+:.*|={4,}|\*{4,}|_{4,}|\|={3,}|\+)\s*$/.test(text)) out.close();
    else if (text.startsWith('|')) out.start('row', i + 1, text);
    else if (ITEM.test(text)) out.start('item', i + 1, text.replace(ITEM, ''));
    else out.add(i + 1, text);
  }
}

function readPlain(lines: Lines, out: BlockBuilder): void {
  for (const [i, text] of lines.entries()) {
    if (!/[\p{L}\p{N}]/u.test(text)) out.close();
    else if (ITEM.test(text)) out.start('item', i + 1, text.replace(ITEM, ''));
    else out.add(i + 1, text);
  }
}

const readers = { rst: readRst, asciidoc: readAsciidoc, plain: readPlain };

export function readOther(file: string, text: string, format: keyof typeof readers): Page {
  const out = new BlockBuilder();
  readers[format](text.split('\n'), out);
  out.close();
  return { file, format, blocks: out.blocks, lines: out.lines, codeLines: out.codeLines };
}
