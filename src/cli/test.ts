import path from 'node:path';
import { InputError, inputProblems } from '../compile/input.ts';
import { describeEvent } from '../explore/events.ts';
import { type ExploreOptions, explorePaths, type PathReport, type Reached } from '../explore/explore.ts';
import type { Target } from '../explore/targets.ts';
import type { Graph } from '../graph/compile-graph.ts';
import { loadConfig } from './config-file.ts';
import { CliError, EXIT } from './exit.ts';
import { readInput } from './input.ts';
import { loadForCommand } from './load.ts';
import { colorsFor, printJson } from './output.ts';

export interface TestCommandOptions {
  readonly input: readonly string[];
  readonly maxStates?: number;
  readonly json?: boolean;
  readonly paths?: boolean;
  readonly config?: string;
}

type Colors = ReturnType<typeof colorsFor>;

const KINDS: readonly (readonly [Target['kind'], string])[] = [
  ['node', 'nodes'],
  ['edge', 'edges'],
  ['onError', 'onError'],
  ['onLimit', 'onLimit'],
];

/** A target as the file would have it: `review`, `review -> send when output.ok`. */
function nameOf({ kind, from, to, when }: Target): string {
  if (kind === 'node') return from;
  const how = kind === 'edge' ? (when === undefined ? '' : ` when ${when}`) : ` (${kind})`;
  return `${from} -> ${to}${how}`;
}

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;

function summary({ reached, unreached }: PathReport, c: Colors): string[] {
  return KINDS.flatMap(([kind, name]) => {
    const done = reached.filter(t => t.kind === kind).length;
    const all = done + unreached.filter(t => t.kind === kind).length;
    if (all === 0) return [];
    const line = `${name.padEnd(8)} ${done} of ${all}`;
    return [done === all ? `${c.green('✓')} ${line}` : `${c.red('✗')} ${c.bold(line)}`];
  });
}

function pathLines({ path, lowered = {} }: Pick<Reached, 'path' | 'lowered'>, c: Colors): string[] {
  const notes = Object.entries(lowered).map(
    ([node, { from, to }]) => `(with at most ${to} visits of ${node}, not ${from})`,
  );
  return [...path.map(describeEvent), ...notes].map(line => c.dim(`    ${line}`));
}

function missing({ unreached, complete, states }: PathReport, c: Colors): string[] {
  if (unreached.length === 0) return [];
  const lines = unreached.map(target => `  ${c.red(nameOf(target))}: ${target.reason}`);
  const bound = `only ${count(states, 'state')} were looked at, or not all values tried: raise --max-states, or fix keys of the input with -i`;
  return ['', complete ? 'Cannot be reached:' : `Not reached (${bound}):`, ...lines];
}

function failing({ failures }: PathReport, paths: boolean, c: Colors): string[] {
  if (failures.length === 0) return [];
  const lines = failures.flatMap(failure => [
    `  ${c.yellow(failure.node)}: ${failure.message}`,
    ...(paths ? pathLines(failure, c) : []),
  ]);
  return ['', 'Can fail:', ...lines];
}

/** Subgraphs are outcomes here; their own paths are another test. */
function notes({ plan }: Graph, c: Colors): string[] {
  const files = [...plan.nodes.values()].flatMap(({ def }) => (def.kind === 'graph' ? [def.child.file] : []));
  return [...new Set(files)].map(file =>
    c.dim(`The paths inside ${path.relative(process.cwd(), file)} are a test of their own.`),
  );
}

function printReport(graph: Graph, report: PathReport, paths: boolean): void {
  const c = colorsFor(process.stdout);
  const witnesses = paths
    ? report.reached.flatMap(target => ['', c.bold(nameOf(target)), ...pathLines(target, c)])
    : [];
  const lines = [
    `${c.bold(report.graph)} ${c.dim(`(${count(report.states, 'state')})`)}`,
    ...summary(report, c),
    ...missing(report, c),
    ...failing(report, paths, c),
    ...witnesses,
    ...notes(graph, c),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function explore(graph: Graph, options: ExploreOptions): PathReport {
  try {
    return explorePaths(graph, options);
  } catch (thrown) {
    if (!(thrown instanceof InputError)) throw thrown;
    throw new CliError(`no input was found that fits; give it with -i\n${thrown.message}`);
  }
}

/** `statewright test`: which nodes and edges can be reached, and how. */
export async function testCommand(file: string, options: TestCommandOptions): Promise<number> {
  const graph = await loadForCommand(file, await loadConfig(options.config));
  const input = readInput(options.input, graph.plan.graph.state);
  const whole = Object.fromEntries(graph.plan.graph.state.map(k => [k.name, null]));
  const problems = inputProblems(graph.plan.graph, input, whole);
  if (problems.length > 0) throw new CliError(new InputError(graph.name, problems).message);
  const { maxStates } = options;
  const report = explore(graph, { input, ...(maxStates === undefined ? {} : { maxStates }) });
  if (options.json) printJson(report);
  else printReport(graph, report, options.paths === true);
  return report.unreached.length > 0 ? EXIT.failed : EXIT.done;
}
