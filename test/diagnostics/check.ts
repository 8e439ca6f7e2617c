import { expect } from 'vitest';
import { type Code, compileGraph, type Diagnostic, formatDiagnostic } from '../../src/index.ts';

type Files = Readonly<Record<string, string>>;

interface Found {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

export function findings(text: string, files: Files = {}): Found {
  const read = (file: string): string | undefined => (Object.hasOwn(files, file) ? files[file] : undefined);
  const result = compileGraph(text, { read });
  return { diagnostics: result.ok ? result.warnings : result.diagnostics, sources: result.sources };
}

/** Compiles a text and gives its findings as they are printed. */
export function printed(text: string, files: Files = {}): string {
  const { diagnostics, sources } = findings(unmarked(text), files);
  return diagnostics.map(d => formatDiagnostic(d, file => sources.get(file))).join('\n\n');
}

const unmarked = (text: string): string => text.replace(/[«»]/g, '');

/** The stretches of a text between « and », as they stand without the marks. */
function marks(file: string, text: string): string[] {
  let removed = 0;
  return [...text.matchAll(/«([^»]*)»/g)].map(({ 1: inside = '', index }) => {
    const start = index - removed;
    removed += 2;
    return `${file}:${start} ${inside.split('\n')[0]}`;
  });
}

/**
 * Expects that a graph and its files are refused for exactly what is «marked» in them, with this code, caret and end.
 *
 * A mark over several lines stands for its first.
 */
export function expectMarked(code: Code, text: string, files: Files = {}): void {
  const wanted = [...Object.entries(files), ['graph.yaml', text] as const].flatMap(([file, t]) => marks(file, t));
  const clean = Object.fromEntries(Object.entries(files).map(([file, t]) => [file, unmarked(t)]));
  const { diagnostics, sources } = findings(unmarked(text), clean);
  const found = diagnostics.map(d => {
    const line = (sources.get(d.span.file) ?? '').slice(d.span.start, d.span.end).split('\n')[0];
    return `${d.code} at ${d.span.file}:${d.span.start} ${line}`;
  });
  expect(found.sort()).toEqual(wanted.map(at => `${code} at ${at}`).sort());
}
