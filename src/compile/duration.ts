const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a duration such as `250ms`, `10s`, `5m`, `2h`, `1d` into milliseconds. The form was checked before. */
export function milliseconds(text: string): number {
  const [, amount = '0', unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  return Math.round(Number(amount) * (UNITS[unit] ?? 1));
}
