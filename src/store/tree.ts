/**
 * JSON as texts that are shared (C4): what is long is a text of its own, named by its digest, so that what did not change
 * is not written again, and the same value twice is written once.
 *
 * - A string, object or list of more than {@link INLINE} characters is a text of its own. `{"$":"<digest>"}` stands for it.
 *   An object or list that changed may have {@link FRESH}: it will change again, and a text costs its store more than the
 *   characters do. When it does not change it is made a text the next time.
 * - A list of more than {@link GROUP} items is written in groups of so many, and so are the groups, like the digits of a
 *   number: `{"$l":[…, [groups of groups], [groups], [items]]}`. One item more writes the item and the digits that change.
 * - An object of more than {@link WIDE} members is two lists, `{"$o":[names, values]}`.
 * - A name that begins with `$` is written with one more.
 *
 * Values are taken to be frozen: what is the same object as before at its place, or as elsewhere in what is written, is not
 * looked into.
 */
import { hash } from 'node:crypto';
import { type Maybe, StoreError } from './store.ts';

const INLINE = 256;
const FRESH = 700;
const GROUP = 16;
const WIDE = 32;

/** 24 bytes of SHA-256. */
export const digestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 32);

const REFERENCE = /\{"\$":"([\w-]{32})"\}/g;

/** Whether a text is what stands for another, and nothing else. */
export const isReference = (text: string): boolean => /^\{"\$":"[\w-]{32}"\}$/.test(text);

/** The digests that a text refers to. */
export function referencesIn(text: string): string[] {
  return Array.from(text.matchAll(REFERENCE), m => m[1] as string);
}

/** What stands for the groups of a list: of items, of groups, and so on. */
type Levels = readonly (readonly string[])[];

type Texts = Map<string, string>;
type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Makes a text one of its own, and gives what stands for it. */
export function refer(text: string, texts: Texts): string {
  const digest = digestOf(text);
  texts.set(digest, text);
  return `{"$":"${digest}"}`;
}

const short = (text: string, texts: Texts, most = FRESH): string => (text.length > most ? refer(text, texts) : text);

/** How many long strings and how many names a tree remembers. */
const STRINGS = 64;
const NAMES = 256;

/** Remembers what stands for the values that it wrote or read, as long as someone has them. */
export class Tree {
  private readonly written = new WeakMap<object, string>();
  private readonly levels = new WeakMap<object, Levels>();
  /** What is being written: a branch begins with the state that there is. */
  private readonly now = new Set<object>();
  private readonly names = new WeakMap<object, readonly string[]>();
  private readonly nameTexts = new Map<string, string>();
  /** What stands for long strings, which have no identity. */
  private readonly strings = new Map<string, string>();

  /**
   * Writes a value, and gives what stands for it. Texts that the value before did not need are added to `texts`.
   *
   * @param before what was written or read last, and is still kept
   */
  write(value: unknown, before: unknown, texts: Texts): string {
    try {
      return this.writeAny(value, before, texts);
    } finally {
      this.now.clear();
    }
  }

  /** @param before what was at this place */
  private writeAny(value: unknown, before: unknown, texts: Texts): string {
    if (typeof value === 'string') return this.writeString(value, before, texts);
    if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
    const known = value === before || this.now.has(value) ? this.written.get(value) : undefined;
    this.now.add(value);
    if (known !== undefined && known.length <= INLINE) return known;
    const text =
      known !== undefined
        ? refer(known, texts)
        : Array.isArray(value)
          ? this.writeArray(value, before, texts)
          : this.writeObject(value, before, texts);
    this.written.set(value, text);
    return text;
  }

  private writeString(value: string, before: unknown, texts: Texts): string {
    const known = value === before ? this.strings.get(value) : undefined;
    if (known !== undefined) return known;
    const text = short(JSON.stringify(value), texts, INLINE);
    if (text.length > INLINE || value.length <= INLINE) return text;
    if (this.strings.size >= STRINGS) this.strings.clear();
    this.strings.set(value, text);
    return text;
  }

  /** A name with its colon. Most are those of every checkpoint before. */
  private writeName(name: string): string {
    const known = this.nameTexts.get(name);
    if (known !== undefined) return known;
    const text = `${JSON.stringify(name.startsWith('$') ? `$${name}` : name)}:`;
    if (this.nameTexts.size < NAMES) this.nameTexts.set(name, text);
    return text;
  }

