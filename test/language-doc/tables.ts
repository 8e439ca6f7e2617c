/** Makes the tables of keys in `docs/language.md` from the schema. Run by `scripts/update-language.ts`. */
import path from 'node:path';
import { z } from 'zod';
import { edgeObject, graphSchema, type NodeKind, nodeKinds } from '../../src/compile/schema.ts';
import { modelEntry, promptFile } from '../../src/compile/schema-model.ts';
import { toolKinds } from '../../src/compile/schema-tools.ts';

export const docFile = path.resolve(import.meta.dirname, '../../docs/language.md');

/** The longest line of the document. A description that does not fit goes on in the next row. */
export const MAX_COLUMNS = 120;

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** The same schema as the closed union of zod's own, so that its definition can be told apart. */
const known = (schema: z.core.$ZodType): z.core.$ZodTypes => schema as z.core.$ZodTypes;

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = known(schema)._zod;
  return def.type === 'optional' ? unwrap(def.innerType) : schema;
}

const metaOf = (schema: z.core.$ZodType): { id?: string | undefined; description?: string | undefined } =>
  z.globalRegistry.get(schema) ?? {};

const NAMED: Readonly<Record<string, string>> = {
  Expression: 'expression',
  Text: 'text',
  Type: 'type',
  Schema: 'schema',
  Duration: 'duration',
  Edge: 'edge',
  Tool: 'tool',
};

const PLURAL: Readonly<Record<string, string>> = {
  expression: 'expressions',
  type: 'types',
  text: 'texts',
  tool: 'tools',
  integer: 'integers',
  'integer from 1': 'integers from 1',
  edge: 'edges',
  string: 'strings',
  node: 'nodes',
};

const plural = (word: string): string => PLURAL[word] ?? word;

function numberInWords(schema: z.core.$ZodType): string {
  const { type, minimum, maximum } = z.toJSONSchema(schema);
  const from = minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? '' : ` from ${minimum}`;
  const to = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`;
  return `${type}${from}${to}`;
}

/** The id of a schema, also where it was described anew. */
function idOf(schema: z.core.$ZodType): string | undefined {
  const { parent } = schema._zod;
  return metaOf(schema).id ?? (parent ? idOf(parent) : undefined);
}

/** A type as a person says it: `integer from 1`, `list of strings`. */
export function inWords(given: z.core.$ZodType): string {
  const schema = unwrap(given);
  const id = idOf(schema);
  if (id !== undefined && Object.hasOwn(NAMED, id)) return NAMED[id] ?? id;
  const { def } = known(schema)._zod;
  switch (def.type) {
    case 'string':
    case 'boolean':
      return def.type;
    case 'number':
      return numberInWords(schema);
    case 'literal':
      return def.values.map(v => `\`${v}\``).join(' or ');
    case 'enum':
      return orList(Object.values(def.entries).map(v => `\`${v}\``));
    case 'union':
      return def.options.every(o => metaOf(o).id === undefined && isNode(o))
        ? 'node'
        : orList(def.options.map(inWords));
    case 'array':
      return `list of ${plural(inWords(def.element))}`;
    case 'record':
      return `map of ${plural(inWords(def.valueType))}`;
    case 'object':
      return mapInWords(Object.keys(def.shape));
    case 'unknown':
      return 'any value';
    default:
      throw new Error(`no words for a "${def.type}" of the schema`);
  }
}

const mapInWords = (keys: readonly string[]): string =>
  `\`{ ${(keys.length > 3 ? [keys[0], '…'] : keys).join(', ')} }\``;

const isNode = (schema: z.core.$ZodType): boolean => Object.values(nodeKinds).includes(schema as never);

function orList(words: readonly string[]): string {
  const [last, ...before] = [...new Set(words)].reverse();
  return before.length === 0 ? (last ?? '') : `${before.reverse().join(', ')} or ${last}`;
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const at = lines.length - 1;
    const longer = lines[at] === '' ? word : `${lines[at]} ${word}`;
    if (longer.length > width && lines[at] !== '') lines.push(word);
    else lines[at] = longer;
  }
  return lines;
}

