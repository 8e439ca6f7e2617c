import { deepStrictEqual } from 'node:assert';
import { type Effort, measure } from './measure.ts';
import type { Openers, Runner } from './runner.ts';
import type { SampledCase } from './sampled.ts';
import { type Case, GROUPS, type GroupName, type Input, type Shape, type SubjectName } from './shape.ts';
import { openersOf } from './subjects.ts';

interface Check extends Pick<SampledCase, 'bytes' | 'stateBytes'> {
  /** Milliseconds of the run. */
  readonly ran: Partial<Record<SubjectName, number>>;
}

/** Those of a group, in another order: the one at this turn first, then those that follow, and from the beginning. */
function inTurn(openers: Openers<SubjectName>, group: GroupName, turn: number): Openers<SubjectName> {
  const entries = GROUPS[group].flatMap(name => (openers[name] ? [[name, openers[name]] as const] : []));
  const first = turn % entries.length;
  return Object.fromEntries([...entries.slice(first), ...entries.slice(0, first)]);
}

/** Runs each once: all must give the answer. */
async function check(about: Case, group: GroupName, openers: Openers<SubjectName>): Promise<Check> {
  const ran: Partial<Record<SubjectName, number>> = {};
  const bytes: Partial<Record<SubjectName, number>> = {};
  let state: Input = {};
  for (const [name, open] of Object.entries(openers) as [SubjectName, () => Runner][]) {
    const runner = open();
    const begun = performance.now();
    const found = await runner.run();
    ran[name] = performance.now() - begun;
    deepStrictEqual(about.read(found), about.answer, `${name} gives something else`);
    if (name === GROUPS[group][0]) state = found;
    bytes[name] = await runner.close();
  }
  return { ran, bytes, stateBytes: JSON.stringify(state).length };
}

/**
 * Checks and samples one size of a shape, as a group of subjects runs it.
 *
 * @param turn who begins: the first teaches the compiler of JavaScript what all of them share
 */
export async function runShape(
  shape: Shape,
  size: number,
  group: GroupName,
  turn: number,
  effort: Effort,
): Promise<SampledCase> {
  const about = shape.at(size);
  const { ran, ...checked } = await check(about, group, inTurn(openersOf(about), group, turn));
  const opened: Runner[] = [];
  const samples = await measure(inTurn(openersOf(about, opened), group, turn), effort, ran);
  for (const runner of opened) await runner.close();
  return { size, ...checked, samples };
}
