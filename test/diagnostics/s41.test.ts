/** S41: what is wrong in a graph is refused with a code, a position and a hint. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileGraph, createActor, failuresOf } from './actors.ts';
import { check, printed } from './check.ts';
import { findingsOf } from './fixtures.ts';

/** A graph of one node `a` with this state, its keys, and edges beside `START -> a`. */
const graph = (parts: { state?: string; a?: string; edges?: readonly string[] }): string =>
  [
    `state: { ${parts.state ?? 'score: { type: number, default: 0 }'} }`,
    'nodes:',
    `  a: { ${parts.a ?? 'type: set, set: {}'} }`,
    'edges:',
    '  - START -> a',
    ...(parts.edges ?? ['a -> END']).map(edge => `  - ${edge}`),
    '',
  ].join('\n');

describe('S41 an unknown node', () => {
  it('S41 in a chain', () => {
    expect(check(graph({ edges: ['a -> aa -> END'] }))).toEqual(['6:10 unknown-node']);
  });
  it('S41 in a list of a chain', () => {
    expect(check(graph({ edges: ['a -> [END, bcd]'] }))).toEqual(['6:16 unknown-node']);
  });
  it('S41 in a quoted chain', () => {
    expect(check(graph({ edges: ['"[a, bcd] -> END"'] }))).toEqual(['6:10 unknown-node']);
  });
  it('S41 in `from` and `to`, alone and in lists, all at once', () => {
    const edges = ['a -> END', '{ from: bcd, to: cde }', '{ from: [a, def], to: [efg, END] }'];
    expect(check(graph({ edges })).filter(d => d.endsWith('unknown-node'))).toEqual([
      '7:13 unknown-node',
      '7:22 unknown-node',
      '8:17 unknown-node',
      '8:28 unknown-node',
    ]);
  });
  it('S41 in `onLimit`', () => {
    expect(check(graph({ a: 'type: set, set: {}, onLimit: bcd' }))).toEqual(['3:35 unknown-node']);
  });
  it('S41 is proposed when it is nearly right, else the nodes are listed', () => {
    expect(printed(graph({ edges: ['a -> end'] }))).toContain('hint: did you mean "END"?');
    expect(printed(graph({ edges: ['a -> other'] }))).toContain('hint: nodes: a, START, END');
  });
});

describe('S41 an unknown key', () => {
  it('S41 of the graph', () => {
    expect(printed(`nmae: x\n${graph({})}`)).toContain('1:1: error[unknown-key]: unknown key "nmae" in the graph');
    expect(printed(`nmae: x\n${graph({})}`)).toContain('hint: did you mean "name"?');
  });
  it('S41 of a node, reported once though the right key is then missing', () => {
    expect(check(graph({ a: 'type: set, sett: {}' }))).toEqual(['3:18 unknown-key']);
    expect(printed(graph({ a: 'type: set, sett: {}' }))).toContain('did you mean "set"?');
  });
  it('S41 of a node that other nodes have', () => {
    expect(printed(graph({ a: 'type: set, set: {}, message: hi' }))).toContain(
      'hint: "message" belongs to nodes of type interrupt',
    );
  });
  it('S41 of an edge, a prompt, a type and the limits', () => {
    expect(check(graph({ edges: ['{ from: a, to: END, wen: score > 1 }'] }))).toEqual(['6:25 unknown-key']);
    const a = 'type: llm, model: scripted, prompt: { usr: hi }';
    expect(check(graph({ a }))).toEqual(['3:45 unknown-key']);
    expect(check(graph({ state: 's: { type: string, defualt: x }' }))).toEqual(['1:28 unknown-key']);
    expect(check(`limits: { maxVisit: 3 }\n${graph({})}`)).toEqual(['1:11 unknown-key']);
  });
  it('S41 of a prompt file', () => {
    const a = 'type: llm, model: scripted, prompt: ask.yaml';
    const files = { 'ask.yaml': 'user: hi\nsytem: you\n' };
    expect(check(graph({ a }), files)).toEqual(['ask.yaml:2:1 unknown-key']);
    expect(printed(graph({ a }), files)).toContain('unknown key "sytem" in the prompt file "ask.yaml"');
  });
});

