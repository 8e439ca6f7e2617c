import {
  type CompileOptions,
  compileGraph,
  createRuntime,
  formatDiagnostic,
  type Graph,
  type NodeFunction,
  type RunEvent,
  type RunResult,
  type Thread,
} from '../src/index.ts';

/** Compiles a graph, or fails with the whole report. */
export function build(text: string, options: CompileOptions = {}): Graph {
  const result = compileGraph(text, options);
  if (result.ok) return result.value;
  throw new Error(result.diagnostics.map(d => formatDiagnostic(d, f => result.sources.get(f))).join('\n\n'));
}

/** The codes that refuse a graph. */
export function refusals(text: string, options: CompileOptions = {}): string[] {
  const result = compileGraph(text, options);
  return result.ok ? [] : result.diagnostics.filter(d => d.severity === 'error').map(d => d.code);
}

/** A body whose end the test decides. */
export interface Held {
  readonly input: Record<string, unknown>;
  readonly signal: AbortSignal;
  finish(result?: unknown): void;
  fail(message: string): void;
}

/**
 * Bodies under the test's control: `hold` ones wait until they are told to finish, and every start is counted.
 * Nothing sleeps: `settle` lets what is ready happen.
 */
export class Bodies {
  readonly runs: string[] = [];
  private readonly held = new Map<string, Held[]>();

  /** A body that finishes at once. */
  now(name: string, result: unknown | ((input: Record<string, unknown>) => unknown) = {}): NodeFunction {
    return input => {
      this.runs.push(name);
      return typeof result === 'function' ? result(input) : result;
    };
  }

  /** A body that waits to be told. */
  hold(name: string): NodeFunction {
    return (input, ctx) => {
      this.runs.push(name);
      return new Promise((resolve, reject) => {
        const list = this.held.get(name) ?? [];
        this.held.set(name, list);
        list.push({
          input,
          signal: ctx.signal,
          finish: (result = {}) => resolve(result),
          fail: message => reject(new Error(message)),
        });
      });
    };
  }

  /** A held body that runs now; the oldest of its name. */
  get(name: string): Held {
    const body = this.held.get(name)?.shift();
    if (!body) throw new Error(`no body "${name}" runs; started: ${this.runs.join(', ')}`);
    return body;
  }

  running(name: string): boolean {
    return (this.held.get(name)?.length ?? 0) > 0;
  }

  count(name: string): number {
    return this.runs.filter(r => r === name).length;
  }
}

/** Lets every promise that is ready, and those that follow from it, settle. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>(resolve => setImmediate(resolve));
}

export interface Run {
  readonly thread: Thread;
  readonly events: RunEvent[];
  readonly result: Promise<RunResult>;
}

/** Starts a run and lets it come as far as it can. */
export async function launch(graph: Graph, input: Record<string, unknown> = {}): Promise<Run> {
  const thread = createRuntime().thread(graph, 't');
  const events: RunEvent[] = [];
  const result = thread.invoke(input, { onEvent: e => events.push(e) });
  await settle();
  return { thread, events, result };
}

/** Runs a graph to its rest. */
export async function run(graph: Graph, input: Record<string, unknown> = {}): Promise<RunResult> {
  return createRuntime().thread(graph, 't').invoke(input);
}

/** CPU time of this process so far, in milliseconds: a busy machine does not make it longer. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
