import { type Effort, FULL } from '../lib/measure.ts';
import type { Figure } from '../lib/results.ts';
import { compileFigures } from './compile.ts';
import { firstEventFigures } from './first-event.ts';
import { startFigures } from './start.ts';
import { waitingFigures } from './waiting.ts';

/** What is measured beside the shapes, each group in a process of its own. */
export const figures: Readonly<Record<string, (effort: Effort) => Promise<Figure[]>>> = {
  compile: compileFigures,
  'first event': firstEventFigures,
  waiting: effort => waitingFigures(effort === FULL ? 10_000 : 1_000),
  start: async effort => startFigures(effort.rounds),
};
