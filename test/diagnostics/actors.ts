export { createActor } from 'xstate';
export { compileGraph, failuresOf } from '../../src/index.ts';
