/** Secrets in files are found by their form, and no finding shows them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { checkCommand } from '../../src/cli/check.ts';
import { findSecrets, maskSecrets } from '../../src/diagnostic/secrets.ts';
import { GraphError } from '../../src/index.ts';
import { findings, printed } from './check.ts';

/** Random letters of a form, in parts, so that this file has no secret either. */
const letters = 'Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3aB4cD5eF6gH7';
const of = (prefix: string, length: number): string => prefix + letters.slice(0, length);

const secrets: readonly (readonly [what: string, secret: string])[] = [
  ['an API key', of('sk-', 48)],
  ['an API key', of('sk-proj-', 40)],
  ['an API key', `sk-${'0a1b2c3d'.repeat(4)}`],
  ['a Stripe key', of('sk_live_', 24)],
  ['a GitHub token', of('ghp_', 36)],
  ['a GitHub token', of('gho_', 36)],
  ['a GitHub token', of('github_pat_', 40)],
  ['a GitLab token', of('glpat-', 20)],
  ['a Hugging Face token', of('hf_', 34)],
  ['an npm token', of('npm_', 36)],
  ['an AWS access key', `AKIA${'ABCD1234EFGH5678'}`],
  ['a Slack token', of('xoxb-123456-', 20)],
  ['a Google API key', of('AIza', 35)],
  ['a signed token (JWT)', `${of('eyJ', 20)}.${of('eyJ', 30)}.${of('', 30)}`],
];

const graph = (message: string): string =>
  `nodes:\n  ask: { type: interrupt, message: "${message}" }\nedges:\n  - START -> ask -> END\n`;

describe('what looks like a secret', () => {
  it.each(secrets)('%s', (what, secret) => {
    const text = graph(`Use ${secret} for it`);
    const { diagnostics } = findings(text);
    expect(diagnostics.map(d => [d.code, d.message])).toEqual([['secret', `this looks like ${what}`]]);
    const start = text.indexOf(secret);
    expect(diagnostics[0]?.span).toMatchObject({ start, end: start + secret.length });
    expect(printed(text)).not.toContain(secret.slice(-12));
    expect(printed(text)).toMatch(/\*{12}/);
  });
  it('a bearer token and a password, without what stands around them', () => {
    expect(maskSecrets(`x Bearer ${letters.slice(0, 24)} y`)).toBe(`x Bearer ${'*'.repeat(24)} y`);
    expect(maskSecrets('https://me:pa55word@host/x')).toBe('https://me:********@host/x');
    expect(maskSecrets('redis://:pa55word@host')).toBe('redis://:********@host');
  });
  it('a private key, to its end', () => {
    const body = `${letters}\n    ${letters}`;
    const key = `-----BEGIN RSA PRIVATE KEY-----\n    ${body}\n    -----END RSA PRIVATE KEY-----`;
    const masked = maskSecrets(`a: |\n    ${key}\nb: 1`);
    expect(masked).toContain('-----BEGIN RSA PRIVATE KEY-----');
    expect(masked).not.toContain(letters.slice(0, 4));
    expect(masked.endsWith('\nb: 1')).toBe(true);
    expect(findSecrets(`k: "-----BEGIN PRIVATE KEY-----\\n${letters}"`)).toHaveLength(1);
  });
});

it.each([
  'sk-learn-pipelines-for-everyone',
  'sk-this-is-a-long-name-in-kebab-case-2',
  'task-1234567890ABCDEFGHIJKLMNOP',
  'ghp_short',
  'AKIA1234',
  'xoxb-your-token-here',
  'Bearer {{ token }}',
  'Bearer $TOKEN_OF_THE_SERVICE_1',
  'Bearer authenticationtokenplaceholder',
  'https://user:{{ password }}@host',
  'https://user:$PASSWORD@host',
  'https://user:****@host',
  'https://host:8080/a@b',
  'mailto:someone@example.com',
  '-----BEGIN PUBLIC KEY-----',
])('%s is none', text => {
  expect(findSecrets(text)).toEqual([]);
  expect(maskSecrets(text)).toBe(text);
});

