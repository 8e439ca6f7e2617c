import type { FigureGroup } from '../lib/figure.ts';
import { type Effort, FULL } from '../lib/measure.ts';
import { compileFigures, firstCompileFigures } from './compile.ts';
import { firstEventFigures } from './first-event.ts';
import { startFigures } from './start.ts';
import { waitingFigures } from './waiting.ts';

/** How often processes are started that do one thing. */
const starts = (effort: Effort): number => (effort === FULL ? 15 : 3);

/** What is measured beside the shapes. */
export const figures: Readonly<Record<string, FigureGroup>> = {
  compile: { measure: compileFigures },
  'first compile': { measure: effort => firstCompileFigures(starts(effort)), once: true },
  'first event': { measure: firstEventFigures },
  waiting: { measure: effort => waitingFigures(effort === FULL ? 10_000 : 1_000), once: true },
  start: { measure: effort => startFigures(starts(effort)), once: true },
};
