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

/**
 * Maps an offset in the value of a scalar to an offset in the file.
 *
 * Folding, indentation and line breaks change blanks only, so the characters that are no blanks are counted.
 */
export function offsetInScalar(text: string, scalar: Scalar, offset: number): number {
  const value = String(scalar.value);
  const end = scalar.range?.[1] ?? text.length;
  let solid = 0;
  for (let i = 0; i < offset && i < value.length; i++) if (!BLANK.test(value[i] ?? '')) solid++;
  // A blank is found from the character before it.
  const blank = offset > 0 && BLANK.test(value[offset] ?? ' ');
  let wanted = blank ? solid - 1 : solid;
  const start = contentStart(text, scalar);
  if (wanted < 0) return start;
  for (let at = start; at < end; ) {
    const char = text[at] ?? '';
    let length = 1;
    let counts = BLANK.test(char) ? 0 : 1;
    if (scalar.type === 'QUOTE_DOUBLE' && char === '\\') ({ length, solid: counts } = escapeAt(text, at));
    else if (scalar.type === 'QUOTE_SINGLE' && char === "'") length = 2;
    if (counts > 0 && wanted < counts) return blank ? at + length : at;
    wanted -= counts;
    at += length;
  }
  return Math.max(start, end - 1);
}