  private writeObject(value: object, before: unknown, texts: Texts): string {
    const last = isObject(before) ? before : undefined;
    const names = Object.keys(value);
    if (names.length > WIDE) return this.writeWide(value as Json, names, last, texts);
    let text = '{';
    for (const name of names) {
      const member = (value as Json)[name];
      if (member === undefined) continue;
      const own = this.writeAny(member, last?.[name], texts);
      text += text.length > 1 ? `,${this.writeName(name)}${own}` : this.writeName(name) + own;
    }
    return short(`${text}}`, texts);
  }

  private writeWide(value: Json, all: readonly string[], last: Json | undefined, texts: Texts): string {
    const names = all.filter(name => value[name] !== undefined);
    const before = (last && this.names.get(last)) ?? [];
    const same = names.length === before.length && names.every((name, i) => name === before[i]);
    const kept = same ? before : names;
    this.names.set(value, kept);
    const list = this.writeAny(kept, before, texts);
    const values = names.map(name => value[name]);
    const lastValues = before.map(name => last?.[name]);
    return short(`{"$o":[${list},${this.writeList(value, values, last, lastValues, texts)}]}`, texts);
  }

  private writeArray(value: readonly unknown[], before: unknown, texts: Texts): string {
    const last: readonly unknown[] = Array.isArray(before) ? before : [];
    if (value.length > GROUP) return short(this.writeList(value, value, last, last, texts), texts);
    return short(`[${value.map((item, i) => this.writeAny(item, last[i], texts)).join()}]`, texts);
  }

  /** @param owner whose list it is: its levels are remembered with it */
  private writeList(
    owner: object,
    items: readonly unknown[],
    lastOwner: object | undefined,
    last: readonly unknown[],
    texts: Texts,
  ): string {
    const known: Levels = (lastOwner && this.levels.get(lastOwner)) ?? [];
    const whole = items.length - (items.length % GROUP);
    const write = (at: number): string => refer(`[${this.writeItems(items, last, at, at + GROUP, texts)}]`, texts);
    const levels: string[][] = [grouped(items, last, known[0], write)];
    for (let level = levels[0] ?? []; level.length >= GROUP; level = levels.at(-1) ?? []) {
      const join = (at: number): string => refer(`[${level.slice(at, at + GROUP).join()}]`, texts);
      levels.push(grouped(level, known[levels.length - 1] ?? [], known[levels.length], join));
    }
    this.levels.set(owner, levels);
    const digits = levels.map(level => `[${level.slice(level.length - (level.length % GROUP)).join()}]`).reverse();
    return `{"$l":[${digits.join()},[${this.writeItems(items, last, whole, items.length, texts)}]]}`;
  }

  private writeItems(
    items: readonly unknown[],
    last: readonly unknown[],
    from: number,
    to: number,
    texts: Texts,
  ): string {
    let text = '';
    for (let i = from; i < to; i++) text += `${i > from ? ',' : ''}${this.writeAny(items[i], last[i], texts)}`;
    return text;
  }

  /** Reads the value that a text stands for. `texts` gives those that it refers to, each checked. */
  read(root: string, texts: (digests: readonly string[]) => Maybe<ReadonlyMap<string, string>>): Maybe<unknown> {
    const found = collect(root, texts);
    const build = (all: ReadonlyMap<string, string>): unknown => new Reader(this.written, this.levels, all).read(root);
    return found instanceof Promise ? found.then(build) : build(found);
  }
}

/** How many items two lists have in common from the beginning on. */
function commonLength(items: readonly unknown[], last: readonly unknown[]): number {
  const most = Math.min(items.length, last.length);
  let at = 0;
  while (at < most && items[at] === last[at]) at++;
  return at;
}

/** Whether the group of items from an index on is the same in two lists. */
function sameIn(items: readonly unknown[], last: readonly unknown[], from: number): boolean {
  if (from + GROUP > last.length) return false;
  for (let i = from; i < from + GROUP; i++) if (items[i] !== last[i]) return false;
  return true;
}

/**
 * What stands for each whole group of a list: as before where the group is the same, else as it is made. Most lists grow
 * at their end.
 *
 * @param known what stood for the groups of the list before; absent: nothing is known of them
 */
