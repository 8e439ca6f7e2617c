import { type Code, codes, type Severity } from './codes.ts';

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
  /** Adds a finding; its severity is the code's. */
  report(code: Code, span: Span, message: string, extra?: DiagnosticExtra): void;
  /** True once any error was reported. */
  failed(): boolean;
}

export function createReporter(): Reporter {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  return {
    diagnostics,
    report(code, span, message, extra = {}) {
      const key = `${code}|${span.file}|${span.start}|${message}`;
      if (seen.has(key)) return;
      seen.add(key);
      diagnostics.push({
        code,
        severity: codes[code][0],
        message,
        span,
        ...(extra.hint === undefined ? {} : { hint: extra.hint }),
        ...(extra.related === undefined ? {} : { related: extra.related }),
      });
    },
    failed: () => diagnostics.some(d => d.severity === 'error'),
  };
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
