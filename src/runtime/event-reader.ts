import { EventBuffer } from './event-buffer.ts';
import type { RunEvent } from './events.ts';

/** How far behind a reader may be before texts are joined for it, in events. */
const READ_AHEAD = 1_000;

interface Waiting {
  readonly resolve: (result: IteratorResult<RunEvent, undefined>) => void;
  readonly reject: (reason: unknown) => void;
}

const DONE: IteratorResult<RunEvent, undefined> = { done: true, value: undefined };

/** Where a reader's events go as they come. */
export interface Sink {
  next(event: RunEvent): void;
  error(reason: unknown): void;
  complete(): void;
}

/** Events on their way to one reader, who takes them one by one, or has them put into a sink. */
export class EventReader implements AsyncIterableIterator<RunEvent, undefined> {
  private readonly buffer: EventBuffer;
  private readonly waiting: Waiting[] = [];
  private wanted: (event: RunEvent) => boolean = () => true;
  private sink: Sink | undefined;
  private ended: { readonly error?: { readonly reason: unknown } } | undefined;
  private readonly onLeave: () => void;

  /** @param onLeave called once, when the reader leaves before the end */
  constructor(readAhead: number | undefined, onLeave: () => void) {
    const joinFrom = readAhead ?? READ_AHEAD;
    this.buffer = new EventBuffer({ joinFrom, joinAcrossFrom: joinFrom });
    this.onLeave = onLeave;
  }

  /** Narrows what the reader gets, of what waits already too. */
  select(wanted: (event: RunEvent) => boolean): void {
    this.wanted = wanted;
    this.buffer.keep(wanted);
  }

  push(event: RunEvent): void {
    if (this.ended || !this.wanted(event)) return;
    const reader = this.waiting.shift();
    if (this.sink) this.sink.next(event);
    else if (reader) reader.resolve({ done: false, value: event });
    else this.buffer.push(event);
  }

  /** No event follows. What waits is still read; then the reader hears of an error. */
  end(error?: { readonly reason: unknown }): void {
    if (this.ended) return;
    this.ended = error ? { error } : {};
    if (this.sink) finish(this.sink, error);
    for (const { resolve, reject } of this.waiting.splice(0)) {
      if (error) reject(error.reason);
      else resolve(DONE);
    }
  }

  /** Puts everything into a sink, what waits first. */
  drainTo(sink: Sink): void {
    for (let event = this.buffer.shift(); event; event = this.buffer.shift()) sink.next(event);
    if (this.ended) finish(sink, this.ended.error);
    else this.sink = sink;
  }

  async next(): Promise<IteratorResult<RunEvent, undefined>> {
    const event = this.buffer.shift();
    if (event) return { done: false, value: event };
    if (!this.ended) return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
    const { error } = this.ended;
    this.ended = {};
    if (error) throw error.reason;
    return DONE;
  }

  /** The reader leaves: nothing is kept for it any more. */
  async return(): Promise<IteratorResult<RunEvent, undefined>> {
    const early = !this.ended;
    this.ended = {};
    this.buffer.clear();
    this.sink = undefined;
    for (const { resolve } of this.waiting.splice(0)) resolve(DONE);
    if (early) this.onLeave();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

function finish(sink: Sink, error: { readonly reason: unknown } | undefined): void {
  if (error) sink.error(error.reason);
  else sink.complete();
}
