import type { Shape } from '../lib/shape.ts';
import { chain } from './chain.ts';
import { fork } from './fork.ts';
import { irregular } from './irregular.ts';
import { loop } from './loop.ts';
import { map } from './map.ts';
import { react } from './react.ts';
import { subgraphs } from './subgraphs.ts';
import { wideState } from './wide-state.ts';

export const shapes: Readonly<Record<string, Shape>> = {
  chain,
  fork,
  map,
  loop,
  subgraphs,
  'wide state': wideState,
  react,
  irregular,
};
