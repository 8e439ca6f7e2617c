import { postgresStore } from '../../../src/store/postgres.ts';
import { sqliteStore } from '../../../src/store/sqlite.ts';
import type { Store } from '../../../src/store/store.ts';

/** Where a process of the crash tests finds its store: a file, or a schema in Postgres. */
export type StorePlace = string | { readonly connection: string; readonly schema: string };

export async function openPlace(place: StorePlace): Promise<Store> {
  if (typeof place === 'string') return sqliteStore(place, { synchronous: 'normal' });
  return postgresStore(place.connection, { schema: place.schema });
}
