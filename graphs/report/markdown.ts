/** Reads Markdown line by line: enough of CommonMark and GitHub's tables to tell prose from code. */
import { BlockBuilder, type Page } from './blocks.ts';

const FENCE = /^\s*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})(.*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const HTML_HEADING = /^\s*<h([1-6])\b[^>]*>(.*)$/i;
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])[ \t]+(?=\S)/;
const DEFINITION = /^ {0,3}\[(?!\^)[^\]]+\]:[ \t]*\S/;
const QUOTE = /^(?: {0,3}>[ \t]?)+/;
const CONTAINER = /^\s*(?::{3,}|(?:!!!|\?\?\?\+?)[ \t])/;
const MODULE_LINE = /^(?:import|export)\s/;

class MarkdownReader {
  readonly out = new BlockBuilder();
  title: string | undefined;
  fence: { readonly mark: string; readonly line: number; readonly quoted: boolean } | undefined;
  private readonly isModule: boolean;
  private inComment = false;
  private inList = false;
  private afterBlank = true;
  private inIndented = false;

  constructor(isModule: boolean) {
    this.isModule = isModule;
  }

  /** The number of lines that are front matter, in YAML or TOML. */
  frontMatter(lines: readonly string[]): number {
    const mark = /^(---|\+\+\+)\s*$/.exec(lines[0] ?? '')?.[1];
    const end = mark === undefined ? -1 : lines.findIndex((text, i) => i > 0 && text.trimEnd() === mark);
    if (end === -1) return 0;
    const titles = lines.slice(1, end).map(text => /^["']?title["']?\s*[:=]\s*(\S.*?)\s*$/.exec(text)?.[1]);
    this.title = titles.find(title => title !== undefined)?.replace(/^(["'])(.*)\1$/, '$2');
    return end + 1;
  }

  read(text: string, line: number): void {
    const verbatim = this.inComment || this.fence?.quoted === false;
    const content = verbatim ? text : text.replace(QUOTE, '');
    const quoted = content !== text;
    if (this.fence?.quoted && !quoted) this.fence = undefined;
    if (this.readFence(content, line, quoted) || this.readComment(content, line)) return;
    if (content.trim() === '') this.blank();
    else if (!this.readIndentedCode(content)) {
      this.inIndented = false;
      this.readBlock(content, line);
      this.afterBlank = false;
    }
  }

  private blank(): void {
    this.out.close();
    this.afterBlank = true;
  }

  private readFence(text: string, line: number, quoted: boolean): boolean {
    const [, mark = '', info = ''] = FENCE.exec(text) ?? [];
    if (this.fence) {
      const closes = mark.startsWith(this.fence.mark) && info.trim() === '';
      if (closes) this.fence = undefined;
      this.out.code(text);
      return true;
    }
    if (mark === '' || this.inComment || (mark.startsWith('`') && info.includes('`'))) return false;
    this.fence = { mark, line, quoted };
    this.out.code(text);
    return true;
  }

  private readComment(text: string, line: number): boolean {
    const starts = !this.inComment && text.trimStart().startsWith('<!--');
    if (!starts && !this.inComment) return false;
    if (starts) this.out.start('comment', line, text);
    else this.out.add(line, text);
    this.inComment = !text.includes('-->');
    if (!this.inComment) this.out.close();
    return true;
  }

  /** Four spaces after a blank line are code, but within a list they are the item going on. */
  private readIndentedCode(text: string): boolean {
    if (!/^(?: {4}|\t)/.test(text) || this.inList || ITEM.test(text) || !(this.afterBlank || this.inIndented))
      return false;
    this.out.code(text);
    this.inIndented = true;
    return true;
  }

  private readBlock(text: string, line: number): void {
    const { out } = this;
    const heading = HEADING.exec(text) ?? HTML_HEADING.exec(text);
    const [, mark = '', title = ''] = heading ?? [];
    if (heading) {
      this.inList = false;
      out.heading(line, mark.startsWith('#') ? mark.length : Number(mark), title);
    } else if (out.current === 'text' && UNDERLINE.test(text)) out.underline(text.trim().startsWith('=') ? 1 : 2);
    else if (RULE.test(text)) out.close();
    else if (CONTAINER.test(text)) {
      out.close();
      this.inList ||= !text.trimStart().startsWith(':');
    } else if (/^\s*\|/.test(text)) out.start('row', line, text);
    else if (DEFINITION.test(text) && out.current !== 'text') out.start('definition', line, text);
    else if (ITEM.test(text)) {
      this.inList = true;
      out.start('item', line, text.replace(ITEM, '').replace(/^\[[ xX]\]\s+/, ''));
    } else this.readText(text, line);
  }

  private readText(text: string, line: number): void {
    const { out } = this;
    if (this.afterBlank && !/^\s/.test(text)) this.inList = false;
    if (this.isModule && out.current === undefined && MODULE_LINE.test(text)) out.code(text);
    else if (out.current === 'definition' || out.current === 'row') out.start('text', line, text);
    else out.add(line, text);
  }
}

/** Reads a document in Markdown; `.mdx` may begin with imports. */
export function readMarkdown(file: string, text: string): Page {
  const reader = new MarkdownReader(/\.mdx$/i.test(file));
  const lines = text.split('\n');
  const skip = reader.frontMatter(lines);
  for (let i = skip; i < lines.length; i++) reader.read(lines[i] ?? '', i + 1);
  const { out, title, fence } = reader;
  out.close();
  const { blocks, codeLines } = out;
  const extra = { ...(title === undefined ? {} : { title }), ...(fence ? { openFence: fence.line } : {}) };
  return { file, format: 'markdown', blocks, lines: out.lines, codeLines, ...extra };
}