describe('is found wherever it stands', () => {
  const token = of('ghp_', 36);
  it('in a prompt file, a comment, and a graph within', () => {
    const text = `# ${token}\nmodel: m\nnodes:\n  a: { type: llm, prompt: p.md }\n  b: { type: graph, graph: sub.yaml }\n  c: { type: llm, prompt: p.yaml }\nedges: [START -> a -> b -> c -> END]\n`;
    const files = { 'p.md': `Hello\n${token}`, 'p.yaml': `user: ${token}\n`, 'sub.yaml': graph(token) };
    const places = findings(text, files).diagnostics.map(d => `${d.code} ${d.span.file}:${d.span.start}`);
    expect(places.sort()).toEqual(['secret graph.yaml:2', 'secret p.md:6', 'secret p.yaml:6', 'secret sub.yaml:43']);
    expect(printed(text, files)).not.toContain(token.slice(-8));
  });
  it('in a file that is no YAML', () => {
    const report = printed(`a: [${token}\nb: ]`);
    expect(report).toContain('error[yaml-syntax]');
    expect(report).toContain('warning[secret]');
    expect(report).not.toContain(token.slice(-8));
  });
});

describe('is not shown by any other finding', () => {
  const token = of('ghp_', 36);
  it.each([
    ['as a key', `${token}: 1\n`],
    ['as a node', `nodes: {}\nedges: [START -> ${token}]\n`],
    ['as a type', `state: { k: ${token} }\n`],
    [
      'as an expression',
      `state: { k: any? }\nnodes: { a: { type: set, set: { k: ${token} } } }\nedges: [START -> a -> END]\n`,
    ],
    ['as a default', `state: { k: { type: number, default: ${token} } }\n`],
    ['in an edge', `nodes: {}\nedges: ["${token} => b"]\n`],
    ['in a long line', `nodes: {}\nedges: [START -> ${'x'.repeat(40)}${' '.repeat(80)} ${token} -> a]\n`],
    ['where a line is cut', `${'a'.repeat(110)}: ${token}\n`],
    ['beside it', `nodez: ${token}\n`],
  ])('%s', (_, text) => {
    const { diagnostics } = findings(text);
    expect(diagnostics.some(d => d.code !== 'secret')).toBe(true);
    for (const part of [token.slice(4, 16), token.slice(-12)]) {
      expect(printed(text)).not.toContain(part);
      expect(JSON.stringify(diagnostics)).not.toContain(part);
    }
  });

  it('nor by check, as text or JSON, nor by the error that is thrown', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'statewright-secret-'));
    const file = path.join(folder, 'graph.yaml');
    writeFileSync(file, `${graph(token)}modle: ${token}\n`);
    let out = '';
    const write = vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
      out += String(chunk);
      return true;
    });
    try {
      for (const json of [true, false]) expect(await checkCommand([file], { json })).toBe(2);
    } finally {
      write.mockRestore();
      rmSync(folder, { recursive: true });
    }
    expect(out).toContain('"secret"');
    expect(out).toContain('warning[secret]');
    const { diagnostics, sources } = findings(`${graph(token)}modle: ${token}\n`);
    const { message } = new GraphError(diagnostics, sources);
    for (const text of [out, message]) expect(text).not.toContain(token.slice(-12));
  });
});

it.each(['sk-aB1', 'eyJabcdefghijk.', 'a://b:c', '-----BEGIN PRIVATE KEY-----', 'Bearer 1', 'sk-', 'aaaaaaaa', 'x:'])(
  'a megabyte of %s takes no time',
  part => {
    const begin = performance.now();
    maskSecrets(part.repeat(1_000_000 / part.length));
    // What is told apart here is linear from quadratic, which would take minutes.
    expect(performance.now() - begin).toBeLessThan(10_000);
  },
);
