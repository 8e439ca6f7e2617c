/** Seeded mutations of graph files: what a slip of the hand, a bad merge or a broken editor leaves behind. */

/** A generator of numbers from 0 up to 1 that a seed repeats (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** In parts, so that this file has none. */
export const SECRET = `ghp_${'Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2'}`;

const WEIRD = [
  ...['\t', '\0', '\u001b[31m', '\ufffd', '\ufeff', '\u2028', '\u0085', '🙂', 'é', '\r', '\r\n', '\\', '"', "'", '`'],
  ...['{{', '}}', '{%', '%}', '{{ x', '{% if x %}', '[', ']', '{', '}', '<<: *a', '&a', '*a', '!!js/function', '!x'],
  ...[' # statewright-ignore ', '\n# statewright-ignore dead-condition x\n', ' && ', ' || ', '!', ' in ', SECRET],
  ...['---', '...', '%YAML 1.1', '? ', '- ', ': ', ' #', '|', '>', '|9', '@', '->', '-> ->', '=> ', ',', ',,'],
];

const TOKENS = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'START',
    'END',
    'output',
    'error',
    'item',
    'visits',
    'thread',
    'a.b',
    '""',
  ],
  ...[
    'null',
    '~',
    'true',
    '0',
    '-1',
    '1e999',
    '.nan',
    '.inf',
    '99999999999999999999',
    '0x10',
    '2020-01-01',
    '[]',
    '{}',
  ],
  ...[
    'type',
    'set',
    'llm',
    'function',
    'interrupt',
    'router',
    'wait',
    'graph',
    'map',
    'string',
    'number',
    'list<number>',
  ],
  ...[
    'string?',
    'any',
    'messages',
    'append',
    'replace',
    'nodes',
    'edges',
    'state',
    'from',
    'to',
    'when',
    'prompt',
    'schema',
  ],
  ...[
    'default',
    'merge',
    'onLimit',
    'onError',
    'retry',
    'timeout',
    '5s',
    'p.yaml',
    '../x.yaml',
    './f.ts#g',
    'x == 1',
    '!x',
  ],
  ...[
    '{ type: array, items: { type: object, properties: { a: string } } }',
    '{ enum: [] }',
    '{ enum: [a, 1, null, true] }',
    'false',
    'n < 0',
    'kind == "d"',
    'ok',
    'join',
    'any',
    '2',
    'size(seen)',
    'no-effect',
    'unknown-node',
    '{ $ref: "#/x" }',
    '(((',
    '"',
  ],
];

type Edit = (text: string, pick: <T>(items: readonly T[]) => T, at: (length: number) => number) => string;

const withLines =
  (change: (lines: string[], at: (length: number) => number) => void): Edit =>
  (text, _, at) => {
    const lines = text.split('\n');
    change(lines, at);
    return lines.join('\n');
  };

/** Replaces one word, or the value behind a key. */
const replaceWord: Edit = (text, pick, at) => {
  const words = [...text.matchAll(/[\w.{}"'<>?-]+/g)];
  const word = words[at(words.length)];
  if (!word) return text;
  return text.slice(0, word.index) + pick(TOKENS) + text.slice(word.index + word[0].length);
};

const EDITS: readonly Edit[] = [
  withLines((lines, at) => void lines.splice(at(lines.length), 1)),
  withLines((lines, at) => void lines.splice(at(lines.length), 0, lines[at(lines.length)] ?? '')),
  withLines((lines, at) => {
    const [a, b] = [at(lines.length), at(lines.length)];
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
  }),
  withLines((lines, at) => {
    const n = at(lines.length);
    lines[n] = `${' '.repeat(at(6))}${(lines[n] ?? '').trimStart()}`;
  }),
  replaceWord,
  replaceWord,
  replaceWord,
  (text, pick, at) => {
    const n = at(text.length);
    return text.slice(0, n) + pick(WEIRD) + text.slice(n);
  },
  (text, _, at) => {
    const n = at(text.length);
    return text.slice(0, n) + text.slice(n + 1 + at(8));
  },
  (text, _, at) => text.slice(0, at(text.length)),
  (text, pick, at) => {
    const words = [...text.matchAll(/\w+/g)];
    const [a, b] = [words[at(words.length)], words[at(words.length)]];
    if (!a || !b || pick([true, false])) return text;
    return text.slice(0, a.index) + b[0] + text.slice(a.index + a[0].length);
  },
];

/** Makes a text out of another by one to four random edits. */
export function mutate(text: string, next: () => number): string {
  const at = (length: number): number => Math.floor(next() * Math.max(1, length));
  const pick = <T>(items: readonly T[]): T => items[at(items.length)] as T;
  let out = text;
  for (let n = 1 + at(4); n > 0; n--) out = pick(EDITS)(out, pick, at);
  return out;
}
