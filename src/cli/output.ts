import pc from 'picocolors';
import { stringify } from 'yaml';
import type { Paint } from '../diagnostic/format.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** Colours for a stream: only at a terminal, and never when `NO_COLOR` is set. */
export function colorsFor(stream: { readonly isTTY?: boolean }): Colors {
  const wanted = process.env.FORCE_COLOR !== undefined && process.env.FORCE_COLOR !== '0';
  return pc.createColors(process.env.NO_COLOR === undefined && (stream.isTTY === true || wanted));
}

export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const c = colorsFor(stream);
  return { error: c.red, warning: c.yellow, dim: c.dim, bold: c.bold };
}

/** Prints one JSON value on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints a result for a person: a single text as it is, anything else as YAML. */
export function printResult(output: Readonly<Record<string, unknown>>): void {
  const values = Object.values(output);
  const [only] = values;
  const text = values.length === 1 && typeof only === 'string' ? only : stringify(output, { lineWidth: 0 });
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
