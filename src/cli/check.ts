import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { formatDiagnostic, locateDiagnostic } from '../diagnostic/format.ts';
import { GraphError } from '../diagnostic/graph-error.ts';
import { loadGraph } from '../graph/load-graph.ts';
import { EXIT } from './exit.ts';
import { paintFor, printJson } from './output.ts';

interface Checked {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

async function checkFile(file: string): Promise<Checked> {
  try {
    const graph = await loadGraph(file, { requireFunctions: true });
    return { diagnostics: graph.warnings, sources: graph.sources };
  } catch (thrown) {
    if (thrown instanceof GraphError) return thrown;
    throw thrown;
  }
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

/** `statewright check`: prints every finding; the exit code says whether the graphs can run. */
export async function checkCommand(
  files: readonly string[],
  options: { json?: boolean; strict?: boolean },
): Promise<number> {
  const results = await Promise.all(files.map(checkFile));
  const all = results.flatMap(r => r.diagnostics);
  const errors = all.filter(d => d.severity === 'error').length;
  const warnings = all.length - errors;
  const bad = errors > 0 || (options.strict === true && warnings > 0);
  if (options.json) {
    const diagnostics = results.flatMap(r => r.diagnostics.map(d => locateDiagnostic(d, f => r.sources.get(f))));
    printJson({ ok: !bad, errors, warnings, diagnostics });
    return bad ? EXIT.usage : EXIT.done;
  }
  const paint = paintFor(process.stdout);
  for (const { diagnostics, sources } of results) {
    for (const d of diagnostics) process.stdout.write(`${formatDiagnostic(d, f => sources.get(f), paint)}\n\n`);
  }
  const what = plural(files.length, 'graph');
  const found = [errors > 0 ? plural(errors, 'error') : '', warnings > 0 ? plural(warnings, 'warning') : ''].filter(
    s => s !== '',
  );
  process.stdout.write(`${what} checked, ${found.length === 0 ? 'nothing found' : found.join(', ')}\n`);
  return bad ? EXIT.usage : EXIT.done;
}
