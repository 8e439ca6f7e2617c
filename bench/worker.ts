/** One process of the benchmarks: measures one shape, or one group of figures, and tells the one that started it. */
import { figures } from './figures/index.ts';
import { FULL, QUICK } from './lib/measure.ts';
import { runShape } from './lib/run-shape.ts';
import { shapes } from './shapes/index.ts';

const [kind, name = '', effortName, sizes = ''] = process.argv.slice(2);
const effort = effortName === 'quick' ? QUICK : FULL;
const shape = kind === 'shape' ? shapes[name] : undefined;
const figure = kind === 'figures' ? figures[name] : undefined;
if (!shape && !figure) throw new Error(`there is no ${kind} "${name}"`);
const told = shape ? await runShape(shape, effort, sizes.split(',').map(Number)) : await figure?.(effort);
process.send?.(told);
process.disconnect?.();
