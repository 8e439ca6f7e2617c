/** What the interpreter does for each kind of node. */
import type { InterruptNode, MapNode, NodeDef, SubgraphNode, WaitNode } from '../../src/compile/graph.ts';
import { nodeOf, type Plan } from '../../src/compile/plan.ts';
import { answerTo, NOW } from './bodies.ts';
import type { Run } from './interpreter.ts';
import { mapItems } from './items.ts';
import { type Failure, failure, type Path, run as runPath, type State, type View, type Wait } from './waits.ts';

/** Gives the output of a node; `limits` are the timers that end its attempt. */
export function* work(run: Run, def: NodeDef, view: View, limits: readonly Wait[]): Path<unknown> {
  switch (def.kind) {
    case 'set':
      return null;
    case 'interrupt':
      return yield* ask(run, def, view);
    case 'wait': {
      if (def.until.kind === 'event') return yield* ask(run, def, view, def.until.name);
      const ms = def.until.kind === 'for' ? def.until.ms : Number(run.values.evaluate(def.until.value, view)) - NOW;
      yield* run.waits.first(view, run.waits.timer(ms));
      return null;
    }
    case 'graph':
      return yield* subgraph(run, def, view, limits);
    case 'map': {
      const items = run.values.evaluate(def.over, view) as unknown[];
      const item = (inside: View, index: number): Path<unknown> =>
        runItem(run, def, inside, { [def.as]: items[index], index });
      return yield* mapItems(def, view, limits, {
        waits: run.waits,
        name: run.name(def.id),
        gives: run.plan.gives === true,
        items,
        item,
      });
    }
    default:
      return yield* body(run, def, view, limits);
  }
}

function* body(run: Run, def: NodeDef, view: View, limits: readonly Wait[]): Path<unknown> {
  const name = run.name(def.id);
  yield* run.waits.first(view, [run.waits.make('body', name), ...limits]);
  const output = run.world.body(name);
  if (def.kind !== 'router' || Object.hasOwn(def.routes, String(output))) return output;
  if (def.fallback === undefined) throw failure('answer-route');
  return def.fallback;
}

function* ask(run: Run, def: InterruptNode | WaitNode, view: View, event?: string): Path<unknown> {
  const asked = run.waits.make('answer', run.name(def.id), { event });
  const expiry = run.waits.timer(def.expires?.after, { kind: 'expiry' });
  const first = yield* run.waits.first(view, [asked, ...expiry]);
  return first === asked ? answerTo(event) : def.expires?.value;
}

/** A graph in a graph: what waits in it ends with its node. */
function* subgraph(run: Run, def: SubgraphNode, view: View, limits: readonly Wait[]): Path<unknown> {
  const inside: View = { ...view, around: view };
  const child = graph(
    run,
    nodeOf(run.plan, def.id).child,
    `${run.name(def.id)}/`,
    run.values.members(def.input, view),
    inside,
  );
  let end: { readonly output?: State; readonly error?: Failure } = {};
  try {
    yield* run.waits.first(view, limits, done => {
      const ends = (how: typeof end): void => {
        end = how;
        done();
      };
      runPath(
        child,
        output => ends({ output }),
        error => ends({ error }),
      );
    });
  } finally {
    run.waits.cancel(inside);
  }
  if (end.error) throw end.error;
  return end.output;
}

function* graph(run: Run, plan: Plan | undefined, path: string, given: State, around: View): Path<State> {
  if (!plan) throw new Error(`no plan for "${path}"`);
  const inner = run.inner(plan, path);
  return yield* inner.graph(inner.begin(given, around));
}

/** An item is a graph of its own; one that is a node is a graph of that node, which is given all that it may see. */
function* runItem(run: Run, def: MapNode, inside: View, names: State): Path<unknown> {
  const { inline, input } = def.item;
  const path = `${run.name(def.id)}[${names.index}]${inline ? '' : '/'}`;
  const given = inline ? { ...inside.state, ...names } : run.values.members(input, inside, names);
  const output = yield* graph(run, nodeOf(run.plan, def.id).item, path, given, inside);
  return inline ? output.output : output;
}
