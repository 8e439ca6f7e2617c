/** State keys that nothing uses. */
import { expect, it } from 'vitest';
import { expectMarked, findings, printed } from './check.ts';

const graph = (state: string, node: string, more = ''): string =>
  `model: m\nstate:\n  ${state}\n  n: { type: number, default: 0 }\nnodes:\n  a: { ${node} }\nedges:\n  - START -> a -> END\n${more}`;

const SET = 'type: set, set: { n: n + 1 }';

it('is found, at its name', () => {
  expectMarked('unused-key', graph('«left»: string', SET));
  expectMarked('unused-key', graph('«left»: { type: number, default: 0 }', SET, 'output: n\n'));
});

it.each([
  ['an expression', 'type: set, set: { n: size(left) }'],
  ['the input of a function', 'type: function, function: f, input: { x: left }, output: n'],
  ['a text', 'type: llm, prompt: "Hello {{ left }} {{ n }}"'],
  ['a tag in a text', 'type: interrupt, message: "{% if left %}{{ n }}{% endif %}"'],
  ['a function that is given everything', 'type: function, function: f, output: n'],
  ['a function that may write anything', 'type: function, function: f, input: { n: n }'],
  ['a write, where the whole state is the result', 'type: set, set: { left: "\'x\'", n: 1 }'],
])('is not one that is used by %s', (_, node) => {
  expect(findings(graph('left: string', node)).diagnostics).toEqual([]);
});

it('is not one that a condition or the output uses', () => {
  const when = graph('left: string', SET).replace(
    'START -> a',
    '{ from: START, to: a, when: left == "" }\n  - START -> END\n  - a',
  );
  expect(findings(when).diagnostics).toEqual([]);
  expect(findings(graph('left: string', SET, 'output: left\n')).diagnostics.map(d => d.message)).toEqual([]);
});

it('is one that is written for nobody', () => {
  const text = graph('«left»: string?', 'type: set, set: { n: n + 1, left: "\'x\'" }', 'output: n\n');
  expectMarked('unused-key', text);
  expect(printed(text)).toContain('"left" is written, but nothing reads it and it is not in "output"');
});

it('is not looked for in a graph with errors: what was meant is not known', () => {
  const text = graph('left: string', 'type: set, set: { n: size(lft) }');
  expect(findings(text).diagnostics.map(d => d.code)).toEqual(['expression-name']);
});

it('is found in a graph within', () => {
  const sub = graph('«left»: { type: number, default: 0 }', SET);
  expectMarked('unused-key', 'nodes: { s: { type: graph, graph: sub.yaml } }\nedges: [START -> s -> END]\n', {
    'sub.yaml': sub,
  });
});
