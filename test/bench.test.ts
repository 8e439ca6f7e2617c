/** What the benchmarks make of their samples. The measuring itself is in `bench`, beside LangGraph.js. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { farBehind, verdictsOf } from '../bench/lib/bars.ts';
import { differencesOf } from '../bench/lib/compare.ts';
import { type Effort, measure, ratiosOf, sample, takeTurns } from '../bench/lib/measure.ts';
import { acrossProcesses } from '../bench/lib/processes.ts';
import { barsTable, reportOf, short } from '../bench/lib/report.ts';
import type { CaseResult, Results } from '../bench/lib/results.ts';
import { caseResult, type SampledCase } from '../bench/lib/sampled.ts';
import { growthOf, medianError, quartilesOf } from '../bench/lib/stats.ts';

const root = path.resolve(import.meta.dirname, '..');
const just = (median: number) => ({ low: median, median, high: median });

/** A chain of so many nodes, of which each takes so many milliseconds, so many times as long as LangGraph.js. */
function chainOf(size: number, ms: number, ratio: number): CaseResult {
  return {
    size,
    processes: 7,
    subjects: { statewright: { wall: just(size * ms), cpu: just(size * ms), bytes: 0 } },
    ratios: { 'statewright/langgraph': { wall: just(ratio), cpu: just(ratio) } },
    stateBytes: 10,
  };
}

function resultsOf(cases: readonly CaseResult[], growth = 1): Results {
  const chain = { about: 'a row', unit: 'node', cases, growth: { statewright: growth } };
  return { machine: { node: 'v24' }, shapes: { chain }, figures: [] };
}

describe('figures', () => {
  it('quartiles lie between the samples that are next to them', () => {
    expect(quartilesOf([4, 1, 3, 2])).toEqual({ low: 1.75, median: 2.5, high: 3.25 });
    expect(quartilesOf([7])).toEqual(just(7));
  });

  it('a median is off by its standard error: 1.25 standard deviations by the root of how many there are', () => {
    const deviation = 2;
    const normal = { low: 10 - 0.6745 * deviation, median: 10, high: 10 + 0.6745 * deviation };
    expect(medianError(normal, 25)).toBeCloseTo((1.2533 * deviation) / 5 / 10, 3);
  });

  it('growth is the exponent: 1 where a node costs the same at any size', () => {
    const sizes = [10, 100, 1000];
    expect(growthOf(sizes.map(n => [n, 3 * n]))).toBeCloseTo(1);
    expect(growthOf(sizes.map(n => [n, 0.1 * n ** 1.5]))).toBeCloseTo(1.5);
  });

  it('a ratio is that of samples of one round: a slow round makes both slow', () => {
    const own = [1, 10, 1].map(wall => ({ wall, cpu: wall }));
    const others = [2, 20, 2].map(wall => ({ wall, cpu: wall }));
    expect(ratiosOf(own, others, 'wall')).toEqual([0.5, 0.5, 0.5]);
  });

  it('are shown with three digits', () => {
    expect([0.0299, 0.5, 1.234, 45.67, 8_403].map(short)).toEqual(['0.0299', '0.500', '1.23', '45.7', '8,403']);
  });
});

describe('processes', () => {
  it('count once each, by their medians; of a single one its rounds count', () => {
    expect(acrossProcesses([[1, 2, 90], [3], [4, 4]])).toEqual({ low: 2.5, median: 3, high: 3.5 });
    expect(acrossProcesses([[4, 1, 3, 2]])).toEqual(quartilesOf([1, 2, 3, 4]));
  });

  it('come to medians, and to the ratios of each', () => {
    const sampled = (wall: number): SampledCase => ({
      size: 10,
      samples: { statewright: [{ wall, cpu: wall }], langgraph: [{ wall: 2 * wall, cpu: 4 * wall }] },
      bytes: { statewright: 5 },
      stateBytes: 3,
    });
    const { processes, subjects, ratios } = caseResult([sampled(1), sampled(2), sampled(3)]);
    expect(processes).toBe(3);
    expect(subjects.statewright).toEqual({ wall: quartilesOf([1, 2, 3]), cpu: quartilesOf([1, 2, 3]), bytes: 5 });
    expect(ratios).toEqual({ 'statewright/langgraph': { wall: just(0.5), cpu: just(0.25) } });
  });
});

