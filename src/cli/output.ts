import { stripVTControlCharacters } from 'node:util';
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

/** A text as one line, without what a terminal would take for commands. */
export function visible(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '\u{fffd}');
}

/** A word as a shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Cuts a line to the width of a terminal; elsewhere it stays whole. Colours are not counted: add them afterwards. */
export function fitted(
  line: string,
  { isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number },
): string {
  const width = isTTY === true ? Math.max(10, columns ?? 80) : Number.POSITIVE_INFINITY;
  const characters = [...line];
  return characters.length <= width ? line : `${characters.slice(0, width - 1).join('')}…`;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** A moment as people read it: by the clock on the wall at a terminal, in one form for all elsewhere. */
export function moment(at: number, { isTTY }: { readonly isTTY?: boolean }): string {
  const d = new Date(at);
  if (isTTY !== true) return d.toISOString();
  const day = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  return `${day} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

export const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
