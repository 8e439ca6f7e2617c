/**
 * Turns: all that follows from an event, in every actor that it leads to, stored in one commit.
 *
 * - C1. There is no moment at which a child is done and its parent has not heard.
 * - C2. What a turn leads to outside happens after the commit.
 */
import type { Maybe } from '../store/store.ts';
import type { StartedTask } from './children.ts';
import type { Clock } from './clock.ts';
import { Draft, type Journal } from './journal.ts';
import type { Mailbox } from './mailbox.ts';
import type { Member } from './member.ts';
import type { Durability } from './options.ts';
import { type Counters, keptCounters, type RunStatus } from './result.ts';
import type { Held, Watch } from './watch.ts';

/** A body that a thread waits for. */
export interface ListedTask {
  readonly member: Member;
  readonly task: StartedTask;
}

/** What is to happen when a turn is stored. */
export interface Turn {
  /** What is to be stored; absent where nothing is kept. */
  readonly draft: Draft | undefined;
  readonly changed: Member[];
  readonly bodies: ListedTask[];
  readonly stops: string[];
  told: readonly Held[];
}

/** The name of a task in the whole thread. */
export const keyOf = (member: Member, taskId: string): string => `${member.address} ${taskId}`;

export interface TurnsOptions {
  readonly clock: Clock;
  readonly watch: Watch;
  readonly journal: Journal | undefined;
  /** Where what arrives while a turn is being stored waits. */
  readonly mailbox: Mailbox;
  /** How the thread stands. */
  readonly standing: () => {
    readonly status: RunStatus | 'running';
    readonly run: number;
    readonly counters: Counters;
  };
  /** Does what a stored turn leads to outside. */
  readonly perform: (turn: Turn) => void;
}

export class Turns {
  private readonly about: TurnsOptions;
  /** The turn that is under way. */
  current: Turn | undefined;
  durability: Durability = 'sync';
  /** When the run that is under way began or went on. */
  busySince: number | undefined;
  private pending: Promise<void> | undefined;
  /** Whether what is pending may change the thread. */
  private changes = false;

  constructor(about: TurnsOptions) {
    this.about = about;
  }

  /** Whether something is on its way to the store or from it. */
  get saving(): boolean {
    return this.pending !== undefined;
  }

  /** Whether a turn is being stored, or the thread is being loaded anew because it went on elsewhere. */
  get changing(): boolean {
    return this.saving && this.changes;
  }

  /** Resolves when nothing is on its way to the store. */
  async settled(): Promise<void> {
    while (this.pending) await this.pending.catch(() => {});
  }

  /**
   * Acts, and stores what came of it; then its events are told, and its bodies start. Inside another turn it is part of that
   * one; while one is being stored, it waits. Throws, or rejects, with a failure of the store.
   */
  take(act: () => void): Maybe<void> {
    if (this.current) return act();
    if (this.pending) return this.settled().then(() => this.take(act));
    const { journal, watch, perform } = this.about;
    const draft = journal && new Draft();
    const turn: Turn = { draft, changed: [], bodies: [], stops: [], told: [] };
    let written: Maybe<void>;
    this.current = turn;
    if (journal) watch.hold();
    try {
      act();
      written = journal && draft && this.write(turn.bodies, draft, journal);
    } finally {
      this.current = undefined;
      if (journal) turn.told = watch.take();
    }
    if (written instanceof Promise) return this.whileSaving(written, true, () => perform(turn));
    return perform(turn);
  }

  private write(bodies: readonly ListedTask[], draft: Draft, journal: Journal): Maybe<void> {
    for (const { member, task } of bodies) draft.start(keyOf(member, task.taskId));
    const { status, run, counters } = this.about.standing();
    if (draft.empty && (status === journal.status || draft.labels.length === 0)) return undefined;
    const now = this.about.clock.now();
    const kept = keptCounters(counters, now - (this.busySince ?? now), status !== 'running');
    return journal.write(draft, { status, run, counters: kept }, this.durability);
  }

  /** What arrives meanwhile waits; after a failure, until the thread is loaded anew or let go. */
  private whileSaving(saved: Promise<void>, changes: boolean, next: () => void): Promise<void> {
    const { mailbox } = this.about;
    mailbox.hold();
    this.changes = changes;
    const under = async (): Promise<void> => {
      try {
        await saved;
      } finally {
        this.pending = undefined;
      }
      next();
      mailbox.letThrough();
    };
    this.pending = under();
    return this.pending;
  }

  /**
   * Does something while no turn is under way. What arrives meanwhile waits.
   *
   * @param changes whether it may change a thread that runs
   */
  alone(act: () => Maybe<void>, changes = false): Maybe<void> {
    if (this.pending) return this.settled().then(() => this.alone(act, changes));
    const { mailbox } = this.about;
    const failed = (thrown: unknown): never => {
      mailbox.letThrough();
      throw thrown;
    };
    mailbox.hold();
    try {
      const done = act();
      if (done instanceof Promise) return this.whileSaving(done, changes, () => {}).catch(failed);
    } catch (thrown) {
      failed(thrown);
    }
    mailbox.letThrough();
  }
}
