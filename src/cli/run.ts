import { InputError } from '../compile/input.ts';
import type { Interrupt } from '../core/waiting.ts';
import type { Graph } from '../graph/compile-graph.ts';
import type { ScriptedModel } from '../models/scripted.ts';
import { ResumeError, ThreadError } from '../runtime/errors.ts';
import type { StreamMode } from '../runtime/modes.ts';
import type { RunResult } from '../runtime/result.ts';
import { createRuntime, type Thread } from '../runtime/runtime.ts';
import { type Store, StoreError } from '../store/store.ts';
import { AskCancelled, ask } from './ask.ts';
import { CliError, EXIT } from './exit.ts';
import { readInput, readValue, splitPair } from './input.ts';
import { LiveView } from './live-view.ts';
import { loadForCommand, loadScript } from './load.ts';
import { colorsFor, printJson, printResult, say } from './output.ts';
import { readModes, StreamPrinter } from './stream-view.ts';
import { DEFAULT_STORE, openStore, storedThread } from './threads.ts';

export interface RunCommandOptions {
  readonly input: readonly string[];
  readonly answer: readonly string[];
  readonly script?: string;
  readonly model?: string;
  readonly stream?: string;
  readonly json?: boolean;
  /** Keeps the run as a thread with this id. */
  readonly thread?: string;
  readonly store?: string;
}

const EXIT_OF: Record<RunResult['status'], number> = {
  done: EXIT.done,
  failed: EXIT.failed,
  waiting: EXIT.waiting,
  cancelled: EXIT.cancelled,
};

/** Stands for the id of whatever is asked. */
export const ANY = '*';

/** Answers from `--answer`, given out in order for each interrupt. */
class Answers {
  private readonly left: (readonly [string, string])[];
  constructor(options: readonly string[]) {
    this.left = options.map(o => splitPair(o, '--answer'));
  }

  take({ id, schema }: Interrupt): { value: unknown } | undefined {
    const at = this.left.findIndex(([name]) => name === id || name === ANY);
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

  /** @param input for a new run; undefined goes on with a stored thread where it stands */
  async run(input: Record<string, unknown> | undefined): Promise<RunResult> {
    process.on('SIGINT', this.onSignal);
    process.on('SIGTERM', this.onSignal);
    try {
      let result = await this.step(() => (input ? this.go('invoke', input) : this.recover()));
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

  private recover(): Promise<RunResult> {
    const { signal } = this.controller;
    return this.thread.recover({ signal, onEvent: event => this.view?.handle(event) });
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

function explainWaiting(file: string, result: RunResult, options: RunCommandOptions): void {
  for (const { id, message, schema } of result.interrupts) {
    const shape = schema ? ` (${JSON.stringify(schema)})` : '';
    say(`waiting at ${id}: ${message}${shape}`);
  }
  const flags = result.interrupts.map(i => `--answer ${i.id}=…`).join(' ');
  if (options.store !== undefined) {
    const store = options.store === DEFAULT_STORE ? '' : ` --store ${options.store}`;
    say(`to go on: statewright resume ${result.thread} <answer>${store}`);
    return;
  }
  say(`to go on, run it at a terminal, or give the answer: statewright run ${file} … ${flags}`);
}

function explain(file: string, graph: Graph, result: RunResult, options: RunCommandOptions): void {
  const c = colorsFor(process.stderr);
  for (const { node, error } of result.failures) {
    say(`${c.red('failed')} ${c.bold(node)}: ${error.message}`);
    if (error.cause) say(`  because: ${error.cause.message}`);
  }
  if (result.status === 'waiting') explainWaiting(file, result, options);
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

/** Runs a graph, or goes on with a stored thread of it, and tells what came of it. Gives the exit code. */
async function runGraph(
  file: string,
  options: RunCommandOptions,
  store: Store | undefined,
  again: boolean,
): Promise<number> {
  const script = loadScript(file, options.script);
  const models = script ? { models: { '*': script } } : {};
  const graph = await loadForCommand(file, {
    ...models,
    ...(options.model === undefined ? {} : { model: options.model }),
  });
  const input = again ? undefined : readInput(options.input, graph.plan.graph.state);
  const app = createRuntime({ ...models, ...(store ? { store } : {}) });
  const session = new Session(app.thread(graph, options.thread), options);
  let result: RunResult;
  try {
    result = await session.run(input);
  } catch (thrown) {
    if (thrown instanceof InputError || thrown instanceof ThreadError || thrown instanceof StoreError)
      throw new CliError(thrown.message);
    if (thrown instanceof AskCancelled) return EXIT.cancelled;
    throw thrown;
  }
  explain(file, graph, result, options);
  // The last line of a stream of JSON holds the result.
  if (options.json && options.stream === undefined) printJson(result);
  else if (!options.json && result.status === 'done') printResult(result.output);
  // The replies before belonged to the run that was stored.
  const unused = checkUnused(result, again ? undefined : script, session.unusedAnswers());
  return unused ? EXIT.failed : EXIT_OF[result.status];
}

/** `statewright run`: gives the exit code. */
export async function runCommand(file: string, options: RunCommandOptions): Promise<number> {
  const kept = options.thread !== undefined || options.store !== undefined;
  if (!kept) return runGraph(file, options, undefined, false);
  const place = options.store ?? DEFAULT_STORE;
  const store = await openStore(place);
  try {
    return await runGraph(file, { ...options, store: place }, store, false);
  } finally {
    store.close();
  }
}

export type ResumeCommandOptions = Omit<RunCommandOptions, 'input' | 'answer' | 'thread'> & { readonly store: string };

/** `statewright resume`: goes on with a stored thread, with answers as `id=value`, or a value for the one that waits. */
export async function resumeCommand(
  thread: string,
  answers: readonly string[],
  options: ResumeCommandOptions,
): Promise<number> {
  const store = await openStore(options.store);
  try {
    const { file } = storedThread(store, thread);
    const answer = answers.map(a => (/^[\w[\]/:-]+=/.test(a) ? a : `${ANY}=${a}`));
    return await runGraph(file, { ...options, thread, input: [], answer }, store, true);
  } finally {
    store.close();
  }
}
