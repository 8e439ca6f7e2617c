/**
 * Comments that silence warnings: `# statewright-ignore CODE reason`.
 *
 * Behind something, one is for its line; alone on a line, for the next line and what is indented below it; before the
 * first key, for the whole file.
 */
import { type Code, codes } from './codes.ts';
import type { Span } from './diagnostic.ts';
import { didYouMean, quote } from './suggest.ts';

/** A comment of the file: its text with the `#`, and where it begins. */
export interface Comment {
  readonly text: string;
  readonly start: number;
}

/** A comment that silences a code for findings that begin in a stretch of its file. */
export interface Ignore {
  readonly code: Code;
  /** The comment. */
  readonly span: Span;
  readonly from: number;
  readonly to: number;
}

/** Takes what is wrong with a comment. */
type Refuse = (span: Span, message: string, hint: string) => void;

/** The most comments of a file that are heard: every warning asks each of them. */
const MAX_IGNORES = 1_000;

/** Codes about the comments themselves: silencing them would say nothing. */
const OWN: ReadonlySet<string> = new Set(['bad-ignore', 'unused-ignore']);

const isCode = (word: string): word is Code => Object.hasOwn(codes, word);

/** Reads the comments of a file that silence warnings. */
export function readIgnores(comments: readonly Comment[], text: string, file: string, refuse: Refuse): Ignore[] {
  const out: Ignore[] = [];
  let reaches: Reaches | undefined;
  for (const comment of comments) {
    const [, word, rest = ''] = /^#+\s*statewright-(\w+):?(.*)$/s.exec(comment.text) ?? [];
    if (word === undefined) continue;
    const span = { file, start: comment.start, end: comment.start + comment.text.trimEnd().length };
    const code = readCode(word, rest.trim(), span, refuse);
    if (code === undefined) continue;
    if (out.length >= MAX_IGNORES) {
      refuse(span, `a file can have ${MAX_IGNORES} comments that silence warnings`, 'correct what they are about');
      return out;
    }
    reaches ??= new Reaches(text);
    out.push({ code, span, ...reaches.of(comment.start) });
  }
  return out;
}

function readCode(word: string, rest: string, span: Span, refuse: Refuse): Code | undefined {
  const [, given = '', reason = ''] = /^([^\s:,]*)[:,]?\s*(.*)$/s.exec(rest) ?? [];
  const form = 'write "# statewright-ignore CODE reason"';
  const warnings = Object.entries(codes).flatMap(([code, [severity]]) => (severity === 'warning' ? [code] : []));
  const also = reason.split(/[\s,:]/)[0] ?? '';
  if (word !== 'ignore') refuse(span, `there is no comment "statewright-${word}"`, form);
  else if (given === '') refuse(span, 'the comment does not say which code it is about', form);
  else if (!isCode(given)) refuse(span, `there is no code ${quote(given)}`, didYouMean(given, warnings, 'codes'));
  else if (codes[given][0] === 'error')
    refuse(span, `"${given}" is an error: it cannot be silenced`, 'correct what it is about');
  else if (OWN.has(given)) refuse(span, `"${given}" cannot be silenced`, 'correct or remove the comment it is about');
  else if (isCode(also)) refuse(span, 'the comment names two codes', 'write a comment for each, with its reason');
  else if (!/[\p{L}\d]/u.test(reason)) refuse(span, `the comment gives no reason for silencing "${given}"`, form);
  else return given;
  return undefined;
}

const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
};

const isComment = (line: string): boolean => /^\s*(#|$)/.test(line);

/** The beginning of the first line from here that holds more than a comment. */
function contentFrom(text: string, start: number, marker = /^$/): number {
  for (let at = start; at < text.length; at = lineEnd(text, at) + 1) {
    const line = text.slice(at, lineEnd(text, at));
    if (!isComment(line) && !marker.test(line)) return at;
  }
  return text.length;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Finds the stretches that comments are for. */
class Reaches {
  private readonly first: number;
  private readonly blocks = new Map<number, Stretch>();
  private readonly text: string;
  constructor(text: string) {
    this.text = text;
    this.first = contentFrom(text, 0, /^(---|%)/);
  }

  of(start: number): Stretch {
    const { text } = this;
    if (start < this.first) return { from: 0, to: text.length };
    const lineStart = text.lastIndexOf('\n', start - 1) + 1;
    if (text.slice(lineStart, start).trim() !== '') return { from: lineStart, to: lineEnd(text, start) };
    const head = contentFrom(text, lineEnd(text, start) + 1);
    const block = this.blocks.get(head) ?? blockAt(text, head);
    this.blocks.set(head, block);
    return block;
  }
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** A line with those below it that are indented more. */
function blockAt(text: string, from: number): Stretch {
  const head = text.slice(from, lineEnd(text, from));
  const isItem = (line: string): boolean => /^\s*-(\s|$)/.test(line);
  let to = from + head.length;
  for (let at = to + 1; at < text.length; at = lineEnd(text, at) + 1) {
    const line = text.slice(at, lineEnd(text, at));
    if (isComment(line)) continue;
    // The items of a list may stand as far left as the key that they belong to.
    const own = indentOf(line) === indentOf(head) && isItem(line) && !isItem(head);
    if (indentOf(line) <= indentOf(head) && !own) break;
    to = at + line.length;
  }
  return { from, to };
}
