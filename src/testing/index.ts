/** What tests of graphs need: models that answer from a script, a clock that obeys, paths that reach everything, stores that keep. */
export { describeEvent, type PathEvent } from '../explore/events.ts';
export {
  type ExploreOptions,
  explorePaths,
  type PathFailure,
  type PathReport,
  type Reached,
  type Unreached,
} from '../explore/explore.ts';
export type { Target } from '../explore/targets.ts';
export { type Script, type ScriptedModel, scriptedModel, scriptSchema } from '../models/scripted.ts';
export { type SimulatedClock, simulatedClock } from './simulated-clock.ts';
export { type StoreCase, type StoreSuiteOptions, storeSuite } from './store-suite.ts';
