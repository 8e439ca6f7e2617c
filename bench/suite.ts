/** Runs the shapes and figures that are asked for, in processes of their own, and reports. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { figures } from './figures/index.ts';
import { farBehind, type Verdict } from './lib/bars.ts';
import { withChildren } from './lib/child.ts';
import { differencesOf } from './lib/compare.ts';
import { type FigureGroup, figureResult, type SampledFigure } from './lib/figure.ts';
import { machine } from './lib/machine.ts';
import { isEnough, type Series } from './lib/processes.ts';
import { barsTable, reportOf, short } from './lib/report.ts';
import type { CaseResult, Figure, Results, ShapeResult } from './lib/results.ts';
import { sampleCase } from './lib/sample-case.ts';
import { caseResult, ratioSeries, shapeResult } from './lib/sampled.ts';
import type { Shape } from './lib/shape.ts';
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

/** Does so in one turn after the other, until what is compared is sure enough. */
async function inTurns<T>(
  what: string,
  take: (turn: number) => Promise<T>,
  seriesOf: (told: readonly T[]) => readonly Series[],
  once: boolean,
): Promise<[T, ...T[]]> {
  const begun = performance.now();
  const told: [T, ...T[]] = [await take(0)];
  while (!once && !isEnough(seriesOf(told), told.length, performance.now() - begun)) told.push(await take(told.length));
  const turns = told.length === 1 ? '1 turn' : `${told.length} turns`;
  console.error(`${what}: ${turns}, ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  return told;
}

async function measureShape(name: string, shape: Shape, quick: boolean): Promise<ShapeResult> {
  const cases: CaseResult[] = [];
  for (const size of quick ? [QUICK_SIZES[name] ?? shape.sizes[0] ?? 1] : shape.sizes) {
    const sampled = await inTurns(
      `${name} of ${size}`,
      turn => sampleCase(name, shape, size, turn, quick),
      told => [...ratioSeries(told, 'wall').values()],
      quick,
    );
    cases.push(caseResult(sampled));
  }
  return shapeResult(shape, cases);
}

async function measureFigures(name: string, { once = false }: FigureGroup, quick: boolean): Promise<Figure[]> {
  const [first, ...others] = await inTurns<readonly SampledFigure[]>(
    name,
    () => withChildren([['figures', name, quick ? 'quick' : 'full']], ([child]) => child.ask('measure')),
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
