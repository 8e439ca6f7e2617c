/** Which names an expression cannot take null in: it fails then, whatever the others hold. */
import { type ExprNode, isNode } from './expr-numbers.ts';

const OPERATORS = new Set(['+', '-', '*', '/', '%', '<', '<=', '>', '>=', '!_', '-_', '.', '[]']);
const PLAIN = new Set(['list', 'map', '==', '!=', 'in']);

/**
 * The names. What stands beside `&&` and `||` or behind `?` may not be evaluated, and its failure may not count.
 *
 * @param condition the expression itself must be true or false
 */
export function failsOnNull(root: ExprNode, condition = false): Set<string> {
  const found = new Set<string>();
  look(root, condition, found);
  return found;
}

/** @param needed the value of this part must not be null */
function look(part: unknown, needed: boolean, found: Set<string>): void {
  if (Array.isArray(part)) for (const item of part) look(item, needed, found);
  if (!isNode(part)) return;
  const { op, args } = part;
  const list: readonly unknown[] = Array.isArray(args) ? args : [args];
  if (op === 'id') {
    if (needed) found.add(String(args));
  } else if (OPERATORS.has(op)) look(list, true, found);
  else if (PLAIN.has(op)) look(list, false, found);
  else if (op === '?:') look(list[0], true, found);
  else if (op === 'call' && list[0] === 'size') look(list[1], true, found);
  // The arguments of a method may hold names of its own, as in exists(t, t > 1).
  else if (op === 'rcall') look(list[1], true, found);
}
