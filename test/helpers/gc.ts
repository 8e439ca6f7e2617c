/** Collects garbage now: what is young, or everything. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

export const gc = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;
