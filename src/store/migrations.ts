/** A way from the tables of one version to those of a later one. Where there are none, the version is 0. */
export interface Migration {
  readonly from: number;
  readonly to: number;
  readonly sql: string;
}

/** The version that migrations lead to. */
export const newestVersion = (migrations: readonly Migration[]): number => Math.max(...migrations.map(m => m.to));

/** The migrations that lead from a version to the newest, or undefined when none do. */
export function wayFrom(version: number, migrations: readonly Migration[]): Migration[] | undefined {
  const newest = newestVersion(migrations);
  const way: Migration[] = [];
  for (let at = version; at !== newest; at = way.at(-1)?.to ?? at) {
    const next = migrations.find(m => m.from === at);
    if (!next) return undefined;
    way.push(next);
  }
  return way;
}
