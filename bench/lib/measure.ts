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
  /** How long at most until it has computed for half of that: what mostly waits is not warm so soon. */
  readonly mostWarmUpMs: number;
}

export const FULL: Effort = { rounds: 3, budgetMs: 3_000, sampleMs: 60, warmUpMs: 250, mostWarmUpMs: 1_500 };
export const QUICK: Effort = { rounds: 3, budgetMs: 3_000, sampleMs: 15, warmUpMs: 60, mostWarmUpMs: 300 };

/** Milliseconds of one run. */
export interface Sample {
  readonly wall: number;
  readonly cpu: number;
}

/** The samples of each of several, in the order of the rounds. */
export type Samples<Name extends string> = Partial<Record<Name, Sample[]>>;

const cpuTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

async function sample(open: () => Runner, runs: number): Promise<Sample> {
  const runner = open();
  // After the whole heap was collected all are slower for a while, and those that leave most garbage by half.
  globalThis.gc?.({ type: 'minor' });
  const cpu = cpuTime();
  const begun = performance.now();
  for (let i = 0; i < runs; i++) await runner.run();
  const wall = performance.now() - begun;
  const used = cpuTime() - cpu;
  await runner.close();
  return { wall: wall / runs, cpu: used / runs };
}

/** Runs until it is warm, and gives how many runs make a sample. `ran` is how long it took when it ran before. */
async function warmUp(open: () => Runner, effort: Effort, ran = 0): Promise<number> {
  const { sampleMs, warmUpMs, mostWarmUpMs } = effort;
  const runner = open();
  const cpu = cpuTime();
  let last = ran;
  const isCold = (spent: number): boolean =>
    spent < warmUpMs || (spent < mostWarmUpMs && cpuTime() - cpu < warmUpMs / 2);
  for (let spent = ran; isCold(spent); spent += last) {
    const started = performance.now();
    await runner.run();
    last = performance.now() - started;
  }
  await runner.close();
  return Math.max(1, Math.ceil(sampleMs / last));
}

/**
 * Times each of several in turn, round by round, every other round backwards.
 *
 * @param ran milliseconds of a run that each made before
 */
export async function measure<Name extends string>(
  openers: Openers<Name>,
  effort: Effort,
  ran: Partial<Record<Name, number>> = {},
): Promise<Samples<Name>> {
  const subjects: { name: Name; open: () => Runner; runs: number }[] = [];
  for (const [name, open] of Object.entries(openers) as [Name, () => Runner][])
    subjects.push({ name, open, runs: await warmUp(open, effort, ran[name]) });
  const samples: Samples<Name> = {};
  for (const { name } of subjects) samples[name] = [];
  const begun = performance.now();
  const goesOn = (round: number): boolean =>
    round === 0 || (round < effort.rounds && performance.now() - begun < effort.budgetMs);
  for (let round = 0; goesOn(round); round++) {
    for (const { name, open, runs } of round % 2 === 0 ? subjects : subjects.toReversed())
      samples[name]?.push(await sample(open, runs));
  }
  return samples;
}

/** How one compares with another: the ratios of samples of the same round, which a slow moment of the machine meets both. */
export const ratiosOf = (samples: readonly Sample[], others: readonly Sample[], of: keyof Sample): number[] =>
  samples.map((sample, i) => sample[of] / (others[i]?.[of] ?? Number.NaN));
