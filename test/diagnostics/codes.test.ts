import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Code, codes } from '../../src/index.ts';
import { docFile, renderErrors } from './errors-doc.ts';
import { findingsOf, fixtures, folder, placeOf, print } from './fixtures.ts';

describe.for([...fixtures])('fixture %s', ([name, fixture]) => {
  it('yields its code, once and alone, and points at the culprit', async () => {
    const findings = await fixture.find();
    const [first] = findings.diagnostics;
    expect(findings.diagnostics.map(d => d.code)).toEqual([name]);
    expect(first && placeOf(findings, first, `${name}.yaml`)).toBe(fixture.at);
    expect(first?.severity).toBe(codes[name as Code][0]);
    expect(fixture.code).toBe(name);
  });

  it('says it in one line, without the words of a library', async () => {
    const text = print(await fixture.find());
    const [first] = (await fixture.find()).diagnostics;
    expect(first?.message).toMatch(/^\S[^\n]*[^.\n]$/);
    expect(text).not.toMatch(/Invalid input|Unrecognized|Too (small|big)|expected record|no such overload|undefined/);
  });
});

it('every code has a fixture and every fixture a code', () => {
  expect([...fixtures.keys()].sort()).toEqual(Object.keys(codes).sort());
});

it('the sections of docs/errors.md are the codes, in order', () => {
  const sections = [...readFileSync(docFile, 'utf8').matchAll(/^## (.+)$/gm)].map(m => m[1]);
  expect(sections).toEqual(Object.keys(codes));
});

it('docs/errors.md is current; run scripts/update-errors.ts when it is not', async () => {
  expect(readFileSync(docFile, 'utf8')).toBe(await renderErrors());
});

it('five mistakes are reported in one run, in the order of the file', async () => {
  const findings = await findingsOf(path.join(folder, 'five-mistakes.yaml'));
  const found = findings.diagnostics.map(d => `${placeOf(findings, d, 'five-mistakes.yaml')} ${d.code}`);
  expect(found).toEqual([
    '3:35 bad-default',
    '11:22 text-name',
    '12:5 unknown-key',
    '14:61 expression-name',
    '16:21 unknown-node',
  ]);
});
