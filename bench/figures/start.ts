/** What the command line adds to a bare `node`, in CPU time of its process. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Figure } from '../lib/results.ts';
import { type Quartiles, quartilesOf } from '../lib/stats.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Loaded before a program: says at its end how much CPU it took. */
const TELL = `data:text/javascript,process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write(\`\\ncpu \${(user + system) / 1000}\`);
});`;

function cpuOf(args: readonly string[]): number {
  const { stderr } = spawnSync(process.execPath, ['--import', TELL, ...args], { cwd: root, encoding: 'utf8' });
  const cpu = /cpu ([\d.]+)$/.exec(stderr)?.[1];
  if (!cpu) throw new Error(`${args.join(' ')} told no CPU time: ${stderr}`);
  return Number(cpu);
}

const difference = (own: readonly number[], bare: readonly number[]): Quartiles =>
  quartilesOf(own.map((cpu, i) => cpu - (bare[i] ?? 0)));

export function startFigures(rounds: number): Figure[] {
  const times: { bare: number[]; help: number[]; run: number[] } = { bare: [], help: [], run: [] };
  for (let round = 0; round < rounds; round++) {
    times.bare.push(cpuOf(['--eval', '0']));
    times.help.push(cpuOf(['bin/statewright.js', '--help']));
    times.run.push(cpuOf(['bin/statewright.js', 'run', 'graphs/hello.yaml', '--json']));
  }
  const bare = { name: 'node alone', value: quartilesOf(times.bare) };
  const figure = (name: string, own: readonly number[]): Figure => {
    const ratio = quartilesOf(own.map((cpu, i) => cpu / (times.bare[i] ?? Number.NaN)));
    return { name, unit: 'ms', value: difference(own, times.bare), beside: { ...bare, ratio } };
  };
  return [
    figure('statewright --help, CPU beyond node', times.help),
    figure('statewright run graphs/hello.yaml, CPU beyond node', times.run),
  ];
}
