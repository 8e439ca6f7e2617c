import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { build, refusals } from '../helpers.ts';
import { type Block, blocks } from './blocks.ts';
import { HeldBodies, NOW } from './bodies.ts';
import { toFiles } from './files.ts';
import { ActorSubject, type Compiled, type Look, Reference, type Subject, ThreadSubject, tick } from './subject.ts';

const GRAPHS = Number(process.env.DIFFERENTIAL_GRAPHS ?? 250);
const SEED = Number(process.env.DIFFERENTIAL_SEED ?? 20_261_121);
const MAX_STEPS = 300;

const sorted = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

/** A look as text, whatever order the subject has it in. */
function show({ ready, status, state, trace, handled, stopped }: Look): string {
  const lists = { ready: [...ready].sort(), stopped: [...stopped].sort() };
  return JSON.stringify({ status, ...lists, handled: sorted(handled), trace: sorted(trace), state });
}

/** Drives subjects side by side by a sequence of choices: which of what is ready ends next. Gives each look of the first. */
async function drive(
  reference: Subject,
  others: Readonly<Record<string, Subject>>,
  choices: readonly number[],
): Promise<Look[]> {
  const looks: Look[] = [];
  const way: string[] = [];
  while (looks.length < MAX_STEPS) {
    await tick();
    const look = reference.look();
    const expected = show(look);
    for (const [name, subject] of Object.entries(others)) {
      const found = show(subject.look());
      if (found === expected) continue;
      expect(JSON.parse(found), `${name} disagrees after: ${way.join(' ') || 'nothing'}`).toEqual(JSON.parse(expected));
    }
    looks.push(structuredClone(look));
    const ready = [...look.ready].sort();
    // The choices go round and are shifted, so that no path is taken for ever.
    const choice = (choices[looks.length % choices.length] ?? 0) + Math.floor(looks.length / choices.length);
    const chosen = ready[choice % Math.max(1, ready.length)];
    if (chosen === undefined) break;
    way.push(chosen);
    for (const subject of [reference, ...Object.values(others)]) subject.end(chosen);
  }
  return looks;
}

/** Runs a generated graph on everything. Gives nothing where it is refused: branches may cross in too many ways. */
async function compare(block: Block, choices: readonly number[]): Promise<Look[] | undefined> {
  const { text, files, read } = toFiles(block);
  const codes = refusals(text, { read });
  if (codes.some(code => code === 'fork-leave' || code === 'fork-shape')) return undefined;
  const compile = (wideFork: number): Compiled => {
    const bodies = new HeldBodies();
    return { graph: build(text, { ...bodies.deps, read, wideFork }), bodies };
  };
  try {
    // Forks as parallel states, and forks whose branches are actors of their own.
    const [narrow, wide] = [compile(1_000), compile(0)];
    return await drive(
      new Reference(narrow.graph),
      {
        'a thread': new ThreadSubject(narrow),
        'a thread with wide forks': new ThreadSubject(wide),
        'an actor': new ActorSubject(narrow),
        'an actor with wide forks': new ActorSubject(wide),
      },
      choices,
    );
  } catch (error) {
    if (error instanceof Error) error.message += `\n${text}${files}`;
    throw error;
  }
}

/** What the generator must reach, each in a part of the graphs. */
const REACHES: Readonly<Record<string, (looks: readonly Look[]) => boolean>> = {
  'a long run': looks => looks.length > 20,
  'the end': looks => looks.at(-1)?.status === 'done',
  'a failure': looks => looks.some(l => l.ready.some(id => id.startsWith('!'))),
  'rest with a failure': looks => looks.some(l => l.status === 'failed'),
  'rest without one': looks => looks.some(l => l.status === 'waiting'),
  'a timer': looks => looks.some(l => l.ready.some(id => id.startsWith('@'))),
  'a pause': looks => looks.some(l => l.ready.some(id => /:(before|after)$/.test(id))),
  'an error that is handled': looks => Object.keys(looks.at(-1)?.handled ?? {}).length > 0,
  'a body that is told to stop': looks => (looks.at(-1)?.stopped.length ?? 0) > 0,
  'an item': looks => looks.some(l => l.ready.some(id => id.includes('['))),
  'an item over a graph': looks => looks.some(l => l.ready.some(id => id.includes(']/'))),
  'a subgraph': looks => looks.some(l => l.ready.some(id => id.includes('gr_o'))),
};

// Moments are compared with the time of day, which stands still; what requests need is loaded when it is first used.
beforeAll(() => import('../../src/tools/send-request.ts'));
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW }));
afterEach(() => void vi.useRealTimers());

it(`a direct interpreter, a thread and a plain actor agree on ${GRAPHS} generated graphs, whatever happens first`, async () => {
  const reached = new Map(Object.keys(REACHES).map(name => [name, 0]));
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(blocks, fc.array(fc.nat(20), { minLength: 1, maxLength: 30 }), async (block, choices) => {
      const looks = await compare(block, choices);
      if (!looks) refused++;
      fc.pre(looks !== undefined);
      for (const [name, isReached] of Object.entries(REACHES))
        if (isReached(looks)) reached.set(name, (reached.get(name) ?? 0) + 1);
    }),
    { numRuns: GRAPHS, seed: SEED },
  );
  expect([...reached].filter(([, count]) => count < GRAPHS / 20)).toEqual([]);
  expect(refused).toBeLessThan(GRAPHS / 5);
}, 3_600_000);

describe('the reference', () => {
  const files = readdirSync(import.meta.dirname).filter(file => file.endsWith('.ts'));
  const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
  const parts = ['interpreter.ts', 'work.ts', 'items.ts', 'branches.ts', 'values.ts', 'waits.ts'];

  it.each(parts)('%s can be read at one go', file => {
    expect(files).toContain(file);
    expect(read(file).split('\n').length - 1).toBeLessThan(150);
  });

  it.each(parts)('%s shares the plan with the compiler, and no rule', file => {
    const imports = [...read(file).matchAll(/^import (type )?[^;]* from '\.\.\/\.\.\/([^']*)';$/gm)];
    for (const [, isType, from] of imports) expect(isType ? 'types' : from).toMatch(/^(types|src\/compile\/plan\.ts)$/);
  });
});
