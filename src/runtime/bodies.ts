import type { BodyWait } from '../compile/body-call.ts';
import type { Clock } from './clock.ts';

/** How long the end of a run waits for bodies that were stopped and do not heed it, in milliseconds. */
const SETTLE_MS = 2_000;

/** Tells a body to stop. The signal is made when the body first asks for it: most never do. */
export class RunningBody {
  settled: Promise<void> | undefined;
  /** The node, as it is called from outside. */
  name = '';
  /** What it waits for, while that is an event from outside and nothing else. */
  waits: BodyWait | undefined;
  private reason: DOMException | undefined;
  private controller: AbortController | undefined;

  /** What became of it was taken note of. */
  ended = false;

  get stopped(): boolean {
    return this.reason !== undefined;
  }

  /** Whether what it does is of no interest any more. */
  get over(): boolean {
    return this.ended || this.stopped;
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.reason) this.controller.abort(this.reason);
    return this.controller.signal;
  }

  stop(why: string): void {
    this.reason ??= new DOMException(why, 'AbortError');
    this.controller?.abort(this.reason);
  }
}

/** The bodies of one thread: those that run, by task, and those that were stopped and have not settled yet. */
export class Bodies {
  private readonly running = new Map<string, RunningBody>();
  private readonly resting = new Set<RunningBody>();
  private readonly stragglers = new Set<RunningBody>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Whether none runs, not even one that waits. */
  get none(): boolean {
    return this.running.size === 0;
  }

  get idle(): boolean {
    return this.running.size === this.resting.size;
  }

  /** Notes that a body waits for an event from outside, or does no more. Returns whether it waits for something new. */
  rest(body: RunningBody, waits: BodyWait | undefined): boolean {
    if (body.stopped) return false;
    const before = body.waits?.events.join();
    body.waits = waits;
    if (waits) this.resting.add(body);
    else this.resting.delete(body);
    return waits !== undefined && waits.events.join() !== before;
  }

  /** The bodies that wait for an event from outside. */
  waiting(): RunningBody[] {
    return [...this.resting];
  }

  get settled(): boolean {
    return this.stragglers.size === 0;
  }

  has(taskId: string): boolean {
    return this.running.has(taskId);
  }

  /** Stops all but these. */
  keepOnly(taskIds: ReadonlySet<string>, why: string): void {
    for (const taskId of [...this.running.keys()]) if (!taskIds.has(taskId)) this.stop(taskId, why);
  }

  add(taskId: string, body: RunningBody): void {
    this.running.set(taskId, body);
  }

  /** Notes that a body settled. Returns whether its outcome still counts. */
  finish(taskId: string, body: RunningBody): boolean {
    body.ended = true;
    this.stragglers.delete(body);
    this.resting.delete(body);
    if (this.running.get(taskId) === body) this.running.delete(taskId);
    return !body.stopped;
  }

  stop(taskId: string, why: string): void {
    const body = this.running.get(taskId);
    if (!body) return;
    this.running.delete(taskId);
    this.resting.delete(body);
    this.stragglers.add(body);
    body.stop(why);
  }

  stopAll(why: string): void {
    for (const taskId of [...this.running.keys()]) this.stop(taskId, why);
  }

  /** Resolves when what was stopped has settled, or has had its time. */
  async whenSettled(): Promise<void> {
    if (this.settled) return;
    let callOff = (): void => {};
    const bound = new Promise<void>(resolve => {
      callOff = this.clock.after(SETTLE_MS, resolve);
    });
    await Promise.race([Promise.all([...this.stragglers].map(b => b.settled)), bound]);
    callOff();
    this.stragglers.clear();
  }
}
