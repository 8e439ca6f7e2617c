/** Times what is to be compared side by side: warmed up, interleaved, each sample from a heap that was collected. */

import { type Quartiles, quartilesOf } from './stats.ts';
import type { Runner } from './subjects.ts';

declare const gc: (() => void) | undefined;

export interface Effort {
  /** How often each is sampled. */
  readonly rounds: number;
  /** How long a sample takes at least, in milliseconds. */
  readonly sampleMs: number;
  /** How long each is run before anything is timed, in milliseconds; once at least. */
  readonly warmUpMs: number;
}

export const FULL: Effort = { rounds: 9, sampleMs: 60, warmUpMs: 400 };
export const QUICK: Effort = { rounds: 5, sampleMs: 15, warmUpMs: 60 };

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
  gc?.();
  const cpu = cpuTime();
  const begun = performance.now();
  for (let i = 0; i < runs; i++) await runner.run();
  const wall = performance.now() - begun;
  const used = cpuTime() - cpu;
  await runner.close();
  return { wall: wall / runs, cpu: used / runs };
}

/** Runs until it is warm, and gives how many runs make a sample. */
async function warmUp(open: () => Runner, { sampleMs, warmUpMs }: Effort): Promise<number> {
  const runner = open();
  const begun = performance.now();
  let last = 0;
  do {
    const started = performance.now();
    await runner.run();
    last = performance.now() - started;
  } while (performance.now() - begun < warmUpMs);
  await runner.close();
  return Math.max(1, Math.ceil(sampleMs / last));
}

/** Times each of several in turn, round by round, every other round backwards. */
export async function measure<Name extends string>(
  openers: Partial<Record<Name, () => Runner>>,
  effort: Effort,
): Promise<Samples<Name>> {
  const subjects: { name: Name; open: () => Runner; runs: number }[] = [];
  for (const [name, open] of Object.entries(openers) as [Name, () => Runner][])
    subjects.push({ name, open, runs: await warmUp(open, effort) });
  const samples: Samples<Name> = {};
  for (const { name } of subjects) samples[name] = [];
  for (let round = 0; round < effort.rounds; round++) {
    for (const { name, open, runs } of round % 2 === 0 ? subjects : subjects.toReversed())
      samples[name]?.push(await sample(open, runs));
  }
  return samples;
}

/** How one compares with another: the ratios of samples of the same round, which a slow moment of the machine meets both. */
export function ratioOf(samples: readonly Sample[], others: readonly Sample[], of: keyof Sample): Quartiles {
  return quartilesOf(samples.map((sample, i) => sample[of] / (others[i]?.[of] ?? Number.NaN)));
}
