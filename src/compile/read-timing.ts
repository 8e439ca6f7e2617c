import { milliseconds } from './duration.ts';
import type { NodeDef, Retry } from './graph.ts';
import type { NodeFile } from './schema.ts';

type Timing = Pick<NodeDef, 'retry' | 'timeout' | 'deadline' | 'onError' | 'join' | 'routeAll' | 'pauses'>;

const DEFAULT_DELAY = '1s';
const DEFAULT_FACTOR = 2;
const DEFAULT_MAX_DELAY = '1m';
/** The share that `jitter: true` takes off. */
const DEFAULT_JITTER = 0.5;

function readRetry(raw: Extract<NodeFile, { type: 'function' }>['retry']): Retry | undefined {
  if (raw === undefined) return undefined;
  const { attempts, delay, factor, maxDelay, jitter, on } = typeof raw === 'number' ? { attempts: raw } : { ...raw };
  return {
    attempts,
    delay: milliseconds(delay ?? DEFAULT_DELAY),
    factor: factor ?? DEFAULT_FACTOR,
    maxDelay: milliseconds(maxDelay ?? DEFAULT_MAX_DELAY),
    jitter: jitter === true ? DEFAULT_JITTER : jitter === false || jitter === undefined ? 0 : jitter,
    ...(on === undefined ? {} : { on: typeof on === 'string' ? [on] : on }),
  };
}

/** The keys of nodes with a body; those of other kinds have none of them. */
export type BodyFile = Extract<NodeFile, { type: 'function' | 'llm' | 'router' | 'machine' | 'tool' | 'http' }>;

export const hasBody = (file: NodeFile): file is BodyFile =>
  ['function', 'llm', 'router', 'machine', 'tool', 'http'].includes(file.type);

/** Nodes that run something which may fail or take its time. */
type TimedFile = BodyFile | Extract<NodeFile, { type: 'graph' | 'agent' }>;

const isTimed = (file: NodeFile): file is TimedFile => hasBody(file) || file.type === 'graph' || file.type === 'agent';

function readBody(file: TimedFile): Timing {
  const retry = readRetry(file.retry);
  const pauses = [
    ...(file.interruptBefore ? (['before'] as const) : []),
    ...(file.interruptAfter ? (['after'] as const) : []),
  ];
  return {
    ...(retry === undefined ? {} : { retry }),
    ...(file.timeout === undefined ? {} : { timeout: milliseconds(file.timeout) }),
    ...(file.deadline === undefined ? {} : { deadline: milliseconds(file.deadline) }),
    ...(file.onError === undefined ? {} : { onError: file.onError }),
    ...(pauses.length === 0 ? {} : { pauses }),
  };
}

function readBounds({ deadline, onError }: Extract<NodeFile, { type: 'map' }>): Timing {
  return {
    ...(deadline === undefined ? {} : { deadline: milliseconds(deadline) }),
    ...(onError === undefined ? {} : { onError }),
  };
}

/** Reads the keys of a node that say how often, how long, and what then. */
export function readTiming(file: NodeFile): Timing {
  return {
    ...(file.join === undefined || file.join === 'all' ? {} : { join: file.join }),
    ...(file.route === 'all' ? { routeAll: true as const } : {}),
    ...(isTimed(file) ? readBody(file) : {}),
    ...(file.type === 'map' ? readBounds(file) : {}),
  };
}
