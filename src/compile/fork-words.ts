/** Says what is wrong with a fork, and how it can be mended. */

/** A fork as it is written, and the edge that is in its way. */
export interface ForkFault {
  readonly fork: { readonly from: string; readonly targets: readonly string[] };
  readonly kind: 'leaves' | 'enters';
  readonly edge: { readonly from: string; readonly to: string };
  /** Where the branches meet; absent when they do not. */
  readonly join: string | undefined;
}

export interface ForkWords {
  readonly message: string;
  readonly hint: string;
}

const nameOf = ({ from, targets }: ForkFault['fork']): string => `the fork ${from} -> [${targets.join(', ')}]`;

/** An edge that leaves a fork other than through its join, or enters it from outside. */
export function explainFork({ fork, kind, edge, join }: ForkFault): ForkWords {
  const where = join === undefined ? 'its branches have no join' : `its join is "${join}"`;
  const how = kind === 'leaves' ? 'other than through its join' : 'from outside';
  const message = `the edge ${edge.from} -> ${edge.to} ${kind} ${nameOf(fork)} ${how}; ${where}`;
  if (kind === 'enters') {
    return { message, hint: `enter the fork at "${fork.from}", or give the outside path a node of its own` };
  }
  const hint =
    join === undefined
      ? 'let the branch end, or give the branches a node where they meet and put the edge behind it'
      : `let the branch go on to "${join}" and put the edge behind it: { from: ${join}, to: ${edge.to}, when: … }`;
  return { message, hint };
}

/** Branches that meet in several nodes, so that none of these is the join. */
export function explainCrossing(fork: ForkFault['fork'], meets: readonly string[]): ForkWords {
  const at = meets.length === 0 ? '' : ` at ${meets.join(', ')}`;
  return {
    message: `the branches of ${nameOf(fork)} cross${at}, and have a cycle among them or too many nodes`,
    hint: 'let the branches meet in one node, or put the cycle into a graph of its own',
  };
}
