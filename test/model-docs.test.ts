/** The examples of docs/models.md run, its table is that of the code, and docs/run-errors.md has every code. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { KEYS, OLLAMA } from '../src/providers/known.ts';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

describe('docs/models.md', () => {
  const text = read('docs/models.md');
  const examples = [...text.matchAll(/^```ts\n(.*?)^```\n\n```text\n(.*?)^```/gms)].map(([, code = '', out = '']) => ({
    code,
    out,
  }));

  it('names each provider with its package and key', () => {
    const rows = [...text.matchAll(/^\| `([\w-]+)\/…` \| `(\S+)` \| `([A-Z_]+)` \|$/gm)].map(([, ...cells]) => cells);
    expect(rows).toEqual(Object.entries(KEYS).map(([name, key]) => [name, `@ai-sdk/${name}`, key]));
    expect(text).toContain(OLLAMA.baseURL);
  });

  it.each(examples.map((e, i) => [i + 1, e] as const))('example %i prints what it says', (_, { code, out }) => {
    // Inside the project, so that packages resolve as they do for a user.
    const folder = mkdtempSync(path.join(root, 'test/fixtures/docs-'));
    try {
      const file = path.join(folder, 'example.ts');
      const own = code
        .replaceAll("'statewright/testing'", "'../../../src/testing/index.ts'")
        .replaceAll("'statewright'", "'../../../src/index.ts'");
      writeFileSync(file, own);
      expect(execFileSync(process.execPath, [file], { encoding: 'utf8', env: { NO_COLOR: '1' } })).toBe(out);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('has two examples', () => {
    expect(examples).toHaveLength(2);
  });
});

describe('docs/run-errors.md', () => {
  const text = read('docs/run-errors.md');
  const listed = [...text.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z0-9-]+)`/g)].map(m => m[1] ?? ''),
  );
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => read(`src/${file}`));

  it('lists every code that is thrown', () => {
    const thrown = sources.flatMap(source =>
      [...source.matchAll(/new (?:GraphRunError|ModelError|ToolError)\(\s*'([a-z-]+)'/g)].map(m => m[1] ?? ''),
    );
    expect(thrown.length).toBeGreaterThan(40);
    expect([...new Set(thrown)].filter(code => !listed.includes(code)).sort()).toEqual([]);
  });

  it('lists none that is not there', () => {
    const all = sources.join('\n');
    const unknown = listed.filter(code => !/^(http|exit)-\d+$/.test(code) && !all.includes(`'${code}'`));
    expect(unknown).toEqual([]);
  });

  it.each(['docs/models.md', 'docs/run-errors.md'])('%s links to what is there', file => {
    for (const [, target = '', anchor] of read(file).matchAll(/\]\((\w[\w-]*\.md)(?:#([\w-]+))?\)/g)) {
      const headings = [...read(`docs/${target}`).matchAll(/^#+ (.*)$/gm)].map(m => (m[1] ?? '').toLowerCase());
      if (anchor) expect(headings.map(h => h.replaceAll(' ', '-'))).toContain(anchor);
    }
  });
});
