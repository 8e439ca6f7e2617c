/** One process of the benchmarks: measures a size of a shape, or one group of figures, and tells the one that started it. */
import { figures } from './figures/index.ts';
import { FULL, QUICK } from './lib/measure.ts';
import { runShape } from './lib/run-shape.ts';
import type { GroupName } from './lib/shape.ts';
import { shapes } from './shapes/index.ts';

const [kind, name = '', effortName, turn, size, subjects] = process.argv.slice(2);
const effort = effortName === 'quick' ? QUICK : FULL;
const shape = kind === 'shape' ? shapes[name] : undefined;
const group = kind === 'figures' ? figures[name] : undefined;
if (!shape && !group) throw new Error(`there is no ${kind} "${name}"`);
const told = shape
  ? await runShape(shape, Number(size), subjects as GroupName, Number(turn), effort)
  : await group?.measure(effort);
process.send?.(told);
process.disconnect?.();