function rowsOf(key: string, schema: z.core.$ZodType): string[] {
  const { def } = known(schema)._zod;
  const description = (metaOf(schema).description ?? metaOf(unwrap(schema)).description ?? '').replaceAll('|', '\\|');
  const cells = [`\`${key}\``, def.type === 'optional' ? '' : 'yes', inWords(schema)];
  const start = `| ${cells.join(' | ')} | `;
  const [first = '', ...rest] = wrap(description, MAX_COLUMNS - start.length - 2);
  return [`${start}${first} |`, ...rest.map(line => `| | | | ${line} |`)];
}

const tableOf = (shape: Shape): string =>
  [
    '| Key | Required | Type | |',
    '| --- | --- | --- | --- |',
    ...Object.entries(shape).flatMap(([k, s]) => rowsOf(k, s)),
  ].join('\n');

const pick = (shape: Shape, keep: (key: string) => boolean): Shape =>
  Object.fromEntries(Object.entries(shape).filter(([key]) => keep(key)));

const shapes: Readonly<Record<NodeKind, Shape>> = Object.fromEntries(
  Object.entries(nodeKinds).map(([kind, { shape }]) => [kind, shape]),
) as never;

/** Keys that nodes of every kind have. */
const everyNode = pick(
  shapes.set,
  key => key !== 'type' && Object.values(shapes).every(shape => Object.hasOwn(shape, key)),
);

/** Keys of the nodes whose body may fail or take its time. */
const everyBody = pick(
  shapes.function,
  key =>
    key !== 'type' &&
    key !== 'output' &&
    !Object.hasOwn(everyNode, key) &&
    [shapes.llm, shapes.router, shapes.tool, shapes.http].every(shape => Object.hasOwn(shape, key)),
);

const ownKeys = (kind: NodeKind): Shape =>
  pick(shapes[kind], key => !Object.hasOwn(everyNode, key) && !Object.hasOwn(everyBody, key));

/** The keys of a map that stands as the value of a key, perhaps beside a short form. */
function mapBehind(schema: z.core.$ZodType | undefined): Shape {
  if (!schema) throw new Error('no such key');
  const { def } = known(unwrap(schema))._zod;
  if (def.type === 'object') return def.shape;
  const found = def.type === 'union' ? def.options.find(o => known(o)._zod.def.type === 'object') : undefined;
  return mapBehind(found);
}

/** The tables by the name in their marker. */
export const tables: Readonly<Record<string, Shape>> = {
  graph: graphSchema.shape,
  limits: mapBehind(graphSchema.shape.limits),
  edge: edgeObject.shape,
  'every node': everyNode,
  'every body': everyBody,
  retry: mapBehind(shapes.function.retry),
  expires: mapBehind(shapes.interrupt.expires),
  cache: mapBehind(shapes.function.cache),
  'prompt file': promptFile.shape,
  models: mapBehind(modelEntry),
  prompt: mapBehind(shapes.llm.prompt),
  ...Object.fromEntries(Object.keys(nodeKinds).map(kind => [`node ${kind}`, ownKeys(kind as NodeKind)])),
  ...Object.fromEntries(Object.entries(toolKinds).map(([kind, { shape }]) => [`tool ${kind}`, shape])),
};

/** The document with every table as the schema has it now. */
export function renderTables(text: string): string {
  return text.replaceAll(/<!-- table: (.*?) -->\n.*?<!-- \/table -->/gs, (_, name: string) => {
    const shape = tables[name];
    if (!shape) throw new Error(`there is no table "${name}"; tables: ${Object.keys(tables).join(', ')}`);
    return `<!-- table: ${name} -->\n${tableOf(shape)}\n<!-- /table -->`;
  });
}
