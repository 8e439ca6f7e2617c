/** The size of what is drawn, from its texts alone. */
import { looks } from './looks.ts';
import type { PictureEdge, PictureNode } from './picture.ts';
import { cut, type Font, widthOf, wrap } from './text.ts';

export const FONTS = {
  name: { size: 13.5, bold: true },
  caption: { size: 10.5, bold: true },
  about: { size: 11 },
  chip: { size: 9.5, bold: true },
  code: { size: 11, mono: true },
  word: { size: 11 },
  heading: { size: 17, bold: true },
  subheading: { size: 12 },
} as const satisfies Record<string, Font>;

const MAX_TEXT = 190;
const MAX_LABEL = 190;
const MIN_WIDTH = 124;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A node ready to be placed. `inset` is how far its texts stand from the sides. */
export interface NodeBox extends Size {
  readonly node: PictureNode;
  readonly inset: number;
  readonly name: string;
  readonly about: readonly string[];
  readonly chips: readonly { readonly text: string; readonly width: number }[];
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export function boxOf(node: PictureNode): NodeBox {
  if (node.kind === 'start' || node.kind === 'end') {
    return { node, inset: 0, name: node.id, about: [], chips: [], width: 66, height: 28 };
  }
  const { outline, caption } = looks[node.kind];
  const inset =
    outline === 'hexagon' || outline === 'pill' ? 20 : outline === 'double' ? 15 : outline === 'note' ? 14 : 12;
  const name = cut(node.id, FONTS.name, MAX_TEXT);
  const about = node.about === undefined ? [] : wrap(node.about, FONTS.about, MAX_TEXT + 34, 2);
  const chips = node.chips.map(text => {
    const short = cut(text, FONTS.chip, 130);
    return { text: short, width: Math.ceil(widthOf(short, FONTS.chip)) + 12 };
  });
  const row = chips.length > 1;
  const alone = row ? undefined : chips[0];
  const texts = Math.max(
    34 + widthOf(name, FONTS.name),
    34 + widthOf(caption.toUpperCase(), FONTS.caption) + (alone === undefined ? 0 : alone.width + 8),
    ...about.map(line => widthOf(line, FONTS.about)),
    row ? sum(chips.map(c => c.width)) + 4 * (chips.length - 1) : 0,
  );
  return {
    node,
    inset,
    name,
    about,
    chips,
    // Even, so that the middle is a whole pixel.
    width: Math.max(MIN_WIDTH, 2 * Math.ceil(texts / 2) + 2 * inset + (outline === 'stack' ? 8 : 0)),
    height:
      48 +
      (about.length === 0 ? 0 : 4 + 14 * about.length) +
      (row ? 22 : 0) +
      (outline === 'double' ? 6 : outline === 'stack' ? 8 : 0),
  };
}

/** A label ready to be placed. */
export interface LabelBox extends Size {
  readonly lines: readonly string[];
  readonly code: boolean;
}

export function labelBox({ label }: PictureEdge): LabelBox | undefined {
  if (!label) return undefined;
  const font = label.code ? FONTS.code : FONTS.word;
  const lines = wrap(label.text, font, MAX_LABEL, 3);
  if (lines.length === 0) return undefined;
  const width = Math.ceil(Math.max(...lines.map(line => widthOf(line, font)))) + 12;
  return { lines, code: label.code, width, height: 14 * lines.length + 5 };
}
