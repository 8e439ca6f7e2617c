/** What tests of graphs need: models that answer from a script. */
export { type Script, type ScriptedModel, scriptedModel, scriptSchema } from '../models/scripted.ts';
