/** The failing fixture of every diagnostic code: a file in `test/fixtures/errors`, or a text made here. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Code, compileGraph, type Diagnostic, formatDiagnostic, GraphError, loadGraph } from '../../src/index.ts';

export const folder = path.resolve(import.meta.dirname, '../fixtures/errors');
const project = path.resolve(import.meta.dirname, '../..');

/** What a graph was refused for, or warned of. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

export interface Fixture {
  readonly code: string;
  /** What is wrong with it, from its first line. */
  readonly what: string;
  /** Where the finding must point: `8:20`, with a file in front when it is not the graph itself. */
  readonly at: string;
  /** The graph. Absent where a text file cannot reasonably show it. */
  readonly text?: string;
  find(): Promise<Findings>;
}

/** The texts that are too large, too deep or no text. */
const generated: Record<string, { at: string; what: string; text: () => string }> = {
  'file-too-large': { at: '1:1', what: 'a file of 50 MB', text: () => `name: ${'x'.repeat(50_000_000)}\n` },
  'file-binary': { at: '1:1', what: 'the first bytes of a PNG file', text: () => '\ufffdPNG\r\n\u001a\n\0\0\0\rIHDR' },
  'too-deep': { at: '1:73', what: '10,000 brackets', text: () => `nodes: ${'['.repeat(10_000)}\n` },
};

/** Loads a graph file, as the command line does, and returns what was found. */
export async function findingsOf(file: string): Promise<Findings> {
  try {
    const graph = await loadGraph(file, { requireFunctions: true });
    return { diagnostics: graph.warnings, sources: graph.sources };
  } catch (thrown) {
    if (thrown instanceof GraphError) return thrown;
    throw thrown;
  }
}

function fromFile(name: string): Fixture {
  const file = path.join(folder, name);
  const text = readFileSync(file, 'utf8');
  const [, code = '', at = '', what = ''] = /^# ([a-z-]+) at (\S+): (.+)$/m.exec(text) ?? [];
  return { code, at, what, text, find: () => findingsOf(file) };
}

function fromText(code: string, { at, what, text }: (typeof generated)[string]): Fixture {
  const find = async (): Promise<Findings> => {
    const result = compileGraph(text(), { file: `${code}.yaml` });
    return { diagnostics: result.ok ? result.warnings : result.diagnostics, sources: result.sources };
  };
  return { code, at, what, find };
}

/** Every fixture by the name that it stands under: the file's name without its ending, or the code. */
export const fixtures: ReadonlyMap<string, Fixture> = new Map([
  ...readdirSync(folder)
    .filter(name => name.endsWith('.yaml') && name !== 'five-mistakes.yaml')
    .map(name => [path.basename(name, '.yaml'), fromFile(name)] as const),
  ...Object.entries(generated).map(([code, make]) => [code, fromText(code, make)] as const),
]);

/** Prints findings with names that are the same on every machine. */
export function print({ diagnostics, sources }: Findings): string {
  const text = diagnostics.map(d => formatDiagnostic(d, file => sources.get(file))).join('\n\n');
  return text
    .replaceAll(`${folder}/`, '')
    .replaceAll(`${path.relative(process.cwd(), folder)}/`, '')
    .replaceAll(project, '/project');
}

/** The first line and column that a finding points at, with the file when it is not the graph itself. */
export function placeOf(findings: Findings, diagnostic: Diagnostic, graph: string): string {
  const [, file = '', line, column] =
    /^(.*?):(\d+):(\d+): /.exec(print({ ...findings, diagnostics: [diagnostic] })) ?? [];
  return file === graph ? `${line}:${column}` : `${file}:${line}:${column}`;
}

export type { Code };
