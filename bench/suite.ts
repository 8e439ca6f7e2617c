/** Runs the shapes and figures that are asked for, each in a process of its own, and reports. */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { figures } from './figures/index.ts';
import { farBehind, type Verdict } from './lib/bars.ts';
import { differencesOf } from './lib/compare.ts';
import { machine } from './lib/machine.ts';
import { barsTable, reportOf, short } from './lib/report.ts';
import type { Figure, Results, ShapeResult } from './lib/results.ts';
import { roundOf, type SampledCase, shapeResult } from './lib/sampled.ts';
import type { Shape } from './lib/shape.ts';
import type { Options } from './run.ts';
import { shapes } from './shapes/index.ts';

/** How many processes measure what takes less than so many milliseconds a round. */
const PROCESSES = 3;
const AGAIN_MS = 3_000;

/** A check is only of what no slow moment of a machine can explain. */
const MARGIN = 2;

/** The size of each shape for a quick look, which must be over before one thinks of something else. */
const QUICK_SIZES: Readonly<Record<string, number>> = {
  chain: 100,
  fork: 32,
  map: 100,
  loop: 100,
  subgraphs: 10,
  'wide state': 30,
  react: 10,
  irregular: 1,
};

/** Measures in a process of its own. */
function inProcess<T>(args: readonly string[]): Promise<T> {
  const child = fork(path.join(import.meta.dirname, 'worker.ts'), args, { execArgv: ['--expose-gc'] });
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let told: T | undefined;
  child.on('message', message => {
    told = message as T;
  });
  child.on('error', reject);
  child.on('exit', code => {
    if (told !== undefined && code === 0) resolve(told);
    else reject(new Error(`${args.slice(0, 2).join(' ')} ended with ${code} and without a result`));
  });
  return promise;
}

async function timed<T>(name: string, args: readonly string[]): Promise<T> {
  const begun = performance.now();
  const result = await inProcess<T>(args);
  console.error(`${name}: ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  return result;
}

/** Measures a shape, what does not take long in several processes: one may be compiled unluckily from start to end. */
async function measureShape(name: string, shape: Shape, quick: boolean): Promise<ShapeResult> {
  const run = (sizes: readonly number[]): Promise<SampledCase[]> =>
    timed(`${name} of ${sizes.join(', ')}`, ['shape', name, quick ? 'quick' : 'full', sizes.join()]);
  const first = await run(quick ? [QUICK_SIZES[name] ?? shape.sizes[0] ?? 1] : shape.sizes);
  const again = first.filter(one => roundOf(one) < AGAIN_MS).map(({ size }) => size);
  const all = [...first];
  for (let i = 1; i < PROCESSES && !quick && again.length > 0; i++) all.push(...(await run(again)));
  return shapeResult(shape, all);
}

async function measureAll({ quick, check, only }: Options): Promise<Results> {
  const isWanted = (name: string): boolean => only?.includes(name) ?? true;
  const measured: { shapes: Record<string, ShapeResult>; figures: Figure[] } = { shapes: {}, figures: [] };
  for (const [name, shape] of Object.entries(shapes))
    if (isWanted(name)) measured.shapes[name] = await measureShape(name, shape, quick);
  for (const name of check ? [] : Object.keys(figures)) {
    if (isWanted(name))
      measured.figures.push(...(await timed<Figure[]>(name, ['figures', name, quick ? 'quick' : 'full'])));
  }
  return { machine: machine(), ...measured };
}

function compare(results: Results, file: string): void {
  const others = JSON.parse(readFileSync(file, 'utf8')) as Results;
  console.log('\nRatios beside those of the other run:');
  for (const { what, before, now, by } of differencesOf(others, results).toSorted((a, b) => b.by - a.by))
    console.log(`${(by * 100).toFixed(1).padStart(6)} %  ${what}: ${short(before)}, now ${short(now)}`);
}

const toldBehind = ({ what, value, atMost }: Verdict): string =>
  `FAR BEHIND: ${what} is ${short(value)}, and at most ${short(atMost)} is promised`;

/** Gives the exit code. */
export async function runSuite(options: Options): Promise<number> {
  const { quick, check, only, against, out } = options;
  const known = [...Object.keys(shapes), ...Object.keys(figures)];
  const unknown = only?.filter(name => !known.includes(name)) ?? [];
  if (unknown.length > 0) {
    console.error(`there is no "${unknown.join('", "')}"; there are: ${known.join(', ')}`);
    return 2;
  }
  const results = await measureAll(options);
  if (out) {
    writeFileSync(path.join(out, 'results.json'), `${JSON.stringify(results, undefined, 1)}\n`);
    writeFileSync(path.join(out, 'RESULTS.md'), reportOf(results));
  }
  console.log(quick || only ? reportOf(results) : barsTable(results));
  if (against) compare(results, against);
  const behind = check ? farBehind(results, MARGIN) : [];
  for (const verdict of behind) console.log(toldBehind(verdict));
  return behind.length === 0 ? 0 : 1;
}
