import { machineConfig } from '../compile/config.ts';
import type { GraphDef } from '../compile/graph.ts';
import type { Plan } from '../compile/plan.ts';
import type { JsonSchema } from '../compile/state-type.ts';

const WIDTH = 110;

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);
}

function quote(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner}'`;
}

/** Prints plain data as a TypeScript literal, on one line where it fits. */
export function literal(value: unknown, indent = 0): string {
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'undefined';
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map(v => [literal(v), v] as const)
    : Object.entries(value).map(([k, v]) => [`${key(k)}: ${literal(v)}`, v] as const);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  if (parts.length === 0) return open + close;
  const pad = isList ? '' : ' ';
  const line = `${open}${pad}${parts.map(p => p[0]).join(', ')}${pad}${close}`;
  if (!line.includes('\n') && line.length + indent <= WIDTH) return line;
  const inner = ' '.repeat(indent + 2);
  const rows = isList
    ? value.map(v => inner + literal(v, indent + 2))
    : Object.entries(value).map(([k, v]) => `${inner}${key(k)}: ${literal(v, indent + 2)}`);
  return `${open}\n${rows.join(',\n')},\n${' '.repeat(indent)}${close}`;
}

/** The TypeScript type of a JSON Schema; `unknown` where the schema says more than a type can. */
export function typeOf(schema: JsonSchema): string {
  const values = schema.enum;
  if (Array.isArray(values)) return values.map(v => literal(v)).join(' | ');
  if (Array.isArray(schema.anyOf)) return [...new Set((schema.anyOf as JsonSchema[]).map(typeOf))].join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return `readonly (${typeOf((schema.items as JsonSchema | undefined) ?? {})})[]`;
    case 'object':
      return objectType(schema);
    default:
      return 'unknown';
  }
}

function objectType(schema: JsonSchema): string {
  const properties = schema.properties as Record<string, JsonSchema> | undefined;
  if (!properties) return 'Readonly<Record<string, unknown>>';
  const required = new Set(schema.required as string[] | undefined);
  const fields = Object.entries(properties).map(
    ([k, s]) => `readonly ${key(k)}${required.has(k) ? '' : '?'}: ${typeOf(s)}`,
  );
  return `{ ${fields.join('; ')} }`;
}

