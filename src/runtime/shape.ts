import { nodeState } from '../compile/node-states.ts';
import type { Plan } from '../compile/plan.ts';

/** A digest of each node and fork of a graph, by name. */
export type Shape = Readonly<Record<string, string>>;

const known = new WeakMap<Plan, Shape>();

/**
 * What a stored thread depends on: how each node, and each in the graphs it contains, is left and entered. Texts,
 * functions and settings may change while a thread waits; these may not.
 */
export function shapeOf(plan: Plan, digest: (text: string) => string): Shape {
  const shape = known.get(plan) ?? Object.freeze(digestsOf(plan, digest));
  known.set(plan, shape);
  return shape;
}

function digestsOf(plan: Plan, digest: (text: string) => string, path = ''): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [id, { scope, child, item }] of plan.nodes) {
    out[path + id] = digest(JSON.stringify([scope, nodeState(plan, id)])).slice(0, 16);
    const inner = child ?? item;
    if (inner) Object.assign(out, digestsOf(inner, digest, `${path}${id}/`));
  }
  for (const { id, branches, wide } of plan.forks.values()) {
    out[path + id] = digest(JSON.stringify([branches, wide === true])).slice(0, 16);
  }
  return out;
}

/** What differs between a graph and the one that a thread began with, as lines for people. */
export function changesOf(stored: Shape, now: Shape): string[] {
  const names = [...new Set([...Object.keys(stored), ...Object.keys(now)])].sort();
  return names.flatMap(name => {
    if (stored[name] === now[name]) return [];
    const what = name.startsWith('$') || name.includes('/$') ? `the fork ${name}` : `node "${name}"`;
    return [`${what} ${stored[name] === undefined ? 'is new' : now[name] === undefined ? 'is gone' : 'has changed'}`];
  });
}
