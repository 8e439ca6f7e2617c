/**
 * Whole numbers in expressions: `1` is an int to CEL, but every number of YAML and JSON is a double.
 *
 * Where both meet, the literal gives way. Lists of literals are doubles from the start; a literal that does not fit
 * where it stands is tried as the other kind, so that `tags[0]`, `size(tags) in [1, 2]` and `score == 1` all hold.
 */
export interface ExprNode {
  readonly op: string;
  args: unknown;
  checkedType?: unknown;
}

export const isNode = (value: unknown): value is ExprNode =>
  value !== null && typeof value === 'object' && 'op' in value && 'args' in value;

/** Every node of an expression, in no promised order. */
export function* nodesOf(root: ExprNode): Generator<ExprNode> {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const next = open.pop();
    if (Array.isArray(next)) open.push(...next);
    else if (isNode(next)) {
      yield next;
      open.push(next.args);
    }
  }
}

const isInt = (node: unknown): node is ExprNode => isNode(node) && node.op === 'value' && typeof node.args === 'bigint';

const isWhole = (node: unknown): node is ExprNode =>
  isNode(node) && node.op === 'value' && typeof node.args === 'number' && Number.isSafeInteger(node.args);

/** Makes doubles of the whole numbers in every list of literals. */
export function listsOfDoubles(root: ExprNode): void {
  for (const node of nodesOf(root)) {
    if (node.op !== 'list' || !Array.isArray(node.args)) continue;
    for (const item of node.args) if (isInt(item)) item.args = Number(item.args);
  }
}

/** The number literals that a node has directly, or behind a sign, in a list or in a branch. */
function literalsOf(node: ExprNode): { literals: ExprNode[]; between: ExprNode[] } {
  const literals: ExprNode[] = [];
  const between: ExprNode[] = [];
  const look = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) for (const item of value) look(item, depth);
    else if (isInt(value) || isWhole(value)) literals.push(value);
    else if (isNode(value) && depth < 4 && ['list', '-_', '?:'].includes(value.op)) {
      between.push(value);
      look(value.args, depth + 1);
    }
  };
  look(node.args, 0);
  return { literals, between };
}

/** Gives the literals of a node that was refused the other kind. Returns false when there are none. */
export function otherNumbers(node: unknown): boolean {
  if (!isNode(node)) return false;
  const { literals, between } = literalsOf(node);
  if (literals.length === 0) return false;
  const toDouble = literals.some(isInt);
  for (const literal of literals) {
    if (toDouble ? !isInt(literal) : !isWhole(literal)) continue;
    literal.args = toDouble ? Number(literal.args) : BigInt(literal.args as number);
    // What the library found out about it no longer holds.
    literal.checkedType = undefined;
  }
  for (const each of between) each.checkedType = undefined;
  return true;
}
