import { systemClock } from '../runtime/clock.ts';
import { Lease } from '../runtime/lease.ts';
import { thisProcess } from '../runtime/place.ts';
import type { Store, StoredWorker } from '../store/store.ts';

/** The processes that run bodies of a thread, as far as is known. */
export async function runnersOf(store: Store, thread: string): Promise<StoredWorker[]> {
  const tasks = (await store.load(thread))?.tasks ?? [];
  const named = new Set(tasks.map(({ worker }) => worker));
  const ended = await new Lease(store, systemClock, thisProcess(), '').ended();
  const now = systemClock.now();
  const workers = await store.workers();
  return workers.filter(({ id, until }) => named.has(id) && until > now && !ended.includes(id));
}
