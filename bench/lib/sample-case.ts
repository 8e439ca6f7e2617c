/** One turn of measuring: a process for each group of those that run a shape, all there at once, one of them at work at a time. */
import { type Child, withChildren } from './child.ts';
import { FULL, QUICK, type Samplers, takeTurns } from './measure.ts';
import type { SampledCase } from './sampled.ts';
import { GROUPS, type SubjectName } from './shape.ts';
import type { Subject } from './subject.ts';

type Told<Act extends keyof Subject> = Awaited<ReturnType<Subject[Act]>>;

/** How many processes warm up at once: nothing is timed meanwhile. */
const AT_ONCE = 2;

/** The same in another order: the one at this place first, then those that follow, and from the beginning. */
function rotated<T>(list: readonly T[], place: number): T[] {
  const first = place % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

/** Does so with each, so many at a time. */
async function each<T>(list: readonly T[], atOnce: number, act: (one: T) => Promise<void>): Promise<void> {
  const left = list.values();
  const next = async (): Promise<void> => {
    for (const one of left) await act(one);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

interface Group {
  readonly names: readonly SubjectName[];
  readonly child: Child;
}

/** Checks and warms up each, and samples them in turn. */
async function sampleGroups(groups: readonly Group[], size: number, quick: boolean): Promise<SampledCase> {
  const effort = quick ? QUICK : FULL;
  const bytes: Partial<Record<SubjectName, number>> = {};
  const samplers: Samplers<SubjectName> = {};
  let stateBytes = 0;
  const cold = new Set<SubjectName>();
  for (const { names, child } of groups)
    for (const name of names) {
      const checked = await child.ask<Told<'check'>>('check', name);
      bytes[name] = checked.bytes;
      if (name === GROUPS[0][0]) stateBytes = checked.stateBytes;
      if (checked.ran.wall < effort.budgetMs) {
        cold.add(name);
        samplers[name] = () => child.ask<Told<'sample'>>('sample', name);
      } else {
        // What takes so long was warm for most of its first run.
        samplers[name] = async () => checked.ran;
      }
    }
  await each(groups, AT_ONCE, async ({ names, child }) => {
    for (const name of names) if (cold.has(name)) await child.ask<Told<'warmUp'>>('warmUp', name);
  });
  const rounds = cold.size < Object.keys(samplers).length ? 1 : effort.rounds;
  const samples = await takeTurns(samplers, { ...effort, rounds });
  for (const { names, child } of groups) for (const name of names) await child.ask<Told<'close'>>('close', name);
  return { size, samples, bytes, stateBytes };
}

/**
 * Samples one size of a shape.
 *
 * @param runners those that can run it
 * @param turn who begins in a process: the first teaches the compiler of JavaScript what all of them share
 */
export function sampleCase(
  shape: string,
  size: number,
  runners: ReadonlySet<SubjectName>,
  turn: number,
  quick: boolean,
): Promise<SampledCase> {
  const present = GROUPS.map(group => group.filter(name => runners.has(name)));
  const names = present.map(group => rotated(group, turn));
  const words = ['shape', shape, quick ? 'quick' : 'full', String(size)];
  return withChildren(
    names.map(() => words),
    children => {
      const groups = children.flatMap((child, i) => ({ names: names[i] ?? [], child }));
      return sampleGroups(groups, size, quick);
    },
  );
}
