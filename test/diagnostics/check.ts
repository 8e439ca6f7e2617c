import { compileGraph, type Diagnostic, formatDiagnostic } from '../../src/index.ts';
import { positionAt } from '../../src/diagnostic/format.ts';

/** Compiles a text and gives its findings as `line:column code`, in the order of the file. */
export function check(text: string, files: Readonly<Record<string, string>> = {}): string[] {
  const { diagnostics, sources } = findings(text, files);
  return diagnostics.map(({ span, code }) => {
    const { line, column } = positionAt(sources.get(span.file) ?? '', span.start);
    return `${span.file === 'graph.yaml' ? '' : `${span.file}:`}${line}:${column} ${code}`;
  });
}

/** Compiles a text and gives its findings as they are printed. */
export function printed(text: string, files: Readonly<Record<string, string>> = {}): string {
  const { diagnostics, sources } = findings(text, files);
  return diagnostics.map(d => formatDiagnostic(d, file => sources.get(file))).join('\n\n');
}

function findings(
  text: string,
  files: Readonly<Record<string, string>>,
): { diagnostics: readonly Diagnostic[]; sources: ReadonlyMap<string, string> } {
  const read = (file: string): string | undefined => (Object.hasOwn(files, file) ? files[file] : undefined);
  const result = compileGraph(text, { read });
  return { diagnostics: result.ok ? result.warnings : result.diagnostics, sources: result.sources };
}
