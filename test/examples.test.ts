import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const bin = path.join(root, 'bin/statewright.js');

/** Prompt files, which are no graphs. */
const prompts = /^prompts\//;

/** The programs of the examples: those that say how to run them. */
const programs = readdirSync(path.join(root, 'examples'), { recursive: true, encoding: 'utf8' }).filter(
  file => file.endsWith('.ts') && readFileSync(path.join(root, 'examples', file), 'utf8').startsWith('// $ node '),
);

/** The graphs of the examples, with the command that their first lines give. */
const examples = readdirSync(path.join(root, 'examples'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.yaml') && !file.endsWith('.script.yaml') && !prompts.test(file))
  .map(file => {
    const text = readFileSync(path.join(root, 'examples', file), 'utf8');
    return { file, command: /^# \$ statewright (.*)$/m.exec(text)?.[1] };
  });

it('there are examples, and each says how to run it', () => {
  expect(examples.length).toBeGreaterThanOrEqual(5);
  expect(examples.filter(e => e.command === undefined)).toEqual([]);
});

it.each(examples)('$file prints what stands beside it', async ({ file, command }) => {
  const run = spawnSync('bash', ['-c', `'${process.execPath}' '${bin}' ${command}`], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  await expect(run.stdout).toMatchFileSnapshot(path.join(root, 'examples', file.replace('.yaml', '.output.txt')));
});

it.each(examples)('$file has no findings', ({ file }) => {
  const run = spawnSync(process.execPath, [bin, 'check', '--strict', path.join('examples', file)], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(run.stdout).toBe('1 graph checked, nothing found\n');
});

it('there are programs', () => expect(programs.length).toBeGreaterThanOrEqual(3));

it.each(programs)('%s prints what stands beside it', async file => {
  const program = path.join('examples', file);
  // As a user's program, which finds the package by its name; here it is the source.
  const run = spawnSync(process.execPath, ['--conditions=source', program], { cwd: root, encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  await expect(run.stdout).toMatchFileSnapshot(path.join(root, program.replace(/ts$/, 'output.txt')));
});
