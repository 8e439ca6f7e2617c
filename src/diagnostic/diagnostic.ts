import { type Code, codes, type Severity } from './codes.ts';
import type { Ignore } from './ignores.ts';
import { maskSecrets } from './secrets.ts';

/** A stretch of a file, as character offsets: `start` inclusive, `end` exclusive. Lines are found only when printed. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** One finding about a graph file. Data, never thrown alone: see {@link GraphError}. */
export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  /** What is wrong and where, in one line without a final full stop. */
  readonly message: string;
  readonly span: Span;
  /** What to do about it. */
  readonly hint?: string;
  /** Other places that belong to the finding, each with a word on why. */
  readonly related?: readonly { readonly message: string; readonly span: Span }[];
}

/** What a caller may add to a diagnostic beside its message. */
export interface DiagnosticExtra {
  readonly hint?: string | undefined;
  readonly related?: Diagnostic['related'] | undefined;
}

/** Collects diagnostics through the stages of the compiler, so that all are reported at once. */
export interface Reporter {
  readonly diagnostics: Diagnostic[];
  /**
   * Adds a finding; its severity is the code's. The same finding twice is one; past {@link MAX_FINDINGS} none is added,
   * and no warning that a comment of its file silences.
   */
  report(code: Code, span: Span, message: string, extra?: DiagnosticExtra): void;
  /** True once any error was reported. */
  failed(): boolean;
  /** How many errors are kept so far. */
  errors(): number;
  /** True when an error was reported that begins in this span: what follows from it is not worth a word. */
  knows(span: Span): boolean;
  /** Takes the comments of a file that silence warnings. A file that is read again has the same ones. */
  ignore(file: string, ignores: readonly Ignore[]): void;
  /** Reports the comments that silenced nothing. Where errors were found, not all was looked at, and none is reported. */
  reportUnused(): void;
  /** True once no more errors are taken, so that a stage need not look for them. */
  full(): boolean;
}

/** The most errors, and the most warnings, that are kept: nobody reads more, and a hostile file has a million. */
export const MAX_FINDINGS = 200;

export function createReporter(): Reporter {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  const count = { error: 0, warning: 0 };
  const ignores = new Map<string, readonly Ignore[]>();
  const used = new Set<Ignore>();
  const isIgnored = (code: Code, { file, start }: Span): boolean => {
    const found = ignores.get(file)?.filter(i => i.code === code && i.from <= start && start <= i.to) ?? [];
    for (const ignore of found) used.add(ignore);
    return found.length > 0;
  };
  const reporter: Reporter = {
    diagnostics,
    report(code, span, message, extra = {}) {
      const severity = codes[code][0];
      const key = `${code}|${span.file}|${span.start}|${message}`;
      if (seen.has(key) || count[severity] >= MAX_FINDINGS) return;
      if (severity === 'warning' && isIgnored(code, span)) return;
      seen.add(key);
      count[severity]++;
      diagnostics.push({
        code,
        severity,
        message: oneLine(message),
        span,
        ...(extra.hint === undefined ? {} : { hint: oneLine(extra.hint) }),
        ...(extra.related === undefined ? {} : { related: extra.related }),
      });
    },
    knows: ({ file, start, end }) =>
      diagnostics.some(
        d => d.severity === 'error' && d.span.file === file && d.span.start >= start && d.span.start < end,
      ),
    failed: () => count.error > 0,
    errors: () => count.error,
    full: () => count.error >= MAX_FINDINGS,
    ignore(file, found) {
      if (!ignores.has(file)) ignores.set(file, found);
    },
    reportUnused() {
      if (count.error > 0 || count.warning >= MAX_FINDINGS) return;
      for (const ignore of [...ignores.values()].flat().filter(i => !used.has(i))) {
        const hint = 'remove the comment, or put it where the finding is';
        reporter.report('unused-ignore', ignore.span, `there is no "${ignore.code}" here to silence`, { hint });
      }
    },
  };
  return reporter;
}

const MAX_MESSAGE = 600;

/** Names come from the file: a line break, an escape code or a secret in one must not reach the terminal. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
  const safe = maskSecrets(clean);
  return safe.length > MAX_MESSAGE ? `${safe.slice(0, MAX_MESSAGE)}…` : safe;
}

/** Sorts by file, then position, so that a report reads from top to bottom. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort((a, b) =>
    a.span.file === b.span.file ? a.span.start - b.span.start : a.span.file < b.span.file ? -1 : 1,
  );
}

/** Either a value or the reasons why there is none; `warnings` may accompany a value. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };
