/** Runs the shapes and figures that are asked for, in processes of their own, and reports. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { figures } from './figures/index.ts';
import { farBehind, type Verdict } from './lib/bars.ts';
import { withChildren } from './lib/child.ts';
import { differencesOf } from './lib/compare.ts';
import { type FigureGroup, figureResult, type SampledFigure } from './lib/figure.ts';
import { machine } from './lib/machine.ts';
import { barsTable, reportOf, short } from './lib/report.ts';
import type { Figure, Results, ShapeResult } from './lib/results.ts';
import { sampleCase } from './lib/sample-case.ts';
import { caseResult, type SampledCase, shapeResult } from './lib/sampled.ts';
import type { Shape, SubjectName } from './lib/shape.ts';
import { medianError, type Quartiles } from './lib/stats.ts';
import { openersOf } from './lib/subjects.ts';
import type { Options } from './run.ts';
import { shapes } from './shapes/index.ts';

/** How many processes of each kind measure the same, at least: each has its luck with the compiler of JavaScript. */
const TURNS = 7;

/** Of a ratio, what its median may be off for it to be sure enough. */
const SURE = 0.05;

/** How long there are more turns for what is not sure, in milliseconds. */
const MORE_MS = 900_000;

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

/** Something to be measured, and what every turn told of it. */
interface Task<Told> {
  readonly what: string;
  /** In one turn is enough. */
  readonly once: boolean;
  readonly take: (turn: number) => Promise<Told>;
  readonly told: Told[];
  /** The ratios that it came to so far. */
  readonly ratios: () => readonly Quartiles[];
}

/** A size of a shape. */
interface CaseTask extends Task<SampledCase> {
  readonly name: string;
}

type FigureTask = Task<readonly SampledFigure[]>;

function caseTasks(name: string, shape: Shape, quick: boolean): CaseTask[] {
  const sizes = quick ? [QUICK_SIZES[name] ?? shape.sizes[0] ?? 1] : shape.sizes;
  return sizes.map(size => {
    const told: SampledCase[] = [];
    // Who runs it is the same in every turn, and a large graph takes its time to compile.
    const runners = new Set(Object.keys(openersOf(shape.at(size))) as SubjectName[]);
    return {
      what: `${name} of ${size}`,
      once: false,
      take: turn => sampleCase(name, size, runners, turn, quick),
      told,
      ratios: () => Object.values(caseResult(told).ratios).map(({ wall }) => wall),
      name,
    };
  });
}

function figureTask(name: string, { once = false }: FigureGroup, quick: boolean): FigureTask {
  const told: (readonly SampledFigure[])[] = [];
  return {
    what: name,
    once,
    take: () => withChildren([['figures', name, quick ? 'quick' : 'full']], ([child]) => child.ask('measure')),
    told,
    ratios: () => figuresOf(told).flatMap(({ beside }) => beside?.ratio ?? []),
  };
}

/**
 * Takes turns: all is measured once, then all again. A machine that others use is slower for minutes, and not for everything
 * as much; so what belongs together is not measured in the same minutes. Then there are more turns of what spreads most.
 */
async function takeAll(tasks: readonly Task<unknown>[], quick: boolean): Promise<void> {
  let turn = 0;
  const takeOne = async ({ what, take, told }: Task<unknown>): Promise<void> => {
    const begun = performance.now();
    told.push(await take(turn));
    const took = ((performance.now() - begun) / 1_000).toFixed(1);
    console.error(`${quick ? '' : `turn ${turn + 1}, `}${what}: ${took} s`);
  };
  for (; turn < (quick ? 1 : TURNS); turn++)
    for (const task of tasks) if (turn === 0 || !task.once) await takeOne(task);
  if (quick) return;
  const until = performance.now() + MORE_MS;
  const isUnsure = ({ once, told, ratios }: Task<unknown>): boolean =>
    !once && ratios().some(ratio => medianError(ratio, told.length) > SURE);
  for (let unsure = tasks.filter(isUnsure); unsure.length > 0; unsure = unsure.filter(isUnsure)) {
    for (const task of unsure) {
      if (performance.now() > until) return;
      await takeOne(task);
    }
    turn++;
  }
}

function figuresOf([first = [], ...others]: readonly (readonly SampledFigure[])[]): Figure[] {
  return first.map((one, i) => figureResult([one, ...others.flatMap(figures => figures[i] ?? [])]));
}

async function measureAll({ quick, check, only }: Options): Promise<Results> {
  const isWanted = ([name]: readonly [string, unknown]): boolean => only?.includes(name) ?? true;
  const wanted = Object.entries(shapes).filter(isWanted);
  const cases = wanted.flatMap(([name, shape]) => caseTasks(name, shape, quick));
  const groups = (check ? [] : Object.entries(figures).filter(isWanted)).map(([name, group]) =>
    figureTask(name, group, quick),
  );
  await takeAll([...cases, ...groups], quick);
  const shapeOf = ([name, shape]: readonly [string, Shape]): [string, ShapeResult] => {
    const own = cases.filter(task => task.name === name);
    return [
      name,
      shapeResult(
        shape,
        own.map(({ told }) => caseResult(told)),
      ),
    ];
  };
  return {
    machine: machine(),
    shapes: Object.fromEntries(wanted.map(shapeOf)),
    figures: groups.flatMap(({ told }) => figuresOf(told)),
  };
}

function compare(results: Results, others: Results): void {
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
