import type { Reporter } from '../diagnostic/diagnostic.ts';
import type { ReadFile } from './files.ts';
import type { GraphDef, NodeShared, StateKey, Value, Writes } from './graph.ts';
import type { GraphModels } from './read-models.ts';
import { readSharing } from './read-sharing.ts';
import { readTypeAt } from './read-state.ts';
import { readTiming } from './read-timing.ts';
import type { NodeFile } from './schema.ts';
import type { Path, Source } from './source.ts';
import type { ValueType } from './state-type.ts';
import type { ToolDef } from './tool.ts';
import { ANY_OUTPUT, type OutputScope, type ValueReader } from './values.ts';

/** A node of the file whose keys were checked. */
export interface Written {
  readonly id: string;
  readonly path: Path;
  readonly file: NodeFile;
}

/** The tools of a graph. Of those that are not in `defs` nothing is known but the name: they could not be read. */
export interface Tools {
  readonly defs: ReadonlyMap<string, ToolDef>;
  readonly names: readonly string[];
}

export interface NodeContext {
  readonly source: Source;
  readonly reporter: Reporter;
  readonly values: ValueReader;
  readonly state: readonly StateKey[];
  /** The names of the items of the maps around a node that runs for an item. */
  readonly itemNames?: readonly string[];
  readonly files: ReadFile;
  readonly models: GraphModels;
  readonly tools: Tools;
  /** How many bodies of a `concurrencyKey` run at once. */
  readonly concurrency: Readonly<Record<string, number>>;
  /** Reads the graphs that this one contains. */
  readonly child: {
    /** The files of the graphs around it, this one last. */
    readonly chain: readonly string[];
    readonly resolve: (text: string, file: string) => GraphDef | undefined;
  };
}

/** Drops members that are undefined, as `exactOptionalPropertyTypes` wants. */
export function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export function readSchema(raw: unknown, path: Path, { source, reporter }: NodeContext): ValueType | undefined {
  return raw === undefined ? undefined : readTypeAt(raw, path, source, reporter);
}

export function writesOf(
  node: Written,
  context: NodeContext,
  result: ValueType | undefined,
  fallback: Writes,
  seen?: OutputScope,
): Writes {
  const output = 'output' in node.file ? node.file.output : undefined;
  if (output === undefined) return fallback;
  const scope: OutputScope = seen ?? (result ? { type: result.expr } : ANY_OUTPUT);
  return context.values.writes(output, [...node.path, 'output'], scope, result);
}

export function readInput(
  raw: Record<string, unknown>,
  path: Path,
  values: ValueReader,
): { name: string; value: Value }[] {
  return Object.entries(raw).flatMap(([name, given]) => {
    const value = values.value(given, [...path, name]);
    return value ? [{ name, value }] : [];
  });
}

/** What every node has. */
export function base(node: Written, { source, values }: NodeContext): NodeShared {
  const { description, tags, maxVisits, onLimit } = node.file;
  const optional = defined({ description, maxVisits, onLimit });
  const shared = { id: node.id, tags: tags ?? [], span: source.keySpan(node.path), ...readTiming(node.file) };
  const sharing = readSharing(node.file, node.path, values);
  return { ...shared, ...optional, ...sharing };
}
