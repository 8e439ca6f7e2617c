import { type CompileOptions, compileGraph, formatDiagnostic, type Graph } from '../../src/index.ts';

/** Compiles a graph, or fails with the whole report. */
export function graphOf(text: string, options: CompileOptions = {}): Graph {
  const result = compileGraph(text, options);
  if (result.ok) return result.value;
  throw new Error(result.diagnostics.map(d => formatDiagnostic(d, f => result.sources.get(f))).join('\n\n'));
}

/** `[prefix0, prefix1, …]` */
export const idsOf = (count: number, prefix = 'n'): string[] => Array.from({ length: count }, (_, i) => prefix + i);

/** A text of about so many characters that says where it stands. */
export const textOf = (length: number, place: number): string => `text ${place} `.padEnd(length, 'lorem ipsum dolor ');
