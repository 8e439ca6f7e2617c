/** What a node may give: outputs assembled from the members that something decides on. */
import type { Constant } from '../compile/expr-reads.ts';
import type { GraphDef, NodeDef, StateKey } from '../compile/graph.ts';
import type { Plan } from '../compile/plan.ts';
import type { JsonSchema } from '../compile/value-check.ts';
import { constantsOf, type MemberPath, type Reads } from './reads.ts';
import { distinct, samplesOf } from './samples.ts';

/** More combinations than this are not tried: then each member is varied by itself, and in pairs. */
const MAX_COMBINATIONS = 1_500;
const MAX_OUTPUTS = 2_000;

/** Stands for a member that is not given at all. */
const ABSENT = Symbol('absent');

/** Values to try, plainest first. */
export interface Choice<T> {
  readonly values: readonly T[];
  /** False when not every combination is among them, or nothing was found that fits. */
  readonly whole: boolean;
}

interface Variable {
  readonly path: MemberPath;
  readonly values: readonly unknown[];
}

const isSchema = (value: unknown): value is JsonSchema =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The schema of a member. Undefined where the schema says nothing of it. */
function memberSchema(schema: JsonSchema | undefined, [name, ...rest]: MemberPath): JsonSchema | undefined {
  if (!schema || name === undefined) return schema;
  const choices = Array.isArray(schema.anyOf) ? schema.anyOf : [schema];
  for (const choice of choices) {
    const properties = isSchema(choice) && isSchema(choice.properties) ? choice.properties : {};
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (isSchema(own)) return memberSchema(own, rest);
  }
  return undefined;
}

function objectSchema(keys: readonly StateKey[]): JsonSchema {
  const properties = Object.fromEntries(keys.map(k => [k.name, k.type.schema]));
  return { type: 'object', properties, required: keys.map(k => k.name) };
}

function outputKeys({ state, output }: GraphDef): StateKey[] {
  return output ? state.filter(k => output.includes(k.name)) : [...state];
}

/** The output of a map, before it is known which key its results go to. */
const MAP_OUTPUT: JsonSchema = {
  type: 'object',
  properties: { results: { type: 'array' }, failures: { type: 'array', items: { type: 'object' } } },
  required: ['results', 'failures'],
};

/** What is known of the shape of a node's output from the node itself. Kinds whose result nobody declares have none. */
function declaredSchema(def: NodeDef): JsonSchema | undefined {
  switch (def.kind) {
    case 'llm':
      return def.schema?.schema ?? { type: 'string' };
    case 'router':
      return { enum: Object.keys(def.routes) };
    case 'graph':
      return objectSchema(outputKeys(def.child));
    case 'interrupt':
    case 'wait':
      return def.schema?.schema;
    default:
      return undefined;
  }
}

/** The shape of a node's output: as it is declared, or as the state keys it is written to want it. */
function schemaOf(plan: Plan, def: NodeDef): JsonSchema | undefined {
  const declared = declaredSchema(def);
  if (declared) return declared;
  const keys = new Map(plan.graph.state.map(k => [k.name, k.type]));
  if (def.writes.kind === 'key') return keys.get(def.writes.key)?.schema;
  let shape: JsonSchema | undefined = def.kind === 'map' ? MAP_OUTPUT : undefined;
  if (def.writes.kind !== 'map') return shape;
  for (const { key, value } of def.writes.entries) {
    const [path = [], ...more] = value.kind === 'expr' ? value.expr.reads.paths : [];
    const schema = keys.get(key)?.schema;
    const direct = more.length === 0 && value.kind === 'expr' && path.join('.') === value.expr.source.trim();
    if (direct && schema && path.length > 1 && path[0] === 'output') shape = withSchema(shape, path.slice(1), schema);
  }
  return shape;
}

/** An object schema with a member put in. */
function withSchema(shape: JsonSchema | undefined, [name, ...rest]: MemberPath, schema: JsonSchema): JsonSchema {
  if (name === undefined) return schema;
  const properties = isSchema(shape?.properties) ? shape.properties : {};
  const inner = properties[name];
  const member = withSchema(isSchema(inner) ? inner : undefined, rest, schema);
  const all = { ...properties, [name]: member };
  return { type: 'object', properties: all, required: Object.keys(all) };
}

const pathKey = (path: MemberPath): string => path.join('.');

