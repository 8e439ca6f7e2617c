/** Going on with the threads of a store that nobody runs. */
import type { Graph } from '../graph/compile-graph.ts';
import type { StoredThread } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { RunResult } from './result.ts';

/** What became of a thread that was taken up. */
export interface Recovered {
  readonly thread: string;
  readonly result?: RunResult;
  /** Why it could not go on. */
  readonly error?: unknown;
}

export interface WorkOptions {
  /** Ends the work: what runs is given back, for others to go on with. */
  readonly signal: AbortSignal;
  /** How often to look for work, in milliseconds. Default: 1,000. */
  readonly every?: number;
  /** The most threads that are taken up at once. Default: 50. */
  readonly atOnce?: number;
  /** Told of each thread that was taken up. */
  readonly onRecovered?: (recovered: Recovered) => void;
}

/** The most threads that are taken up at once. */
const AT_ONCE = 50;

function graphOf({ graph, file }: StoredThread, graphs: readonly Graph[]): Graph | undefined {
  const named = graphs.filter(({ name }) => name === graph);
  return named.find(g => g.file === file) ?? named[0];
}

export class Workshop {
  private readonly graphs: readonly Graph[];
  private readonly recover: (graph: Graph, id: string) => Promise<RunResult>;
  private readonly under = new Map<string, Promise<void>>();

  constructor(graphs: readonly Graph[], recover: (graph: Graph, id: string) => Promise<RunResult>) {
    this.graphs = graphs;
    this.recover = recover;
  }

  /** Goes on with threads, those of other graphs and those under way left out, so many at once. */
  take(threads: readonly StoredThread[], most: number, told: (recovered: Recovered) => void): void {
    for (const stored of threads) {
      const graph = graphOf(stored, this.graphs);
      if (this.under.size >= most) return;
      if (!graph || this.under.has(stored.id)) continue;
      const thread = stored.id;
      const ended = this.recover(graph, thread).then(
        result => told({ thread, result }),
        error => told({ thread, error }),
      );
      this.under.set(
        thread,
        ended.finally(() => this.under.delete(thread)),
      );
    }
  }

  /** Resolves when one of those under way has ended; all of them, when asked. */
  async ended(all = false): Promise<void> {
    do await Promise.race(this.under.values());
    while (all && this.under.size > 0);
  }

  /** Those under way. */
  get threads(): string[] {
    return [...this.under.keys()];
  }

  get idle(): boolean {
    return this.under.size === 0;
  }
}

/** Goes on with every thread that is pending now. */
export async function recoverAll(shop: Workshop, threads: readonly StoredThread[]): Promise<Recovered[]> {
  const all: Recovered[] = [];
  const left = new Map(threads.map(thread => [thread.id, thread]));
  for (;;) {
    shop.take([...left.values()], AT_ONCE, recovered => {
      all.push(recovered);
      left.delete(recovered.thread);
    });
    if (shop.idle) return all;
    await shop.ended();
  }
}

/** Looks for work again and again, until the signal fires. */
export async function workOn(
  shop: Workshop,
  clock: Clock,
  { signal, every = 1_000, atOnce = AT_ONCE, onRecovered = () => {} }: WorkOptions,
  pending: () => Promise<readonly StoredThread[]>,
  giveBack: (threads: readonly string[]) => Promise<void>,
): Promise<void> {
  let stop = (): void => {};
  signal.addEventListener('abort', () => stop(), { once: true });
  while (!signal.aborted) {
    shop.take(await pending(), atOnce, onRecovered);
    await new Promise<void>(resolve => {
      const callOff = clock.after(every, resolve);
      stop = () => {
        callOff();
        resolve();
      };
      if (signal.aborted) stop();
    });
  }
  await giveBack(shop.threads);
  if (!shop.idle) await shop.ended(true);
}
