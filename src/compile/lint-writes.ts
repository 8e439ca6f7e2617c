import type { Reporter } from '../diagnostic/diagnostic.ts';
import { stateKeys } from './context.ts';
import type { NodeDef } from './graph.ts';
import { nodeOf, nodesWithin, type Plan, sees } from './plan.ts';

/** The state keys that a node can be seen to write. */
export function writtenKeys(def: NodeDef): string[] {
  switch (def.writes.kind) {
    case 'key':
      return [def.writes.key];
    case 'map':
      return def.writes.entries.map(e => e.key);
    case 'none':
    case 'object':
      return [];
  }
}

/** Reports `replace` keys that two branches of one fork write, where both writes show in the file. */
export function lintWrites(plan: Plan, reporter: Reporter): void {
  const keys = stateKeys(plan.graph);
  for (const fork of plan.forks.values()) {
    const writer = new Map<string, { branch: string; def: NodeDef }>();
    for (const branch of fork.branches) {
      for (const { def } of nodesWithin(plan, branch).map(id => nodeOf(plan, id))) {
        for (const name of writtenKeys(def).filter(k => keys.get(k)?.merge === 'replace')) {
          const before = writer.get(name);
          if (!before) writer.set(name, { branch, def });
          else if (before.branch !== branch && !sees(plan, branch, before.branch)) {
            reporter.report(
              'write-conflict',
              def.span,
              `"${before.def.id}" and "${def.id}" run in parallel and both write "${name}"`,
              {
                hint: `give "${name}" a merge rule (append, union, sum, max, min, object, deep), or write it in one branch`,
                related: [{ message: `"${before.def.id}" writes it too`, span: before.def.span }],
              },
            );
          }
        }
      }
    }
  }
}
