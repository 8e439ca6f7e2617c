import type { Reporter } from '../diagnostic/diagnostic.ts';
import { writtenKeys } from './declared-writes.ts';
import type { GraphDef } from './graph.ts';
import { namesRead } from './reads.ts';

/**
 * Reports state keys that nothing uses. A function without `input` is given the whole state, and may use any of it.
 *
 * Only for graphs without errors: a name in an expression that could not be read is used too.
 */
export function lintUsage(graph: GraphDef, reporter: Reporter): void {
  const read = new Set(graph.output);
  const written = new Set<string>();
  for (const { when } of graph.edges) if (when?.kind === 'expr') for (const name of when.expr.names) read.add(name);
  for (const node of graph.nodes.values()) {
    const names = namesRead(node);
    if (names === 'all') return;
    for (const name of names) read.add(name);
    if (node.writes.kind === 'object' && graph.output === undefined) return;
    for (const key of writtenKeys(node)) written.add(key);
  }
  for (const { name, span } of graph.state) {
    if (read.has(name) || (written.has(name) && graph.output === undefined)) continue;
    if (written.has(name)) {
      const hint = 'add it to "output", or remove it together with what writes it';
      const message = `the state key "${name}" is written, but nothing reads it and it is not in "output"`;
      reporter.report('unused-key', span, message, { hint });
    } else {
      const hint = 'remove it, or use it in an expression or text';
      reporter.report('unused-key', span, `nothing uses the state key "${name}"`, { hint });
    }
  }
}
