import { InputError } from '../compile/input.ts';
import type { Interrupt } from '../core/waiting.ts';
import type { Graph } from '../graph/compile-graph.ts';
import type { ScriptedModel } from '../models/scripted.ts';
import { ResumeError } from '../runtime/errors.ts';
import type { StreamMode } from '../runtime/modes.ts';
import type { RunResult } from '../runtime/result.ts';
import { createRuntime, type Thread } from '../runtime/runtime.ts';
import { AskCancelled, ask } from './ask.ts';
import { CliError, EXIT } from './exit.ts';
import { readInput, readValue, splitPair } from './input.ts';
import { LiveView } from './live-view.ts';
import { loadForCommand, loadScript } from './load.ts';
import { colorsFor, printJson, printResult, say } from './output.ts';
import { readModes, StreamPrinter } from './stream-view.ts';

export interface RunCommandOptions {
  readonly input: readonly string[];
  readonly answer: readonly string[];
  readonly script?: string;
  readonly model?: string;
  readonly stream?: string;
  readonly json?: boolean;
}

const EXIT_OF: Record<RunResult['status'], number> = {
  done: EXIT.done,
  failed: EXIT.failed,
  waiting: EXIT.waiting,
  cancelled: EXIT.cancelled,
};

/** Answers from `--answer`, given out in order for each interrupt. */
class Answers {
  private readonly left: (readonly [string, string])[];
  constructor(options: readonly string[]) {
    this.left = options.map(o => splitPair(o, '--answer'));
  }

  take({ id, schema }: Interrupt): { value: unknown } | undefined {
    const at = this.left.findIndex(([name]) => name === id);
    const [found] = at < 0 ? [] : this.left.splice(at, 1);
    return found && { value: readValue(found[1], schema?.type === 'string') };
  }

  unused(): string[] {
    return this.left.map(([name]) => name);
  }
}

/** A run at a terminal, or without one: asks and shows only where there is a person. */
class Session {
  private readonly thread: Thread;
  private readonly answers: Answers;
  private readonly interactive: boolean;
  private readonly view: LiveView | undefined;
  /** In place of the view. */
  private readonly printer: { readonly modes: readonly StreamMode[]; readonly to: StreamPrinter } | undefined;
  private readonly controller = new AbortController();

  constructor(thread: Thread, options: RunCommandOptions) {
    this.thread = thread;
    this.answers = new Answers(options.answer);
    this.interactive = process.stdin.isTTY === true && process.stderr.isTTY === true && options.json !== true;
    if (options.stream !== undefined)
      this.printer = { modes: readModes(options.stream), to: new StreamPrinter(options.json === true) };
    this.view = this.interactive && !this.printer ? new LiveView(process.stderr, () => Date.now()) : undefined;
  }

  /** Ctrl-C stops the run and lets its bodies settle; a second one ends the process at once. */
  private readonly onSignal = (): void => {
    if (this.controller.signal.aborted) process.exit(EXIT.cancelled);
    this.controller.abort();
  };

  async run(input: Record<string, unknown>): Promise<RunResult> {
    process.on('SIGINT', this.onSignal);
    process.on('SIGTERM', this.onSignal);
    try {
      let result = await this.step(() => this.go('invoke', input));
      for (let answer = await this.nextAnswer(result); answer; answer = await this.nextAnswer(result)) {
        const given = answer;
        result = await this.step(() => this.resume(given, result));
      }
      return result;
    } finally {
      process.off('SIGINT', this.onSignal);
      process.off('SIGTERM', this.onSignal);
    }
  }

  unusedAnswers(): string[] {
    return this.answers.unused();
  }

  private async go(what: 'invoke' | 'resume', given: Record<string, unknown>): Promise<RunResult> {
    const { thread, printer } = this;
    const { signal } = this.controller;
    if (!printer) return thread[what](given, { signal, onEvent: event => this.view?.handle(event) });
    const { modes, to } = printer;
    const start = what === 'invoke' ? thread.stream : thread.stream.resume;
    const stream = start(given, { signal, modes });
    for await (const event of stream) await to.print(event);
    return stream.result;
  }

  private async step(run: () => Promise<RunResult>): Promise<RunResult> {
    this.view?.start();
    try {
      return await run();
    } finally {
      this.view?.stop();
    }
  }

  private async resume(answer: Record<string, unknown>, before: RunResult): Promise<RunResult> {
    try {
      return await this.go('resume', answer);
    } catch (thrown) {
      if (!(thrown instanceof ResumeError)) throw thrown;
      if (!this.interactive) throw new CliError(thrown.message);
      say(colorsFor(process.stderr).red(thrown.message));
      return before;
    }
  }

  private async nextAnswer(result: RunResult): Promise<Record<string, unknown> | undefined> {
    if (result.status !== 'waiting' || this.controller.signal.aborted) return undefined;
    for (const interrupt of result.interrupts) {
      const given = this.answers.take(interrupt);
      if (given) return { [interrupt.id]: given.value };
    }
    const [first] = result.interrupts;
    if (!first || !this.interactive) return undefined;
    return { [first.id]: await ask(first) };
  }
}

function explainWaiting(file: string, result: RunResult): void {
  for (const { id, message, schema } of result.interrupts) {
    const shape = schema ? ` (${JSON.stringify(schema)})` : '';
    say(`waiting at ${id}: ${message}${shape}`);
  }
  const flags = result.interrupts.map(i => `--answer ${i.id}=…`).join(' ');
  say(`to go on, run it at a terminal, or give the answer: statewright run ${file} … ${flags}`);
}

function explain(file: string, graph: Graph, result: RunResult): void {
  const c = colorsFor(process.stderr);
  for (const { node, error } of result.failures) {
    say(`${c.red('failed')} ${c.bold(node)}: ${error.message}`);
    if (error.cause) say(`  because: ${error.cause.message}`);
  }
  if (result.status === 'waiting') explainWaiting(file, result);
  if (result.status === 'cancelled') say(`${graph.name} was cancelled`);
}

function checkUnused(result: RunResult, script: ScriptedModel | undefined, unused: readonly string[]): boolean {
  if (result.status !== 'done') return false;
  const left = [
    ...(script?.leftovers() ?? []).map(l => `script: ${l}`),
    ...unused.map(id => `--answer ${id}=… was not asked for`),
  ];
  for (const line of left) say(line);
  return left.length > 0;
}

/** `statewright run`: gives the exit code. */
export async function runCommand(file: string, options: RunCommandOptions): Promise<number> {
  const script = loadScript(file, options.script);
  const models = script ? { models: { '*': script } } : {};
  const graph = await loadForCommand(file, {
    ...models,
    ...(options.model === undefined ? {} : { model: options.model }),
  });
  const input = readInput(options.input, graph.plan.graph.state);
  const app = createRuntime(models);
  const session = new Session(app.thread(graph), options);
  let result: RunResult;
  try {
    result = await session.run(input);
  } catch (thrown) {
    if (thrown instanceof InputError) throw new CliError(thrown.message);
    if (thrown instanceof AskCancelled) return EXIT.cancelled;
    throw thrown;
  }
  explain(file, graph, result);
  // The last line of a stream of JSON holds the result.
  if (options.json && options.stream === undefined) printJson(result);
  else if (!options.json && result.status === 'done') printResult(result.output);
  return checkUnused(result, script, session.unusedAnswers()) ? EXIT.failed : EXIT_OF[result.status];
}
