/** Tells what came of a run. */
import type { Interrupt } from '../core/waiting.ts';
import type { ScriptedModel } from '../models/scripted.ts';
import type { RunResult } from '../runtime/result.ts';
import { nextCommand } from './app.ts';
import { EXIT } from './exit.ts';
import { colorsFor, printJson, printResult, say } from './output.ts';

export interface OutcomeOptions {
  readonly json?: boolean;
  readonly stream?: string;
}

export interface Ran {
  readonly file: string;
  /** Of the graph. */
  readonly name: string;
  readonly result: RunResult;
  /** There for a stored thread: the options that lead to its store. */
  readonly flags: string | undefined;
}

export const EXIT_OF: Readonly<Record<RunResult['status'], number>> = {
  done: EXIT.done,
  failed: EXIT.failed,
  waiting: EXIT.waiting,
  cancelled: EXIT.cancelled,
};

/** A question as one line. */
export function questionLine({ id, message, schema }: Interrupt): string {
  return `${id}: ${message}${schema ? ` (${JSON.stringify(schema)})` : ''}`;
}

function sayHowToGoOn({ file, result, flags }: Ran): void {
  const { thread: id, status, interrupts } = result;
  if (flags !== undefined) {
    const next = nextCommand({ id, status, interrupts }, flags);
    if (next !== undefined) say(`to go on: ${next}`);
  } else if (status === 'waiting') {
    const answers = interrupts.map(i => `--answer ${i.id}=…`).join(' ');
    say(`to go on, run it at a terminal, or give the answer: statewright run ${file} … ${answers}`);
  }
}

/** Tells a person how a run stands, and what can be done about it. */
function explain(ran: Ran): void {
  const { result, name } = ran;
  const c = colorsFor(process.stderr);
  for (const { node, error } of result.failures) {
    say(`${c.red('failed')} ${c.bold(node)}: ${error.message}`);
    if (error.cause) say(`  because: ${error.cause.message}`);
  }
  if (result.status === 'waiting')
    for (const interrupt of result.interrupts) say(`waiting at ${questionLine(interrupt)}`);
  if (result.status === 'cancelled') say(`${name} was cancelled`);
  sayHowToGoOn(ran);
}

/** Prints the result of a run, and explains it. */
export function tellOutcome(ran: Ran, { json, stream }: OutcomeOptions): void {
  const { result } = ran;
  explain(ran);
  // The last line of a stream of JSON holds the result.
  if (json && stream === undefined) printJson(result);
  else if (!json && result.status === 'done') printResult(result.output);
}

/** Says what was given and not used; whether there was any. */
export function tellUnused(
  { status }: RunResult,
  script: ScriptedModel | undefined,
  answers: readonly string[],
): boolean {
  if (status !== 'done') return false;
  const left = [
    ...(script?.leftovers() ?? []).map(l => `script: ${l}`),
    ...answers.map(answer => `the answer ${answer} was not asked for`),
  ];
  for (const line of left) say(line);
  return left.length > 0;
}
