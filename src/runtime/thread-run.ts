/** The run of a thread: what is asked of it is done, and then it goes on until nothing is left to do by itself. */
import type { State } from '../compile/context.ts';
import { type Maybe, StoreError } from '../store/store.ts';
import type { Clock } from './clock.ts';
import { ThreadError } from './errors.ts';
import type { RunCause } from './events.ts';
import { Follow } from './follow.ts';
import type { Journal } from './journal.ts';
import type { Lease } from './lease.ts';
import { chain } from './maybe.ts';
import { type Durability, onAbort, type RunOptions } from './options.ts';
import { Rest } from './rest.ts';
import type { RunResult } from './result.ts';
import { tellRunning } from './step-events.ts';
import type { ThreadActors } from './thread-actors.ts';
import type { Watch } from './watch.ts';

export interface ThreadRunOptions {
  readonly thread: string;
  readonly clock: Clock;
  readonly watch: Watch;
  readonly actors: ThreadActors;
  /** Absent: nothing is kept. */
  readonly kept: { readonly journal: Journal; readonly lease: Lease } | undefined;
  readonly loaded: () => boolean;
  /** Loads the thread, where that is to be done. */
  readonly ready: (cause: RunCause | 'cancel') => Maybe<void>;
  readonly result: () => RunResult;
  /** Told when the thread rests. */
  readonly over: () => void;
}

export class ThreadRun {
  readonly rest = new Rest();
  /** The thread was taken over from the store, and what ran then does not run yet. */
  interrupted = false;
  /** The state that a migration gave, to be stored with what is done next. */
  migrated: State | undefined;
  /** The run that is under way: its result, and when it has told it. */
  private under: { readonly result: Promise<RunResult>; readonly told: Promise<void> } | undefined;
  /** How many calls wait for the run that is under way. */
  private calls = 0;
  /** The calls that have not done yet what they were made for: how many, and when all have. */
  private acting = 0;
  private acts: PromiseWithResolvers<void> | undefined;
  private readonly of: ThreadRunOptions;
  private readonly follow: Follow | undefined;

  constructor(of: ThreadRunOptions) {
    this.of = of;
    const quiet = (): void => this.quiet();
    const broken = (reason: unknown): void => this.rest.broken(reason);
    this.follow = of.kept && new Follow({ ...of, ...of.kept, quiet, broken });
  }

  /** Acts, and resolves when the thread rests. What is asked while it runs joins the run. */
  async go(cause: RunCause, run: RunOptions, act: () => void): Promise<RunResult> {
    // The run before may end by letting the thread go.
    while (this.ending || (cause !== 'invoke' && !this.of.loaded())) {
      await this.ending;
      await this.of.ready(cause);
    }
    const { signal, onEvent, durability = 'sync' } = run;
    const { watch, actors } = this.of;
    const unwatch = onEvent && watch.add({ next: onEvent });
    const release = onAbort(signal, () => void this.cancel().catch(() => {}));
    if (signal?.aborted) actors.cancelled = true;
    const begins = !this.rest.busy;
    if (begins) this.begin(durability);
    const { under } = this;
    this.calls++;
    try {
      await this.acted(cause, begins, act).catch(reason => this.refused(reason, begins));
      return await (under as NonNullable<typeof under>).result;
    } finally {
      this.calls--;
      release();
      unwatch?.();
    }
  }

  private begin(durability: Durability): void {
    const { clock, actors } = this.of;
    const begun = clock.now();
    actors.turns.busySince = begun;
    actors.turns.durability = durability;
    const result = this.carry(begun, this.rest.enter());
    const nothing = (): void => {};
    this.under = { result, told: result.then(nothing, nothing) };
  }

  /** Carries a run to its result, whoever of those that called for it still waits. */
  private async carry(begun: number, rested: Promise<void>): Promise<RunResult> {
    try {
      await rested;
      // Something may have begun between the rest and this moment.
      while (this.of.actors.status === 'running') await this.resting();
      return await this.end(begun);
    } catch (reason) {
      await this.fail(reason);
      throw reason;
    } finally {
      this.under = undefined;
      this.of.over();
    }
  }

  /** What a call was made for could not be done. The run goes on for the others that joined it, if there are any. */
  private async refused(reason: unknown, begins: boolean): Promise<never> {
    const { under } = this;
    const failed = reason instanceof StoreError;
    if (this.calls === 1 || (begins && failed)) {
      this.rest.broken(reason);
      await under?.told;
    } else {
      const stale = failed && reason.code === 'stale' && this.rest.busy;
      if (stale) await this.of.actors.resync().catch(broken => this.rest.broken(broken));
      this.quiet();
    }
    throw reason;
  }

