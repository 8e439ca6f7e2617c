/** What an expression looks at: the paths it reads, and the constants it holds them against. */
import { type ExprNode, isNode, nodesOf } from './expr-numbers.ts';

export type Constant = string | number | boolean;

export interface ExprReads {
  /** Names with their members, the longest that are written: `output.score`, `tags`. */
  readonly paths: readonly (readonly string[])[];
  readonly constants: readonly Constant[];
}

/** The path of a member access down to its name; undefined for anything else. */
function pathOf(node: unknown): string[] | undefined {
  if (!isNode(node)) return undefined;
  if (node.op === 'id') return [String(node.args)];
  if (!Array.isArray(node.args)) return undefined;
  const [inner, member] = node.args as [unknown, unknown];
  const before = node.op === '.' || node.op === '.?' || node.op === '[]' ? pathOf(inner) : undefined;
  if (!before) return undefined;
  if (typeof member === 'string') return [...before, member];
  return isNode(member) && member.op === 'value' && typeof member.args === 'string'
    ? [...before, member.args]
    : undefined;
}

export function readsOf(root: ExprNode): ExprReads {
  const paths: string[][] = [];
  const constants: Constant[] = [];
  const inner = new Set<unknown>();
  // A node comes before those inside it, so that a path is found whole.
  for (const node of nodesOf(root)) {
    const path = inner.has(node) ? undefined : pathOf(node);
    if (path) {
      paths.push(path);
      for (const part of nodesOf(node)) inner.add(part);
    } else if (node.op === 'value' && !inner.has(node)) {
      if (typeof node.args === 'bigint') constants.push(Number(node.args));
      else if (['string', 'number', 'boolean'].includes(typeof node.args)) constants.push(node.args as Constant);
    }
  }
  return { paths, constants };
}
