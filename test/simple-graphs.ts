/** Small generated graphs of one file: functions, choices, loops, forks, early ends. */
import * as fc from 'fast-check';

/** The shape of a generated graph: sequences, choices, loops, forks, early ends. */
export type Block =
  | { kind: 'node'; type: 'function' | 'set' | 'interrupt' | 'flaky' }
  | { kind: 'seq'; blocks: Block[] }
  | { kind: 'choice'; condition: number; left: Block; right: Block }
  | { kind: 'self'; type: 'function' | 'interrupt' | 'set'; rounds: number }
  | { kind: 'loop'; rounds: number; budget: number | null; body: Block }
  | { kind: 'fork'; direct: boolean; branches: Block[] }
  | { kind: 'leave'; condition: number };

export const blocks: fc.Arbitrary<Block> = fc.letrec<{ block: Block }>(tie => ({
  block: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('node' as const),
        type: fc.constantFrom('function' as const, 'set' as const, 'interrupt' as const, 'flaky' as const),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('seq' as const),
        blocks: fc.array(tie('block'), { minLength: 1, maxLength: 3 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('choice' as const),
        condition: fc.nat(5),
        left: tie('block'),
        right: tie('block'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('loop' as const),
        rounds: fc.integer({ min: 1, max: 3 }),
        budget: fc.option(fc.integer({ min: 1, max: 3 })),
        body: tie('block'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('self' as const),
        type: fc.constantFrom('function' as const, 'interrupt' as const, 'set' as const),
        rounds: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('fork' as const),
        direct: fc.boolean(),
        branches: fc.array(tie('block'), { minLength: 2, maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), condition: fc.nat(5) }) },
  ),
})).block;

const CONDITIONS = ['n < 2', 'n < 5', 'size(seen) % 2 == 0', 'size(seen) < 6', 'true', 'false'];

/** Writes a block as a YAML graph. Every loop has a counter of its own. */
export function toYaml(block: Block): string {
  const nodes: string[] = [];
  const edges: string[] = [];
  const keys: string[] = [];
  let count = 0;
  const set = (id: string, more = ''): string => `  ${id}: { type: set, set: { seen: "'${id}'"${more} }`;
  const id = (prefix: string): string => `${prefix}${count++}`;

  /** Adds a block that goes on to `next`; returns where it begins. */
  function add(b: Block, next: string): string {
    switch (b.kind) {
      case 'node': {
        const name = id(b.type === 'set' ? 's' : b.type === 'interrupt' ? 'i' : b.type === 'flaky' ? 'x' : 'f');
        if (b.type === 'set') nodes.push(`${set(name, ', n: 1')} }`);
        else if (b.type === 'interrupt') nodes.push(`  ${name}: { type: interrupt, message: "n is {{ n }}" }`);
        else nodes.push(`  ${name}: { type: function, function: body }`);
        edges.push(`  - ${name} -> ${next}`);
        return name;
      }
      case 'seq':
        return [...b.blocks].reverse().reduce((then, inner) => add(inner, then), next);
      case 'choice': {
        const name = id('c');
        nodes.push(`${set(name)} }`);
        edges.push(`  - { from: ${name}, to: ${add(b.left, next)}, when: "${CONDITIONS[b.condition]}" }`);
        edges.push(`  - ${name} -> ${add(b.right, next)}`);
        return name;
      }
      case 'self': {
        const name = id(b.type === 'set' ? 's' : b.type === 'interrupt' ? 'i' : 'f');
        if (b.type === 'set') nodes.push(`${set(name)} }`);
        else if (b.type === 'interrupt') nodes.push(`  ${name}: { type: interrupt, message: "?" }`);
        else nodes.push(`  ${name}: { type: function, function: body }`);
        edges.push(`  - { from: ${name}, to: ${name}, when: visits.${name} < ${b.rounds} }`, `  - ${name} -> ${next}`);
        return name;
      }
      case 'loop': {
        const head = id('l');
        const tail = id('t');
        keys.push(head);
        const limit = b.budget === null ? '' : `, maxVisits: ${b.budget}, onLimit: ${next}`;
        nodes.push(`${set(head, `, k_${head}: k_${head} + 1`)}${limit} }`, `${set(tail)} }`);
        edges.push(`  - ${head} -> ${add(b.body, tail)}`);
        edges.push(`  - { from: ${tail}, to: ${head}, when: k_${head} < ${b.rounds} }`, `  - ${tail} -> ${next}`);
        return head;
      }
      case 'fork': {
        const name = id('k');
        const join = id('j');
        nodes.push(`${set(name)} }`, `${set(join)} }`);
        const heads = b.branches.map(branch => add(branch, join));
        edges.push(`  - ${name} -> [${[...heads, ...(b.direct ? [join] : [])].join(', ')}]`, `  - ${join} -> ${next}`);
        return name;
      }
      case 'leave': {
        const name = id('e');
        nodes.push(`${set(name)} }`);
        edges.push(`  - { from: ${name}, to: END, when: "${CONDITIONS[b.condition]}" }`, `  - ${name} -> ${next}`);
        return name;
      }
    }
  }

  nodes.push(`${set('last')} }`);
  edges.push('  - last -> END');
  const first = add(block, 'last');
  const counters = keys.map(k => `  k_${k}: { type: number, default: 0 }`);
  const state = [
    '  seen: { type: array, items: string, merge: append }',
    '  n: { type: number, merge: sum }',
    ...counters,
  ];
  return `name: generated\nstate:\n${state.join('\n')}\nnodes:\n${nodes.join('\n')}\nedges:\n  - START -> ${first}\n${edges.join('\n')}\n`;
}