describe('S41 an unknown state key', () => {
  it('S41 in a condition', () => {
    const edges = ['a -> END', '{ from: a, to: a, when: score > 1 && scroe < 1 }'];
    expect(check(graph({ edges }))).toContain('7:42 expression-name');
    expect(printed(graph({ edges }))).toContain('hint: did you mean "score"?');
  });
  it('S41 in `input`, in `set`, and in a field of an object', () => {
    expect(check(graph({ a: 'type: function, function: f, input: { x: scor }' }))).toEqual(['3:48 expression-name']);
    expect(check(graph({ a: 'type: set, set: { score: scor + 1 }' }))).toEqual(['3:32 expression-name']);
    const state = 'person: { name: string }, score: number';
    expect(check(graph({ state, a: 'type: set, set: { score: size(person.nmae) }' }))).toEqual(['3:44 expression-name']);
  });
  it('S41 in a folded condition, where the caret counts real lines', () => {
    const edges = ['a -> END', '{ from: a, to: a, when: "score > 1\n      && scroe < 2" }'];
    expect(check(graph({ edges }))).toContain('8:10 expression-name');
  });
  it('S41 in a text: plain, quoted with escapes, in a block, folded', () => {
    const ask = (message: string): string[] => check(graph({ a: `type: interrupt, message: ${message}` }));
    expect(ask('Is {{ scor }} right')).toEqual(['3:39 text-name']);
    expect(ask('"Is\\n\\u00e9 {{ scor }}"')).toEqual(['3:49 text-name']);
    expect(ask("'It''s {{ scor }}'")).toEqual(['3:44 text-name']);
    const block = (style: string): string =>
      `nodes:\n  a:\n    type: interrupt\n    message: ${style}\n      One\n\n      two {{ score }}\nedges:\n  - START -> a -> END\n`;
    for (const style of ['|', '|-', '>', '>+ # a comment', '|2', '>-']) {
      expect(check(block(style)), style).toEqual([style === '|2' ? '7:14 text-name' : '7:14 text-name']);
    }
  });
  it('S41 in a prompt file, in YAML and as plain text, with Windows line ends too', () => {
    const text = (prompt: string): string => graph({ a: `type: llm, model: scripted, prompt: ${prompt}` });
    expect(check(text('p.yaml'), { 'p.yaml': 'user: |\n  Hello\n  {{ scor }}\n' })).toEqual(['p.yaml:3:6 text-name']);
    expect(check(text('p.md'), { 'p.md': '# Ask\n\n{{ score }} {{ scor }}\n' })).toEqual(['p.md:3:16 text-name']);
    const crlf = 'user: |\r\n  Hello\r\n  {{ scor }}\r\n';
    expect(check(text('p.yaml'), { 'p.yaml': crlf })).toEqual(['p.yaml:3:6 text-name']);
  });
  it('S41 in an output, as a key, a map and the output of the graph', () => {
    const llm = 'type: llm, model: scripted, prompt: hi, output:';
    expect(check(graph({ a: `${llm} scor` }))).toEqual(['3:56 unknown-state-key']);
    expect(check(graph({ a: `${llm} { scor: output }` }))).toEqual(['3:58 unknown-state-key']);
    expect(check(`output: [score, scor]\n${graph({})}`)).toEqual(['1:17 unknown-state-key']);
    expect(printed(graph({ a: `${llm} scor` }))).toContain('hint: did you mean "score"?');
  });
  it('S41 written as in other engines: `state.score`', () => {
    expect(printed(graph({ a: 'type: set, set: { score: state.score + 1 }' }))).toContain('state keys stand alone: "score"');
    expect(printed(graph({ a: 'type: interrupt, message: "{{ state.score }}"' }))).toContain(
      'state keys stand alone: {{ score }}',
    );
  });
});

describe('S41 a wrong type', () => {
  const when = (condition: string): string => printed(graph({ edges: ['a -> END', `{ from: a, to: END, when: ${condition} }`] }));
  it('S41 in a comparison', () => {
    expect(when(`'score > "1"'`)).toContain('7:32: error[expression-type]: a number cannot be compared with a string');
    expect(when("'score == null'")).toContain('a number is never null');
    expect(when('score')).toContain('a condition must be true or false; this is a number');
  });
  it('S41 whole numbers, which JSON does not tell from others, do compare', () => {
    for (const condition of ['score == 1', 'score % 2 == 0', 'visits.a == 2', 'score in [1, 2]']) {
      const result = compileGraph(graph({ edges: ['a -> END', `{ from: a, to: END, when: "${condition}" }`] }));
      expect(result.ok, condition).toBe(true);
    }
  });
  it('S41 in what is written to a state key', () => {
    expect(check(graph({ a: `type: set, set: { score: "'high'" }` }))).toEqual(['3:32 expression-type']);
    expect(check(graph({ a: 'type: set, set: { score: [1] }' }))).toEqual(['3:32 expression-type']);
    const state = 'mood: { enum: [good, bad], default: good }';
    expect(printed(graph({ state, a: `type: set, set: { mood: "'odd'" }` }))).toContain('expected one of "good", "bad"');
  });
});

