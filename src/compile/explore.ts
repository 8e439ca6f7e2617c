/** Goes through every combination of values that some conditions can tell apart, and notes which edges are taken. */
import { FAILS, type Test, UNKNOWN, type Variable } from './conditions.ts';
import { type Sample, samplesOf } from './samples.ts';

export interface Choice {
  readonly tests: readonly Test[];
  readonly variables: readonly Variable[];
  /** What one evaluation of all conditions costs. */
  readonly size: number;
  /** Every edge whose condition is true is taken, instead of the first. */
  readonly all: boolean;
}

/** Values for which no edge is taken, in as few names as tell them from the others. */
export interface Gap {
  readonly parts: readonly {
    readonly name: string;
    readonly samples: readonly Sample[];
    readonly chosen: Set<Sample>;
  }[];
  /** There are others beside these. */
  readonly others: boolean;
}

export interface Explored {
  /** By condition: whether no values make it true. */
  readonly never: readonly boolean[];
  /** By condition: whether all values make it true. */
  readonly always: readonly boolean[];
  /** By condition: those that are taken whenever it is true. Undefined when it can be reached. */
  readonly behind: readonly (readonly number[] | undefined)[];
  /** Those that are taken where an edge without a condition would be. Undefined when it can be reached. */
  readonly behindFallback: readonly number[] | undefined;
  /** Whether an edge with a condition is taken whatever the values are. */
  readonly complete: boolean;
  readonly gap?: Gap;
}

/** The most combinations that are gone through for one node. */
const MAX_COMBINATIONS = 1_000;
/** The most evaluations of parts for one node. */
const MAX_WORK = 200_000;

interface Axis {
  readonly variable: Variable;
  readonly samples: readonly Sample[];
}

/** The variables that can be gone through within bounds, names before parts that are not looked into. */
function axesOf({ variables, size }: Choice, left: number): Axis[] | undefined {
  const most = Math.min(MAX_COMBINATIONS, Math.min(MAX_WORK, left) / Math.max(1, size));
  const axes: Axis[] = [];
  let count = 1;
  for (const variable of [...variables].sort((a, b) => Number(a.opaque) - Number(b.opaque))) {
    if (variable.literals.size > MAX_COMBINATIONS) continue;
    const samples = samplesOf(variable.schema, variable);
    // A type that holds nothing is a mistake of another kind.
    if (samples.length === 0) return undefined;
    if (count * samples.length > most) continue;
    count *= samples.length;
    axes.push({ variable, samples });
  }
  return axes;
}

class Exploration {
  readonly never: boolean[];
  readonly always: boolean[];
  readonly reached: boolean[];
  readonly before: Set<number>[];
  readonly beforeFallback = new Set<number>();
  fallbackReached = false;
  private readonly choice: Choice;
  constructor(choice: Choice) {
    this.choice = choice;
    const each = <T>(make: () => T): T[] => choice.tests.map(make);
    this.never = each(() => true);
    this.always = each(() => true);
    this.reached = each(() => false);
    this.before = each(() => new Set());
  }

  /** Notes what one combination leads to. Returns whether an edge is taken, or it is not known. */
  note(at: Parameters<Test>[0]): boolean | undefined {
    const { tests, all } = this.choice;
    let taken: number | undefined;
    let fails = false;
    let unsure = false;
    for (const [i, test] of tests.entries()) {
      const value = test(at);
      const possible = value === true || value === UNKNOWN;
      if (possible) this.never[i] = false;
      if (value !== true) this.always[i] = false;
      if (possible && (taken === undefined || all)) this.reached[i] = true;
      else if (possible && taken !== undefined) this.before[i]?.add(taken);
      if (value === true) taken ??= i;
      fails ||= value === FAILS;
      unsure ||= value === UNKNOWN;
    }
    if (taken === undefined) this.fallbackReached = true;
    else this.beforeFallback.add(taken);
    // A condition that fails is an error of its own, which no further edge would help.
    return taken !== undefined || fails ? true : unsure ? undefined : false;
  }
}

