import type { BodyDeps } from '../nodes/run-body.ts';
import type { Clock } from './clock.ts';
import type { Host } from './host.ts';
import type { Journal } from './journal.ts';
import type { MemberOptions } from './member.ts';
import type { Spans } from './spans.ts';
import type { Watch } from './watch.ts';

/** What the actors of a thread have around them. */
export interface Surroundings {
  readonly thread: string;
  readonly host: Host;
  readonly clock: Clock;
  readonly deps: BodyDeps;
  readonly watch: Watch;
  /** Absent: nothing is kept. */
  readonly journal?: Journal | undefined;
  /** What the root of the thread is. */
  readonly root: () => MemberOptions;
  /** Where spans are made of what happens. */
  readonly spans: () => Spans | undefined;
  /** Something ended, and perhaps nothing is left to do. */
  readonly quiet: () => void;
  /** It was cancelled elsewhere, and nothing runs here any more. */
  readonly cancelled: () => void;
  /** The thread cannot go on. */
  readonly broken: (reason: unknown) => void;
}
