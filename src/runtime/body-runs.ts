/**
 * The bodies of a thread that run here: starts them, and brings what comes of them to their actors.
 *
 * - C3. A result is delivered once; what comes after a cancel, or for a replaced task, is dropped.
 * - C6. What was computed on a checkpoint that is not the newest any more is computed again on the newest.
 */
import { errorRecord } from '../compile/context.ts';
import { questionIn } from '../compile/notes.ts';
import { callsModel } from '../compile/plan.ts';
import type { CoreEvent, TaskResult } from '../core/core.ts';
import { type Maybe, StoreError } from '../store/store.ts';
import { Bodies, RunningBody } from './bodies.ts';
import { callOf } from './children.ts';
import type { Clock } from './clock.ts';
import { type Letter, Mailbox } from './mailbox.ts';
import type { Member } from './member.ts';
import { waitOf } from './requests.ts';
import type { Counters } from './result.ts';
import { keyOf, type ListedTask, type Turns } from './turns.ts';
import type { Watch } from './watch.ts';

/** The actors that bodies run for. */
export interface Actors {
  readonly members: ReadonlyMap<string, Member>;
  readonly counters: Counters;
  readonly run: number;
  readonly turns: Turns;
  /** Delivers an event. Part of a turn. */
  deliver(member: Member, event: CoreEvent): void;
  /** Loads the thread anew, because it went on elsewhere. */
  resync(): Promise<void>;
}

export interface BodyRunsOptions {
  readonly actors: Actors;
  readonly clock: Clock;
  readonly watch: Watch;
  /** Whether what comes together is to be delivered together: a commit is dearer than a wait. */
  readonly gathers: boolean;
  readonly quiet: () => void;
  readonly broken: (reason: unknown) => void;
}

export class BodyRuns {
  readonly bodies: Bodies;
  readonly mailbox = new Mailbox(letters => this.hand(letters));
  private readonly about: BodyRunsOptions;
  /** The tasks of bodies that ended and whose results are not stored yet. */
  private readonly delivering = new Set<string>();

  constructor(about: BodyRunsOptions) {
    this.about = about;
    this.bodies = new Bodies(about.clock);
  }

  /** Nothing runs or is on its way, but for bodies that wait for an event from outside. */
  get idle(): boolean {
    return this.bodies.idle && this.mailbox.empty;
  }

  /** Nothing runs or is on its way at all. */
  get none(): boolean {
    return this.bodies.none && this.mailbox.empty;
  }

  /** Whether the body of a task runs here, or has ended here and is being delivered. */
  has(key: string): boolean {
    return this.bodies.has(key) || this.delivering.has(key);
  }

  /** Starts the body of a task. What it is given is worked out from the state, which is the same whenever it is started. */
  start({ member, task }: ListedTask): void {
    const { taskId, childId } = task;
    const { address, work } = member;
    const { watch, quiet } = this.about;
    const { counters } = this.about.actors;
    const running = new RunningBody();
    const key = keyOf(member, taskId);
    const finish = (event: TaskResult): void => this.arrive(address, event, { key, body: running });
    this.bodies.add(key, running);
    try {
      const call = callOf(member, task, running, {
        rests: waits => {
          const asks = this.bodies.rest(running, waits);
          if (asks) watch.tell({ type: 'interrupt', interrupt: waitOf(running) }, member.naming);
          quiet();
        },
        record: (name, value) => this.keep(address, { kind: 'step', taskId, childId, name, value }),
      });
      counters.nodeRuns++;
      const { plan } = work.kind === 'graph' ? work : work.pool.work;
      if (callsModel(plan, call.node)) counters.modelCalls++;
      running.settled = work.runBody(call).then(
        output => finish({ kind: 'done', taskId, childId, output }),
        error => {
          if (!running.stopped && !questionIn({ error })) this.about.actors.counters.failedRuns++;
          finish({ kind: 'error', taskId, childId, error: errorRecord(error) });
        },
      );
    } catch (thrown) {
      finish({ kind: 'error', taskId, childId, error: errorRecord(thrown) });
    }
  }

  /** Keeps the result of a step of a body; resolves when it is stored. */
  private keep(address: string, event: Letter['event']): Maybe<void> {
    const { run } = this.about.actors;
    return new Promise((resolve, reject) => {
      this.mailbox.add({ address, run, event, stored: { resolve, reject } });
    });
  }

  /** Takes what came of a body or a timer: at once where nothing is to be gained by waiting for more. */
  arrive(address: string, event: Letter['event'], from?: Letter['from']): void {
    const { gathers, actors } = this.about;
    const letter: Letter = { address, run: actors.run, event, ...(from ? { from } : {}) };
    if (gathers || actors.members.get(address)?.work.kind === 'pool') this.mailbox.add(letter);
    else this.hand([letter]);
  }

  private hand(letters: readonly Letter[]): void {
    if (this.about.gathers)
      for (const { from } of letters) if (from && !from.body.stopped) this.delivering.add(from.key);
    try {
      const stored = this.about.actors.turns.take(() => this.deliverAll(letters));
      if (!(stored instanceof Promise)) this.handed(letters);
      else
        stored.then(
          () => this.handed(letters),
          reason => this.undone(letters, reason),
        );
    } catch (reason) {
      this.undone(letters, reason);
    }
  }

  private handed(letters: readonly Letter[]): void {
    for (const { stored, from } of letters) {
      if (from && this.about.gathers) this.delivering.delete(from.key);
      stored?.resolve();
    }
    this.about.quiet();
  }

  /** What came could not be stored: somebody else went on with the thread, or the store failed. */
  private undone(letters: readonly Letter[], reason: unknown): void {
    const { actors, broken } = this.about;
    const lost = (why: unknown): void => {
      for (const { stored, from } of letters) {
        if (from) this.delivering.delete(from.key);
        stored?.reject(why);
      }
      broken(why);
    };
    if (!(reason instanceof StoreError && reason.code === 'stale')) lost(reason);
    else actors.resync().then(() => this.hand(letters), lost);
  }

  private deliverAll(letters: readonly Letter[]): void {
    const { actors } = this.about;
    const results = new Map<Member, TaskResult[]>();
    for (const { address, run, event, from } of letters) {
      const counts = !from || this.bodies.finish(from.key, from.body);
      const member = actors.members.get(address);
      if (!counts || !member || run !== actors.run) continue;
      if (member.work.kind === 'pool' && (event.kind === 'done' || event.kind === 'error')) {
        const known = results.get(member);
        if (known) known.push(event);
        else results.set(member, [event]);
      } else actors.deliver(member, event);
    }
    for (const [member, all] of results) actors.deliver(member, { kind: 'settled', results: all });
  }
}
