import type { Diagnostic, Span } from './diagnostic.ts';

/** A place a person can go to. Lines and columns count from 1; a column counts UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds the line and column of an offset in a text. */
export function positionAt(text: string, offset: number): Position {
  const upTo = text.slice(0, Math.max(0, offset));
  const lineStart = upTo.lastIndexOf('\n') + 1;
  return { line: upTo.split('\n').length, column: upTo.length - lineStart + 1 };
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

function excerpt(text: string, span: Span, paint: Paint): string {
  const { line, column } = positionAt(text, span.start);
  const source = (text.split('\n')[line - 1] ?? '').replace(/\r$/, '');
  const from = column > MAX_LINE - 20 ? column - 60 : 0;
  const shown = source.slice(from, from + MAX_LINE).replaceAll('\t', ' ');
  const width = Math.max(1, Math.min(span.end - span.start, source.length - column + 1, MAX_LINE - (column - from)));
  const gutter = String(line);
  const caret = `${' '.repeat(Math.max(0, column - 1 - from))}${'^'.repeat(width)}`;
  return [
    `${paint.dim(`${gutter} |`)} ${shown}`,
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