function grouped(
  items: readonly unknown[],
  last: readonly unknown[],
  known: readonly string[] = [],
  make: (at: number) => string,
): string[] {
  const groups = known.slice(0, Math.floor(commonLength(items, last) / GROUP));
  for (let at = groups.length * GROUP; at + GROUP <= items.length; at += GROUP) {
    const kept = sameIn(items, last, at) ? known[at / GROUP] : undefined;
    groups.push(kept ?? make(at));
  }
  return groups;
}

type Fetch = (digests: readonly string[]) => Maybe<ReadonlyMap<string, string>>;

/** Fetches all that a text leads to, those of one depth together. */
function collect(root: string, fetch: Fetch): Maybe<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  const further = (texts: Iterable<string>): string[] => {
    const next = new Set(Array.from(texts, referencesIn).flat());
    return [...next].filter(digest => !all.has(digest));
  };
  const later = async (pending: Promise<ReadonlyMap<string, string>>): Promise<ReadonlyMap<string, string>> => {
    let found = await pending;
    for (;;) {
      for (const [digest, text] of found) all.set(digest, text);
      const next = further(found.values());
      if (next.length === 0) return all;
      found = await fetch(next);
    }
  };
  for (let next = further([root]); next.length > 0; ) {
    const found = fetch(next);
    if (found instanceof Promise) return later(found);
    for (const [digest, text] of found) all.set(digest, text);
    next = further(found.values());
  }
  return all;
}

class Reader {
  private readonly written: WeakMap<object, string>;
  private readonly levels: WeakMap<object, Levels>;
  private readonly texts: ReadonlyMap<string, string>;
  /** The same text is the same value. */
  private readonly made = new Map<string, unknown>();

  constructor(written: WeakMap<object, string>, levels: WeakMap<object, Levels>, texts: ReadonlyMap<string, string>) {
    this.written = written;
    this.levels = levels;
    this.texts = texts;
  }

  read(text: string): unknown {
    return this.resolve(parse(text));
  }

  private at(digest: string): unknown {
    if (this.made.has(digest)) return this.made.get(digest);
    const value = this.read(this.textOf(digest));
    if (value !== null && typeof value === 'object') this.written.set(value, `{"$":"${digest}"}`);
    this.made.set(digest, value);
    return value;
  }

  private textOf(digest: string): string {
    const text = this.texts.get(digest);
    if (text === undefined) throw new StoreError('corrupt', `the store is damaged: the text ${digest} is missing`);
    return text;
  }

  private resolve(raw: unknown): unknown {
    if (Array.isArray(raw)) return Object.freeze(raw.map(item => this.resolve(item)));
    if (!isObject(raw)) return raw;
    if (typeof raw.$ === 'string') return this.at(raw.$);
    if (raw.$l) return this.list(raw.$l as readonly (readonly unknown[])[]);
    if (raw.$o) return this.wide(raw.$o as readonly [unknown, Json]);
    const own = Object.keys(raw).map(name => [name.startsWith('$') ? name.slice(1) : name, this.resolve(raw[name])]);
    return Object.freeze(Object.fromEntries(own));
  }

  private list(digits: readonly (readonly unknown[])[]): readonly unknown[] {
    const { items, levels } = this.expand(digits);
    this.levels.set(items, levels);
    return items;
  }

  private expand(digits: readonly (readonly unknown[])[]): { items: readonly unknown[]; levels: Levels } {
    const levels: string[][] = [];
    let upper: readonly unknown[] = [];
    for (const digit of digits.slice(0, -1)) {
      upper = [...upper.flatMap(group => parse(this.textOf((group as { $: string }).$)) as unknown[]), ...digit];
      levels.unshift(upper.map(group => JSON.stringify(group)));
    }
    const grouped = upper.flatMap(group => this.at((group as { $: string }).$) as unknown[]);
    const tail = (digits.at(-1) ?? []).map(item => this.resolve(item));
    return { items: Object.freeze([...grouped, ...tail]), levels };
  }

  private wide([names, values]: readonly [unknown, Json]): Json {
    const { items, levels } = this.expand(values.$l as readonly (readonly unknown[])[]);
    const all = this.resolve(names) as readonly string[];
    const out = Object.freeze(Object.fromEntries(all.map((name, i) => [name, items[i]])));
    this.levels.set(out, levels);
    return out;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StoreError('corrupt', 'the store is damaged: a text in it is no JSON', { cause });
  }
}