/** The members of a node's output on which a decision may hang, each with the values to try. */
function variablesOf(plan: Plan, reads: Reads, def: NodeDef): Variable[] {
  const schema = schemaOf(plan, def);
  const found = new Map<
    string,
    { path: MemberPath; constants: Set<Constant>; optional: boolean; schema?: JsonSchema }
  >();
  const add = (
    path: MemberPath,
    constants: Iterable<Constant>,
    own: JsonSchema | undefined,
    optional = false,
  ): void => {
    const known = found.get(pathKey(path)) ?? { path, constants: new Set<Constant>(), optional };
    for (const c of constants) known.constants.add(c);
    found.set(pathKey(path), { ...known, ...(own ? { schema: own } : {}) });
  };
  for (const { path, values } of reads.outputs.get(def.id)?.values() ?? [])
    add(path, values, memberSchema(schema, path));
  const { writes } = def;
  for (const { name, type } of plan.graph.state) {
    if (!reads.relevant.has(name)) continue;
    const constants = constantsOf(reads.state, name);
    if (writes.kind === 'key' && writes.key === name) add([], constants, schema);
    // A function may leave a key alone.
    if (writes.kind === 'object') add([name], constants, type.schema, true);
  }
  const inner = [...found.values()].some(v => v.path.length > 0);
  return [...found.values()]
    .filter(v => v.path.length > 0 || !inner)
    .map(({ path, constants, optional, schema: own }) => {
      const values = samplesOf(own ?? {}, constants);
      return { path, values: optional ? [ABSENT, ...values] : values };
    });
}

/** A copy of a value with a member put in. */
function withMember(value: unknown, [name, ...rest]: MemberPath, member: unknown): unknown {
  if (name === undefined) return member;
  const object = isSchema(value) ? value : {};
  return { ...object, [name]: withMember(object[name], rest, member) };
}

/** Combinations of values, the plainest first: all of them, or those that differ from it in one or two places. */
function combinations(variables: readonly Variable[]): Choice<unknown[]> {
  const base = variables.map(v => v.values[0]);
  const count = variables.reduce((n, v) => n * v.values.length, 1);
  if (count <= MAX_COMBINATIONS) {
    const extend = (rows: unknown[][], { values }: Variable): unknown[][] =>
      rows.flatMap(row => values.map(value => [...row, value]));
    return { values: variables.reduce(extend, [[]]), whole: true };
  }
  const singles = variables.flatMap((v, i) => v.values.map(value => base.with(i, value)));
  const pairs = variables.flatMap((v, i) =>
    v.values.flatMap(value =>
      variables.slice(i + 1).flatMap((w, j) => w.values.map(other => base.with(i, value).with(i + 1 + j, other))),
    ),
  );
  return { values: [base, ...singles, ...pairs].slice(0, MAX_OUTPUTS), whole: false };
}

function assemble(base: unknown, variables: readonly Variable[]): Choice<unknown> {
  const { values, whole } = combinations(variables.filter(v => v.values.length > 0));
  const used = variables.filter(v => v.values.length > 0);
  const put = (row: readonly unknown[]): unknown =>
    used.reduce((value, { path }, i) => (row[i] === ABSENT ? value : withMember(value, path, row[i])), base);
  return { values: distinct(values.map(put)), whole: whole && used.length === variables.length };
}

/** What can be tried as the output of a node. */
export function outputsOf(plan: Plan, reads: Reads, def: NodeDef): Choice<unknown> {
  const schema = schemaOf(plan, def);
  const plain = schema ? samplesOf(schema) : [];
  if (def.kind === 'router') return { values: plain, whole: true };
  const fallback: unknown = def.writes.kind === 'object' ? {} : def.writes.kind === 'none' ? null : 'text';
  const [base = fallback] = plain;
  const { values, whole } = assemble(base, variablesOf(plan, reads, def));
  const check = 'schema' in def ? def.schema?.check : undefined;
  if (!check) return { values, whole };
  const fitting = distinct([...values, ...plain]).filter(value => check(value).length === 0);
  return { values: fitting, whole: whole && fitting.length > 0 };
}

/**
 * What can be tried as the input of a run: every required key, and the keys on which a decision may hang.
 *
 * @param all those with a default too; otherwise they keep it
 */
export function inputsOf(
  plan: Plan,
  reads: Reads,
  given: Readonly<Record<string, unknown>>,
  all: boolean,
): Choice<Readonly<Record<string, unknown>>> {
  const free = plan.graph.state.filter(k => !Object.hasOwn(given, k.name));
  const plain = free
    .filter(k => k.required)
    .flatMap(k =>
      samplesOf(k.type.schema)
        .slice(0, 1)
        .map(v => [k.name, v] as const),
    );
  const variables = free
    .filter(k => reads.relevant.has(k.name) && (all || k.required))
    .map(k => {
      const values = samplesOf(k.type.schema, constantsOf(reads.state, k.name));
      return { path: [k.name], values: k.required ? values : [ABSENT, ...values] };
    });
  const { values, whole } = assemble({ ...Object.fromEntries(plain), ...given }, variables);
  return { values: values as Readonly<Record<string, unknown>>[], whole };
}

/** Errors to try: those that conditions ask for, and a plain one. None of them is worth another attempt. */
export function errorsOf(reads: Reads): { name: string; message: string; code?: string; retryable: false }[] {
  const texts = (member: string): string[] =>
    [...(reads.error.get(member)?.values ?? [])].filter(c => typeof c === 'string');
  const plain = { name: 'Error', message: 'it failed', retryable: false } as const;
  return [
    plain,
    ...texts('code').map(code => ({ ...plain, code })),
    ...texts('name').map(name => ({ ...plain, name })),
    ...texts('message').map(message => ({ ...plain, message })),
  ];
}
