/** S41, the rest: the shape of a graph, and the files and functions that it names. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectMarked, printed } from './check.ts';
import { findingsOf } from './fixtures.ts';

/** A graph of `set` nodes with one-letter ids; a mark goes around a node or into an edge. */
const shape = (nodes: readonly string[], ...edges: string[]): string =>
  `nodes:\n${nodes.map(id => `  ${id}: { type: set, set: {} }\n`).join('')}edges:\n${edges.map(e => `  - ${e}\n`).join('')}`;

describe('S41 an unreachable node', () => {
  it('S41 is one finding, with what only it leads to', () => {
    const text = shape(['a', '«b»', 'c'], 'START -> a -> END', 'b -> c -> END');
    expectMarked('unreachable', text);
    expect(printed(text)).toContain('no path from START reaches node "b", nor c behind it');
  });
  it('S41 is one finding when it leads nowhere either', () => {
    expectMarked('unreachable', shape(['a', '«b»'], 'START -> a -> END'));
  });
  it('S41 is found in a circle of its own', () => {
    expect(printed(shape(['a', 'b', 'c'], 'START -> a -> END', 'b -> c -> b'))).toContain('error[unreachable]');
  });
});

describe('S41 a node with no way out', () => {
  it('S41 is named, with the edge to add', () => {
    const text = shape(['a', '«b»'], 'START -> [a, b]', 'a -> END');
    expectMarked('no-way-out', text);
    expect(printed(text)).toContain('hint: add "b -> END"');
  });
});

describe('S41 two defaults', () => {
  it('S41 the second is marked, the place of the first given', () => {
    const when = '{ from: a, to: b, when: visits.a > 1 }';
    const text = shape(['a', 'b'], 'START -> a', when, 'a -> b', '«a -> END»', 'b -> END');
    expectMarked('two-defaults', text);
    expect(printed(text)).toContain('also graph.yaml:7:5: the first default');
  });
});

describe('S41 a cycle with no exit', () => {
  it('S41 of two nodes, and of one', () => {
    expectMarked('endless-cycle', shape(['«a»', 'b'], 'START -> a -> b -> a'));
    expectMarked('endless-cycle', shape(['«a»'], 'START -> a -> a'));
  });
});

describe('S41 what follows from a mistake is not reported', () => {
  it('S41 an unknown node causes no finding about reach and ways out', () => {
    expectMarked('unknown-node', shape(['a', 'b', 'c'], 'START -> a -> «bb»', 'b -> c -> END'));
  });
  it('S41 a node that cannot be read is still there for the others', () => {
    const nodes =
      'nodes:\n  a: { type: «sett», set: {} }\n  b: { type: set, set: {} }\nedges:\n  - START -> a -> b -> END\n';
    expectMarked('unknown-type', nodes);
  });
  it('S41 a state key whose type cannot be read is still there for expressions', () => {
    const text = `state: { n: «nubmer» }\n${shape(['a'], 'START -> a', '{ from: a, to: END, when: n > 1 }', 'a -> a')}`;
    expectMarked('unknown-type', text.replace('  a: {', '  a: { maxVisits: 3,'));
  });
});

describe('S41 files and functions', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 's41-'));
  const load = async (keys: string): Promise<string[]> => {
    const file = path.join(folder, 'graph.yaml');
    writeFileSync(file, `nodes:\n  a: { ${keys} }\nedges:\n  - START -> a -> END\n`);
    const { diagnostics } = await findingsOf(file);
    return diagnostics.map(d => `${d.code}: ${d.message}`);
  };
  writeFileSync(path.join(folder, 'fns.ts'), 'export const rate = () => ({});\nexport const five = 5;\n');
  writeFileSync(path.join(folder, 'broken.ts'), 'export const = 5;\n');

  it('S41 a prompt file that is not there', async () => {
    const llm = 'type: llm, model: scripted, prompt:';
    const text = `nodes:\n  a: { ${llm} «p/ask.yaml» }\nedges:\n  - START -> a -> END\n`;
    expectMarked('missing-file', text);
    expect(await load(`${llm} p/ask.yaml`)).toEqual(['missing-file: the prompt file "p/ask.yaml" cannot be read']);
  });
  it('S41 a function that is not exported', async () => {
    expect(await load('type: function, function: "./fns.ts#rat"')).toEqual([
      'missing-function: the function of node "a": "./fns.ts" exports no function "rat"',
    ]);
    expect(await load('type: function, function: "./fns.ts#rate"')).toEqual([]);
  });
  it('S41 an export that is no function, and a file that is not there or cannot be imported', async () => {
    expect(await load('type: function, function: "./fns.ts#five"')).toEqual([
      'missing-function: the function of node "a": "./fns.ts" exports no function "five"',
    ]);
    expect((await load('type: function, function: "./none.ts#rate"'))[0]).toMatch(/^missing-file/);
    expect((await load('type: function, function: "./broken.ts#rate"'))[0]).toMatch(/^missing-function.*imported/);
  });
});
