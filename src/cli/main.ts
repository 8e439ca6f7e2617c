/** The command line. Commands load when they are used, so that `--help` stays quick. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { CliError, EXIT } from './exit.ts';

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

const collect = (value: string, before: string[]): string[] => {
  if (value === '') throw new InvalidArgumentError('it is empty');
  return [...before, value];
};

const positive = (value: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('it must be a whole number from 1');
  return Number(value);
};

let exitCode: number = EXIT.done;
const exitWith =
  <A extends unknown[]>(run: (...args: A) => Promise<number>) =>
  async (...args: A): Promise<void> => {
    exitCode = await run(...args);
  };

function createProgram(): Command {
  const program = new Command('statewright')
    .description('Run YAML graphs of model calls, functions and human decisions as XState machines.')
    .version(version(), '-v, --version')
    .showHelpAfterError('(add --help for more)')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 usage or diagnostics, 3 waiting, 130 cancelled.')
    .exitOverride();
  program
    .command('run')
    .description('run a graph; at a terminal, show progress and ask what it asks')
    .argument('<graph>', 'a graph file')
    .option('-i, --input <key=value>', 'a state key, or @file with an object; may be repeated', collect, [])
    .option('--answer <id=value>', 'the answer to an interrupt, in order; may be repeated', collect, [])
    .option('--model <name>', 'the model of every node, such as openai/gpt-5-mini, in place of those of the graph')
    .option('--script <file>', 'replies for model calls, per node (default: <graph>.script.yaml, if there is one)')
    .option(
      '--stream <modes>',
      'print what happens: updates, values, tokens, custom or debug, with commas between; with --json as lines of JSON, the last of which holds the result',
    )
    .option('--thread <id>', 'keep the run as a thread with this id, to go on with later')
    .option('--store <file>', 'where threads are kept (default with --thread: .statewright/threads.db)')
    .option('--json', 'print the result as one JSON value')
    .addHelpText(
      'after',
      '\nExamples:\n  statewright run graphs/report.yaml -i path=docs\n  statewright run graphs/interview.yaml --answer name=Ada --json\n  statewright run graphs/hello.yaml --stream updates,tokens',
    )
    .action(exitWith(async (file: string, options) => (await import('./run.ts')).runCommand(file, options)));
  program
    .command('resume')
    .description('go on with a stored thread: answer what it asks, or start again what its process left')
    .argument('<thread>', 'the id of the thread')
    .argument('[answer...]', 'the answer, or several as id=value')
    .option('--store <file>', 'where threads are kept', '.statewright/threads.db')
    .option('--script <file>', 'replies for model calls, per node')
    .option('--model <name>', 'the model of all nodes')
    .option('--json', 'print the result as one JSON value')
    .addHelpText('after', '\nExamples:\n  statewright resume user-42 true\n  statewright resume user-42 review=true')
    .action(
      exitWith(async (thread: string, answers: string[], options) =>
        (await import('./run.ts')).resumeCommand(thread, answers, options),
      ),
    );
  program
    .command('threads')
    .description('list the stored threads, the newest first')
    .option('--store <file>', 'where threads are kept', '.statewright/threads.db')
    .option('--json', 'print the list as one JSON value')
    .action(exitWith(async options => (await import('./threads.ts')).threadsCommand(options)));
  program
    .command('check')
    .description('check graphs and print every finding with its place')
    .argument('<graph...>', 'graph files')
    .option('--strict', 'treat warnings as errors')
    .option('--json', 'print the findings as one JSON value')
    .addHelpText('after', '\nExample:\n  statewright check graphs/*.yaml --strict')
    .action(exitWith(async (files: string[], options) => (await import('./check.ts')).checkCommand(files, options)));
  program
    .command('graph')
    .description('draw or emit a graph')
    .argument('<graph>', 'a graph file')
    .option(
      '--format <name>',
      'mermaid, svg, json (the plan), machine (the XState config) or ts (TypeScript source); default: what -o ends in, else mermaid',
    )
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--json', 'the same as --format json')
    .addHelpText(
      'after',
      '\nExamples:\n  statewright graph graphs/interview.yaml -o interview.svg\n  statewright graph graphs/report.yaml --format ts > report-machine.ts',
    )
    .action(exitWith(async (file: string, options) => (await import('./graph.ts')).graphCommand(file, options)));
  program
    .command('test')
    .description('walk the paths of a graph with made-up outcomes, and say what can be reached')
    .argument('<graph>', 'a graph file')
    .option('-i, --input <key=value>', 'a state key to leave as it is given, or @file with an object', collect, [])
    .option('--max-states <n>', 'the most states that one walk looks at (default: 5000)', positive)
    .option('--paths', 'print a shortest path to every node and edge')
    .option('--json', 'print the report as one JSON value')
    .addHelpText(
      'after',
      '\nNothing runs: results and answers are taken from types and conditions.\nExit code 1 when a node or an edge was not reached.\n\nExample:\n  statewright test graphs/interview.yaml --paths',
    )
    .action(exitWith(async (file: string, options) => (await import('./test.ts')).testCommand(file, options)));
  program
    .command('schema')
    .description('print the JSON Schema of graph files, for editors')
    .addHelpText('after', '\nExample:\n  statewright schema > graph.schema.json')
    .action(exitWith(async () => (await import('./schema.ts')).schemaCommand()));
  return program;
}

/** Turns whatever ended a command into an exit code, with one clear line. */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (thrown instanceof CliError) {
    process.stderr.write(`${thrown.message}\n`);
    return thrown.exitCode;
  }
  const error = thrown as Error;
  process.stderr.write(`${error.stack ?? String(error)}\n`);
  return EXIT.failed;
}

// `statewright … | head` closes the pipe early; that is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (thrown) {
  exitCode = report(thrown);
}
// A body that does not heed its signal must not keep a cancelled run alive.
if (exitCode === EXIT.cancelled) process.exit(exitCode);
process.exitCode = exitCode;
