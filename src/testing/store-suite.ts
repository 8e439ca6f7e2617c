/**
 * What every store must do, for those who write one: cases without a framework, that throw when a rule is broken.
 *
 * ```ts
 * for (const { name, run } of storeSuite(() => myStore(emptyFolder()))) test(name, run);
 * ```
 */
import type { Maybe, Store } from '../store/store.ts';
import { commits } from './store-cases/commits.ts';
import { pruning } from './store-cases/pruning.ts';
import { reading } from './store-cases/reading.ts';
import { closing, listening, sharedListening, sharing } from './store-cases/sharing.ts';
import { tasks } from './store-cases/tasks.ts';
import type { Cases } from './store-cases/tools.ts';

export interface StoreCase {
  readonly name: string;
  /** Opens a store, tries the rule, and closes it. Rejects when the rule is broken. */
  readonly run: () => Promise<void>;
}

export interface StoreSuiteOptions {
  /** Gives one more store on the place of the one that was opened last. Cases with two are left out without it. */
  readonly openAgain?: () => Maybe<Store>;
  /** Whether the store tells of commits by `watch`. Default: true. */
  readonly watches?: boolean;
}

const ALONE: Cases = { ...reading, ...commits, ...tasks, ...pruning, ...closing };

/**
 * Gives the cases of the suite. They may run in any order, but not at once.
 *
 * @param open gives a store where nothing is stored yet
 */
export function storeSuite(
  open: () => Maybe<Store>,
  { openAgain, watches = true }: StoreSuiteOptions = {},
): readonly StoreCase[] {
  const alone: Cases = { ...ALONE, ...(watches ? listening : {}) };
  const shared: Cases = { ...sharing, ...(watches ? sharedListening : {}) };
  const made = (cases: Cases, more?: () => Maybe<Store>): StoreCase[] =>
    Object.entries(cases).map(([name, act]) => ({
      name,
      run: async () => {
        const store = await open();
        const again = more ? await more() : store;
        try {
          await act({ store, again });
        } finally {
          await store.close();
          await again.close();
        }
      },
    }));
  return [...made(alone), ...(openAgain ? made(shared, openAgain) : [])];
}
