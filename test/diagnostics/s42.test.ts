/** S42: hostile and broken files are refused in less than a second, with nothing executed and nothing changed. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { compileGraph } from '../../src/index.ts';
import { cpuTime } from '../helpers.ts';
import { expectMarked, findings, printed } from './check.ts';
import { findingsOf } from './fixtures.ts';

const prototype = Object.getOwnPropertyNames(Object.prototype).sort();
afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(prototype);
  expect(Object.keys({})).toEqual([]);
});

/** Compiles in under a second and gives the codes that were found, each once. */
function codesOf(text: string): string[] {
  const begin = cpuTime();
  const { diagnostics } = findings(text);
  expect(cpuTime() - begin).toBeLessThan(1_000);
  return [...new Set(diagnostics.map(d => d.code))];
}

const valid = 'nodes:\n  a: { type: set, set: {} }\nedges:\n  - START -> a -> END\n';

describe('S42 YAML that is not valid', () => {
  it.for([
    ['tabs', 'nodes:\n«\t»a: { type: set, set: {} }\n'],
    ['tabs behind spaces', 'nodes:\n  a:\n  «\t»type: set\n'],
    ['an unclosed quote', 'name: «"»hello\nnodes: {}\n'],
    ['an unclosed bracket', 'nodes: «{» a: {}\nedges: []\n'],
    ['a bracket too many', 'edges: [START -> a]«]»\n'],
    ['a wrong indentation', 'nodes:\n  a: 1\n «b: 2»\n'],
    ['a line that seems to go on', 'nodes:\n  type: set\n    «set: {}»\n'],
    ['a second ":"', 'name: one«:» two\n'],
    ['a reserved character', 'name: «@me»\n'],
    ['a second document', 'name: a\n«---»\nname: b\n'],
    ['a tag', `name: «!env» HOME\n${valid}`],
    ['a chain that begins with a bracket', 'edges:\n  - [a, b] «-> END»\n'],
    ['a list on the line of its key', 'edges: «-» a -> b\n'],
  ] as const)('S42 %s', ([, text]) => {
    const clean = text.replace(/[«»]/g, '');
    expect(findings(clean).diagnostics[0]?.code).toBe('yaml-syntax');
    expect(findings(clean).diagnostics[0]?.span.start).toBe(text.indexOf('«'));
    expect(printed(clean)).toMatch(/\n {2}hint: /);
    expect(printed(clean)).not.toMatch(/flow|block-|scalar|implicit|token|collection/i);
  });
  it('S42 duplicate keys, with the place of the first, and the rest of the file is still checked', () => {
    const text = 'nodes:\n  a: { type: set, set: {} }\n  «a»: { type: llm }\nedges:\n  - START -> a -> END\n';
    expectMarked('yaml-syntax', text);
    expect(printed(text)).toContain('also graph.yaml:2:3: it stands here first');
    expect(codesOf(`nmae: x\n${text.replace(/[«»]/g, '')}`)).toEqual(['unknown-key', 'yaml-syntax']);
  });
  it('S42 keys that are equal only as text', () => {
    expect(codesOf(`${valid}state: { x: { type: object, properties: { 1: string, "1": string } } }\n`)).toEqual([
      'yaml-syntax',
    ]);
  });
  it('S42 text that begins with braces, as templates do', () => {
    expect(printed('nodes:\n  a: { type: interrupt, message: {{ x }} }\n')).toContain(
      'must be in quotes: "{{ name }}"',
    );
  });
});

describe('S42 alias bombs', () => {
  const level = (name: string, of: string): string => `${name}: &${name} [${Array(9).fill(`*${of}`).join(', ')}]\n`;
  it('S42 a billion laughs', () => {
    const names = [...'bcdefghij'];
    const bomb = `a: &a [${Array(9).fill('lol').join(', ')}]\n${names.map((n, i) => level(n, 'abcdefghij'[i] ?? 'a')).join('')}`;
    expect(codesOf(bomb)).toEqual(['bad-alias']);
  });
  it('S42 a wide one: ten thousand aliases of a thousand values', () => {
    const wide = `a: &a [${Array(1_000).fill('x').join(', ')}]\nb: [${Array(10_000).fill('*a').join(', ')}]\n`;
    expect(codesOf(wide)).toEqual(['bad-alias']);
  });
  it('S42 an alias inside what it refers to', () => {
    expect(codesOf('nodes: &a { b: *a }\nedges: []\n')).toContain('bad-alias');
  });
  it('S42 an alias without its anchor, and with the anchor behind it', () => {
    expectMarked('bad-alias', valid.replace('set: {}', 'set: «*x»'));
    expect(codesOf(valid.replace('set: {}', 'set: *x').concat('name: &x b\n'))).toEqual(['bad-alias']);
  });
  it('S42 but an alias that is used well is fine', () => {
    const text = 'nodes:\n  a: &a { type: set, set: {} }\n  b: *a\nedges:\n  - START -> a -> b -> END\n';
    expect(codesOf(text)).toEqual([]);
  });
});

