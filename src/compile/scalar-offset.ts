/** Finds the place in the file of a character inside a YAML text, whatever its style. */
import type { Scalar } from 'yaml';

const BLANK = /[ \t\r\n]/;

/** How long the escape at an offset of a double-quoted text is, and how many characters that are not blank it stands for. */
function escapeAt(text: string, at: number): { length: number; solid: number } {
  const kind = text[at + 1] ?? '';
  const digits = { x: 2, u: 4, U: 8 }[kind];
  if (digits !== undefined) {
    const code = Number.parseInt(text.slice(at + 2, at + 2 + digits), 16);
    const char = Number.isNaN(code) || code > 0x10ffff ? '?' : String.fromCodePoint(code);
    return { length: 2 + digits, solid: BLANK.test(char) ? 0 : char.length };
  }
  return { length: 2, solid: /[nrt \t\r\n]/.test(kind) ? 0 : 1 };
}

/** Where the content begins: behind the quote, or behind the header line of a block. */
function contentStart(text: string, { type, range }: Scalar): number {
  const start = range?.[0] ?? 0;
  if (type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') return start + 1;
  if (type !== 'BLOCK_LITERAL' && type !== 'BLOCK_FOLDED') return start;
  const lineEnd = text.indexOf('\n', start);
  return lineEnd < 0 ? start : lineEnd + 1;
}

/** Where the characters of a scalar are that are no blanks: folding, indentation and line breaks change blanks only. */
interface Places {
  /** How many of them stand before each character of the value, and before its end. */
  readonly before: readonly number[];
  /** Where each of them begins and ends in the file. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

function placesOf(text: string, scalar: Scalar): Places {
  const value = String(scalar.value);
  const before = [0];
  for (let i = 0; i < value.length; i++) before.push((before[i] ?? 0) + (BLANK.test(value[i] ?? '') ? 0 : 1));
  const end = scalar.range?.[1] ?? text.length;
  const starts: number[] = [];
  const ends: number[] = [];
  for (let at = contentStart(text, scalar); at < end; ) {
    const char = text[at] ?? '';
    let length = 1;
    let solid = BLANK.test(char) ? 0 : 1;
    if (scalar.type === 'QUOTE_DOUBLE' && char === '\\') ({ length, solid } = escapeAt(text, at));
    else if (scalar.type === 'QUOTE_SINGLE' && char === "'") length = 2;
    for (let i = 0; i < solid; i++) {
      starts.push(at);
      ends.push(at + length);
    }
    at += length;
  }
  return { before, starts, ends };
}

/** A long chain of nodes is one text, and asked of each of its nodes. */
const known = new WeakMap<Scalar, Places>();

/** Maps an offset in the value of a scalar to an offset in the file. */
export function offsetInScalar(text: string, scalar: Scalar, offset: number): number {
  const places = known.get(scalar) ?? placesOf(text, scalar);
  known.set(scalar, places);
  const { before, starts, ends } = places;
  const value = String(scalar.value);
  const solid = before[Math.min(offset, value.length)] ?? 0;
  // A blank is found from the character before it.
  const blank = offset > 0 && BLANK.test(value[offset] ?? ' ');
  const wanted = blank ? solid - 1 : solid;
  const start = contentStart(text, scalar);
  if (wanted < 0) return start;
  return (blank ? ends : starts)[wanted] ?? Math.max(start, (scalar.range?.[1] ?? text.length) - 1);
}
