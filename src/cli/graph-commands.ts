/** The commands for graphs. */
import type { GraphOptions } from './graph.ts';
import type { RunCommandOptions } from './run.ts';
import { type CommandSpec, notEmpty, oneOf, option, positive } from './spec.ts';
import type { TestCommandOptions } from './test.ts';

const GRAPH = ['<graph>', 'a graph file'] as const;

const run: CommandSpec = {
  name: 'run',
  text: 'run a graph; at a terminal, show progress and ask what it asks',
  arguments: [GRAPH],
  options: [
    option.input,
    {
      flags: '--answer <id=value>',
      text: 'the answer to an interrupt, in order; may be repeated',
      read: notEmpty,
      many: true,
    },
    option.model,
    option.script,
    option.stream,
    { flags: '--thread <id>', text: 'keep the run as a thread with this id, to go on with later' },
    { ...option.store, text: `keep the run; ${option.store.text}` },
    option.durability,
    {
      flags: '--on-busy <what>',
      text: 'when the thread runs: reject, enqueue (wait for its end) or cancel (give its run up); default: reject',
      read: oneOf('reject', 'enqueue', 'cancel'),
    },
    option.acceptChanges,
    option.config,
    { ...option.json, text: 'print the result as one JSON value' },
  ],
  notes: [
    'Ctrl-C cancels the run; of a thread that is kept, nothing that was done is lost: "statewright retry" goes on.',
  ],
  examples: [
    'run graphs/report.yaml -i path=docs',
    'run graphs/interview.yaml --answer name=Ada --json',
    'run graphs/hello.yaml --stream updates,tokens',
    'run graphs/interview.yaml --thread user-42',
  ],
  run: async ([file = ''], options: RunCommandOptions) => (await import('./run.ts')).runCommand(file, options),
};

const check: CommandSpec = {
  name: 'check',
  text: 'check graphs and print every finding with its place',
  arguments: [['<graph...>', 'graph files']],
  options: [
    { flags: '--strict', text: 'treat warnings as errors' },
    option.config,
    { ...option.json, text: 'print the findings as one JSON value' },
  ],
  examples: ['check graphs/*.yaml --strict'],
  run: async (files, options) => (await import('./check.ts')).checkCommand(files, options),
};

const graph: CommandSpec = {
  name: 'graph',
  text: 'draw or emit a graph',
  arguments: [GRAPH],
  options: [
    {
      flags: '--format <name>',
      text: 'mermaid, svg, json (the plan), machine (the XState config) or ts (TypeScript source); default: what -o ends in, else mermaid',
    },
    { flags: '-o, --output <file>', text: 'write to a file instead of standard output' },
    option.config,
    { ...option.json, text: 'the same as --format json' },
  ],
  examples: [
    'graph graphs/interview.yaml -o interview.svg',
    'graph graphs/report.yaml --format ts > report-machine.ts',
  ],
  run: async ([file = ''], options: GraphOptions) => (await import('./graph.ts')).graphCommand(file, options),
};

const test: CommandSpec = {
  name: 'test',
  text: 'walk the paths of a graph with made-up outcomes, and say what can be reached',
  arguments: [GRAPH],
  options: [
    { ...option.input, text: 'a state key to leave as it is given, or @file with an object' },
    { flags: '--max-states <n>', text: 'the most states that one walk looks at (default: 5000)', read: positive },
    { flags: '--paths', text: 'print a shortest path to every node and edge' },
    option.config,
    { ...option.json, text: 'print the report as one JSON value' },
  ],
  notes: [
    'Nothing runs: results and answers are taken from types and conditions.',
    'Exit code 1 when a node or an edge was not reached.',
  ],
  examples: ['test graphs/interview.yaml --paths'],
  run: async ([file = ''], options: TestCommandOptions) => (await import('./test.ts')).testCommand(file, options),
};

const schema: CommandSpec = {
  name: 'schema',
  text: 'print the JSON Schema of graph files, for editors',
  examples: ['schema > graph.schema.json'],
  run: async () => (await import('./schema.ts')).schemaCommand(),
};

export const graphCommands: readonly CommandSpec[] = [run, check, graph, test, schema];
