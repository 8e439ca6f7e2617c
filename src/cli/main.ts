/** The command line. Commands load when they are used, so that `--help` stays quick. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { CliError, EXIT } from './exit.ts';
import { graphCommands } from './graph-commands.ts';
import { BadValue, type CommandSpec, type OptionSpec } from './spec.ts';
import { threadCommands } from './thread-commands.ts';

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

let exitCode: number = EXIT.done;

function optionOf({ flags, text, read = String, many }: OptionSpec): Option {
  const made = new Option(flags, text);
  if (!flags.includes('<')) return made;
  if (many) made.default([], 'none');
  return made.argParser((value: string, before: unknown) => {
    try {
      return many ? [...(before as unknown[]), read(value)] : read(value);
    } catch (thrown) {
      throw thrown instanceof BadValue ? new InvalidArgumentError(thrown.message) : thrown;
    }
  });
}

function helpOf({ notes = [], examples }: CommandSpec): string {
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  const lines = [...notes, ...(notes.length > 0 ? [''] : []), title, ...examples.map(e => `  statewright ${e}`)];
  return `\n${lines.join('\n')}`;
}

function addCommand(parent: Command, spec: CommandSpec): void {
  const command = parent.command(spec.name).description(spec.text).addHelpText('after', helpOf(spec));
  for (const [name, text] of spec.arguments ?? []) command.argument(name, text);
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  command.action(async (...all: unknown[]) => {
    const given = all
      .slice(0, -2)
      .flat()
      .filter(value => value !== undefined) as string[];
    exitCode = await spec.run(given, { ...parent.opts(), ...command.opts() });
  });
  // Options behind the name of a command below are its own.
  if (spec.commands) command.enablePositionalOptions();
  for (const below of spec.commands ?? []) addCommand(command, below);
}

function createProgram(): Command {
  const program = new Command('statewright')
    .description('Run YAML graphs of model calls, functions and human decisions as XState machines.')
    .version(version(), '-v, --version')
    .showHelpAfterError('(add --help for more)')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 usage or diagnostics, 3 waiting, 130 cancelled.')
    .exitOverride();
  for (const spec of [...graphCommands, ...threadCommands]) addCommand(program, spec);
  return program;
}

/** Turns whatever ended a command into an exit code, with one clear line. */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (thrown instanceof CliError || thrown instanceof BadValue) {
    process.stderr.write(`${thrown.message}\n`);
    return thrown instanceof CliError ? thrown.exitCode : EXIT.usage;
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
