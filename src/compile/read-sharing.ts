import { milliseconds } from './duration.ts';
import type { NodeShared } from './graph.ts';
import { type BodyFile, hasBody } from './read-timing.ts';
import type { NodeFile } from './schema.ts';
import type { Path } from './source.ts';
import type { ValueReader } from './values.ts';

type Sharing = Pick<NodeShared, 'cache' | 'concurrencyKey'>;

function readCache(raw: BodyFile['cache'], path: Path, values: ValueReader): NodeShared['cache'] {
  if (raw === undefined || raw === false) return undefined;
  if (raw === true) return {};
  const key = raw.key === undefined ? undefined : values.value(raw.key, [...path, 'key']);
  return {
    ...(raw.ttl === undefined ? {} : { ttl: milliseconds(raw.ttl) }),
    ...(key === undefined ? {} : { key }),
  };
}

/** Reads the keys of a node that say what its runs have in common with those of others. */
export function readSharing(file: NodeFile, path: Path, values: ValueReader): Sharing {
  if (!hasBody(file)) return {};
  const cache = readCache(file.cache, [...path, 'cache'], values);
  const at = [...path, 'concurrencyKey'];
  const concurrencyKey = file.concurrencyKey === undefined ? undefined : values.text(file.concurrencyKey, at);
  return {
    ...(cache === undefined ? {} : { cache }),
    ...(concurrencyKey === undefined ? {} : { concurrencyKey }),
  };
}
