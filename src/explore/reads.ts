/** What decides where a graph goes: its conditions, the state keys that matter to them, the constants they are held against. */
import type { Constant, ExprReads } from '../compile/expr-reads.ts';
import type { NodeDef, Value } from '../compile/graph.ts';
import { successors } from '../compile/lint.ts';
import { START } from '../compile/names.ts';
import { chartOf, type Plan, type PlanExit, ROOT } from '../compile/plan.ts';
import { reachable } from '../compile/walk.ts';

/** A condition of an edge that leaves START or a node. */
export interface Condition {
  readonly from: string;
  readonly when: Value;
  /** State keys that it reads. */
  readonly keys: readonly string[];
  readonly readsOutput: boolean;
}

/** A member of a value, as names from outermost; the value itself is `[]`. */
export type MemberPath = readonly string[];

/** Constants by place: `state` or a node's output, and the path in it. */
type Constants = Map<string, { readonly path: MemberPath; readonly values: Set<Constant> }>;

export interface Reads {
  readonly conditions: readonly Condition[];
  /** State keys on which a decision may hang. */
  readonly relevant: ReadonlySet<string>;
  /** What is read of the state, with what it is held against. */
  readonly state: Constants;
  /** The same of each node's output. */
  readonly outputs: ReadonlyMap<string, Constants>;
  /** What is read of `error`. */
  readonly error: Constants;
  /** Nodes whose count of visits is read, or all. */
  readonly visits: ReadonlySet<string> | 'all';
  /** The state keys that a node's expressions and texts hand on to something that matters. */
  passes(def: NodeDef): readonly string[];
  /** The nodes, and START, from which each can be reached, itself included: what is ahead. */
  ahead(from: string): ReadonlySet<string>;
}

const expressionOf = (value: Value): ExprReads | undefined => (value.kind === 'expr' ? value.expr.reads : undefined);

function conditionsOf(plan: Plan, keys: ReadonlySet<string>): Condition[] {
  const of = (from: string, exits: readonly PlanExit[]): Condition[] =>
    exits.flatMap(({ when, each }) =>
      [...(when ? [when] : []), ...(each ?? []).map(one => one.when)].map(value => {
        const names = value.kind === 'expr' ? [...value.expr.names] : [];
        return { from, when: value, keys: names.filter(n => keys.has(n)), readsOutput: names.includes('output') };
      }),
    );
  const nodes = [...plan.nodes.values()].flatMap(({ def, exits }) => of(def.id, exits));
  return [...of(START, chartOf(plan, ROOT).entry), ...nodes];
}

/** What a node works out when it is entered, and may fail at: its texts and inputs. */
function askedBy(def: NodeDef): readonly string[] {
  const names = (value: Value): string[] => (value.kind === 'expr' ? [...value.expr.names] : []);
  if (def.kind === 'interrupt') return [...def.message.names];
  if (def.kind === 'graph') return def.input.flatMap(i => names(i.value));
  if (def.kind === 'machine') return (def.input ?? []).flatMap(i => names(i.value));
  if (def.kind === 'map') return names(def.over);
  return def.kind === 'wait' && def.until.kind === 'moment' ? names(def.until.value) : [];
}

const mapOf = (def: NodeDef): readonly { key: string; value: Value }[] =>
  def.writes.kind === 'map' ? def.writes.entries : [];

/** Keys that conditions read, and those that reach them through expressions. */
function relevantKeys(plan: Plan, conditions: readonly Condition[], keys: ReadonlySet<string>): Set<string> {
  const defs = [...plan.nodes.values()].map(n => n.def);
  const found = new Set([...conditions.flatMap(c => c.keys), ...defs.flatMap(askedBy).filter(n => keys.has(n))]);
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const { key, value } of defs.flatMap(mapOf)) {
      if (!found.has(key) || value.kind !== 'expr') continue;
      for (const name of value.expr.names) if (keys.has(name)) found.add(name);
    }
  }
  return found;
}

function note(into: Constants, path: MemberPath, constants: Iterable<Constant>): boolean {
  const key = path.join('.');
  const known = into.get(key) ?? { path, values: new Set<Constant>() };
  const before = into.has(key) ? known.values.size : -1;
  into.set(key, known);
  for (const constant of constants) known.values.add(constant);
  return known.values.size > before;
}

/** Every constant that a key, or a member of it, is held against. */
export function constantsOf(constants: Constants, root: string): Set<Constant> {
  const own = [...constants.values()].filter(c => c.path[0] === root);
  return new Set(own.flatMap(c => [...c.values]));
}

export function readsOf(plan: Plan): Reads {
  const keys = new Set(plan.graph.state.map(k => k.name));
  const conditions = conditionsOf(plan, keys);
  const relevant = relevantKeys(plan, conditions, keys);
  const state: Constants = new Map();
  const error: Constants = new Map();
  const outputs = new Map([...plan.nodes.keys()].map(id => [id, new Map() as Constants]));
  const take = (node: string, reads: ExprReads, constants: readonly Constant[]): boolean[] =>
    reads.paths.map(([root = '', ...rest]) => {
      if (root === 'output') return note(outputs.get(node) ?? new Map(), rest, constants);
      if (root === 'error') return note(error, rest, constants);
      return keys.has(root) ? note(state, [root, ...rest], constants) : false;
    });
  for (const { from, when } of conditions) {
    const reads = expressionOf(when);
    if (reads) take(from, reads, reads.constants);
  }
  // What is written to a key is held against what the key is held against; through several writes, if need be.
  for (let grew = true; grew; ) {
    grew = false;
    for (const { def } of plan.nodes.values()) {
      for (const { key, value } of mapOf(def)) {
        const reads = relevant.has(key) ? expressionOf(value) : undefined;
        if (reads && take(def.id, reads, [...constantsOf(state, key), ...reads.constants]).some(Boolean)) grew = true;
      }
    }
  }
  const passes = (def: NodeDef): string[] => {
    const written = mapOf(def).filter(e => relevant.has(e.key));
    const names = written.flatMap(({ value }) => (value.kind === 'expr' ? [...value.expr.names] : []));
    // A value that is merged, and not replaced, is read by writing.
    const kept = written.map(e => e.key);
    return [...names, ...kept, ...askedBy(def)].filter(n => keys.has(n));
  };
  const visits = visitsIn(plan, conditions);
  return { conditions, relevant, state, outputs, error, visits, passes, ahead: aheadIn(plan) };
}

/** The nodes whose visits any expression that matters reads. */
function visitsIn(plan: Plan, conditions: readonly Condition[]): ReadonlySet<string> | 'all' {
  const values = [
    ...conditions.map(c => c.when),
    ...[...plan.nodes.values()].flatMap(n => mapOf(n.def).map(e => e.value)),
  ];
  const paths = values.flatMap(v => expressionOf(v)?.paths ?? []).filter(([root]) => root === 'visits');
  return paths.some(p => p.length === 1) ? 'all' : new Set(paths.map(p => p[1] ?? ''));
}

function aheadIn(plan: Plan): Reads['ahead'] {
  const next = successors(plan.graph);
  const known = new Map<string, ReadonlySet<string>>();
  return from => {
    const found = known.get(from) ?? reachable([from], next);
    known.set(from, found);
    return found;
  };
}
