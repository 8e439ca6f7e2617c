/** `statewright prune`: forgets what is old. */
import type { PrunePolicy, Store } from '../store/store.ts';
import { CliError, EXIT } from './exit.ts';
import { type StoreOptions, storedThread, withStore } from './open-store.ts';
import { plural, printJson } from './output.ts';

export interface PruneOptions extends StoreOptions {
  readonly keep?: number;
  /** Moments, in milliseconds since 1970. */
  readonly olderThan?: number;
  readonly finished?: number;
  readonly thread?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface Count {
  readonly threads: number;
  readonly checkpoints: number;
}

/** What `prune` would forget. Texts that nothing else needs would go with it. */
async function wouldPrune(store: Store, policy: PrunePolicy): Promise<Count> {
  const { keep = Number.POSITIVE_INFINITY, before = 0, finishedBefore = 0, thread } = policy;
  const all = await store.threads();
  let [threads, checkpoints] = [0, 0];
  for (const { id, status, updated } of all.filter(t => thread === undefined || t.id === thread)) {
    const history = await store.history(id);
    const goes = (status === 'done' || status === 'cancelled') && updated < finishedBefore;
    if (goes) threads++;
    checkpoints += history.filter(({ at }, place) => goes || (place > 0 && (place >= keep || at < before))).length;
  }
  return { threads, checkpoints };
}

function policyOf({ keep, olderThan, finished, thread }: PruneOptions): PrunePolicy {
  if (keep === undefined && olderThan === undefined && finished === undefined)
    throw new CliError('say what to forget: --keep <n>, --older-than <time> or --finished <time>');
  return {
    ...(keep === undefined ? {} : { keep }),
    ...(olderThan === undefined ? {} : { before: olderThan }),
    ...(finished === undefined ? {} : { finishedBefore: finished }),
    ...(thread === undefined ? {} : { thread }),
  };
}

export async function pruneCommand(options: PruneOptions): Promise<number> {
  const policy = policyOf(options);
  return withStore(options, async ({ store, place }) => {
    if (policy.thread !== undefined) await storedThread(store, policy.thread);
    const told = (count: Count): string =>
      `${plural(count.threads, 'thread')} and ${plural(count.checkpoints, 'checkpoint')}`;
    if (options.dryRun) {
      const count = await wouldPrune(store, policy);
      if (options.json) printJson(count);
      else process.stdout.write(`${told(count)} of ${place} would be removed\n`);
      return EXIT.done;
    }
    const pruned = await store.prune(policy);
    if (options.json) printJson(pruned);
    else process.stdout.write(`${told(pruned)} were removed from ${place}, with ${plural(pruned.texts, 'text')}\n`);
    return EXIT.done;
  });
}
