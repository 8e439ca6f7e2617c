import type { Diagnostic } from './diagnostic.ts';
import { formatDiagnostic } from './format.ts';

/** Thrown by `loadGraph` when a graph is refused. `message` is the whole report; `diagnostics` the data. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly diagnostics: readonly Diagnostic[];
  /** The texts the spans refer to, by file name. */
  readonly sources: ReadonlyMap<string, string>;

  constructor(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, string>) {
    super(diagnostics.map(d => formatDiagnostic(d, file => sources.get(file))).join('\n\n'));
    this.diagnostics = diagnostics;
    this.sources = sources;
  }
}
