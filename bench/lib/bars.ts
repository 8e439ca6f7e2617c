/** What the project promises of its speed and size, and whether a run of the benchmarks shows it. */
import type { CaseResult, Figure, PairName, Results, ShapeResult } from './results.ts';
import type { SubjectName } from './shape.ts';

export interface Verdict {
  readonly what: string;
  readonly value: number;
  readonly atMost: number;
  readonly unit: '' | Figure['unit'];
  readonly holds: boolean;
}

type Bar =
  /** How much longer the first takes than the second, at these sizes or at all. */
  | {
      readonly kind: 'ratio';
      readonly shape: string;
      readonly pair: PairName;
      readonly atMost: number;
      readonly from?: number;
    }
  /** Milliseconds a unit. */
  | {
      readonly kind: 'time';
      readonly shape: string;
      readonly of: SubjectName;
      readonly size: number;
      readonly atMost: number;
    }
  | { readonly kind: 'growth'; readonly shape: string; readonly atMost: number }
  /** How many times its critical path a run takes. */
  | { readonly kind: 'path'; readonly shape: string; readonly atMost: number }
  /** How many times its final state is stored. */
  | { readonly kind: 'bytes'; readonly shape: string; readonly size: number; readonly atMost: number }
  | { readonly kind: 'figure'; readonly name: string; readonly atMost: number };

const OURS = ['statewright', 'actor', 'full', 'normal'] as const;

const grows = (shape: string, atMost = 1.1): Bar => ({ kind: 'growth', shape, atMost });
const ratio = (shape: string, pair: PairName, atMost: number, from?: number): Bar => ({
  kind: 'ratio',
  shape,
  pair,
  atMost,
  ...(from ? { from } : {}),
});

const BARS: readonly Bar[] = [
  ratio('chain', 'statewright/langgraph', 1 / 5),
  ratio('chain', 'actor/langgraph', 1 / 5),
  ratio('chain', 'statewright/xstate', 1.5),
  ratio('chain', 'actor/xstate', 1.5),
  ratio('chain', 'full/saver', 1),
  ratio('chain', 'normal/saver', 1),
  { kind: 'time', shape: 'chain', of: 'full', size: 100, atMost: 0.6 },
  { kind: 'time', shape: 'chain', of: 'normal', size: 100, atMost: 0.25 },
  ratio('loop', 'statewright/langgraph', 1 / 6),
  ratio('loop', 'full/saver', 1 / 10, 500),
  ratio('loop', 'normal/saver', 1 / 10, 500),
  ratio('map', 'statewright/langgraph', 1 / 30),
  ratio('fork', 'statewright/langgraph', 1 / 2),
  { kind: 'path', shape: 'irregular', atMost: 1.05 },
  { kind: 'bytes', shape: 'react', size: 100, atMost: 3 },
  { kind: 'figure', name: 'a waiting thread of 10000', atMost: 1_024 },
  { kind: 'figure', name: 'resume one of 10000 threads', atMost: 10 },
  { kind: 'figure', name: 'compile 1000 nodes, CPU', atMost: 400 },
  { kind: 'figure', name: 'compile 1000 nodes in a new process, CPU', atMost: 400 },
  { kind: 'figure', name: 'statewright --help, CPU beyond node', atMost: 150 },
  ...['chain', 'map', 'loop', 'subgraphs', 'wide state', 'react', 'irregular'].map(shape => grows(shape)),
  // A node of a fork may cost what the fork is wide.
  grows('fork', 2),
];

function verdict(what: string, value: number, atMost: number, unit: Verdict['unit'] = ''): Verdict {
  return { what, value, atMost, unit, holds: value <= atMost };
}

const caseOf = (shape: ShapeResult, size: number): CaseResult | undefined => shape.cases.find(c => c.size === size);

function judge(bar: Bar, { shapes, figures }: Results): Verdict[] {
  if (bar.kind === 'figure') {
    const figure = figures.find(f => f.name === bar.name);
    return figure ? [verdict(figure.name, figure.value.median, bar.atMost, figure.unit)] : [];
  }
  const shape = shapes[bar.shape];
  if (!shape) return [];
  switch (bar.kind) {
    case 'ratio':
      return shape.cases.flatMap(({ size, ratios }) => {
        const found = ratios[bar.pair];
        if (!found || size < (bar.from ?? 0)) return [];
        return [verdict(`${bar.shape} of ${size}: ${bar.pair}`, found.wall.median, bar.atMost)];
      });
    case 'time': {
      const found = caseOf(shape, bar.size)?.subjects[bar.of];
      const what = `${bar.shape} of ${bar.size}: ${bar.of}, each ${shape.unit}`;
      return found ? [verdict(what, found.wall.median / bar.size, bar.atMost, 'ms')] : [];
    }
    case 'growth':
      if (shape.cases.length < 3) return [];
      return OURS.flatMap(name => {
        const exponent = shape.growth[name];
        return exponent === undefined ? [] : [verdict(`${bar.shape}: growth of ${name}`, exponent, bar.atMost)];
      });
    case 'path':
      return shape.cases.flatMap(({ size, subjects }, i) => {
        const [least, wall] = [shape.criticalPath?.[i], subjects.statewright?.wall.median];
        if (!least || !wall) return [];
        return [verdict(`${bar.shape} of ${size}: statewright/critical path`, wall / least, bar.atMost)];
      });
    case 'bytes': {
      const found = caseOf(shape, bar.size);
      const bytes = found?.subjects.full?.bytes;
      const what = `${bar.shape} of ${bar.size}: bytes stored/state`;
      return found && bytes ? [verdict(what, bytes / found.stateBytes, bar.atMost)] : [];
    }
  }
}

export const verdictsOf = (results: Results): Verdict[] => BARS.flatMap(bar => judge(bar, results));

/** Ratios that are behind their bars by so much that no slow moment of a machine can be the reason. */
export function farBehind(results: Results, margin: number): Verdict[] {
  return verdictsOf(results).filter(({ unit, value, atMost }) => unit === '' && value > atMost * margin);
}
