/** What a run of the benchmarks gives, as it is kept in `results.json`. */
import type { SubjectName } from './shape.ts';
import type { Quartiles } from './stats.ts';

export interface Measured {
  /** Milliseconds of a run. */
  readonly wall: Quartiles;
  readonly cpu: Quartiles;
  /** What one run stored, in bytes; 0 where nothing is kept. */
  readonly bytes: number;
}

/** The pairs that are compared. */
export const PAIRS = [
  ['statewright', 'langgraph'],
  ['actor', 'langgraph'],
  ['full', 'saver'],
  ['normal', 'saver'],
  ['statewright', 'xstate'],
  ['actor', 'xstate'],
  ['statewright', 'promises'],
  ['actor', 'promises'],
] as const satisfies readonly (readonly [SubjectName, SubjectName])[];

export type PairName = `${SubjectName}/${SubjectName}`;

/** How many times as long the first takes. */
export interface Ratio {
  readonly wall: Quartiles;
  readonly cpu: Quartiles;
}

export interface CaseResult {
  readonly size: number;
  /** How many processes of each subject measured it. */
  readonly processes: number;
  readonly subjects: Partial<Record<SubjectName, Measured>>;
  readonly ratios: Partial<Record<PairName, Ratio>>;
  /** Bytes of the final state as JSON. */
  readonly stateBytes: number;
}

export interface ShapeResult {
  readonly about: string;
  readonly unit: string;
  readonly cases: readonly CaseResult[];
  /** The exponent of each: of its CPU time, or of its time where it consists of delays. */
  readonly growth: Partial<Record<SubjectName, number>>;
  /** Milliseconds that the delays of each size take at least, where it consists of delays. */
  readonly criticalPath?: readonly number[];
}

/** A figure that is no shape: its name says what it is and of how many. */
export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | 'B';
  readonly value: Quartiles;
  /** The same of LangGraph.js, or of what it is measured against. */
  readonly beside?: { readonly name: string; readonly value: Quartiles; readonly ratio: Quartiles };
}

export interface Results {
  readonly machine: Readonly<Record<string, string>>;
  readonly shapes: Readonly<Record<string, ShapeResult>>;
  readonly figures: readonly Figure[];
}
