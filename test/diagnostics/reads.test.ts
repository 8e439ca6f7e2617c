/** Keys that are read before anything wrote them. */
import { describe, expect, it } from 'vitest';
import { createExprCompiler } from '../../src/compile/expr.ts';
import { failsOnNull } from '../../src/compile/null-reads.ts';
import { expectMarked, findings, printed } from './check.ts';

const graph = (nodes: Record<string, string>, ...edges: string[]): string =>
  `state: { k: any?, n: any?, go: { type: boolean, default: false } }\nnodes:\n${Object.entries(nodes)
    .map(([id, set]) => `  ${id}: ${set.startsWith('{') ? set : `{ type: set, set: { ${set} } }`}\n`)
    .join('')}edges:\n${edges.map(e => `  - ${e}\n`).join('')}output: [k, n, go]\n`;

const codesOf = (text: string): string[] => findings(text).diagnostics.map(d => d.code);

describe('a key that begins as null is read too early', () => {
  it('by the node that writes it', () => {
    expectMarked('read-before-write', graph({ '«a»': 'k: k + 1' }, 'START -> a -> END'));
  });
  it('by a node before the one that writes it', () => {
    const text = graph({ '«a»': 'n: k.score * 2', b: 'k: 1' }, 'START -> a -> b -> END');
    expectMarked('read-before-write', text);
    const report = printed(text);
    expect(report).toContain(
      '"k" is read in "k.score * 2" before anything writes it: it is null unless the input gives it',
    );
    expect(report).toContain('also graph.yaml:4:3: it is written here, later');
  });
  it('by the first condition', () => {
    const when = (k: string): string => `{ from: a, to: END, when: ${k} }`;
    expectMarked('read-before-write', graph({ a: 'n: 1', b: 'k: 1' }, 'START -> a', when('«k > 3»'), 'a -> b -> END'));
    expectMarked('read-before-write', graph({ a: 'n: 1', b: 'k: true' }, 'START -> a', when('«k»'), 'a -> b -> END'));
  });
  it('on the first round of a cycle', () => {
    const loop = ['START -> a -> b', '{ from: b, to: END, when: go }', 'b -> a'];
    expectMarked(
      'read-before-write',
      graph({ '«a»': 'n: k + 1', b: '{ type: set, set: { k: 1 }, maxVisits: 3 }' }, ...loop),
    );
  });
});

describe('nothing is said', () => {
  it.each([
    ['of a key that was written before', graph({ a: 'k: 1', b: 'n: k + 1' }, 'START -> a -> b -> END')],
    [
      'of a condition behind the node that writes',
      graph({ a: 'k: true' }, 'START -> a', '{ from: a, to: END, when: k }', 'a -> END'),
    ],
    ['of a key that no node writes: it is an input', graph({ a: 'n: k + 1' }, 'START -> a -> END')],
    ['of an expression that asks first', graph({ a: 'k: "k == null ? 1 : k + 1"' }, 'START -> a -> END')],
    ['of one that takes null', graph({ a: 'n: k, go: k == 1', b: 'k: 1' }, 'START -> a -> b -> END')],
    ['of a fork, whose branches may write', graph({ a: 'n: k + 1', b: 'k: 2' }, 'START -> [a, b] -> END')],
    ['of a text', graph({ a: '{ type: interrupt, message: "{{ k }}" }', b: 'k: 1' }, 'START -> a -> b -> END')],
    [
      'of a second condition',
      graph(
        { a: 'n: 1', b: 'k: 1' },
        'START -> a',
        '{ from: a, to: b, when: go }',
        '{ from: a, to: END, when: k > 3 }',
        'a -> b -> END',
      ),
    ],
    [
      'of a node that a condition leads to',
      graph({ a: 'n: k + 1', b: 'k: 1' }, '{ from: START, to: a, when: go }', 'START -> b', 'a -> b -> END'),
    ],
    [
      'behind a function that may write anything',
      graph({ f: '{ type: function, function: f }', a: 'n: k + 1', b: 'k: 1' }, 'START -> f -> a -> b -> END'),
    ],
    [
      'of a key with a default',
      graph({ a: 'k: k + 1' }, 'START -> a -> END').replace('k: any?', 'k: { type: number, default: 0 }'),
    ],
    ['of a key that is required', graph({ a: 'k: k + 1' }, 'START -> a -> END').replace('k: any?', 'k: number')],
  ])('%s', (_, text) => {
    expect(codesOf(text)).toEqual([]);
  });
});

const compiler = createExprCompiler({ k: 'dyn', x: 'dyn', l: 'list<dyn>' });

it.each([
  'k + 1',
  '1.0 - k',
  'k * 2',
  'k / 2',
  'k % 2',
  '-k > 1',
  '!k',
  'k < 1',
  '1 >= k',
  'k.a',
  'k.a.b == 1',
  'k[0]',
  'k["a"]',
  'size(k)',
  'k.size()',
  'k.startsWith("a")',
  'k.exists(t, t == 1)',
  'k ? 1 : 2',
  '[k + 1]',
  '{"a": k + 1}',
  'k.a in [1]',
])('%s fails when k is null, whatever the rest holds', source => {
  const result = compiler.compile(source);
  if (!result.ok) throw new Error(JSON.stringify(result.problem));
  expect([...failsOnNull(result.expr.tree)]).toEqual(['k']);
  for (const x of [null, 1, 'a', true]) expect(() => result.expr.evaluate({ k: null, x, l: [] })).toThrow();
});

it.each([
  'k',
  'k == null',
  'k in [1]',
  '[k]',
  'x && k > 1',
  'k > 1 || x',
  'x ? k + 1 : 0',
  'has(k.a)',
  'l.exists(t, t > k)',
  'string(k)',
])('%s may stand where k is null', source => {
  const result = compiler.compile(source);
  if (!result.ok) throw new Error(JSON.stringify(result.problem));
  expect([...failsOnNull(result.expr.tree)].filter(name => name === 'k')).toEqual([]);
});
