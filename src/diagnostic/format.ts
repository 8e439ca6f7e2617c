import type { Diagnostic, Span } from './diagnostic.ts';
import { maskedPart } from './secrets.ts';

/** A place a person can go to. Lines and columns count from 1; a column counts UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds the line and column of an offset in a text. */
export function positionAt(text: string, offset: number): Position {
  const end = Math.max(0, Math.min(offset, text.length));
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', lineStart)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: end - lineStart + 1 };
}

/** Colours by role; the identity by default, so that a log file stays plain. */
export interface Paint {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const plain = (text: string): string => text;
const noPaint: Paint = { error: plain, warning: plain, dim: plain, bold: plain };

const MAX_LINE = 120;

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** How many columns a terminal gives a text, so that the caret stands below what it means. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const char of text) columns += /\p{M}|[\u200b-\u200d]/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return columns;
}

/** A tab is one column, and a control character must not reach the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replaceAll('\t', ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '\u00b7');
}

function excerpt(text: string, span: Span, paint: Paint): string {
  const { line, column } = positionAt(text, span.start);
  const at = Math.min(span.start, text.length);
  const lineEnd = text.indexOf('\n', at);
  const lineStart = at - column + 1;
  const source = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd).replace(/\r$/, '');
  const from = column > MAX_LINE - 20 ? column - 60 : 0;
  const shown = printable(maskedPart(text, lineStart + from, lineStart + Math.min(source.length, from + MAX_LINE)));
  const [first, last] = [column - 1 - from, column - 1 - from + span.end - span.start];
  const before = `${from > 0 ? '\u2026' : ''}${shown.slice(0, first)}`;
  const marked = shown.slice(first, last);
  const after = shown.slice(first + marked.length);
  const gutter = String(line);
  const caret = `${' '.repeat(columnsOf(before))}${'^'.repeat(Math.max(1, columnsOf(marked.trimEnd())))}`;
  return [
    `${paint.dim(`${gutter} |`)} ${before}${marked}${after}${source.length > from + MAX_LINE ? '\u2026' : ''}`,
    `${paint.dim(`${' '.repeat(gutter.length)} |`)} ${paint.error(caret)}`,
  ].join('\n');
}

/**
 * Renders one diagnostic as `file:line:column: error[code]: message`, the line with a caret, and the hint.
 *
 * @param textOf gives the text of a file that a span names, or undefined where it is not at hand.
 */
export function formatDiagnostic(
  diagnostic: Diagnostic,
  textOf: (file: string) => string | undefined,
  paint: Paint = noPaint,
): string {
  const { span, severity, code, message, hint, related = [] } = diagnostic;
  const text = textOf(span.file);
  const place = (at: Span): string => {
    const other = textOf(at.file);
    if (other === undefined) return at.file;
    const { line, column } = positionAt(other, at.start);
    return `${at.file}:${line}:${column}`;
  };
  const colour = severity === 'error' ? paint.error : paint.warning;
  const lines = [`${paint.bold(place(span))}: ${colour(`${severity}[${code}]`)}: ${message}`];
  if (text !== undefined) lines.push(excerpt(text, span, paint));
  for (const other of related) lines.push(`${paint.dim('  also')} ${place(other.span)}: ${other.message}`);
  if (hint !== undefined) lines.push(`${paint.dim('  hint:')} ${hint}`);
  return lines.join('\n');
}

/** A diagnostic with its position found, for editors and `--json`. */
export function locateDiagnostic(diagnostic: Diagnostic, textOf: (file: string) => string | undefined): object {
  const text = textOf(diagnostic.span.file) ?? '';
  const { span, ...rest } = diagnostic;
  const related = diagnostic.related?.map(r => ({
    message: r.message,
    file: r.span.file,
    ...positionAt(textOf(r.span.file) ?? '', r.span.start),
  }));
  const end = positionAt(text, span.end);
  return {
    ...rest,
    file: span.file,
    ...positionAt(text, span.start),
    endLine: end.line,
    endColumn: end.column,
    ...(related === undefined ? {} : { related }),
  };
}
