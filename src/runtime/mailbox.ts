/** What arrives for the actors of a thread: results and timers that come together are one turn. */
import type { CoreEvent } from '../core/core.ts';
import type { RunningBody } from './bodies.ts';

/** Something for an actor. It is known by its address: the actor may have been loaded anew meanwhile. */
export interface Letter {
  readonly address: string;
  /** The run that it is of: a later one may have tasks of the same name. */
  readonly run: number;
  readonly event: Exclude<CoreEvent, { kind: 'settled' }>;
  /** The body whose result it is, and the task that it ran for. */
  readonly from?: { readonly key: string; readonly body: RunningBody };
  /** Told when it is stored, or cannot be. */
  readonly stored?: { resolve(): void; reject(reason: unknown): void };
}

export class Mailbox {
  private letters: Letter[] = [];
  private readonly hand: (letters: readonly Letter[]) => void;
  private held = false;

  /** @param hand takes what arrived, in order; called once for all that arrives in one go */
  constructor(hand: (letters: readonly Letter[]) => void) {
    this.hand = hand;
  }

  get empty(): boolean {
    return this.letters.length === 0;
  }

  add(letter: Letter): void {
    this.letters.push(letter);
    if (this.letters.length === 1) queueMicrotask(() => this.pass());
  }

  /** Keeps what arrives until it is let through. */
  hold(): void {
    this.held = true;
  }

  letThrough(): void {
    this.held = false;
    this.pass();
  }

  clear(): void {
    this.letters = [];
  }

  private pass(): void {
    if (this.held || this.letters.length === 0) return;
    const { letters } = this;
    this.letters = [];
    this.hand(letters);
  }
}