describe('S42 nesting 10,000 deep', () => {
  const deep = 10_000;
  it.for([
    ['lists in brackets, open', '['.repeat(deep)],
    ['lists in brackets, closed', '['.repeat(deep) + ']'.repeat(deep)],
    ['maps in brackets', '{a: '.repeat(deep)],
    ['maps in brackets, closed', '{a: '.repeat(deep) + '}'.repeat(deep)],
    ['dashes', '- '.repeat(deep)],
    ['dashes with two spaces', '-  '.repeat(deep)],
    ['dashes with tabs', '-\t'.repeat(deep)],
    ['question marks', '? '.repeat(deep)],
    ['brackets over lines', '[\n'.repeat(deep)],
    ['indented maps', Array.from({ length: 1_300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['indented lists', Array.from({ length: 1_300 }, (_, i) => `${' '.repeat(i)}-`).join('\n')],
    ['a megabyte of brackets', '['.repeat(999_000)],
  ] as const)('S42 %s', ([, text]) => {
    expect(codesOf(text)).toEqual(['too-deep']);
    expect(codesOf(`nodes:\n  a:\n    ${text.slice(0, 900_000).replaceAll('\n', '\n    ')}`)).toContain('too-deep');
  });
  it('S42 in an expression, a text and a type', () => {
    const set = (value: string): string => `state: { x: any }\n${valid.replace('{}', `{ x: '${value}' }`)}`;
    expect(codesOf(set('('.repeat(3_000)))).toEqual(['expression-syntax']);
    expect(codesOf(set('!'.repeat(3_900)))).toEqual(['expression-syntax']);
    expect(codesOf(set('['.repeat(deep)))).toEqual(['expression-syntax']);
    const ask = (message: string): string =>
      `nodes:\n  a: { type: interrupt, message: '${message}' }\nedges:\n  - START -> a -> END\n`;
    expect(codesOf(ask('{% if visits %}'.repeat(1_500)))).toEqual(['text-syntax']);
    expect(codesOf(ask(`{{ ${'visits['.repeat(deep)} }}`))).toEqual(['text-syntax']);
    expect(codesOf(ask('{{ visits }}'.repeat(50_000)))).toEqual(['text-syntax']);
    expect(codesOf(`state: { x: "${'list<'.repeat(deep)}string${'>'.repeat(deep)}" }\n${valid}`)).toEqual([
      'unknown-type',
    ]);
    expect(codesOf(`state: { x: "string${'?'.repeat(deep)}" }\n${valid}`)).toEqual(['unknown-type']);
  });
});

describe('S42 names', () => {
  const node = (name: string): string => valid.replace('nodes:\n', `nodes:\n  ${name}: { type: set, set: {} }\n`);
  const state = (name: string): string => `state:\n  ${name}: string\n${valid}`;

  it.for(['__proto__', '"__proto__"', '""', 'a.b', '1', '007', '1e3', '0x10', '$x', 'a b', '-a', 'é', '"a\\nb"', '~'])(
    'S42 %s is no node id and no state key',
    name => {
      expect(findings(node(name)).diagnostics[0]?.code).toBe('bad-name');
      expect(findings(node(name)).diagnostics[0]?.span).toMatchObject({ start: 9, end: 9 + name.length });
      expect(findings(state(name)).diagnostics.map(d => d.code)).toEqual(['bad-name']);
    },
  );
  it.for(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])('S42 %s is reserved', name => {
    expect(findings(node(name)).diagnostics[0]?.code).toBe('reserved-name');
    expect(findings(state(name)).diagnostics.map(d => d.code)).toEqual(['reserved-name']);
  });
  it('S42 what every object inherits is no member of a default', () => {
    const text = `state: { x: { type: object, properties: { toString: array }, required: [toString], default: {} } }\n${valid}`;
    const [first] = findings(text).diagnostics;
    expect(first?.message).toContain('toString: expected array, got nothing');
  });
  it('S42 START and END cannot be declared', () => {
    expect(codesOf(node('START'))[0]).toBe('reserved-name');
    expect(codesOf(node('END'))[0]).toBe('reserved-name');
  });
  it('S42 __proto__ anywhere else', () => {
    expect(codesOf(`__proto__: { x: 1 }\n${valid}`)).toEqual(['bad-name']);
    expect(codesOf(valid.replace('set: {}', 'set: {}, __proto__: { type: llm }'))).toEqual(['bad-name']);
    expect(codesOf(`state: { x: { type: object, default: { __proto__: { y: 1 } } } }\n${valid}`)).toEqual(['bad-name']);
    expect(codesOf(valid.replace('a -> END', 'a -> __proto__'))).toEqual(['unknown-node']);
    expect(codesOf(valid.replace('a -> END', 'a -> constructor'))).toEqual(['unknown-node']);
  });
  it('S42 what every object inherits is no name of ours either', () => {
    const when = (condition: string): string => valid.concat(`  - { from: a, to: END, when: '${condition}' }\n`);
    for (const name of ['constructor', 'toString', 'visits.constructor', 'thread.toString()', 'visits.__proto__']) {
      expect(codesOf(when(`${name} == 1`))[0], name).toMatch(/^expression-(name|syntax)$/);
    }
    expect(codesOf(`state: { x: constructor }\n${valid}`)).toEqual(['unknown-type']);
    expect(codesOf(`state: { x: { type: string, merge: constructor } }\n${valid}`)).toEqual(['bad-merge']);
    expect(codesOf(valid.replace('type: set', 'type: constructor'))).toEqual(['unknown-type']);
  });
  it('S42 a name with an escape code does not reach the terminal', () => {
    expect(printed(node('"\\e[31mred"'))).not.toContain('\u001b');
    expect(printed(node(`"${'x'.repeat(5_000)}."`)).length).toBeLessThan(1_000);
  });
});

describe('S42 size', () => {
  it('S42 a file of 50 MB', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 's42-')), 'large.yaml');
    writeFileSync(file, `${valid}# ${'x'.repeat(50_000_000)}\n`);
    const begin = cpuTime();
    const { diagnostics } = await findingsOf(file);
    expect(cpuTime() - begin).toBeLessThan(1_000);
    expect(diagnostics.map(d => d.code)).toEqual(['file-too-large']);
    expect(diagnostics[0]?.message).toContain('50.0 MB');
  });
  it.for([
    ['keys', Array.from({ length: 80_000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['nodes', `nodes: {${Array.from({ length: 40_000 }, (_, i) => `n${i}: 1`).join(', ')}}\nedges: []\n`],
    ['unknown nodes', `nodes: {}\nedges: [${Array.from({ length: 20_000 }, (_, i) => `n${i} -> m${i}`).join(', ')}]\n`],
    ['items', `edges:\n${'- a\n'.repeat(200_000)}`],
    ['commas', `[${','.repeat(900_000)}]`],
    ['closing brackets', '}'.repeat(900_000)],
    ['quotes', '"'.repeat(900_000)],
    ['anchors', '&a '.repeat(300_000)],
    ['directives', '%a\n'.repeat(300_000)],
    ['tabs', '\ta: 1\n'.repeat(150_000)],
    ['colons', 'a: '.repeat(300_000)],
    ['empty lines', '\n'.repeat(990_000)],
    ['aliases', `a: &a 1\nb:\n${'  - *a\n'.repeat(40_000)}`],
  ] as const)('S42 a megabyte of %s', ([, text]) => {
    expect(codesOf(text).length).toBeGreaterThan(0);
  });
  it('S42 a mistake on each of a thousand lines gives the first 200', () => {
    const nodes = Array.from({ length: 1_000 }, (_, i) => `  n${i}: { type: sett }\n`).join('');
    expect(findings(`nodes:\n${nodes}edges: []\n`).diagnostics).toHaveLength(200);
  });
});

describe('S42 binary', () => {
  it.for([
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])],
    ['zeros', Buffer.alloc(1_000)],
    ['Latin-1', Buffer.from('name: caf\u00e9\n', 'latin1')],
    ['UTF-16', Buffer.from('\ufeffname: x\n', 'utf16le')],
    ['an executable', Buffer.concat([Buffer.from([0x7f]), Buffer.from('ELF'), Buffer.from([2, 1, 1, 0])])],
  ] as const)('S42 %s', async ([, bytes]) => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 's42-')), 'graph.yaml');
    writeFileSync(file, bytes);
    const { diagnostics } = await findingsOf(file);
    expect(diagnostics.map(d => d.code)).toEqual(['file-binary']);
  });
  it('S42 a byte order mark, Windows line ends and emoji are fine', () => {
    expect(compileGraph(`\ufeff${valid}`).ok).toBe(true);
    expect(compileGraph(valid.replaceAll('\n', '\r\n')).ok).toBe(true);
    expect(compileGraph(`description: "🙂 é"\n${valid}`).ok).toBe(true);
  });
  it('S42 an empty file, a text and a list say what a graph is', () => {
    for (const text of ['', '# only a comment\n', 'hello', '- a\n- b\n', '5']) {
      expect(printed(text), text).toContain('hint: a graph is a map with "nodes:" and "edges:"');
    }
  });
});
