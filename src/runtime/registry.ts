/** The threads that a runtime knows. One that nobody holds and that rests can be forgotten: its store has it. */
import type { Graph } from '../graph/compile-graph.ts';
import type { ThreadRunner } from './thread-runner.ts';

/** By id. Of each thread there is one runner while anyone has it. */
export class Registry {
  private readonly known = new Map<string, WeakRef<ThreadRunner>>();
  /** Runners that stay though nobody holds them; of a store's threads, the last that were used. */
  private readonly held = new Map<string, ThreadRunner>();
  private readonly gone = new FinalizationRegistry<string>(id => {
    if (this.known.get(id)?.deref() === undefined) this.known.delete(id);
  });
  private readonly most: number;
  private readonly letGo: (runner: ThreadRunner) => void;

  /**
   * @param most how many runners stay though nobody holds them
   * @param letGo told of one that stays no longer
   */
  constructor(most: number, letGo: (runner: ThreadRunner) => void) {
    this.most = most;
    this.letGo = letGo;
  }

  find(id: string, graph: Graph): ThreadRunner | undefined {
    const runner = this.known.get(id)?.deref();
    return runner?.graph === graph ? runner : undefined;
  }

  /** The runner of a thread, whatever its graph. */
  named(id: string): ThreadRunner | undefined {
    return this.known.get(id)?.deref();
  }

  add(runner: ThreadRunner): void {
    this.known.set(runner.id, new WeakRef(runner));
    this.gone.register(runner, runner.id);
  }

  /** Keeps a runner, as the one that was used last. */
  hold(runner: ThreadRunner): void {
    this.held.delete(runner.id);
    this.held.set(runner.id, runner);
    if (this.held.size <= this.most) return;
    for (const [id, other] of this.held) {
      if (other.inUse) continue;
      this.held.delete(id);
      this.letGo(other);
      if (this.held.size <= this.most) return;
    }
  }

  forget(id: string): void {
    this.known.delete(id);
    this.held.delete(id);
  }

  get all(): ThreadRunner[] {
    return [...this.known.values()].flatMap(ref => ref.deref() ?? []);
  }
}
