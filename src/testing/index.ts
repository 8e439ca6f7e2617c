/** What tests of graphs need: models that answer from a script, a clock that obeys. */
export { type Script, type ScriptedModel, scriptedModel, scriptSchema } from '../models/scripted.ts';
export { type SimulatedClock, simulatedClock } from './simulated-clock.ts';