describe('bars', () => {
  it('hold up to what they say, and tell by how much they do not', () => {
    const kept = verdictsOf(resultsOf([chainOf(10, 1, 0.2)]));
    expect(kept.map(({ value, atMost, holds }) => [value, atMost, holds])).toEqual([[0.2, 0.2, true]]);
    expect(barsTable(resultsOf([chainOf(10, 1, 0.25)]))).toContain('no, by 25.0 %');
  });

  it('of growth want three sizes', () => {
    const sizes = [10, 100, 1000].map(size => chainOf(size, 1, 0.1));
    expect(verdictsOf(resultsOf(sizes.slice(0, 2), 1.2))).toHaveLength(2);
    expect(verdictsOf(resultsOf(sizes, 1.2)).filter(v => !v.holds)).toMatchObject([
      { what: 'chain: growth of statewright', value: 1.2 },
    ]);
  });

  it('a check fails only for ratios, and those that are far behind', () => {
    expect(farBehind(resultsOf([chainOf(100, 1_000, 0.39)]), 2)).toEqual([]);
    expect(farBehind(resultsOf([chainOf(100, 1, 0.41)]), 2)).toMatchObject([{ value: 0.41 }]);
  });
});

describe('two runs', () => {
  it('differ by how far the larger ratio is above the smaller one', () => {
    const [found] = differencesOf(resultsOf([chainOf(10, 1, 0.12)]), resultsOf([chainOf(10, 1, 0.1)]));
    expect(found).toMatchObject({ what: 'chain of 10: statewright/langgraph', before: 0.12, now: 0.1 });
    expect(found?.by).toBeCloseTo(0.2);
  });

  it('are compared in the figures too, and tell first what is furthest apart', () => {
    const run = (shape: number, figure: number): Results => {
      const beside = { name: 'LangGraph.js', value: just(1), ratio: just(figure) };
      return {
        ...resultsOf([chainOf(10, 1, shape)]),
        figures: [{ name: 'start', unit: 'ms', value: just(1), beside }],
      };
    };
    const found = differencesOf(run(0.1, 2), run(0.11, 4));
    expect(found.map(({ what }) => what)).toEqual(['start: beside LangGraph.js', 'chain of 10: statewright/langgraph']);
  });

  it('are reported with what they were measured on', () => {
    const report = reportOf(resultsOf([chainOf(10, 0.05, 0.1)]));
    expect(report).toContain('| node | v24 |');
    expect(report).toMatch(/\| statewright \| +10 \| +50\.0 \(50\.0–50\.0\)/);
  });
});

describe('samples', () => {
  it('are taken in turn, every other round backwards, each from something that was opened for it', async () => {
    const log: string[] = [];
    const opener = (name: string) => () => ({
      run: async () => {
        log.push(name);
        return {};
      },
      close: async () => {
        log.push(`${name} closed`);
        return 0;
      },
    });
    const effort: Effort = { rounds: 3, budgetMs: 1_000, sampleMs: 0, warmUpMs: Number.MIN_VALUE };
    const samples = await measure({ a: opener('a'), b: opener('b') }, effort);
    expect(samples.a).toHaveLength(3);
    const [a, b] = [
      ['a', 'a closed'],
      ['b', 'b closed'],
    ];
    expect(log).toEqual([...a, ...b, ...a, ...b, ...b, ...a, ...a, ...b]);
  });

  it('begin with as many runs that are not timed, unless one run is long enough', async () => {
    let runs = 0;
    const open = () => ({
      run: async () => {
        runs++;
        return {};
      },
      close: async () => 0,
    });
    await sample(open, 1);
    expect(runs).toBe(1);
    await sample(open, 5);
    expect(runs).toBe(11);
  });

  it('are taken once where there is no time for more', async () => {
    const effort = { rounds: 3, budgetMs: 0 };
    expect(await takeTurns({ a: async () => ({ wall: 1, cpu: 2 }) }, effort)).toEqual({ a: [{ wall: 1, cpu: 2 }] });
  });
});

it('LangGraph.js is a dependency of the benchmarks alone', () => {
  for (const file of ['package.json', 'package-lock.json'])
    expect(readFileSync(path.join(root, file), 'utf8')).not.toContain('@langchain/');
  const { files } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { files: string[] };
  expect(files).not.toContain('bench');
});
