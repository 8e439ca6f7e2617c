/** Comments that silence warnings. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileGraph } from '../../src/index.ts';
import { cpuTime } from '../helpers.ts';
import { expectMarked, findings, printed } from './check.ts';

const found = (text: string, files = {}): string[] =>
  findings(text, files).diagnostics.map(d => `${d.code} ${d.span.file === 'graph.yaml' ? '' : d.span.file}`.trim());

/** A graph with a dead condition in its third edge, and a node that only it leads to. */
const graph = `state: { n: { type: number, default: 0 } }
nodes:
  a: { type: set, set: { n: n + 1 } }
  b: { type: set, set: { n: 0 } }
edges:
  - START -> a
  - { from: a, to: b, when: n > 1 && n < 0 }
  - a -> END
  - b -> END
`;
const edge = '  - { from: a, to: b, when: n > 1 && n < 0 }';
const comment = '# statewright-ignore dead-condition until the next release';

it('the graph of this test has one warning', () => expect(found(graph)).toEqual(['dead-condition']));

describe('a comment silences', () => {
  it.each([
    ['the line behind which it stands', graph.replace(edge, `${edge} ${comment}`)],
    ['the line below it', graph.replace(edge, `  ${comment}\n${edge}`)],
    [
      'the line below it, whatever blank lines and comments are between',
      graph.replace(edge, `${comment}\n\n  # A word.\n${edge}`),
    ],
    ['what is indented below it', graph.replace('edges:', `${comment}\nedges:`)],
    [
      'the items of a list that are not indented',
      graph.replaceAll('  - ', '- ').replace('edges:', `${comment}\nedges:`),
    ],
    [
      'an edge of several lines',
      graph.replace(edge, `  ${comment}\n  - from: a\n    to: b\n    when: >-\n      n > 1\n      && n < 0`),
    ],
    ['the file, before its first key', `# A graph.\n---\n${comment}\n# Of mine.\n\n${graph}`],
    [
      'with a colon, and however many signs',
      graph.replace(edge, `${edge} ##  statewright-ignore: dead-condition: later`),
    ],
    ['in a file with other line ends', graph.replace(edge, `  ${comment}\n${edge}`).replaceAll('\n', '\r\n')],
  ])('%s', (_, text) => expect(found(text)).toEqual([]));

  it('a graph within, in its own file, for every node that runs it', () => {
    const outer =
      'nodes: { x: { type: graph, graph: s.yaml }, y: { type: graph, graph: s.yaml } }\nedges: [START -> x -> y -> END]\n';
    expect(found(outer, { 's.yaml': graph })).toEqual(['dead-condition s.yaml']);
    expect(found(outer, { 's.yaml': `${comment}\n${graph}` })).toEqual([]);
    expect(found(`${comment}\n${outer}`, { 's.yaml': graph })).toEqual(['unused-ignore', 'dead-condition s.yaml']);
  });

  it('several codes, one comment each', () => {
    const two = graph.replace('n: 0 }', 'n: 0 }, join: any');
    expect(found(two).sort()).toEqual(['dead-condition', 'no-effect']);
    expect(found(`# statewright-ignore no-effect it is a test\n${comment}\n${two}`)).toEqual([]);
  });

  it('a secret, which is still not shown', () => {
    const text = `nodes: { a: { type: interrupt, message: "redis://u:pa55word@h" } } # statewright-ignore secret an example\nedges: [START -> a -> ENDE]\n`;
    expect(found(text)).toEqual(['unknown-node']);
    const line = text.replace('}', ', outptu: x }').replace('ENDE', 'END');
    expect(printed(line)).toContain('error[unknown-key]');
    expect(printed(line)).not.toContain('pa55word');
  });
});

