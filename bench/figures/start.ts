/** What the command line adds to a bare `node`, in CPU time of its process. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { SampledFigure } from '../lib/figure.ts';
import { newFolder } from '../lib/folder.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The package as it is published, in a folder of its own: in a checkout the sources run as they are, and are stripped of types at every start. */
function publishIn(folder: string): void {
  for (const name of ['bin', 'graphs', 'package.json'])
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const build = [tsc, '-p', path.join(root, 'tsconfig.build.json'), '--outDir', path.join(folder, 'dist')];
  execFileSync(process.execPath, build, { stdio: 'inherit' });
}

/** Loaded before a program: says at its end how much CPU it took. */
const TELL = `data:text/javascript,process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write(\`\\ncpu \${(user + system) / 1000}\`);
});`;

function cpuOf(folder: string, args: readonly string[]): number {
  const { stderr } = spawnSync(process.execPath, ['--import', TELL, ...args], { cwd: folder, encoding: 'utf8' });
  const cpu = /cpu ([\d.]+)$/.exec(stderr)?.[1];
  if (!cpu) throw new Error(`${args.join(' ')} told no CPU time: ${stderr}`);
  return Number(cpu);
}

export function startFigures(rounds: number): SampledFigure[] {
  const folder = newFolder();
  publishIn(folder.path);
  const times: { bare: number[]; help: number[]; run: number[] } = { bare: [], help: [], run: [] };
  for (let round = 0; round < rounds; round++) {
    times.bare.push(cpuOf(folder.path, ['--eval', '0']));
    times.help.push(cpuOf(folder.path, ['bin/statewright.js', '--help']));
    times.run.push(cpuOf(folder.path, ['bin/statewright.js', 'run', 'graphs/hello.yaml', '--json']));
  }
  folder.remove();
  const figure = (name: string, own: readonly number[]): SampledFigure => {
    const pairs = (join: (cpu: number, bare: number) => number): number[] =>
      own.map((cpu, i) => join(cpu, times.bare[i] ?? Number.NaN));
    const beside = { name: 'node alone', values: times.bare, ratios: pairs((cpu, bare) => cpu / bare) };
    return { name, unit: 'ms', values: pairs((cpu, bare) => cpu - bare), beside };
  };
  return [
    figure('statewright --help, CPU beyond node', times.help),
    figure('statewright run graphs/hello.yaml, CPU beyond node', times.run),
  ];
}