describe('S41 no default', () => {
  const text = graph({ edges: ['{ from: a, to: END, when: score > 0.5 }'] });
  it('S41 is a warning at the last edge', () => {
    expect(check(text)).toEqual(['6:13 missing-default']);
    expect(compileGraph(text).ok).toBe(true);
  });
  it('S41 and the run in which no edge is true fails, saying so', async () => {
    const result = compileGraph(text);
    if (!result.ok) throw new Error('refused');
    const actor = createActor(result.value.machine, { input: {} }).start();
    await expect.poll(() => failuresOf(actor.getSnapshot())).toHaveLength(1);
    const [failure] = failuresOf(actor.getSnapshot());
    expect(failure?.error.code).toBe('no-edge');
    expect(failure?.error.message).toMatch(/"a"/);
  });
});

describe('S41 the shape', () => {
  const shape = (nodes: string, ...edges: string[]): string =>
    `nodes:\n${[...nodes].map(id => `  ${id}: { type: set, set: {} }\n`).join('')}edges:\n${edges.map(e => `  - ${e}\n`).join('')}`;

  it('S41 an unreachable node, once, with what only it leads to', () => {
    const text = shape('abc', 'START -> a -> END', 'b -> c -> END');
    expect(check(text)).toEqual(['3:3 unreachable']);
    expect(printed(text)).toContain('no path from START reaches node "b", nor c behind it');
  });
  it('S41 unreachable nodes that lead to each other', () => {
    expect(check(shape('abc', 'START -> a -> END', 'b -> c -> b'))).toContain('3:3 unreachable');
  });
  it('S41 a node with no way out', () => {
    expect(check(shape('ab', 'START -> [a, b]', 'a -> END'))).toEqual(['3:3 no-way-out']);
    expect(printed(shape('ab', 'START -> [a, b]', 'a -> END'))).toContain('hint: add "b -> END"');
  });
  it('S41 two defaults, with the place of the first', () => {
    const text = shape('ab', 'START -> a', '{ from: a, to: b, when: visits.a > 1 }', 'a -> b', 'a -> END', 'b -> END');
    expect(check(text)).toEqual(['8:5 two-defaults']);
    expect(printed(text)).toContain('also graph.yaml:7:5: the first default');
  });
  it('S41 a cycle with no exit', () => {
    expect(check(shape('ab', 'START -> a -> b -> a'))).toEqual(['2:3 endless-cycle']);
  });
  it('S41 an unknown name causes no findings about reach and ways out', () => {
    expect(check(shape('abc', 'START -> a -> bb', 'b -> c -> END'))).toEqual(['6:19 unknown-node']);
  });
});

describe('S41 files and functions', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 's41-'));
  const load = async (a: string): Promise<string[]> => {
    const file = path.join(folder, 'graph.yaml');
    writeFileSync(file, graph({ a }));
    const { diagnostics } = await findingsOf(file);
    return diagnostics.map(d => `${d.code}: ${d.message}`);
  };
  writeFileSync(path.join(folder, 'fns.ts'), 'export const rate = () => ({});\nexport const five = 5;\n');
  writeFileSync(path.join(folder, 'broken.ts'), 'export const = 5;\n');

  it('S41 a prompt file that is not there', async () => {
    expect(check(graph({ a: 'type: llm, model: scripted, prompt: p/ask.yaml' }))).toEqual(['3:42 missing-file']);
    expect(await load('type: llm, model: scripted, prompt: p/ask.yaml')).toEqual([
      'missing-file: the prompt file "p/ask.yaml" cannot be read',
    ]);
  });
  it('S41 a function that is not exported, is no function, or whose file is not there or broken', async () => {
    const [unknown] = await load('type: function, function: "./fns.ts#rat"');
    expect(unknown).toBe('missing-function: the function of node "a": "./fns.ts" exports no function "rat"');
    expect(await load('type: function, function: "./fns.ts#five"')).toHaveLength(1);
    expect((await load('type: function, function: "./none.ts#rate"'))[0]).toMatch(/^missing-file/);
    expect((await load('type: function, function: "./broken.ts#rate"'))[0]).toMatch(/^missing-function.*cannot be imported/);
    expect(await load('type: function, function: "./fns.ts#rate"')).toEqual([]);
  });
});
