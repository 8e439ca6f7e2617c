/** Times what is to be compared side by side: warmed up, interleaved, each sample with a young heap that was collected. */

import type { Openers, Runner } from './runner.ts';

export interface Effort {
  /** How often each is sampled in a process, once at least and no more when this many milliseconds are over. */
  readonly rounds: number;
  readonly budgetMs: number;
  /** How long a sample takes at least, in milliseconds. */
  readonly sampleMs: number;
  /** How long each is run before anything is timed, in milliseconds; once at least. */
  readonly warmUpMs: number;
}

export const FULL: Effort = { rounds: 3, budgetMs: 3_000, sampleMs: 80, warmUpMs: 1_000 };
export const QUICK: Effort = { rounds: 3, budgetMs: 3_000, sampleMs: 15, warmUpMs: 200 };

/** Milliseconds of one run. */
export interface Sample {
  readonly wall: number;
  readonly cpu: number;
}

/** The samples of each of several, in the order of the rounds. */
export type Samples<Name extends string> = Partial<Record<Name, Sample[]>>;

/** How each of several is sampled. */
export type Samplers<Name extends string> = Partial<Record<Name, () => Promise<Sample>>>;

const cpuTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Times something that is done so many times. */
export async function timed(act: () => Promise<unknown>, times = 1): Promise<Sample> {
  const cpu = cpuTime();
  const begun = performance.now();
  for (let i = 0; i < times; i++) await act();
  const wall = performance.now() - begun;
  return { wall: wall / times, cpu: (cpuTime() - cpu) / times };
}

/** Runs so often, untimed. */
export async function repeat(runner: Runner, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await runner.run();
}

/** A long run gets going by itself; others run before as often as they are timed. */
const asOften =
  (runs: number) =>
  async (runner: Runner): Promise<void> => {
    if (runs > 1) await repeat(runner, runs);
  };

/**
 * Opens one, and times so many runs of it.
 *
 * @param catchUp what is done before: what stood idle meanwhile is slower at first, its caches cold, its young heap small
 */
export async function sample(open: () => Runner, runs: number, catchUp = asOften(runs)): Promise<Sample> {
  const runner = open();
  await catchUp(runner);
  // After the whole heap was collected all are slower for a while, and those that leave most garbage by half.
  globalThis.gc?.({ type: 'minor' });
  const found = await timed(runner.run, runs);
  await runner.close();
  return found;
}

/** Runs until it is warm, and gives the milliseconds of the last run. `ran` is how long it took when it ran before. */
export async function warmUp(open: () => Runner, { warmUpMs }: Effort, ran = 0): Promise<number> {
  const runner = open();
  let last = ran;
  for (let spent = ran; spent < warmUpMs; spent += last) ({ wall: last } = await timed(runner.run));
  await runner.close();
  return last;
}

/** How many runs make a sample. */
export const runsOf = ({ sampleMs }: Effort, ran: number): number => Math.max(1, Math.ceil(sampleMs / ran));

/** Samples each of several in turn, round by round, every other round backwards. */
export async function takeTurns<Name extends string>(
  samplers: Samplers<Name>,
  { rounds, budgetMs }: Pick<Effort, 'rounds' | 'budgetMs'>,
): Promise<Samples<Name>> {
  const entries = Object.entries(samplers) as [Name, () => Promise<Sample>][];
  const samples: Samples<Name> = {};
  for (const [name] of entries) samples[name] = [];
  const begun = performance.now();
  const goesOn = (round: number): boolean => round === 0 || (round < rounds && performance.now() - begun < budgetMs);
  for (let round = 0; goesOn(round); round++)
    for (const [name, take] of round % 2 === 0 ? entries : entries.toReversed()) samples[name]?.push(await take());
  return samples;
}

/** Warms up and samples several in this process. */
export async function measure<Name extends string>(openers: Openers<Name>, effort: Effort): Promise<Samples<Name>> {
  const samplers: Samplers<Name> = {};
  for (const [name, open] of Object.entries(openers) as [Name, () => Runner][]) {
    const runs = runsOf(effort, await warmUp(open, effort));
    samplers[name] = () => sample(open, runs);
  }
  return takeTurns(samplers, effort);
}

/** How one compares with another: the ratios of samples of the same round, which a slow moment of the machine meets both. */
export const ratiosOf = (samples: readonly Sample[], others: readonly Sample[], of: keyof Sample): number[] =>
  samples.map((sample, i) => sample[of] / (others[i]?.[of] ?? Number.NaN));
