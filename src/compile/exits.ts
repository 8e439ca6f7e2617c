import type { Reporter } from '../diagnostic/diagnostic.ts';
import type { Edge, Exit, NodeDef } from './graph.ts';
import { END, START } from './names.ts';

/** Groups edges into the ways out of START and of each node. At most one way out has no condition. */
export function exitsOf(
  edges: readonly Edge[],
  nodes: ReadonlyMap<string, NodeDef>,
  reporter: Reporter,
): Map<string, Exit[]> {
  const grouped = Map.groupBy(edges, edge => edge.from);
  const out = new Map<string, Exit[]>();
  for (const from of [START, ...nodes.keys()]) {
    const own = grouped.get(from) ?? [];
    const conditional = own.filter(e => e.when !== undefined);
    const plain = own.filter(e => e.when === undefined);
    if (conditional.length > 0 && plain.length > 1) reportTwoDefaults(from, plain, reporter);
    const exits = nodes.get(from)?.routeAll ? allOf(conditional) : conditional.map(oneOf);
    const [first] = plain;
    if (first) exits.push({ targets: unique(plain.flatMap(e => e.to)), span: first.span });
    if (exits.length > 0) out.set(from, exits);
  }
  return out;
}

function oneOf({ when, to, span }: Edge): Exit {
  return { ...(when ? { when } : {}), targets: unique(to), span };
}

/** One exit for all edges with a condition: each target is taken by its own. */
function allOf(edges: readonly Edge[]): Exit[] {
  const pairs = edges.flatMap(({ to, when }) => (when ? to.map(target => ({ target, when })) : []));
  const [first] = edges;
  if (pairs.length < 2 || !first) return edges.map(oneOf);
  return [{ targets: pairs.map(p => p.target), each: pairs.map(p => p.when), span: first.span }];
}

function unique(names: readonly string[]): string[] {
  const [...set] = new Set(names);
  // END beside other targets is a path that ends at once: nothing waits for it.
  return set.length > 1 ? set.filter(t => t !== END) : set;
}

function reportTwoDefaults(from: string, plain: readonly Edge[], reporter: Reporter): void {
  const [first, second] = plain;
  if (!first || !second) return;
  const name = from === START ? 'START' : `node "${from}"`;
  const message = `${name} has edges with "when" and ${plain.length} edges without; only one may be the default`;
  reporter.report('two-defaults', second.span, message, {
    hint: 'give it a "when" or remove it; to fork by default, let the default go to a "set" node that forks',
    related: [{ message: 'the first default', span: first.span }],
  });
}
