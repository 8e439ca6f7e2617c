import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRuntime, loadGraph } from '../../src/index.ts';
import { build, refusals } from '../helpers.ts';

const outside = mkdtempSync(path.join(tmpdir(), 'statewright-hostile-'));
afterAll(() => rmSync(outside, { recursive: true }));

describe('S43 what a hostile graph tries', () => {
  it.each(['../secret.md', '../../../../etc/passwd.txt', '/etc/passwd.txt'])(
    'S43 the prompt file %s is refused',
    async prompt => {
      const root = path.join(outside, 'project');
      mkdirSync(root, { recursive: true });
      writeFileSync(path.join(outside, 'secret.md'), 'secret');
      writeFileSync(path.join(root, 'package.json'), '{}');
      const file = path.join(root, 'g.yaml');
      writeFileSync(
        file,
        `model: scripted\nnodes: { a: { type: llm, prompt: ${prompt} } }\nedges: ["START -> a -> END"]\n`,
      );
      await expect(loadGraph(file)).rejects.toMatchObject({ diagnostics: [{ code: 'outside-root' }] });
    },
  );

  it('S43 a function or a graph outside the project is refused', async () => {
    const root = path.join(outside, 'other');
    mkdirSync(root, { recursive: true });
    writeFileSync(path.join(root, 'package.json'), '{}');
    writeFileSync(path.join(outside, 'evil.ts'), 'throw new Error("imported");');
    const file = path.join(root, 'g.yaml');
    writeFileSync(
      file,
      'nodes: { a: { type: function, function: ../evil.ts#run }, b: { type: graph, graph: ../g.yaml } }\nedges: ["START -> a -> b -> END"]\n',
    );
    const refused = loadGraph(file).catch((error: { diagnostics: { code: string }[] }) =>
      error.diagnostics.map(d => d.code),
    );
    expect(await refused).toEqual(['outside-root', 'outside-root']);
  });

  it.each([
    ['{{ constructor }}', 'text-name'],
    ['{{ thread.constructor.constructor }}', 'text-name'],
    ['{{ any.__proto__ }}', undefined],
    ['{% include "/etc/passwd" %}', 'text-syntax'],
  ])('S43 the text %s reaches nothing', async (message, code) => {
    const text = `state: { any: { type: object, default: {} } }\nnodes: { a: { type: interrupt, message: '${message}' } }\nedges: ["START -> a -> END"]\n`;
    if (code !== undefined) expect(refusals(text)).toEqual([code]);
    else
      expect(await createRuntime().thread(build(text)).invoke()).toMatchObject({
        status: 'failed',
        error: { node: 'a', code: 'text' },
      });
  });

  it.each(['any.constructor', 'any["constructor"]', 'any["__proto__"]'])(
    'S43 the expression %s reaches nothing',
    async expression => {
      const text = `state: { any: { type: object, default: {} }, out: any? }\nnodes: { a: { type: set, set: { out: '${expression}' } } }\nedges: ["START -> a -> END"]\n`;
      const result = await createRuntime().thread(build(text)).invoke();
      expect(result).toMatchObject({ status: 'failed', error: { node: 'a' } });
      expect(result.output.out).toBeNull();
    },
  );

  it('S43 a result with __proto__ changes no prototype', async () => {
    const text = 'state: { any: any? }\nnodes: { a: { type: function, function: a } }\nedges: ["START -> a -> END"]\n';
    const a = (): object => ({ any: JSON.parse('{ "__proto__": { "polluted": true } }') });
    const result = await createRuntime()
      .thread(build(text, { functions: { a } }))
      .invoke();
    expect(result.error).toMatchObject({ node: 'a', code: 'not-json' });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