/** Undefined when a name has a type that holds nothing. */
export function explore(choice: Choice, budget: { left: number }): Explored | undefined {
  const axes = axesOf(choice, budget.left);
  if (!axes) return undefined;
  const seen = new Exploration(choice);
  const at: Parameters<Test>[0][number][] = choice.variables.map(() => UNKNOWN);
  const digits = axes.map(() => 0);
  const gaps: number[][] = [];
  let unknown = false;
  for (let more = true; more; more = advance(digits, axes)) {
    axes.forEach(({ variable, samples }, i) => {
      at[variable.index] = samples[digits[i] ?? 0]?.value ?? null;
    });
    budget.left -= choice.size;
    const taken = seen.note(at);
    if (taken === false) gaps.push([...digits]);
    unknown ||= taken === undefined;
  }
  const gap = gapOf(gaps, axes);
  return {
    never: seen.never,
    always: seen.always,
    behind: seen.reached.map((reached, i) => (reached || seen.never[i] ? undefined : [...(seen.before[i] ?? [])])),
    behindFallback: seen.fallbackReached ? undefined : [...seen.beforeFallback],
    complete: gaps.length === 0 && !unknown,
    ...(gap ? { gap } : {}),
  };
}

function advance(digits: number[], axes: readonly Axis[]): boolean {
  for (let i = digits.length - 1; i >= 0; i--) {
    digits[i] = (digits[i] ?? 0) + 1;
    if ((digits[i] ?? 0) < (axes[i]?.samples.length ?? 0)) return true;
    digits[i] = 0;
  }
  return false;
}

/** Describes gaps that are there whatever the parts are that have no name: the first of them, made as wide as it is. */
function gapOf(gaps: readonly number[][], axes: readonly Axis[]): Gap | undefined {
  const named = [...axes.keys()].filter(i => !axes[i]?.variable.opaque);
  const first = firstWhole(gaps, axes, named);
  if (!first) return undefined;
  let which = named;
  for (const i of named.toReversed()) {
    const without = which.filter(w => w !== i);
    const matching = gaps.filter(gap => without.every(w => gap[w] === first[w])).length;
    if (matching === combinations(axes, without)) which = without;
  }
  if (which.length === 0) return undefined;
  const parts = which.map(i => ({ i, axis: axes[i] as Axis, digits: new Set([first[i] ?? 0]) }));
  const [only] = parts;
  if (only && parts.length === 1) {
    const counts = Map.groupBy(gaps, gap => gap[only.i] ?? 0);
    const whole = combinations(axes, [only.i]);
    for (const [digit, { length }] of counts) if (length === whole) only.digits.add(digit);
  }
  return {
    parts: parts.map(({ axis: { variable, samples }, digits }) => ({
      name: variable.name,
      samples,
      chosen: new Set(samples.filter((_, digit) => digits.has(digit))),
    })),
    others: gaps.some(gap => parts.some(p => !p.digits.has(gap[p.i] ?? 0))),
  };
}

/** How many combinations there are with these axes held fast. */
function combinations(axes: readonly Axis[], fixed: readonly number[]): number {
  return axes.reduce((n, { samples }, i) => (fixed.includes(i) ? n : n * samples.length), 1);
}

/** The first gap that is one for every value of what has no name. */
function firstWhole(
  gaps: readonly number[][],
  axes: readonly Axis[],
  named: readonly number[],
): readonly number[] | undefined {
  const whole = combinations(axes, named);
  const counts = new Map<string, number>();
  const keyOf = (gap: readonly number[]): string => named.map(i => gap[i]).join();
  for (const gap of gaps) counts.set(keyOf(gap), (counts.get(keyOf(gap)) ?? 0) + 1);
  return gaps.find(gap => counts.get(keyOf(gap)) === whole);
}
