import type { Input } from './shape.ts';

/** Something that is ready to run. */
export interface Runner {
  /** Runs once, from the beginning to the end, as a thread of its own. Resolves with the final state. */
  run(): Promise<Input>;
  /** Ends it, and gives the bytes that all its runs stored. */
  close(): Promise<number>;
}

/** How to open each of those that can run something. */
export type Openers<Name extends string> = Partial<Record<Name, () => Runner>>;
