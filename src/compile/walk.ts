/** Small graph algorithms over successor lists. All iterative: a chain of 10,000 nodes is no deeper than one of ten. */

export type Successors = ReadonlyMap<string, readonly string[]>;

/** Everything that can be reached from `from`, itself included; what is in `stop` is neither entered nor listed. */
export function reachable(
  from: Iterable<string>,
  next: Successors,
  stop: ReadonlySet<string> = new Set(),
): Set<string> {
  const seen = new Set<string>();
  const open = [...from].filter(id => !stop.has(id));
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    for (const target of next.get(id) ?? []) if (!seen.has(target) && !stop.has(target)) open.push(target);
  }
  return seen;
}

/** Those of some nodes from which a target can be reached without leaving them. */
export function reaching(ids: ReadonlySet<string>, target: string, next: Successors): Set<string> {
  const back = new Map<string, string[]>();
  for (const id of ids) for (const to of next.get(id) ?? []) back.set(to, [...(back.get(to) ?? []), id]);
  const found = reachable([target], back);
  found.delete(target);
  return found;
}

/** The cycles of a graph: its strongly connected components of two nodes or more, or of one with an edge to itself. */
export function stronglyConnected(ids: readonly string[], next: Successors): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const out: string[][] = [];
  const own = new Set(ids);
  const targets = (id: string): readonly string[] => (next.get(id) ?? []).filter(t => own.has(t));
  const enter = (id: string): void => {
    index.set(id, index.size);
    low.set(id, index.size - 1);
    stack.push(id);
    onStack.add(id);
  };
  const close = (id: string): void => {
    if (low.get(id) !== index.get(id)) return;
    const component = stack.splice(stack.lastIndexOf(id));
    for (const member of component) onStack.delete(member);
    if (component.length > 1 || targets(id).includes(id)) out.push(component);
  };
  for (const root of ids) {
    if (index.has(root)) continue;
    enter(root);
    const work: { id: string; rest: string[] }[] = [{ id: root, rest: [...targets(root)] }];
    for (let top = work.at(-1); top; top = work.at(-1)) {
      const { id, rest } = top;
      const target = rest.shift();
      if (target === undefined) {
        work.pop();
        const parent = work.at(-1)?.id;
        if (parent !== undefined) low.set(parent, Math.min(low.get(parent) ?? 0, low.get(id) ?? 0));
        close(id);
      } else if (!index.has(target)) {
        enter(target);
        work.push({ id: target, rest: [...targets(target)] });
      } else if (onStack.has(target)) {
        low.set(id, Math.min(low.get(id) ?? 0, index.get(target) ?? 0));
      }
    }
  }
  return out;
}

/** The targets of back edges in a depth-first walk: every cycle passes through at least one of them. */
export function backTargets(roots: readonly string[], next: Successors): Set<string> {
  const out = new Set<string>();
  const state = new Map<string, 'open' | 'done'>();
  for (const root of roots) {
    if (state.has(root)) continue;
    state.set(root, 'open');
    const work = [{ id: root, rest: [...(next.get(root) ?? [])] }];
    for (let top = work.at(-1); top; top = work.at(-1)) {
      const target = top.rest.shift();
      if (target === undefined) {
        state.set(top.id, 'done');
        work.pop();
      } else if (state.get(target) === 'open') out.add(target);
      else if (!state.has(target)) {
        state.set(target, 'open');
        work.push({ id: target, rest: [...(next.get(target) ?? [])] });
      }
    }
  }
  return out;
}
