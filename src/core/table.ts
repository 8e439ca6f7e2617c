/** A copy of a record that is looked up by names of all sorts. It has no shape: V8 would make one more for each name. */
export function tableOf<T>(record: Readonly<Record<string, T>>, without?: string): Record<string, T> {
  const table: Record<string, T> = Object.create(null);
  for (const name in record) if (name !== without) table[name] = record[name] as T;
  return table;
}
