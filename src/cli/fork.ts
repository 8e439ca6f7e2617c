/** `statewright fork`, `statewright cancel`: what is done to a thread from outside. */
import { StoreError } from '../store/store.ts';
import { nextCommand, runtimeOptions, withRuntime } from './app.ts';
import { EXIT } from './exit.ts';
import { readInput } from './input.ts';
import { loadStored } from './load.ts';
import { type StoreOptions, storedThread, withStore } from './open-store.ts';
import { questionLine } from './outcome.ts';
import { printJson, say, shellWord, visible } from './output.ts';

export interface CancelOptions extends StoreOptions {
  readonly graph?: string;
  readonly json?: boolean;
}

export interface ForkOptions extends CancelOptions {
  readonly input: readonly string[];
  readonly replace?: boolean;
  readonly id?: string;
}

/** @param seq the checkpoint to begin from; by default the newest */
export function forkCommand(id: string, seq: number | undefined, options: ForkOptions): Promise<number> {
  return withStore(options, async ({ store, config, flags }) => {
    const stored = await storedThread(store, id);
    const graph = await loadStored(stored, options.graph, { config });
    const update = readInput(options.input, graph.plan.graph.state);
    const { replace = false } = options;
    return withRuntime(runtimeOptions(config, store), async app => {
      const own = options.id === undefined ? {} : { id: options.id };
      const fork = await app.thread(graph, id).fork(seq, { update, replace, ...own });
      const { status, interrupts } = await fork.state();
      const origin = (await storedThread(store, fork.id)).origin;
      if (options.json) {
        printJson({ thread: fork.id, status, origin, interrupts });
        return EXIT.done;
      }
      process.stdout.write(`${visible(fork.id)}\n`);
      for (const interrupt of interrupts) say(`waiting at ${questionLine(interrupt)}`);
      const again = `statewright run ${shellWord(stored.file)} --thread ${shellWord(fork.id)}${flags}`;
      say(`to go on: ${nextCommand({ id: fork.id, status, interrupts }, flags) ?? again}`);
      return EXIT.done;
    });
  });
}

/** How often a thread that goes on meanwhile is asked to stop. */
const ATTEMPTS = 10;

/** Cancels a thread, wherever it runs. */
export function cancelCommand(id: string, options: CancelOptions): Promise<number> {
  return withStore(options, async ({ store, config, flags }) => {
    const stored = await storedThread(store, id);
    const graph = await loadStored(stored, options.graph, { config });
    // A runtime of its own each time: it is to see the thread as it is then.
    const cancel = (): Promise<void> =>
      withRuntime(runtimeOptions(config, store), app => app.thread(graph, id).cancel());
    for (let left = ATTEMPTS - 1; stored.status !== 'done' && stored.status !== 'cancelled'; left--) {
      try {
        await cancel();
        break;
      } catch (thrown) {
        if (!(thrown instanceof StoreError && thrown.code === 'stale') || left === 0) throw thrown;
      }
    }
    const { status } = await storedThread(store, id);
    if (options.json) printJson({ thread: id, status });
    else if (status === 'done') say(`${visible(id)} is done; there is nothing to cancel`);
    else {
      say(`${visible(id)} ${stored.status === 'cancelled' ? 'was cancelled before' : 'is cancelled'}`);
      say(`to go on: ${nextCommand({ id, status: 'cancelled', interrupts: [] }, flags)}`);
    }
    return EXIT.done;
  });
}
