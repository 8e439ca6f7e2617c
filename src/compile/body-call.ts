import type { GraphContext } from './context.ts';
import type { Naming } from './naming.ts';
import type { Plan } from './plan.ts';

/** What a body is told when it runs inside a plain actor or a host. */
export interface BodyCall {
  readonly node: string;
  readonly context: GraphContext;
  readonly signal: AbortSignal;
  /** Keeps the result of a step; resolves when it is stored. Absent where nothing can be kept. */
  readonly record?: (name: string, value: unknown) => void | Promise<void>;
  /** How what happens in the body is called from outside. */
  readonly naming?: Naming;
  /** Whether the body's node went on without it, or with what it gave: what happens in it now is not told. */
  readonly over?: boolean;
  /** Told by a body that waits for an event from outside, and when it does no more. */
  readonly rests?: (waits: BodyWait | undefined) => void;
}

/** What a body waits for. */
export interface BodyWait {
  /** The types of the events that it takes. */
  readonly events: readonly string[];
  takes(event: { readonly type: string }): boolean;
  send(event: { readonly type: string }): void;
}

/** Runs the body of a node and gives its result; rejects when it fails. */
export type RunBody = (call: BodyCall) => Promise<unknown>;

/** Gives the bodies of a graph, or of one that it contains. */
export type RunBodyOf = (plan: Plan) => RunBody;
