/** Runs the shapes and figures that are asked for, in processes of their own, and reports. */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { figures } from './figures/index.ts';
import { farBehind, type Verdict } from './lib/bars.ts';
import { differencesOf } from './lib/compare.ts';
import { type FigureGroup, figureResult, type SampledFigure } from './lib/figure.ts';
import { machine } from './lib/machine.ts';
import { isEnough, type Series } from './lib/processes.ts';
import { barsTable, reportOf, short } from './lib/report.ts';
import type { CaseResult, Figure, Results, ShapeResult } from './lib/results.ts';
import { caseResult, ratioSeries, type SampledCase, type SampledGroup, shapeResult } from './lib/sampled.ts';
import type { GroupName, Shape } from './lib/shape.ts';
import type { Options } from './run.ts';
import { shapes } from './shapes/index.ts';

/** A check is only of what no slow moment of a machine can explain. */
const MARGIN = 2;

/** Ratios of two runs that are this far apart are no figures to speak of. */
const FAR = 0.2;

/** The size of each shape for a quick look, which must be over before one thinks of something else. */
const QUICK_SIZES: Readonly<Record<string, number>> = {
  chain: 100,
  fork: 32,
  map: 100,
  loop: 100,
  subgraphs: 10,
  'wide state': 100,
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

/** Measures in one process after the other, until what is compared is sure enough. */
async function inProcesses<T>(
  what: string,
  argsOf: (turn: number) => readonly string[],
  seriesOf: (told: readonly T[]) => readonly Series[],
  once: boolean,
): Promise<[T, ...T[]]> {
  const begun = performance.now();
  const told: [T, ...T[]] = [await inProcess<T>(argsOf(0))];
  while (!once && !isEnough(seriesOf(told), told.length, performance.now() - begun))
    told.push(await inProcess<T>(argsOf(told.length)));
  const processes = told.length === 1 ? '1 process' : `${told.length} processes`;
  console.error(`${what}: ${processes}, ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  return told;
}

async function measureShape(name: string, shape: Shape, quick: boolean): Promise<ShapeResult> {
  const effort = quick ? 'quick' : 'full';
  const cases: CaseResult[] = [];
  for (const size of quick ? [QUICK_SIZES[name] ?? shape.sizes[0] ?? 1] : shape.sizes) {
    const measured = (group: GroupName): Promise<SampledGroup> =>
      inProcesses<SampledCase>(
        `${name} of ${size}, ${group}`,
        turn => ['shape', name, effort, String(turn), String(size), group],
        sampled => [...ratioSeries(sampled, 'wall').values()],
        quick,
      );
    cases.push(caseResult([await measured('memory'), await measured('stored')]));
  }
  return shapeResult(shape, cases);
}

async function measureFigures(name: string, { once = false }: FigureGroup, quick: boolean): Promise<Figure[]> {
  const effort = quick ? 'quick' : 'full';
  const [first, ...others] = await inProcesses<readonly SampledFigure[]>(
    name,
    turn => ['figures', name, effort, String(turn)],
    told => (told[0] ?? []).flatMap(({ beside }, i) => (beside ? [told.map(own => own[i]?.beside?.ratios ?? [])] : [])),
    quick || once,
  );
  return first.map((one, i) => figureResult([one, ...others.flatMap(figures => figures[i] ?? [])]));
}

async function measureAll({ quick, check, only }: Options): Promise<Results> {
  const isWanted = (name: string): boolean => only?.includes(name) ?? true;
  const measured: { shapes: Record<string, ShapeResult>; figures: Figure[] } = { shapes: {}, figures: [] };
  for (const [name, shape] of Object.entries(shapes))
    if (isWanted(name)) measured.shapes[name] = await measureShape(name, shape, quick);
  for (const [name, group] of check ? [] : Object.entries(figures))
    if (isWanted(name)) measured.figures.push(...(await measureFigures(name, group, quick)));
  return { machine: machine(), ...measured };
}

function compare(results: Results, file: string): void {
  const others = JSON.parse(readFileSync(file, 'utf8')) as Results;
  const differences = differencesOf(others, results);
  const far = differences.filter(({ by }) => by >= FAR).length;
  console.log(
    `\nOf ${differences.length} ratios, ${far} differ by ${FAR * 100} % or more from those of the other run:`,
  );
  for (const { what, before, now, by } of differences)
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
