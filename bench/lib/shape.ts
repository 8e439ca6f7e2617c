/** What a benchmark is: one graph in both systems, with the same node bodies, at three sizes. */
import type { AnyStateMachine } from 'xstate';
import type { Graph } from '../../src/index.ts';

/** Who runs a shape. `statewright` is a thread of a runtime, `actor` is `createActor(graph.machine)`, `full` and `normal` are threads on SQLite. */
export const SUBJECTS = ['statewright', 'actor', 'full', 'normal', 'langgraph', 'saver', 'xstate'] as const;
export type SubjectName = (typeof SUBJECTS)[number];

/**
 * Those that one process measures: they are compared with each other. What `MemorySaver` leaves behind is collected while
 * others run, which those without a store must not pay for.
 */
export const GROUPS = {
  memory: ['statewright', 'actor', 'langgraph', 'xstate'],
  stored: ['full', 'normal', 'saver'],
} as const satisfies Readonly<Record<string, readonly SubjectName[]>>;
export type GroupName = keyof typeof GROUPS;

/** What people read in tables. */
export const TITLES: Readonly<Record<SubjectName, string>> = {
  statewright: 'statewright',
  actor: 'createActor',
  full: 'SQLite, full',
  normal: 'SQLite, normal',
  langgraph: 'LangGraph.js',
  saver: 'its MemorySaver',
  xstate: 'XState by hand',
};

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
  readonly at: (size: number) => Case;
}
