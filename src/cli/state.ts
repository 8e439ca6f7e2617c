/** `statewright state`: how a thread stands, or stood at a checkpoint. */
import { stringify } from 'yaml';
import type { State } from '../compile/context.ts';
import type { ThreadState } from '../runtime/result.ts';
import type { Checkpoint, StoredThread } from '../store/store.ts';
import { nextCommand, runtimeOptions, withRuntime } from './app.ts';
import { EXIT } from './exit.ts';
import { loadStored } from './load.ts';
import { type Opened, type StoreOptions, storedThread, withStore } from './open-store.ts';
import { questionLine } from './outcome.ts';
import { colorsFor, moment, printJson, say, visible } from './output.ts';
import { runnersOf } from './runners.ts';
import { paintStatus } from './threads.ts';

export interface StateOptions extends StoreOptions {
  readonly graph?: string;
  readonly json?: boolean;
}

interface Found {
  readonly thread: StoredThread;
  readonly checkpoint: Checkpoint;
  readonly state: ThreadState;
}

async function stateOf(opened: Opened, id: string, seq: number | undefined, options: StateOptions): Promise<Found> {
  const { store, config } = opened;
  const thread = await storedThread(store, id);
  const graph = await loadStored(thread, options.graph, { config });
  return withRuntime(runtimeOptions(config, store), async app => {
    // Of the checkpoint that was found, whoever goes on meanwhile.
    const state = await app.thread(graph, id).state(seq ?? thread.seq);
    const found = await store.load(id, seq ?? thread.seq);
    const { root: _root, ...checkpoint } = found?.checkpoint ?? { root: '', seq: thread.seq, ...blank(thread) };
    return { thread, checkpoint, state };
  });
}

const blank = ({ updated, status }: StoredThread): Omit<Checkpoint, 'seq'> => ({ at: updated, status, label: '' });

function stateJson({ thread, checkpoint, state }: Found): object {
  const { values, branches, interrupts, failures, visits } = state;
  return {
    thread: thread.id,
    graph: thread.graph,
    file: thread.file,
    checkpoint: checkpoint.seq,
    newest: thread.seq,
    at: new Date(checkpoint.at).toISOString(),
    status: state.status,
    values,
    branches,
    interrupts,
    failures,
    visits,
    ...(thread.origin ? { origin: thread.origin } : {}),
  };
}

const indented = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => `  ${line}`);

function valueLines(values: State): string[] {
  return Object.keys(values).length === 0 ? ['  nothing'] : indented(stringify(values, { lineWidth: 0 }));
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', colorsFor(process.stdout).bold(title), ...lines];
}

function print({ thread, checkpoint, state }: Found): void {
  const { stdout } = process;
  const c = colorsFor(stdout);
  const { origin } = thread;
  const of = checkpoint.seq === thread.seq ? '' : ` of ${thread.seq}`;
  const from = origin ? `, fork of ${visible(origin.thread)} at ${origin.seq}` : '';
  const lines = [
    `${c.bold(visible(thread.id))}  ${paintStatus(state.status, c)(state.status)}  ${visible(thread.graph)}`,
    `checkpoint ${checkpoint.seq}${of}, ${moment(checkpoint.at, stdout)}${from}`,
    ...section('Values', valueLines(state.values)),
    ...state.branches.flatMap(({ branch, values }) => section(`Branch ${branch}`, valueLines(values))),
    ...section(
      'Waits for',
      state.interrupts.map(interrupt => `  ${visible(questionLine(interrupt))}`),
    ),
    ...section(
      'Failed',
      state.failures.map(({ id, error }) => `  ${c.red(id)}: ${visible(error.message)}`),
    ),
  ];
  stdout.write(`${lines.join('\n')}\n`);
}

/** Says what can be done with a thread that is not done. */
async function sayNext({ thread, state }: Found, { store, flags }: Opened): Promise<void> {
  const { id, due } = thread;
  const { status, interrupts } = state;
  const runners = status === 'running' ? await runnersOf(store, id) : [];
  for (const { pid, host } of runners) say(`it runs in process ${pid} on ${host.split(' ')[0]}`);
  if (due !== undefined && status !== 'cancelled') say(`its next timer is due at ${moment(due, process.stderr)}`);
  const next = runners.length > 0 ? undefined : nextCommand({ id, status, interrupts }, flags);
  // A process that waits for a timer has no bodies, and is not known.
  if (next !== undefined) say(`to go on${status === 'running' ? ', if no process does' : ''}: ${next}`);
}

/** @param seq the checkpoint; by default the newest */
export function stateCommand(id: string, seq: number | undefined, options: StateOptions): Promise<number> {
  return withStore(options, async opened => {
    const found = await stateOf(opened, id, seq, options);
    if (options.json) printJson(stateJson(found));
    else {
      print(found);
      if (found.checkpoint.seq === found.thread.seq) await sayNext(found, opened);
    }
    return EXIT.done;
  });
}
