export { type Clock, systemClock } from '../tools/clock.ts';