  private async resting(): Promise<void> {
    const rested = this.rest.enter();
    this.quiet();
    await rested;
  }

  /** There when a run rests and has not told its result yet: resolves when it has. */
  get ending(): Promise<void> | undefined {
    return this.rest.busy ? undefined : this.under?.told;
  }

  /** There while a call has not done what it was made for: resolves when all have. */
  get begins(): Promise<void> | undefined {
    return this.acts?.promise;
  }

  /** Acts; the thread does not rest before that is done. */
  private async acted(cause: RunCause, begins: boolean, act: () => void): Promise<void> {
    this.acting++;
    this.acts ??= Promise.withResolvers();
    try {
      const done = this.act(cause, begins, act);
      if (done) await done;
    } finally {
      if (--this.acting === 0) {
        this.acts.resolve();
        this.acts = undefined;
      }
    }
    // It may be over by now: another call may have failed.
    if (this.rest.busy) this.follow?.start();
    if (this.of.actors.cancelled) this.rest.reached();
    this.quiet();
  }

  /** Does what was asked, with what is to be taken up of a thread that was loaded. */
  private act(cause: RunCause, begins: boolean, act: () => void): Maybe<void> {
    const { watch, actors, kept, thread } = this.of;
    if (begins) watch.tell({ type: 'run-started', thread, cause });
    const claims = this.interrupted && actors.elsewhere.size > 0;
    return chain(claims && kept ? actors.claim(kept.lease) : undefined, () =>
      actors.turns.take(() => {
        actors.label(cause);
        this.migrate();
        act();
        if (this.interrupted) actors.takeUpTimers();
        // What was refused leaves it to the next call.
        this.interrupted = false;
        this.migrated = undefined;
      }),
    );
  }

  private migrate(): void {
    if (!this.migrated) return;
    this.of.actors.label('migration');
    this.of.actors.edit(this.migrated);
  }

  private async end(begun: number): Promise<RunResult> {
    const { actors, kept, clock, watch, thread } = this.of;
    const { turns } = actors;
    this.follow?.stop();
    actors.counters.durationMs += clock.now() - begun;
    turns.busySince = undefined;
    const result = this.of.result();
    if (kept) {
      await turns.take(() => actors.label(result.status));
      await kept.journal.flush();
      turns.durability = 'sync';
    }
    watch.finish(thread, result);
    return result;
  }

  /** After a failure of the store the thread is as it was stored, and is taken from there when it is next asked for. */
  private async fail(reason: unknown): Promise<void> {
    this.follow?.stop();
    this.rest.broken(reason);
    while (this.begins) await this.begins;
    this.of.watch.rest({ reason });
    if (reason instanceof StoreError) await this.letGo();
  }

  private async letGo(): Promise<void> {
    await this.of.actors.letGo();
    // If the store fails here too, others can go on when this worker's time is up.
    await this.of.kept?.lease.giveUp(this.of.thread).catch(() => {});
  }

  /** Stops here, and leaves the thread as it is stored, for others to go on with. */
  async abandon(): Promise<void> {
    const { thread } = this.of;
    this.rest.broken(new ThreadError('closed', `the thread "${thread}" was let go: its runtime was closed`));
    await this.letGo();
  }

  /** Stops what runs, here and elsewhere. The state is kept. */
  async cancel(): Promise<void> {
    const ready = this.rest.busy ? undefined : this.of.ready('cancel');
    if (ready) await ready;
    try {
      while (!(await this.cancelled()));
      this.rest.reached();
    } catch (reason) {
      this.rest.broken(reason);
      throw reason;
    }
  }

  /** Cancels the thread as it is loaded. Gives whether that was the newest. */
  private async cancelled(): Promise<boolean> {
    const { actors, watch, loaded } = this.of;
    if (!actors.cancelled) tellRunning(watch, actors.members.values(), 'stop');
    actors.cancelled = true;
    await actors.stop();
    if (!loaded()) return true;
    try {
      await actors.keepCancelled();
      return true;
    } catch (reason) {
      if (!(reason instanceof StoreError && reason.code === 'stale')) throw reason;
      await actors.resync();
      return actors.status === 'done';
    }
  }

  /** The store tells that the thread was written, perhaps elsewhere. */
  look(): void {
    void this.follow?.look();
  }

  /** Something ended: if nothing is left to do, the thread rests. */
  quiet(): void {
    const { actors } = this.of;
    this.follow?.hurry();
    if (!this.rest.busy || this.acting > 0 || actors.cancelled || !actors.idle) return;
    if (actors.bodies.settled) this.rest.reached();
    else void actors.bodies.whenSettled().then(() => this.quiet());
  }
}
