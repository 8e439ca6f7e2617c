/** A document as blocks: what the readers of the formats produce and everything else works on. */

/** `row` is a line of a table, `definition` a link definition, `comment` what no reader sees. */
export type BlockKind = 'heading' | 'text' | 'item' | 'row' | 'definition' | 'comment';

export interface Block {
  readonly kind: BlockKind;
  /** The first line, from 1. */
  readonly line: number;
  /** As written, with the line breaks; markers of headings, items and quotes are gone. */
  readonly text: string;
  /** Of a heading, from 1. */
  readonly level?: number;
}

/** A document, read. */
export interface Page {
  readonly file: string;
  readonly format: 'markdown' | 'rst' | 'asciidoc' | 'plain';
  readonly blocks: readonly Block[];
  /** Lines that are not blank, code included. */
  readonly lines: number;
  readonly codeLines: number;
  /** The title given in the front matter. */
  readonly title?: string;
  /** The line of a code fence that is never closed. */
  readonly openFence?: number;
}

/** A line longer than this is data; a block longer than this is cut, so that no pattern runs for long. */
const MAX_LINE = 10_000;
const MAX_BLOCK = 40_000;

/** Collects blocks line by line: `start` begins one, `add` goes on with it, `close` ends it. */
export class BlockBuilder {
  readonly blocks: Block[] = [];
  lines = 0;
  codeLines = 0;
  private open: { kind: BlockKind; line: number; parts: string[]; size: number } | undefined;

  /** The kind of the block that goes on, if one does. */
  get current(): BlockKind | undefined {
    return this.open?.kind;
  }

  start(kind: BlockKind, line: number, text: string): void {
    this.close();
    this.lines++;
    if (text.length > MAX_LINE) this.codeLines++;
    else this.open = { kind, line, parts: [text], size: text.length };
  }

  /** Goes on with the block that is open, or begins one of running text. */
  add(line: number, text: string): void {
    const { open } = this;
    if (!open || text.length > MAX_LINE || open.size > MAX_BLOCK) this.start('text', line, text);
    else {
      this.lines++;
      open.parts.push(text);
      open.size += text.length;
    }
  }

  heading(line: number, level: number, text: string): void {
    this.close();
    this.lines++;
    this.blocks.push({ kind: 'heading', line, text: text.slice(0, MAX_LINE), level });
  }

  /** Turns the open block into a heading: its underline follows. */
  underline(level: number): void {
    const { open } = this;
    if (!open) return;
    const text = open.parts.join('\n');
    this.open = undefined;
    this.lines++;
    this.blocks.push({ kind: 'heading', line: open.line, text, level });
  }

  code(text: string): void {
    this.close();
    if (text.trim() === '') return;
    this.lines++;
    this.codeLines++;
  }

  close(): void {
    const { open } = this;
    this.open = undefined;
    if (open) this.blocks.push({ kind: open.kind, line: open.line, text: open.parts.join('\n') });
  }
}
