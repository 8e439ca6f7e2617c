/** The shapes of generated graphs: sequences, choices, loops, forks, maps, subgraphs, early ends. */
import * as fc from 'fast-check';

/** Kinds of nodes with a body; `mode` says how it fails (`bodies.ts`). */
const BODIES = ['fn', 'lm', 'tl', 'ht', 'ma', 'mc'] as const;
const WAITS = ['st', 'in', 'wf', 'wu', 'we'] as const;

export type BodyKind = (typeof BODIES)[number];
export type WaitKind = (typeof WAITS)[number];
export type Mode = 'o' | 'x' | 'y' | 'b';

/** Keys of a node with a body. */
export interface Keys {
  readonly retry: { readonly attempts: number; readonly on: string | null } | null;
  readonly timeout: boolean;
  readonly deadline: boolean;
  readonly before: boolean;
  readonly after: boolean;
  readonly onError: 'continue' | 'node' | 'END' | null;
}

export interface Leaf {
  readonly kind: 'node';
  readonly type: BodyKind | WaitKind;
  readonly mode: Mode;
  readonly keys: Keys;
  /** An interrupt that answers itself, a wait whose event others wait for too, a function without a default edge. */
  readonly special: boolean;
}

export interface Fork {
  readonly kind: 'fork';
  readonly direct: boolean;
  /** As a branch of another fork, it has no node of its own: its branches are targets of the outer fork. */
  readonly flat: boolean;
  readonly need: 'any' | 2 | null;
  /** The conditions of `route: all`, one per target. */
  readonly each: readonly number[] | null;
  readonly branches: readonly Block[];
}

export interface MapBlock {
  readonly kind: 'map';
  readonly items: number;
  readonly concurrency: number;
  readonly minSuccess: number | null;
  readonly onError: 'continue' | 'node' | null;
  readonly deadline: boolean;
  /** What runs for an item: a node, or a graph. */
  readonly body: Leaf | { readonly kind: 'graph'; readonly body: Block };
  /** A map in the map. */
  readonly nested: boolean;
}

export type Block =
  | Leaf
  | Fork
  | MapBlock
  | { readonly kind: 'seq'; readonly blocks: readonly Block[] }
  | {
      readonly kind: 'choice';
      readonly condition: number;
      readonly ends: boolean;
      readonly left: Block;
      readonly right: Block;
    }
  | {
      readonly kind: 'router';
      readonly fallback: boolean;
      readonly keys: Keys;
      readonly left: Block;
      readonly right: Block;
    }
  | { readonly kind: 'self'; readonly leaf: Leaf; readonly rounds: number }
  | {
      readonly kind: 'loop';
      readonly rounds: number;
      readonly budget: number | null;
      readonly limit: boolean;
      readonly body: Block;
    }
  | { readonly kind: 'graph'; readonly keys?: Keys; readonly body: Block }
  | {
      readonly kind: 'zone';
      readonly leaves: readonly Leaf[];
      readonly bits: readonly boolean[];
      readonly condition: number;
    }
  | { readonly kind: 'leave'; readonly condition: number };

export const CONDITIONS = ['n < 2', 'n < 5', 'size(seen) % 2 == 0', 'size(seen) < 6', 'true', 'false'];

const rarely = fc.integer({ min: 0, max: 4 }).map(n => n === 4);
const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 3 });
const condition = fc.nat(CONDITIONS.length - 1);

const noKeys: Keys = { retry: null, timeout: false, deadline: false, before: false, after: false, onError: null };
const keys = fc.oneof(
  { weight: 2, arbitrary: fc.constant(noKeys) },
  {
    weight: 3,
    arbitrary: fc.record<Keys>({
      retry: fc.option(
        fc.record({
          attempts: fc.integer({ min: 1, max: 3 }),
          on: sometimes(fc.constantFrom('EX', '[EX, EY, timeout]', '[http-503, http-404, undeclared-key]')),
        }),
      ),
      timeout: rarely,
      deadline: rarely,
      before: rarely,
      after: rarely,
      onError: sometimes(fc.constantFrom('continue', 'node', 'END')),
    }),
  },
);
const mode = fc.constantFrom<Mode>('o', 'o', 'x', 'y', 'b');
const leaf = fc.record<Leaf>({
  kind: fc.constant('node'),
  type: fc.oneof(fc.constant('fn' as const), fc.constantFrom(...BODIES), fc.constantFrom(...WAITS)),
  mode,
  keys,
  special: rarely,
});
const forkOf = (block: fc.Arbitrary<Block>): fc.Arbitrary<Block> =>
  fc.record<Fork>({
    kind: fc.constant('fork'),
    direct: rarely,
    flat: fc.boolean(),
    need: sometimes(fc.constantFrom<'any' | 2>('any', 2)),
    each: sometimes(fc.array(condition, { minLength: 1, maxLength: 5 })),
    branches: fc.array(block, { minLength: 2, maxLength: 3, size: 'max' }),
  });

const anyBlock: fc.Arbitrary<Block> = fc.letrec<{ block: Block }>(tie => {
  const block = tie('block');
  const kind = <K extends Block['kind']>(name: K): fc.Arbitrary<K> => fc.constant(name);
  const graph = fc.record({ kind: kind('graph'), body: block });
  const weigh = (weight: number, arbitrary: fc.Arbitrary<Block>) => ({ weight, arbitrary });
  return {
    block: fc.oneof(
      { maxDepth: 4, depthSize: 'large', withCrossShrink: true },
      weigh(6, leaf),
      weigh(4, fc.record({ kind: kind('seq'), blocks: fc.array(block, { minLength: 1, maxLength: 3, size: 'max' }) })),
      weigh(3, forkOf(block)),
      weigh(2, fc.record({ kind: kind('choice'), condition, ends: rarely, left: block, right: block })),
      weigh(1, fc.record({ kind: kind('router'), fallback: fc.boolean(), keys, left: block, right: block })),
      weigh(1, fc.record({ kind: kind('self'), leaf, rounds: fc.integer({ min: 1, max: 3 }) })),
      weigh(
        2,
        fc.record({
          kind: kind('loop'),
          rounds: fc.integer({ min: 1, max: 3 }),
          budget: fc.option<number>(fc.integer({ min: 1, max: 3 })),
          limit: fc.boolean(),
          body: block,
        }),
      ),
      weigh(
        2,
        fc.record<MapBlock>({
          kind: kind('map'),
          items: fc.nat(4),
          concurrency: fc.integer({ min: 1, max: 3 }),
          minSuccess: sometimes(fc.constantFrom(1, 2, 0.4)),
          onError: sometimes(fc.constantFrom('continue', 'node')),
          deadline: rarely,
          body: fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 2, arbitrary: graph }),
          nested: rarely,
        }),
      ),
      weigh(1, fc.record({ kind: kind('graph'), keys, body: block })),
      weigh(
        1,
        fc.record({
          kind: kind('zone'),
          leaves: fc.array(leaf, { minLength: 3, maxLength: 6, size: 'max' }),
          bits: fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }),
          condition,
        }),
      ),
      weigh(1, fc.record({ kind: kind('leave'), condition })),
    ),
  };
}).block;

/** Whole graphs: a few blocks, one behind the other. */
export const blocks: fc.Arbitrary<Block> = fc.record({
  kind: fc.constant('seq'),
  blocks: fc.array(anyBlock, { minLength: 1, maxLength: 4, size: 'max' }),
});
