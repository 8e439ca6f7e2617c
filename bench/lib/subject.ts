/** One of those that run a shape, in this process: what it is asked for, one thing after the other. */
import { deepStrictEqual } from 'node:assert';
import { type Effort, repeat, runsOf, type Sample, sample, timed, warmUp } from './measure.ts';
import type { Runner } from './runner.ts';
import type { Case, Shape, SubjectName } from './shape.ts';
import { openersOf } from './subjects.ts';

/** What the first run showed. */
export interface Checked {
  readonly ran: Sample;
  /** What it stored. */
  readonly bytes: number;
  /** Bytes of the final state as JSON. */
  readonly stateBytes: number;
}

export interface Subject {
  /** Runs once: it must give the answer. */
  check(): Promise<Checked>;
  /** Runs until it is warm. */
  warmUp(): Promise<void>;
  sample(): Promise<Sample>;
  close(): Promise<void>;
}

export function subjectOf({ hurry }: Shape, about: Case, name: SubjectName, effort: Effort): Subject {
  const [once, opened] = [openersOf(about)[name], [] as Runner[]];
  const open = openersOf(about, opened)[name];
  if (!once || !open) throw new Error(`${name} runs no such shape`);
  let ran = 0;
  let runs = 1;
  let fastRuns = 0;
  const catchUp =
    hurry &&
    (async (runner: Runner): Promise<void> => {
      hurry(true);
      await repeat(runner, fastRuns);
      hurry(false);
    });
  return {
    async check() {
      const runner = once();
      let found = {};
      const took = await timed(async () => {
        found = await runner.run();
      });
      deepStrictEqual(about.read(found), about.answer, `${name} gives something else`);
      ran = took.wall;
      return { ran: took, bytes: await runner.close(), stateBytes: JSON.stringify(found).length };
    },
    async warmUp() {
      hurry?.(true);
      const last = await warmUp(open, effort, hurry ? 0 : ran);
      hurry?.(false);
      runs = runsOf(effort, hurry ? ran : last);
      fastRuns = runsOf(effort, last);
    },
    sample: () => sample(open, runs, catchUp),
    async close() {
      for (const runner of opened) await runner.close();
    },
  };
}
