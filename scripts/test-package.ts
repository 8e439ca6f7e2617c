/** Packs the package, installs the tarball into an empty folder, and uses it there as a stranger would. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'statewright-package-'));

const GRAPH = `name: greet
state: { name: { type: string, default: you }, greeting: string? }
tools: { say: { type: shell, command: [printf, '%s', "{{ text }}"], input: { text: string } } }
nodes:
  greet: { type: function, function: ./greet.ts#greet, worker: true }
  say: { type: tool, tool: say, args: { text: greeting }, output: greeting }
edges: ["START -> greet -> say -> END"]
`;

const USE = `
import { createActor, toPromise } from 'xstate';
import { createRuntime, loadGraph } from 'statewright';
import { scriptedModel } from 'statewright/testing';
const graph = await loadGraph('greet.yaml');
const actor = createActor(graph.machine, { input: { name: 'actor' } }).start();
const plain = await toPromise(actor);
const { output } = await createRuntime().thread(graph).invoke({ name: 'thread' });
console.log(plain.greeting, output.greeting, typeof scriptedModel);
`;

const TYPES = `
import { createRuntime, loadGraph, type RunResult } from 'statewright';
const graph = await loadGraph('greet.yaml');
const result: RunResult = await createRuntime().thread(graph).invoke({ name: 'x' });
export const status: 'done' | 'waiting' | 'failed' | 'cancelled' = result.status;
`;

function run(command: string, args: readonly string[], cwd = folder): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function expectEqual(actual: string, expected: string): void {
  if (actual.trim() !== expected)
    throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

/** The JavaScript that packing left beside the functions of the shipped graphs. */
function built(): string[] {
  const graphs = path.join(root, 'graphs');
  const files = readdirSync(graphs, { recursive: true, encoding: 'utf8' });
  return files.filter(f => f.endsWith('.js')).map(f => path.join(graphs, f));
}

try {
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], root)) as [
    { filename: string },
  ];
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }');
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', `./${filename}`]);
  mkdirSync(path.join(folder, 'docs'));
  writeFileSync(path.join(folder, 'docs/a.md'), '# A\n\nSome words to report on.\n');
  writeFileSync(path.join(folder, 'greet.yaml'), GRAPH);
  writeFileSync(
    path.join(folder, 'greet.ts'),
    "export const greet = ({ name }: { name: string }) => ({ greeting: 'hello ' + name });\n",
  );
  writeFileSync(path.join(folder, 'use.js'), USE);
  expectEqual(run(process.execPath, ['use.js']), 'hello actor hello thread function');
  const cli = path.join(folder, 'node_modules/.bin/statewright');
  expectEqual(run(process.execPath, [cli, 'run', 'greet.yaml', '-i', 'name=cli']), 'name: cli\ngreeting: hello cli');
  const shippedGraph = 'node_modules/statewright/graphs/report.yaml';
  const report = run(process.execPath, [cli, 'run', shippedGraph, '-i', 'path=docs']);
  if (!report.includes('# Report on docs')) throw new Error(`a shipped graph does not run: ${report}`);
  writeFileSync(path.join(folder, 'use.ts'), TYPES);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck', 'use.ts'];
  run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), ...options]);
  const shipped = readdirSync(path.join(folder, 'node_modules/statewright')).sort();
  expectEqual(shipped.join(' '), 'LICENSE README.md bin dist docs graphs machines package.json schema');
  console.log('the packed package runs as a library and as a command, and its types hold');
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  for (const file of built()) rmSync(file);
}
