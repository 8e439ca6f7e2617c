/** Runs as streams of events: to iterate over, and as RxJS observables. */

// The whole of rxjs takes ten times as long to load.
import { Observable } from 'rxjs/internal/Observable';
import { EventReader } from './event-reader.ts';
import type { RunEvent } from './events.ts';
import { type Selection, selects } from './modes.ts';
import type { RunOptions } from './options.ts';
import type { Rest } from './rest.ts';
import type { RunResult } from './result.ts';
import type { Watch } from './watch.ts';

/** Events as they happen. Every reader gets all of them; none disturbs the run, whatever it does. */
export interface EventStream extends AsyncIterable<RunEvent, undefined> {
  /** Emits as the events happen, to each subscriber what there was before it first. */
  readonly observable: Observable<RunEvent>;
}

/** A run that was started, and its events. */
export interface RunStream extends EventStream {
  /** How the run ended; also in the last event, `run-finished`. Rejects where `invoke` would, and so does the reading. */
  readonly result: Promise<RunResult>;
}

export interface StreamOptions extends RunOptions, Selection {
  /**
   * How far a reader may fall behind before texts that wait are joined, node by node, and of the states that wait only the
   * newest is kept; in events. Nothing else is ever left out. Default: 1000.
   */
  readonly readAhead?: number;
  /** Cancels the run when a reader leaves before the end. Default: the run goes on. */
  readonly cancelOnReturn?: boolean;
}

export interface EventsOptions extends Selection {
  /** The `number` of the first event that is wanted. Default: the beginning of the run. */
  readonly from?: number;
  /** Goes on with the runs that follow, until the reader leaves. Default: ends when the thread comes to rest. */
  readonly follow?: boolean;
  /** As for `stream`. */
  readonly readAhead?: number;
}

type Wanted = (event: RunEvent) => boolean;

/** How readers with a selection of their own are made, for those that translate a stream. */
const openers = new WeakMap<object, (wanted: Wanted) => EventReader>();

/** A reader of a stream that picks for itself; of anything else, what it gives. */
export function readAll(stream: AsyncIterable<RunEvent>): AsyncIterable<RunEvent> {
  return openers.get(stream)?.(() => true) ?? stream;
}

function streamOf(wanted: Wanted, open: (wanted: Wanted) => EventReader): EventStream {
  const stream: EventStream = {
    observable: new Observable<RunEvent>(subscriber => {
      const reader = open(wanted);
      reader.drainTo(subscriber);
      return () => void reader.return();
    }),
    [Symbol.asyncIterator]: () => open(wanted) as AsyncIterator<RunEvent, undefined>,
  };
  openers.set(stream, open);
  return stream;
}

/** What a stream is of. */
export interface StreamSource {
  readonly watch: Watch;
  readonly rest: Pick<Rest, 'resting'>;
  cancel(): Promise<void>;
}

/** Starts a run, and streams it. Its events wait for the first reader; later ones are told what is kept. */
export function openStream(source: StreamSource, options: StreamOptions, start: () => Promise<RunResult>): RunStream {
  const { watch } = source;
  const { readAhead, cancelOnReturn } = options;
  const wanted = selects(options);
  const readers = new Set<EventReader>();
  const make = (): EventReader => {
    const reader = new EventReader(readAhead, () => {
      readers.delete(reader);
      if (cancelOnReturn) void source.cancel();
    });
    readers.add(reader);
    return reader;
  };
  const begin = watch.next;
  let end = Number.POSITIVE_INFINITY;
  let over: { readonly error?: { readonly reason: unknown } } | undefined;
  let first: EventReader | undefined = make();
  const leave = watch.add({ next: event => readers.forEach(reader => void reader.push(event)) });
  const settle = (error?: { readonly reason: unknown }): void => {
    leave();
    end = watch.next - 1;
    over = error ? { error } : {};
    for (const reader of readers) reader.end(error);
  };
  const result = start();
  result.then(
    () => settle(),
    reason => settle({ reason }),
  );
  const open = (picks: Wanted): EventReader => {
    const reader = first ?? make();
    reader.select(picks);
    if (!first) {
      for (const event of watch.history(begin)) if (event.number <= end) reader.push(event);
      if (over) reader.end(over.error);
    }
    first = undefined;
    return reader;
  };
  return Object.assign(streamOf(wanted, open), { result });
}

/** Streams what a thread does, from any moment: what is kept of its run, then what happens. */
export function openEvents(source: StreamSource, options: EventsOptions): EventStream {
  const { watch } = source;
  const { from, follow = false, readAhead } = options;
  return streamOf(selects(options), wanted => {
    let leave = (): void => {};
    const reader = new EventReader(readAhead, () => leave());
    const rest = (broken?: { readonly reason: unknown }): void => {
      if (follow && !broken) return;
      leave();
      reader.end(broken);
    };
    reader.select(wanted);
    for (const event of watch.history(from)) reader.push(event);
    if (source.rest.resting && !follow) reader.end();
    else leave = watch.add({ next: event => reader.push(event), rest });
    return reader;
  });
}
