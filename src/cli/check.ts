import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { formatDiagnostic, locateDiagnostic } from '../diagnostic/format.ts';
import { GraphError } from '../diagnostic/graph-error.ts';
import { loadGraph } from '../graph/load-graph.ts';
import type { Config } from './config.ts';
import { loadConfig } from './config-file.ts';
import { EXIT } from './exit.ts';
import { graphOptions } from './load.ts';
import { paintFor, plural, printJson } from './output.ts';

interface Checked {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

async function checkFile(file: string, config: Config): Promise<Checked> {
  try {
    const graph = await loadGraph(file, graphOptions(config));
    return { diagnostics: graph.warnings, sources: graph.sources };
  } catch (thrown) {
    if (thrown instanceof GraphError) return thrown;
    throw thrown;
  }
}

/** `statewright check`: prints every finding; the exit code says whether the graphs can run. */
export async function checkCommand(
  files: readonly string[],
  options: { json?: boolean; strict?: boolean; config?: string },
): Promise<number> {
  const { config } = await loadConfig(options.config);
  const results = await Promise.all(files.map(file => checkFile(file, config)));
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
