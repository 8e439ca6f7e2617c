import { nodeState } from '../compile/node-states.ts';
import type { Plan } from '../compile/plan.ts';
import type { StoredThread } from '../store/store.ts';

/**
 * What a stored thread depends on: how each node, and each in the graphs it contains, is left and entered. Texts,
 * functions and settings may change while a thread waits; these may not.
 */
export function shapeOf(plan: Plan, digest: (text: string) => string, path = ''): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [id, { scope, child, item }] of plan.nodes) {
    out[path + id] = digest(JSON.stringify([scope, nodeState(plan, id)])).slice(0, 16);
    const inner = child ?? item;
    if (inner) Object.assign(out, shapeOf(inner, digest, `${path}${id}/`));
  }
  for (const { id, branches, wide } of plan.forks.values()) {
    out[path + id] = digest(JSON.stringify([branches, wide === true])).slice(0, 16);
  }
  return out;
}

/** What differs between a graph and the one that a thread began with, as lines for people. */
export function changesOf(stored: StoredThread['shape'], now: StoredThread['shape']): string[] {
  const names = [...new Set([...Object.keys(stored), ...Object.keys(now)])].sort();
  return names.flatMap(name => {
    if (stored[name] === now[name]) return [];
    const what = name.startsWith('$') || name.includes('/$') ? `the fork ${name}` : `node "${name}"`;
    return [`${what} ${stored[name] === undefined ? 'is new' : now[name] === undefined ? 'is gone' : 'has changed'}`];
  });
}
