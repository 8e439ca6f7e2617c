/** Texts of a drawing: how wide they are, where they break, how they are escaped. No font is asked: widths are a table. */

/** Widths in ems, of the widest of the fonts in use, so that a text fits its box in all of them. */
const NARROW = new Set("ijlI.,:;'|!` ()[]");
const SLIM = new Set('frt-"/\\*{}');
const BROAD = new Set('mwMWGOQ@%&—…');
const FULL =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

export interface Font {
  readonly size: number;
  readonly mono?: true;
  readonly bold?: true;
}

function emsOf(char: string, { mono, bold }: Font): number {
  if (/\p{M}|[\u200b-\u200d]/u.test(char)) return 0;
  if (FULL.test(char)) return 1.1;
  if (mono) return 0.602;
  const plain = NARROW.has(char)
    ? 0.36
    : SLIM.has(char)
      ? 0.44
      : BROAD.has(char)
        ? 0.9
        : /[A-Z0-9#$+<=>~^]/.test(char)
          ? 0.7
          : 0.61;
  return bold ? plain * 1.1 : plain;
}

/** The width of a text in pixels: an upper estimate. */
export function widthOf(text: string, font: Font): number {
  let ems = 0;
  for (const char of text) ems += emsOf(char, font);
  return ems * font.size;
}

/** A text cut to a width, with an ellipsis where something is missing. */
export function cut(text: string, font: Font, width: number): string {
  if (widthOf(text, font) <= width) return text;
  let kept = '';
  for (const char of text) {
    if (widthOf(`${kept}${char}…`, font) > width) break;
    kept += char;
  }
  return `${kept.trimEnd()}…`;
}

/** Breaks a text into at most `lines` lines of a width; the last one is cut. Conditions break before `&&` and `||`. */
export function wrap(text: string, font: Font, width: number, lines: number): string[] {
  const words = text
    .trim()
    .split(/\s+/)
    .filter(w => w !== '');
  const out: string[] = [];
  let line = '';
  for (const [i, word] of words.entries()) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || widthOf(longer, font) <= width) {
      line = longer;
      continue;
    }
    if (out.length === lines - 1) return [...out, cut([line, ...words.slice(i)].join(' '), font, width)];
    out.push(cut(line, font, width));
    line = word;
  }
  return line === '' ? out : [...out, cut(line, font, width)];
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** A text as XML: what is markup is escaped, what XML 1.0 cannot hold is replaced. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, char => ENTITIES[char] ?? char);
}

/** A coordinate: one decimal is more than a screen shows. */
export const at = (value: number): string => String(Math.round(value * 10) / 10);
