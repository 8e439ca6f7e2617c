/** `run`, and what goes on with stored threads: `resume`, `retry`. */
import type { Graph } from '../graph/compile-graph.ts';
import type { ScriptedModel } from '../models/scripted.ts';
import type { InvokeOptions } from '../runtime/options.ts';
import type { RunResult } from '../runtime/result.ts';
import { Answers } from './answers.ts';
import { nextCommand, runtimeOptions, withRuntime } from './app.ts';
import { AskCancelled } from './ask.ts';
import { type LoadedConfig, loadConfig } from './config-file.ts';
import { CliError, EXIT } from './exit.ts';
import { readInput } from './input.ts';
import { loadForCommand, loadScript, loadStored } from './load.ts';
import { type Opened, type StoreOptions, storedThread, withStore } from './open-store.ts';
import { EXIT_OF, tellOutcome, tellUnused } from './outcome.ts';
import { say } from './output.ts';
import { refusal } from './refusal.ts';
import { runnersOf } from './runners.ts';
import { Session, type Start } from './session.ts';

interface GoingOptions extends StoreOptions, Pick<InvokeOptions, 'durability' | 'acceptChanges'> {
  readonly script?: string;
  readonly model?: string;
  readonly stream?: string;
  readonly json?: boolean;
}

export interface RunCommandOptions extends GoingOptions, Pick<InvokeOptions, 'onBusy'> {
  readonly input: readonly string[];
  readonly answer: readonly string[];
  /** Keeps the run as a thread with this id. */
  readonly thread?: string;
}

export interface ResumeCommandOptions extends GoingOptions {
  /** Where the graph is, when it is not where it was. */
  readonly graph?: string;
}

interface Performance {
  readonly file: string;
  readonly graph: Graph;
  readonly id: string | undefined;
  readonly start: Start;
  readonly answers: Answers;
  readonly options: GoingOptions & Pick<InvokeOptions, 'onBusy'>;
  readonly loaded: LoadedConfig | Opened;
  readonly script: ScriptedModel | undefined;
}

/** Runs a thread until it rests, and tells what came of it. Gives the exit code. */
async function perform({ file, graph, id, start, answers, options, loaded, script }: Performance): Promise<number> {
  const opened = 'store' in loaded ? loaded : undefined;
  const { durability, acceptChanges, onBusy } = options;
  const given = Object.entries({ durability, acceptChanges, onBusy }).filter(([, value]) => value !== undefined);
  return withRuntime(runtimeOptions(loaded.config, opened?.store, script), async app => {
    const thread = app.thread(graph, id);
    if (opened && id === undefined) say(`thread ${thread.id}`);
    const session = new Session(thread, answers, options, Object.fromEntries(given));
    let result: RunResult;
    try {
      result = await session.run(start);
    } catch (thrown) {
      if (!(thrown instanceof AskCancelled)) throw thrown;
      const waits = { id: thread.id, status: 'waiting' as const, interrupts: [{ id: '' }] };
      if (opened) say(`to go on: ${nextCommand(waits, opened.flags)}`);
      return EXIT.cancelled;
    }
    tellOutcome({ file, name: graph.name, result, flags: opened?.flags }, options);
    // The replies before belonged to the run that was stored.
    const unused = tellUnused(result, start.kind === 'invoke' ? script : undefined, answers.unused);
    return unused ? EXIT.failed : EXIT_OF[result.status];
  });
}

function refuseWithoutStore({ durability, onBusy, acceptChanges }: RunCommandOptions): void {
  const given = { '--durability': durability, '--on-busy': onBusy, '--accept-changes': acceptChanges };
  const [wrong] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (wrong) throw new CliError(`${wrong} is for a run that is kept: add --thread <id> or --store <file>`);
}

/** `statewright run`: gives the exit code. */
export async function runCommand(file: string, options: RunCommandOptions): Promise<number> {
  const config = await loadConfig(options.config);
  const script = loadScript(file, options.script);
  const graph = await loadForCommand(file, { ...config, script, model: options.model });
  const input = readInput(options.input, graph.plan.graph.state);
  const answers = Answers.ofOptions(options.answer);
  const begin = (loaded: LoadedConfig | Opened): Promise<number> => {
    const start = { kind: 'invoke', input } as const;
    return perform({ file, graph, id: options.thread, start, answers, options, loaded, script });
  };
  if (options.thread !== undefined || options.store !== undefined)
    return withStore(options, begin, { mayMake: true, config });
  refuseWithoutStore(options);
  return begin(config).catch(thrown => {
    throw refusal(thrown);
  });
}

/** Goes on with a stored thread. */
function goOn(id: string, start: Start, words: readonly string[], options: ResumeCommandOptions): Promise<number> {
  return withStore(options, async opened => {
    const stored = await storedThread(opened.store, id);
    const file = options.graph ?? stored.file;
    const script = loadScript(file, options.script);
    const { config } = opened;
    const graph = await loadStored(stored, options.graph, { config, script, model: options.model });
    const answers = Answers.ofWords(words, name => graph.plan.nodes.has(name));
    const [runner] = stored.status === 'running' ? await runnersOf(opened.store, id) : [];
    if (runner) say(`${id} runs in process ${runner.pid}; waiting until it rests`);
    return perform({ file, graph, id, start, answers, options, loaded: opened, script });
  });
}

/** `statewright resume`: goes on with a stored thread, with answers as `id=value`, or a value for the one that waits. */
export function resumeCommand(id: string, answers: readonly string[], options: ResumeCommandOptions): Promise<number> {
  return goOn(id, { kind: 'recover' }, answers, options);
}

/** `statewright retry`: runs what failed, or was cancelled, again. */
export function retryCommand(id: string, options: ResumeCommandOptions & { readonly id?: string }): Promise<number> {
  const start = { kind: 'retry', ...(options.id === undefined ? {} : { id: options.id }) } as const;
  return goOn(id, start, [], options);
}
