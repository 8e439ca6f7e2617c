import path from 'node:path';
import { execa } from 'execa';
import type { Scope } from '../compile/expr.ts';
import { misplaced, placesOf, shellWord } from '../compile/shell-quotes.ts';
import type { Piece } from '../compile/text.ts';
import type { ShellTool } from '../compile/tool.ts';
import type { After } from '../nodes/turns.ts';
import type { ToolIo } from '../nodes/world.ts';
import { Environment } from './environment.ts';
import { endGroup, track } from './process-group.ts';
import { withTimeLimit } from './time-limit.ts';
import { ToolError, tail } from './tool-error.ts';

/** What a program is given of the environment without being told: the rest may hold secrets. */
const INHERITED = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|COMSPEC|PATHEXT)$/i;

/** What is run: a program with its arguments. */
interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** A shell text with every value as one quoted word. */
function shellText(pieces: readonly Piece[]): string {
  const places = placesOf(pieces);
  let value = 0;
  return pieces
    .map(({ text, given }) => {
      if (!given) return text;
      const why = misplaced(places[value++] ?? 'quotes');
      if (why === undefined) return shellWord(text);
      throw new ToolError('shell-quotes', `a value cannot stand ${why} of the command`, { retryable: false });
    })
    .join('');
}

function commandOf({ command }: ShellTool, scope: Scope): Command {
  if (command.kind === 'text') return { file: '/bin/sh', args: ['-c', shellText(command.text.pieces(scope))] };
  return { file: command.program, args: command.args.map(text => text.render(scope)) };
}

function environmentOf(tool: ShellTool, scope: Scope, environment: Environment): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([k, v]) =>
    INHERITED.test(k) && v !== undefined ? [[k, v] as const] : [],
  );
  const names = { ...scope, env: environment.names };
  const own = tool.env.map(({ name, text }) => [
    name,
    environment.rendering(`the variable "${name}" of the tool "${tool.name}"`, () => text.render(names)),
  ]);
  return { ...Object.fromEntries(inherited), ...Object.fromEntries(own) };
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly isMaxBuffer: boolean;
  /** Why the program could not be started. */
  readonly startError?: string | undefined;
}

const decode = (bytes: unknown): string => (bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : '');

/** Runs a program as the head of a group of its own, which ends with it when it is stopped. */
async function runGroup(
  { file, args }: Command,
  tool: ShellTool,
  env: Record<string, string>,
  input: string | undefined,
  signal: AbortSignal,
): Promise<Ended> {
  const child = execa(file, args, {
    cwd: path.resolve(tool.cwd),
    env,
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    encoding: 'buffer',
    maxBuffer: tool.maxBytes,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  const { pid } = child;
  const untrack = pid === undefined ? () => {} : track(pid);
  let finish: (() => void) | undefined;
  const stop = (): void => {
    if (pid !== undefined) finish ??= endGroup(pid);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const result = await child;
    if (result.isMaxBuffer) stop();
    const startError = result.failed && pid === undefined ? (result.originalMessage ?? 'it did not start') : undefined;
    const { exitCode, signal: killedBy, isMaxBuffer } = result;
    const texts = { stdout: decode(result.stdout), stderr: decode(result.stderr) };
    return { ...texts, exitCode, signal: killedBy, isMaxBuffer, startError };
  } finally {
    signal.removeEventListener('abort', stop);
    finish?.();
    untrack();
  }
}

function checkEnd(tool: ShellTool, { stderr, exitCode, signal, isMaxBuffer, startError }: Ended): void {
  const owner = `the tool "${tool.name}"`;
  if (startError !== undefined) {
    throw new ToolError('shell-start', `${owner} cannot be started: ${startError}`, { retryable: false });
  }
  if (isMaxBuffer) {
    const message = `the output of ${owner} has more than ${tool.maxBytes} bytes`;
    throw new ToolError('shell-too-large', message, { retryable: false });
  }
  const said = stderr.trim() === '' ? '' : `: ${tail(stderr.trim())}`;
  if (exitCode === undefined) throw new ToolError('shell-signal', `${owner} was ended by ${signal}${said}`);
  if (tool.success.includes(exitCode)) return;
  throw new ToolError(`exit-${exitCode}`, `${owner} ended with exit code ${exitCode}${said}`, { exitCode });
}

function parseOutput({ name, parse }: ShellTool, stdout: string): unknown {
  const text = stdout.replace(/\r?\n$/, '');
  if (parse === 'text') return text;
  if (parse === 'lines') return text === '' ? [] : text.split(/\r?\n/);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const shown = JSON.stringify(text.slice(0, 200));
    throw new ToolError('shell-parse', `the output of the tool "${name}" is not JSON: ${shown}`, { cause });
  }
}

/** Runs the program of a tool. The texts see the arguments. */
export async function runShell(tool: ShellTool, args: Scope, io: ToolIo, after: After): Promise<unknown> {
  const environment = new Environment(io.env);
  try {
    const command = commandOf(tool, args);
    const env = environmentOf(tool, args, environment);
    const input = tool.stdin?.render(args);
    if ([command.file, ...command.args, ...Object.values(env)].some(text => text.includes('\0'))) {
      throw new ToolError('shell-start', 'an argument contains a null character', { retryable: false });
    }
    const ended = await withTimeLimit(tool.timeout, io.context.signal, after, async signal => {
      const end = await runGroup(command, tool, env, input, signal);
      signal.throwIfAborted();
      return end;
    });
    checkEnd(tool, ended);
    return environment.mask(parseOutput(tool, ended.stdout));
  } catch (thrown) {
    throw environment.maskError(thrown);
  }
}
