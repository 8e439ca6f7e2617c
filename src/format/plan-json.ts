import type { Value } from '../compile/graph.ts';
import type { Place, Plan, PlanExit, Route } from '../compile/plan.ts';

function placeName(place: Place): string {
  if (place.kind === 'onward') return [...place.to, ...(place.joins ? ['JOIN'] : [])].join(', ') || 'END';
  return place.kind === 'join' ? 'JOIN' : place.kind === 'end' ? 'END' : place.id;
}

/** The place of a route, or with limits the places in the order they are tried. */
function routeJson(route: Route): string | string[] {
  const names = route.map(hop => placeName(hop.place));
  return names.length === 1 ? (names[0] ?? '') : names;
}

function valueJson(value: Value): unknown {
  return value.kind === 'expr' ? value.expr.source : value.value;
}

function exitJson(exit: PlanExit): object {
  const each = exit.each?.map(({ target, when }) => ({ to: target, when: valueJson(when) }));
  return { ...(exit.when ? { when: valueJson(exit.when) } : {}), ...(each ? { each } : {}), to: routeJson(exit.route) };
}

/** A plan as JSON: the state, the nodes with their ways out, the forks with their branches. */
export function planJson(plan: Plan): object {
  const { graph } = plan;
  return {
    name: graph.name,
    ...(graph.description === undefined ? {} : { description: graph.description }),
    state: Object.fromEntries(
      graph.state.map(k => [
        k.name,
        { type: k.type.label, merge: k.merge, ...(k.required ? { required: true } : { initial: k.initial }) },
      ]),
    ),
    ...(graph.output ? { output: graph.output } : {}),
    start: plan.charts.get('')?.entry.map(exitJson),
    nodes: [...plan.nodes.values()].map(({ def, scope, exits, budget }) => ({
      id: def.id,
      kind: def.kind,
      ...(def.description === undefined ? {} : { description: def.description }),
      ...(scope === '' ? {} : { branch: scope }),
      ...(budget === undefined ? {} : { maxVisits: budget }),
      exits: exits.map(exitJson),
    })),
    forks: [...plan.forks.values()].map(fork => ({
      id: fork.id,
      after: fork.from,
      ...(fork.scope === '' ? {} : { branch: fork.scope }),
      branches: fork.branches,
      ...(fork.then ? { join: routeJson(fork.then) } : {}),
    })),
  };
}
