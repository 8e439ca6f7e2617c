/** `statewright work`: a process that goes on with the threads of a store that nobody runs. */
import { ThreadError } from '../runtime/errors.ts';
import type { Recovered } from '../runtime/work.ts';
import { runtimeOptions, withRuntime } from './app.ts';
import { EXIT } from './exit.ts';
import { loadForCommand, loadScript } from './load.ts';
import { type StoreOptions, withStore } from './open-store.ts';
import { colorsFor, plural, say, visible } from './output.ts';
import { paintStatus } from './threads.ts';

export interface WorkCommandOptions extends StoreOptions {
  readonly model?: string;
  /** Milliseconds. */
  readonly every?: number;
  readonly atOnce?: number;
}

/** Prints a line for each thread that was taken up. One that cannot go on is tried again and again, and told once. */
function teller(): (recovered: Recovered) => void {
  const c = colorsFor(process.stdout);
  const errors = new Map<string, string>();
  return ({ thread, result, error }) => {
    const line = (told: string): void => void process.stdout.write(`${visible(thread)}  ${told}\n`);
    if (result) {
      errors.delete(thread);
      line(paintStatus(result.status, c)(result.status));
    } else if (error instanceof ThreadError && error.code === 'closed') line('given back');
    else {
      const message = visible(String((error as Error | undefined)?.message ?? error));
      if (errors.get(thread) !== message) line(`${c.red('error')}: ${message}`);
      errors.set(thread, message);
    }
  };
}

/** Works until it is told to end; what runs then is given back, for other processes. */
export function workCommand(files: readonly string[], options: WorkCommandOptions): Promise<number> {
  return withStore(
    options,
    async ({ store, place, config }) => {
      const graphs = await Promise.all(
        files.map(file => loadForCommand(file, { config, script: loadScript(file, undefined), model: options.model })),
      );
      const { models: _models, ...own } = runtimeOptions(config, store);
      return withRuntime(own, async app => {
        const ended = new AbortController();
        let ending = false;
        const end = (): void => {
          if (ending) process.exit(EXIT.cancelled);
          ending = true;
          ended.abort();
        };
        process.on('SIGINT', end);
        process.on('SIGTERM', end);
        say(`working on ${plural(graphs.length, 'graph')} in ${place}; Ctrl-C ends it`);
        const { every, atOnce } = options;
        const given = { ...(every === undefined ? {} : { every }), ...(atOnce === undefined ? {} : { atOnce }) };
        try {
          await app.work(graphs, { ...given, signal: ended.signal, onRecovered: teller() });
        } finally {
          process.off('SIGINT', end);
          process.off('SIGTERM', end);
        }
        return EXIT.done;
      });
    },
    { mayMake: true },
  );
}
