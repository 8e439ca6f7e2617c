/** C4: storing costs what changed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referencesIn, Tree } from '../../src/store/tree.ts';

/** A tree over a map of texts, as a store keeps them. */
function kept() {
  const texts = new Map<string, string>();
  let last: { readonly value: unknown; readonly root: string } | undefined;
  const tree = new Tree();
  const get = (digests: readonly string[]): Map<string, string> =>
    new Map(digests.map(digest => [digest, texts.get(digest) ?? '"missing"']));
  let given = 0;
  return {
    texts,
    /** How many texts the value that was written last gave, those that were kept before too. */
    given: (): number => given,
    /** Writes the next value; gives the length of what had to be kept for it. */
    put(value: unknown): number {
      const fresh = new Map<string, string>();
      const root = tree.write(value, last?.value, fresh);
      let cost = root.length;
      for (const [digest, text] of fresh) {
        if (!texts.has(digest)) cost += text.length;
        texts.set(digest, text);
      }
      last = { value, root };
      given = fresh.size;
      return cost;
    },
    /** Forgets what is in memory, and reads the last value again. */
    reload(): unknown {
      const { root } = last as { root: string };
      const value = tree.read(root, get);
      last = { value, root };
      return value;
    },
    read: (): unknown => new Tree().read(last?.root ?? '', get),
  };
}

const json = fc.jsonValue({ maxDepth: 4 }).map(value => JSON.parse(JSON.stringify(value)) as unknown);

describe('what is written is read again', () => {
  it('whatever it is', () => {
    fc.assert(
      fc.property(fc.array(json, { maxLength: 300, size: 'max' }), values => {
        const store = kept();
        store.put(values);
        expect(store.read()).toEqual(values);
      }),
      { numRuns: 100 },
    );
  });

  it('after any changes of one value, read again or not between them', () => {
    const change = fc.record({
      at: fc.nat(400),
      what: json,
      how: fc.constantFrom('set', 'push', 'cut', 'name', 'twice', 'reload'),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80, size: 'max' }), changes => {
        const store = kept();
        let value: Readonly<Record<'list' | 'twice', readonly unknown[]>> & {
          wide: Readonly<Record<string, unknown>>;
        } = {
          twice: [],
          list: Array.from({ length: 300 }, (_, i) => ({ i })),
          wide: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`n${i}`, i])),
        };
        store.put(value);
        for (const { at, what, how } of changes) {
          const { list, wide } = value;
          if (how === 'push') value = { ...value, list: [...list, what] };
          if (how === 'cut') value = { ...value, list: list.slice(at % 7) };
          if (how === 'set') value = { ...value, list: list.with(at % Math.max(1, list.length), what) };
          if (how === 'name') value = { ...value, wide: { ...wide, [`n${at}`]: what } };
          if (how === 'twice') value = { ...value, twice: list };
          if (how === 'reload') value = store.reload() as typeof value;
          store.put(value);
          expect(store.read()).toEqual(value);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('names and texts that look like references are themselves', () => {
    const store = kept();
    const value = { $: 'x', $l: [], $$: { $o: 1 }, text: '{"$":"0123456789012345678901234567890a"}' };
    store.put(value);
    expect(store.read()).toEqual(value);
    expect([...store.texts.values()].flatMap(referencesIn)).toEqual([]);
  });
});

describe('C4: what did not change is not written again', () => {
  const message = (i: number): object => ({ id: `m${i}`, role: 'user', content: `${i} `.repeat(150) });

  it('a list that grows by one item costs the item and little more, however long it is', () => {
    const store = kept();
    let list: readonly object[] = [];
    const costs: number[] = [];
    for (let i = 0; i < 5_000; i++) {
      list = [...list, message(i)];
      costs.push(store.put({ messages: list }) - JSON.stringify(message(i)).length);
    }
    expect(Math.max(...costs)).toBeLessThan(4_000);
    const mean = costs.reduce((a, b) => a + b) / costs.length;
    expect(mean).toBeLessThan(1_500);
  });

  it('also after it was read from the store', () => {
    const store = kept();
    store.put({ messages: Array.from({ length: 1_000 }, (_, i) => message(i)) });
    const { messages } = store.reload() as { messages: readonly object[] };
    const added = store.put({ messages: [...messages, message(1_000)] });
    expect(added).toBeLessThan(JSON.stringify(message(1_000)).length + 2_500);
  });

  it('one name of many costs little', () => {
    const store = kept();
    const visits = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`node${i}`, 1]));
    store.put({ visits });
    expect(store.put({ visits: { ...visits, node777: 2 } })).toBeLessThan(3_000);
    expect(store.put({ visits: { ...visits, node777: 2, more: 1 } })).toBeLessThan(3_000);
  });

  it('a branch begins with the state that there is, and costs none of it', () => {
    const store = kept();
    const messages = Array.from({ length: 1_000 }, (_, i) => message(i));
    store.put({ state: { messages, step: 0 }, scopes: {} });
    const state = { messages, step: 1 };
    store.put({ state, scopes: { left: { state }, right: { state: { ...state, own: 'x'.repeat(1_000) } } } });
    expect(store.given()).toBeLessThan(5);
  });

  it('a value twice is kept once', () => {
    const store = kept();
    const large = { text: 'x'.repeat(100_000) };
    expect(store.put({ a: large, b: [large, { c: structuredClone(large) }] })).toBeLessThan(101_000);
  });
});
