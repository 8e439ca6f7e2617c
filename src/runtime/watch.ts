import { type Naming, plainNaming } from '../compile/naming.ts';
import type { Clock } from './clock.ts';
import { EventBuffer } from './event-buffer.ts';
import type { EventBody, RunEvent } from './events.ts';
import type { RunResult } from './result.ts';

/** Someone who is told. What either throws is ignored: a watcher's mistake is its own, and the run does not notice. */
export interface Watcher {
  readonly next: (event: RunEvent) => void;
  /** The run came to rest, or cannot go on for the reason given. */
  readonly rest?: (broken?: { readonly reason: unknown }) => void;
}

/** An event that is told when what it tells of is stored. */
export interface Held {
  readonly event: EventBody;
  readonly naming: Naming;
}

/** How many events of a run are kept, where nothing else is said. */
const KEPT = 10_000;

/** Whoever watches a thread, and what they were told of its run so far. */
export class Watch {
  private readonly watchers = new Set<Watcher>();
  private readonly clock: Clock;
  private readonly kept: EventBuffer | undefined;
  private readonly always: boolean;
  private number = 0;
  /** Something happened while nobody watched. */
  private gap = false;
  private held: Held[] | undefined;

  /** @param keep how many events of every run are kept; absent: some of those that somebody watches */
  constructor(clock: Clock, keep: number | undefined) {
    this.clock = clock;
    this.always = keep !== undefined && keep > 0;
    const max = keep ?? KEPT;
    if (max > 0) this.kept = new EventBuffer({ joinFrom: 0, joinAcrossFrom: max / 2, max, divides: true });
  }

  /** Whether anyone does: if not, no event need be made. */
  get active(): boolean {
    return this.watchers.size > 0 || this.always;
  }

  /** Whether any event of the run is kept. */
  get keeps(): boolean {
    return this.kept !== undefined && (this.always || this.kept.size > 0);
  }

  /** The number of the next event. */
  get next(): number {
    return this.number + 1;
  }

  /** A new run begins: what was kept is of the one before. */
  begin(): void {
    this.kept?.clear();
    this.gap = false;
  }

  /** Returns what ends the watching. */
  add(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  /** Notes that something happened of which no event was made. */
  unseen(): void {
    this.gap = true;
  }

  /** What is kept of the run, from a number on; `missed` stands for what is not. */
  history(from = 0): RunEvent[] {
    if (this.gap) this.closeGap();
    const { kept } = this;
    if (!kept) return [this.missed(this.number)];
    const [first] = kept.from(0);
    const events = kept.from(from);
    return kept.missed && first && from < first.number ? [this.missed(first.number - 1), ...events] : events;
  }

  private missed(number: number): RunEvent {
    return { type: 'missed', number, at: this.clock.now(), path: '' };
  }

  private closeGap(): void {
    this.gap = false;
    this.kept?.push(this.missed(++this.number));
  }

  /** Holds what is told from now on. */
  hold(): void {
    this.held = [];
  }

  /** Gives what was held, and holds no more. */
  take(): readonly Held[] {
    const held = this.held ?? [];
    this.held = undefined;
    return held;
  }

  /** Tells what was held. */
  release(held: readonly Held[]): void {
    for (const { event, naming } of held) this.tell(event, naming);
  }

  /** Tells of an event, calling its node as it is called from outside. */
  tell(event: EventBody, naming: Naming = plainNaming): void {
    if (!this.active) {
      this.unseen();
      return;
    }
    if (this.held) {
      this.held.push({ event, naming });
      return;
    }
    if (this.gap) this.closeGap();
    const { node } = event as { node?: string };
    const name = naming(node ?? '');
    const at = name.lastIndexOf('/') + 1;
    const place = { ...(node === undefined ? {} : { node: name.slice(at) }), path: name.slice(0, at) };
    const told = { ...event, ...place, number: ++this.number, at: this.clock.now() } as RunEvent;
    this.kept?.push(told);
    for (const { next } of this.watchers) quietly(() => next(told));
  }

  /** Tells how a run ended. */
  finish(thread: string, result: RunResult): void {
    this.tell({ type: 'run-finished', thread, status: result.status, result });
    this.rest();
  }

  /** Tells that the thread came to rest, or that it cannot go on. */
  rest(broken?: { readonly reason: unknown }): void {
    for (const { rest } of [...this.watchers]) if (rest) quietly(() => rest(broken));
  }
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // What a watcher throws is its own.
  }
}
