/** What the errors of Postgres and of the way to it mean to a caller. */
import { StoreError } from './store.ts';

/** By the SQLSTATE, or the class that begins it. */
const CODES: Readonly<Record<string, StoreError['code']>> = {
  '08': 'io',
  '25006': 'read-only',
  '25P03': 'busy',
  '25P04': 'busy',
  '28': 'io',
  '3F': 'foreign',
  '40': 'busy',
  '42501': 'read-only',
  '42704': 'foreign',
  '42883': 'foreign',
  '42P01': 'foreign',
  '53': 'busy',
  '53100': 'full',
  '53400': 'full',
  '55006': 'busy',
  '55P03': 'busy',
  '57014': 'busy',
  '57P03': 'busy',
  XX001: 'corrupt',
  XX002: 'corrupt',
};

/** Errors of the driver, which have no code. */
const WAITED = /timeout/i;

const WHY: Partial<Readonly<Record<StoreError['code'], string>>> = {
  full: 'the disk of the server is full',
  busy: 'the server is busy, or somebody else holds a lock',
  corrupt: 'the store is damaged',
  foreign: 'the schema is no store, or not any more',
};

/** @param where names the store */
export function translated(thrown: unknown, where: string): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const { code: state = '', message } = thrown as { code?: string; message: string };
  const known = CODES[state] ?? CODES[state.slice(0, 2)] ?? (WAITED.test(message) ? 'busy' : 'io');
  const what = [WHY[known], message].filter(Boolean).join(': ');
  return new StoreError(known, `${where}: ${what}; what was stored before is kept`, { cause: thrown });
}
