/** Which events a reader gets. */
import type { RunEvent } from './events.ts';

/**
 * `updates`: what nodes write. `values`: the merged state after each step that changed it. `tokens`: what models say, and
 * the tools they call. `custom`: what functions emit. `debug`: everything.
 */
export type StreamMode = 'values' | 'updates' | 'tokens' | 'custom' | 'debug';

export interface Selection {
  /** Default: `updates`, `tokens` and `custom`. Questions, and how the run ended, are told in every mode. */
  readonly modes?: readonly StreamMode[];
  /** Whether what happens in subgraphs, agents and map items is told too; questions always are. Default: true. */
  readonly subgraphs?: boolean;
}

const MODE_OF: Partial<Record<RunEvent['type'], StreamMode>> = {
  value: 'values',
  update: 'updates',
  token: 'tokens',
  reasoning: 'tokens',
  'tool-call': 'tokens',
  'tool-result': 'tokens',
  custom: 'custom',
};

const ALWAYS: ReadonlySet<RunEvent['type']> = new Set(['interrupt', 'run-finished', 'missed']);

const DEFAULT_MODES: readonly StreamMode[] = ['updates', 'tokens', 'custom'];

export const STREAM_MODES: readonly StreamMode[] = ['values', 'updates', 'tokens', 'custom', 'debug'];

/** Whether a reader with this selection gets an event. */
export function selects({ modes = DEFAULT_MODES, subgraphs = true }: Selection): (event: RunEvent) => boolean {
  const unknown = modes.find(mode => !STREAM_MODES.includes(mode));
  if (unknown !== undefined)
    throw new TypeError(`there is no stream mode "${unknown}"; modes: ${STREAM_MODES.join(', ')}`);
  const all = modes.includes('debug');
  return event => {
    if (ALWAYS.has(event.type)) return true;
    if (!subgraphs && event.path !== '') return false;
    const mode = MODE_OF[event.type];
    return all || (mode !== undefined && modes.includes(mode));
  };
}