function stateTypes(graph: GraphDef): string {
  const fields = graph.state.map(k => `  readonly ${key(k.name)}: ${typeOf(k.type.schema)};`);
  const inputs = graph.state.map(k => `  readonly ${key(k.name)}${k.required ? '' : '?'}: ${typeOf(k.type.schema)};`);
  const body = (lines: string[]): string => (lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n}`);
  return `export type State = ${body(fields)};\n\nexport type Input = ${body(inputs)};`;
}

function functionsOf(graph: GraphDef): { context: string; output: string } {
  const initial = Object.fromEntries(graph.state.flatMap(k => (k.required ? [] : [[k.name, k.initial]])));
  const rest =
    "scopes: {}, visits: {}, interrupts: {}, failures: {}, moments: {}, held: {}, attempts: {}, errors: {}, thread: { id: '', path: '' }";
  const context = `({ input }) => ({ state: { ...${literal(initial, 4)}, ...input }, ${rest} })`;
  const picked = graph.output?.map(
    name => `${key(name)}: context.state${/^\w+$/.test(name) ? `.${name}` : `[${quote(name)}]`}`,
  );
  return { context, output: `({ context }) => (${picked ? `{ ${picked.join(', ')} }` : 'context.state'})` };
}

/** The names of actors, guards, actions and delays that a config uses, with the type of their parameters. */
function usedNames(config: unknown): {
  guards: Map<string, string>;
  actions: Map<string, string>;
  delays: Set<string>;
  actors: Set<string>;
} {
  const used = {
    guards: new Map<string, string>(),
    actions: new Map<string, string>(),
    delays: new Set<string>(),
    actors: new Set<string>(),
  };
  const paramsOf = (value: { params?: object }): string =>
    value.params ? ('hop' in value.params ? 'Exit' : 'At') : 'undefined';
  const visit = (value: unknown, under: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, under);
    else if (value !== null && typeof value === 'object') {
      const { type } = value as { type?: unknown };
      if (under === 'guard') used.guards.set(String(type), paramsOf(value));
      if (under === 'actions' || under === 'entry') used.actions.set(String(type), paramsOf(value));
      if (under === 'invoke') used.actors.add(String((value as { src?: unknown }).src));
      if (under === 'after') for (const name of Object.keys(value)) if (!/^\d+$/.test(name)) used.delays.add(name);
      for (const [name, member] of Object.entries(value)) visit(member, name);
    }
  };
  visit(config, '');
  return used;
}

function stubs(names: ReadonlyMap<string, string>, result: string): string {
  return [...names]
    .map(([name, params]) => `    ${key(name)}: (_, _params: ${params})${result} => provided(${quote(name)}),\n`)
    .join('');
}

/**
 * The TypeScript source of a graph's machine. It imports XState only, opens in Stately's editors, and runs once the
 * implementations are provided: `machine.provide(graph.machine.implementations)`.
 *
 * @param source how to name the graph's file in the header, relative to where the source is kept
 */
export function toTypeScript(plan: Plan, source: string): string {
  const { graph } = plan;
  const { context, output } = functionsOf(graph);
  const { id, ...config } = machineConfig(plan);
  const states = literal(config).slice(2, -1).trimEnd();
  const used = usedNames(config);
  const actors = [...used.actors]
    .map(src => `    ${key(src)}: fromPromise<unknown, { node: string }>(async () => provided(${quote(src)})),\n`)
    .join('');
  const names = [...used.delays].map(name => `    ${quote(name)}: () => provided(${quote(name)}),\n`).join('');
  const delays = names === '' ? '' : `  delays: {\n${names}  },\n`;
  return `// Generated from ${source} by \`npm run generate\`; changes here are lost.
import { ${used.actors.size > 0 ? 'fromPromise, ' : ''}setup } from 'xstate';

${stateTypes(graph)}

export type Context = {
  readonly state: State;
  readonly scopes: Readonly<Record<string, unknown>>;
  readonly visits: Readonly<Record<string, number>>;
  readonly interrupts: Readonly<Record<string, { readonly node: string; readonly message: string }>>;
  readonly failures: Readonly<Record<string, { readonly name: string; readonly message: string }>>;
  readonly moments: Readonly<Record<string, number>>;
  readonly held: Readonly<Record<string, unknown>>;
  readonly attempts: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, { readonly name: string; readonly message: string }>>;
  readonly thread: { readonly id: string; readonly path: string };
};

export type Event =
  | { readonly type: 'resume'; readonly id?: string; readonly value?: unknown }
  | { readonly type: 'retry'; readonly id?: string }
  | { readonly type: \`xstate.done.actor.\${string}\`; readonly output: unknown }
  | { readonly type: \`xstate.error.actor.\${string}\`; readonly error: unknown };

/** A point where a path goes on. */
export type Point =
  | { readonly kind: 'start' }
  | { readonly kind: 'node' | 'join' | 'branch'; readonly id: string };

function provided(name: string): never {
  throw new Error(\`"\${name}" is not provided: call machine.provide(graph.machine.implementations)\`);
}

type Exit = { readonly at: Point; readonly exit: number; readonly hop: number };
type At = { readonly at: Point };

export const machine = setup({
  types: {
    context: {} as Context,
    events: {} as Event,
    input: {} as Input,
    output: {} as Partial<State>,
  },
  actors: {
${actors}  },
  guards: {
${stubs(used.guards, ': boolean')}  },
  actions: {
${stubs(used.actions, '')}  },
${delays}}).createMachine({
  id: ${quote(id)},
  context: ${context},
  output: ${output},
${states}
});
`;
}
