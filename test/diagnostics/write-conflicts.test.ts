/** S07 Writes that meet: found beside every other mistake, and in the graphs within. */
import { describe, expect, it } from 'vitest';
import { findings, printed } from './check.ts';

const graph = (more: string, edges = '["START -> [a, b] -> c -> END"]'): string => `
state: { answer: string?, n: { type: number, default: 0 } }
nodes:
  a: { type: set, set: { answer: "'a'" } }
  b: { type: set, set: { answer: "'b'" } }
  c: ${more}
edges: ${edges}
`;

const codesOf = (text: string, files = {}): string[] => findings(text, files).diagnostics.map(d => d.code);

describe('a write conflict is reported', () => {
  it('beside an expression that is wrong', () => {
    expect(codesOf(graph('{ type: set, set: { n: m + 1 } }'))).toEqual(['write-conflict', 'expression-name']);
  });
  it('beside a key that is wrong, and a model that is missing', () => {
    expect(codesOf(graph('{ type: set, sett: {} }'))).toEqual(['write-conflict', 'unknown-key']);
    expect(codesOf(graph('{ type: llm, prompt: Hello }'))).toEqual(['write-conflict', 'missing-model']);
  });
  it('beside a default that is wrong', () => {
    expect(codesOf(graph('{ type: set, set: {} }').replace('default: 0', 'default: x'))).toEqual([
      'bad-default',
      'write-conflict',
    ]);
  });
  it('not when the shape of the graph is not known: an edge names nothing', () => {
    expect(codesOf(graph('{ type: set, set: {} }', '["START -> [a, b] -> cc -> END"]'))).toEqual(['unknown-node']);
  });
  it('once, in a graph that two nodes run', () => {
    const outer = `
nodes: { one: { type: graph, graph: sub.yaml }, two: { type: graph, graph: sub.yaml } }
edges: [START -> one -> two -> END]
`;
    const text = printed(outer, { 'sub.yaml': graph('{ type: set, set: {} }') });
    expect(text).toContain('sub.yaml:5:3: error[write-conflict]: "a" and "b" run in parallel and both write "answer"');
    expect(text.match(/error\[/g)).toHaveLength(1);
  });
});
