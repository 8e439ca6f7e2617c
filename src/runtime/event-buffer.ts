/**
 * Events that wait for a reader, or are kept for one who comes late.
 *
 * Texts may be joined to what waits of their node, and the state of a graph may take the place of an earlier one, so
 * that a slow reader costs no more than the texts themselves. Nothing else is ever joined or lost, but for the oldest
 * where there is a bound.
 */
import { isText, type RunEvent, type TextEvent } from './events.ts';

export interface BufferOptions {
  /** Joins when so many events wait. Below, every event stays as it came. */
  readonly joinFrom: number;
  /** Joins texts across the events of other nodes when so many wait; before that, only to the newest event. */
  readonly joinAcrossFrom: number;
  /** The most events that wait: the oldest is given up for a new one. Default: no bound. */
  readonly max?: number;
  /** Notes where the pieces of joined texts end, for {@link EventBuffer.from}. */
  readonly divides?: boolean;
}

/** The pieces of a joined text: the number of each, and where it ends. */
interface Pieces {
  readonly numbers: number[];
  readonly ends: number[];
}

/** One of a list that is linked both ways: what is given up may stand anywhere, and a set would keep a hole for it. */
interface Entry {
  event: RunEvent;
  /** What is to be joined to the event's text: in one go, since a text that grows by pieces keeps them all. */
  tail?: string[];
  pieces?: Pieces;
  before: Entry | undefined;
  after: Entry | undefined;
}

const placeOf = (event: RunEvent): string | undefined => ('node' in event ? event.path + event.node : undefined);

export class EventBuffer {
  private first: Entry | undefined;
  private last: Entry | undefined;
  /** The newest entry of each node, and the newest state of each graph. */
  private readonly newest = new Map<string, Entry>();
  private readonly states = new Map<string, Entry>();
  private readonly options: BufferOptions;
  size = 0;
  /** Whether events were given up. */
  missed = false;

  constructor(options: BufferOptions) {
    this.options = options;
  }

  push(event: RunEvent): void {
    if (this.size >= this.options.joinFrom && this.join(event)) return;
    const entry: Entry = { event, before: this.last, after: undefined };
    if (this.last) this.last.after = entry;
    else this.first = entry;
    this.last = entry;
    this.size++;
    const place = placeOf(event);
    if (place !== undefined) this.newest.set(place, entry);
    if (event.type === 'value') this.states.set(event.path, entry);
    const { max = Number.POSITIVE_INFINITY } = this.options;
    if (this.size > max) {
      this.shift();
      this.missed = true;
    }
  }

  shift(): RunEvent | undefined {
    const { first } = this;
    if (!first) return undefined;
    this.remove(first);
    return whole(first);
  }

  clear(): void {
    while (this.first) this.remove(this.first);
    this.missed = false;
  }

  /** Leaves out what a reader does not want. */
  keep(wanted: (event: RunEvent) => boolean): void {
    for (let entry = this.first; entry; entry = entry.after) if (!wanted(entry.event)) this.remove(entry);
  }

  /** The events from a number on; of a joined text, the rest. */
  from(number: number): RunEvent[] {
    const out: RunEvent[] = [];
    for (let entry = this.first; entry; entry = entry.after) {
      const event = restOf(entry, number);
      if (event) out.push(event);
    }
    return out;
  }

  private remove(entry: Entry): void {
    const { event, before, after } = entry;
    if (before) before.after = after;
    else this.first = after;
    if (after) after.before = before;
    else this.last = before;
    this.size--;
    const place = placeOf(event);
    if (place !== undefined && this.newest.get(place) === entry) this.newest.delete(place);
    if (this.states.get(event.path) === entry) this.states.delete(event.path);
  }

  /** Returns whether the event is now part of another one. */
  private join(event: RunEvent): boolean {
    if (event.type === 'value') {
      const earlier = this.states.get(event.path);
      if (earlier) this.remove(earlier);
      return false;
    }
    if (!isText(event)) return false;
    const entry = this.newest.get(event.path + event.node);
    const isLast = entry === this.last;
    if (entry?.event.type !== event.type || !(isLast || this.size >= this.options.joinAcrossFrom)) return false;
    append(entry, event, isLast, this.options.divides === true);
    return true;
  }
}

/** How many pieces of a text are kept before they are put together. */
const TAIL = 500;

/** The event with all of its text. */
function whole(entry: Entry): RunEvent {
  const { event, tail } = entry;
  if (!tail || tail.length === 0) return event;
  entry.tail = [];
  entry.event = { ...event, text: (event as TextEvent).text + tail.join('') } as TextEvent;
  return entry.event;
}

/** The numbers of what stands behind an entry must stay higher than its own. */
function append(entry: Entry, { text, number }: TextEvent, isLast: boolean, divides: boolean): void {
  const before = entry.event as TextEvent;
  entry.tail ??= [];
  entry.tail.push(text);
  if (isLast) entry.event = { ...before, number };
  if (entry.tail.length >= TAIL) whole(entry);
  if (!divides) return;
  entry.pieces ??= { numbers: [before.number], ends: [before.text.length] };
  const { numbers, ends } = entry.pieces;
  numbers.push(number);
  ends.push((ends.at(-1) ?? 0) + text.length);
}

function restOf(entry: Entry, number: number): RunEvent | undefined {
  const { pieces } = entry;
  if (!pieces) return entry.event.number >= number ? whole(entry) : undefined;
  const first = pieces.numbers.findIndex(n => n >= number);
  if (first < 0) return undefined;
  const start = first === 0 ? 0 : (pieces.ends[first - 1] ?? 0);
  const event = whole(entry) as TextEvent;
  return { ...event, text: event.text.slice(start) };
}
