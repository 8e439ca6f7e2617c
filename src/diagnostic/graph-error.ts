import type { Diagnostic } from './diagnostic.ts';
import { formatDiagnostic } from './format.ts';

/** The most findings that the message prints; `diagnostics` has them all. */
const MAX_PRINTED = 50;

/** Thrown by `loadGraph` when a graph is refused. `message` is the report; `diagnostics` the data. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly diagnostics: readonly Diagnostic[];
  /** The texts the spans refer to, by file name. */
  readonly sources: ReadonlyMap<string, string>;

  constructor(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, string>) {
    const printed = diagnostics.slice(0, MAX_PRINTED).map(d => formatDiagnostic(d, file => sources.get(file)));
    const rest = diagnostics.length - printed.length;
    super([...printed, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n\n'));
    this.diagnostics = diagnostics;
    this.sources = sources;
  }
}
