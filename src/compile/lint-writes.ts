import type { Reporter } from '../diagnostic/diagnostic.ts';
import { stateKeys } from './context.ts';
import { writtenKeys } from './declared-writes.ts';
import type { NodeDef } from './graph.ts';
import { nodeOf, nodesWithin, type Plan, sees } from './plan.ts';

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
