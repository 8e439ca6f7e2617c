/** What a benchmark is: one graph in both systems, with the same node bodies, at three sizes. */
import type { AnyStateMachine } from 'xstate';
import type { Graph } from '../../src/index.ts';

/**
 * Who runs a shape, by the process that they share. `statewright` is a thread of a runtime, `actor` is
 * `createActor(graph.machine)`, `full` and `normal` are threads on SQLite.
 *
 * Those that are made of XState share what the compiler of JavaScript made of it, for better or worse. LangGraph.js is by
 * itself, since its garbage is collected for a while yet.
 */
export const GROUPS = [
  ['statewright', 'actor', 'xstate', 'promises'],
  ['full', 'normal'],
  ['langgraph'],
  ['saver'],
] as const;
export type SubjectName = (typeof GROUPS)[number][number];

/** What people read in tables. */
export const TITLES: Readonly<Record<SubjectName, string>> = {
  statewright: 'statewright',
  actor: 'createActor',
  full: 'SQLite, full',
  normal: 'SQLite, normal',
  langgraph: 'LangGraph.js',
  saver: 'its MemorySaver',
  xstate: 'XState by hand',
  promises: 'promises by hand',
};

/** In the order of the tables. */
export const SUBJECTS = Object.keys(TITLES) as SubjectName[];

export type Input = Record<string, unknown>;

/** What is used of a compiled graph of LangGraph.js. */
export interface LangGraphRun {
  invoke(input: Input, config: object): Promise<unknown>;
  stream(input: Input, config: object): Promise<AsyncIterable<unknown>>;
}

/** What is used of a `StateGraph` that is not compiled yet. */
export interface LangGraphBuilder {
  compile(options: object): LangGraphRun;
}

/** One size of a shape. */
export interface Case {
  readonly statewright: Graph;
  readonly langgraph: LangGraphBuilder;
  /** The same by hand, as directly as XState allows: the floor. */
  readonly xstate?: AnyStateMachine;
  /** The same bodies, awaited by hand: how late the timers of a machine are. */
  readonly promises?: () => Promise<Input>;
  readonly input: Input;
  /** What a run of any of them must give. It is compared before anything is timed. */
  readonly answer: unknown;
  /** Takes that out of a final state. */
  readonly read: (state: Input) => unknown;
}

export interface Shape {
  readonly about: string;
  /** What a size counts; times are given per unit. */
  readonly unit: string;
  /** Three, growing. */
  readonly sizes: readonly number[];
  /** Its time is that of its delays: the least it can take, in milliseconds. */
  readonly criticalPath?: (size: number) => number;
  /** Makes its bodies wait no longer, or wait again: what mostly waits would not be warm in any time one has. */
  readonly hurry?: (on: boolean) => void;
  readonly at: (size: number) => Case;
}
