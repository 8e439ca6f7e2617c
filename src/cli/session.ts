/** A run at a terminal, or without one: asks and shows only where there is a person. */
import type { Interrupt } from '../core/waiting.ts';
import { ResumeError } from '../runtime/errors.ts';
import type { StreamMode } from '../runtime/modes.ts';
import type { InvokeOptions } from '../runtime/options.ts';
import type { RunResult } from '../runtime/result.ts';
import type { Thread } from '../runtime/runtime.ts';
import type { RunStream } from '../runtime/streams.ts';
import type { Answers } from './answers.ts';
import { ask } from './ask.ts';
import { CliError, EXIT } from './exit.ts';
import { LiveView } from './live-view.ts';
import { colorsFor, say } from './output.ts';
import { readModes, StreamPrinter } from './stream-view.ts';

/** What sets the thread going. */
export type Start =
  | { readonly kind: 'invoke'; readonly input: Readonly<Record<string, unknown>> }
  | { readonly kind: 'resume'; readonly answer: Readonly<Record<string, unknown>> }
  | { readonly kind: 'retry'; readonly id?: string }
  | { readonly kind: 'recover' };

export interface SessionOptions {
  readonly stream?: string;
  readonly json?: boolean;
}

type Going = Pick<InvokeOptions, 'durability' | 'acceptChanges' | 'onBusy'>;

function started(
  { stream }: Thread,
  start: Start,
  options: InvokeOptions & { modes: readonly StreamMode[] },
): RunStream {
  if (start.kind === 'invoke') return stream(start.input, options);
  if (start.kind === 'resume') return stream.resume(start.answer, options);
  return start.kind === 'recover' ? stream.recover(options) : stream.retry({ ...options, ...start });
}

function run(thread: Thread, start: Start, options: InvokeOptions): Promise<RunResult> {
  if (start.kind === 'invoke') return thread.invoke(start.input, options);
  if (start.kind === 'resume') return thread.resume(start.answer, options);
  return start.kind === 'recover' ? thread.recover(options) : thread.retry({ ...options, ...start });
}

export class Session {
  private readonly thread: Thread;
  private readonly answers: Answers;
  private readonly going: Going;
  private readonly interactive: boolean;
  private readonly view: LiveView | undefined;
  /** In place of the view. */
  private readonly printer: { readonly modes: readonly StreamMode[]; readonly to: StreamPrinter } | undefined;
  private readonly controller = new AbortController();

  constructor(thread: Thread, answers: Answers, options: SessionOptions, going: Going) {
    this.thread = thread;
    this.answers = answers;
    this.going = going;
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

  /** Sets the thread going, and answers what it asks as long as there are answers. */
  async run(start: Start): Promise<RunResult> {
    process.on('SIGINT', this.onSignal);
    process.on('SIGTERM', this.onSignal);
    try {
      let result = await this.step(start);
      for (let answer = await this.nextAnswer(result); answer; answer = await this.nextAnswer(result)) {
        result = await this.resume(answer, result);
      }
      return result;
    } finally {
      process.off('SIGINT', this.onSignal);
      process.off('SIGTERM', this.onSignal);
    }
  }

  private async go(start: Start): Promise<RunResult> {
    const { thread, printer, going } = this;
    const options = { ...going, signal: this.controller.signal };
    if (!printer) return run(thread, start, { ...options, onEvent: event => this.view?.handle(event) });
    const { modes, to } = printer;
    const stream = started(thread, start, { ...options, modes });
    for await (const event of stream) await to.print(event);
    return stream.result;
  }

  private async step(start: Start): Promise<RunResult> {
    this.view?.start();
    try {
      return await this.go(start);
    } finally {
      this.view?.stop();
    }
  }

  private async resume(answer: Record<string, unknown>, before: RunResult): Promise<RunResult> {
    try {
      return await this.step({ kind: 'resume', answer });
    } catch (thrown) {
      if (!(thrown instanceof ResumeError)) throw thrown;
      if (!this.interactive) throw new CliError(thrown.message);
      say(colorsFor(process.stderr).red(thrown.message));
      return before;
    }
  }

  private async nextAnswer({ status, interrupts }: RunResult): Promise<Record<string, unknown> | undefined> {
    if (status !== 'waiting' || this.controller.signal.aborted) return undefined;
    const known = this.answers.next(interrupts);
    if (known) return known;
    const [first]: readonly (Interrupt | undefined)[] = interrupts;
    if (!first || !this.interactive) return undefined;
    return { [first.id]: await ask(first) };
  }
}