describe('a comment does not silence', () => {
  it.each([
    ['another line', graph.replace('  - a -> END', `  - a -> END ${comment}`)],
    ['what stands above it', graph.replace('  - a -> END', `  ${comment}\n  - a -> END`)],
    ['what is not indented below it', graph.replace('nodes:', `${comment}\nnodes:`)],
    ['another code', graph.replace(edge, `${edge} # statewright-ignore no-effect it is not this one`)],
  ])('%s, and is a finding itself', (_, text) => {
    expect(found(text).sort()).toEqual(['dead-condition', 'unused-ignore']);
  });
  it.each([
    ['in a text', graph.replace('START -> a', `START -> a\n  - "a -> b ${comment}"`)],
    ['in a block text', `description: |\n  ${comment}\n${graph}`],
    ['in a plain text of several lines', `description: a\n  b${comment}\n${graph}`],
    ['in quotes', `description: "x ${comment}"\n${graph}`],
  ])('when it is none: %s', (_, text) => {
    expect(found(text)).toContain(text.includes('"a -> b') ? 'edge-syntax' : 'dead-condition');
    expect(found(text)).not.toContain('unused-ignore');
  });
});

describe('a comment that says too little is a finding', () => {
  const commented = (words: string): string => graph.replace(edge, `${edge} «${words}»`);
  it.each([
    ['# statewright-ignore', 'does not say which code', 'write "# statewright-ignore CODE reason"'],
    ['# statewright-ignore dead-condition', 'gives no reason for silencing "dead-condition"', 'CODE reason'],
    ['# statewright-ignore dead-condition --', 'gives no reason', 'CODE reason'],
    ['# statewright-ignore dead-conditions it is', 'no code "dead-conditions"', 'did you mean "dead-condition"?'],
    ['# statewright-ignore unknown-node it is', '"unknown-node" is an error: it cannot be silenced', 'correct what'],
    ['# statewright-ignore unused-ignore it is', '"unused-ignore" cannot be silenced', 'correct or remove'],
    ['# statewright-ignore dead-condition, no-effect it is', 'names two codes', 'a comment for each'],
    ['# statewright-disable dead-condition it is', 'no comment "statewright-disable"', 'statewright-ignore CODE'],
  ])('%s', (words, message, hint) => {
    const report = printed(commented(words));
    expect(report).toContain(message);
    expect(report).toContain(hint);
    expectMarked('bad-ignore', commented(words).replace('n > 1 && n < 0', 'n > 1'));
  });
});

it('a comment is not called unused where errors kept others from being looked at', () => {
  const text = graph.replace('nodes:', `${comment}\nnodes:`).replace('n + 1', 'm + 1');
  expect(found(text)).not.toContain('unused-ignore');
});

it('check --strict respects them', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'statewright-ignore-'));
  const bin = path.resolve(import.meta.dirname, '../../bin/statewright.js');
  const check = (text: string): { status: number | null; stdout: string } => {
    writeFileSync(path.join(folder, 'graph.yaml'), text);
    return spawnSync(process.execPath, [bin, 'check', '--strict', 'graph.yaml'], { cwd: folder, encoding: 'utf8' });
  };
  try {
    expect(check(graph)).toMatchObject({ status: 2 });
    expect(check(`${comment}\n${graph}`)).toMatchObject({ status: 0, stdout: '1 graph checked, nothing found\n' });
    expect(check(graph.replace(edge, `${edge} # statewright-ignore dead-condition`))).toMatchObject({ status: 2 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([
  ['blank lines', `${'\n'.repeat(900_000)}${comment}\n${graph}`],
  ['comments', `${`${comment}\n`.repeat(12_000)}${graph}`],
  ['comments above one large block', `x: 1\n${`${comment}\n`.repeat(900)}nodes:\n${'  a: 1\n'.repeat(30_000)}`],
  ['comments at every line', `x: 1\n${`  a: 1 ${comment}\n`.repeat(10_000)}`],
])('a large file of %s takes no time', (_, text) => {
  const begin = cpuTime();
  compileGraph(text);
  expect(cpuTime() - begin).toBeLessThan(2_000);
});
