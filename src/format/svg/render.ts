/** Places in, SVG out. */

import type { Layout, Placed, PlacedEdge, Point } from './layout.ts';
import { looks, type Outline } from './looks.ts';
import { FONTS, type NodeBox } from './measure.ts';
import type { Picture } from './picture.ts';
import { styleSheet } from './style.ts';
import { at, cut, escapeXml, widthOf, wrap } from './text.ts';

const MARGIN = 20;
const RADIUS = 9;

type Attributes = Readonly<Record<string, string | number>>;

/** An element; its content is XML already. */
function element(name: string, attributes: Attributes, content?: string): string {
  const list = Object.entries(attributes).map(([k, v]) => ` ${k}="${typeof v === 'number' ? at(v) : escapeXml(v)}"`);
  return content === undefined ? `<${name}${list.join('')}/>` : `<${name}${list.join('')}>${content}</${name}>`;
}

const words = (className: string, x: number, y: number, text: string, more: Attributes = {}): string =>
  element('text', { class: className, x, y, ...more }, escapeXml(text));

const title = (text: string): string => element('title', {}, escapeXml(text));

function outlinePath(outline: Outline, { x, y, width: w, height: h }: Placed<NodeBox>): string {
  const [r, b] = [x + w, y + h];
  const line = (...points: readonly (readonly [number, number])[]): string =>
    `M${points.map(([px, py]) => `${at(px)} ${at(py)}`).join('L')}Z`;
  if (outline === 'hexagon') {
    const mid = y + h / 2;
    return line([x + 12, y], [r - 12, y], [r, mid], [r - 12, b], [x + 12, b], [x, mid]);
  }
  if (outline === 'cut') {
    const c = 9;
    return line([x + c, y], [r - c, y], [r, y + c], [r, b - c], [r - c, b], [x + c, b], [x, b - c], [x, y + c]);
  }
  return line([x, y], [r - 12, y], [r, y + 12], [r, b], [x, b]);
}

function outlineOf(outline: Outline, box: Placed<NodeBox>): string {
  const { x, y, width, height } = box;
  if (outline === 'hexagon' || outline === 'cut')
    return element('path', { class: 'box', d: outlinePath(outline, box), 'stroke-linejoin': 'round' });
  if (outline === 'note') {
    const [r] = [x + width];
    const fold = `M${at(r - 12)} ${at(y)}V${at(y + 12)}H${at(r)}`;
    return element('path', { class: 'box', d: `${outlinePath(outline, box)}${fold}`, 'stroke-linejoin': 'round' });
  }
  const rx = { box: 4, soft: 14, pill: Math.min(24, height / 2), double: 7, stack: 5 }[outline];
  const outer = element('rect', { class: 'box', x, y, width, height, rx });
  if (outline === 'stack') {
    // What lies behind shows within the node's own place: edges end at its border.
    const sheet = (by: number): string =>
      element('rect', { class: 'box', x: x + by, y: y + by, width: width - 8, height: height - 8, rx });
    return [8, 4, 0].map(sheet).join('');
  }
  if (outline !== 'double') return outer;
  const inner = { x: x + 3.5, y: y + 3.5, width: width - 7, height: height - 7, rx: 4.5 };
  return `${outer}${element('rect', { class: 'box', ...inner })}`;
}

/** One chip stands beside the caption, several in a row below all texts. */
function chipsOf({ x, width, inset, chips, about, node }: Placed<NodeBox>, top: number): string {
  const row = chips.length > 1;
  const right = x + width - Math.max(inset, 14) - (node.kind === 'map' ? 8 : 0);
  const chipTop = row ? top + 32 + (about.length === 0 ? 0 : 4 + 14 * about.length) : top - 2;
  let left = row ? x + inset : right - (chips[0]?.width ?? 0);
  return chips
    .map(chip => {
      const rect = element('rect', { x: left, y: chipTop, width: chip.width, height: 15, rx: 7.5 });
      const centre = { x: left + chip.width / 2, y: chipTop + 11, 'text-anchor': 'middle' };
      left += chip.width + 4;
      return element('g', { class: 'chip' }, rect + element('text', centre, escapeXml(chip.text)));
    })
    .join('');
}

function endsOf(box: Placed<NodeBox>): string {
  const { x, y, width, height, node } = box;
  const rx = height / 2;
  const mark = element('rect', { class: `${node.kind}-mark`, x, y, width, height, rx });
  const ring = { x: x + 3.2, y: y + 3.2, width: width - 6.4, height: height - 6.4, rx: rx - 3.2 };
  const inner = node.kind === 'end' ? element('rect', { class: 'end-mark', ...ring }) : '';
  const text = words('name', x + width / 2, y + height / 2 + 4, box.name, { 'text-anchor': 'middle' });
  const about = node.kind === 'start' ? 'START: where a run begins' : 'END: where a path ends';
  return element('g', { class: `node ends ${node.kind}`, 'data-node': node.id }, title(about) + mark + inner + text);
}

function nodeOf(box: Placed<NodeBox>): string {
  const { node, x, y, inset } = box;
  if (node.kind === 'start' || node.kind === 'end') return endsOf(box);
  const look = looks[node.kind];
  const top = y + (look.outline === 'double' ? 3 : 0) + 11;
  const left = x + inset;
  const shift = `translate(${at(left + 5)} ${at(top + 5)})`;
  const parts = [
    title(
      [`${node.id} (${look.caption})`, ...(node.about === undefined ? [] : [node.about]), ...node.chips].join('\n'),
    ),
    outlineOf(look.outline, box),
    element('rect', { class: 'badge', x: left, y: top, width: 26, height: 26, rx: 7 }),
    element('path', { class: 'icon', d: look.icon, transform: shift }),
    words('caption', left + 34, top + 8.5, look.caption),
    words('name', left + 34, top + 23.5, box.name),
    ...box.about.map((line, i) => words('about', left, top + 42 + 14 * i, line)),
    chipsOf(box, top),
  ];
  return element('g', { class: `node ${node.kind}`, 'data-node': node.id }, parts.join(''));
}

/** A line with its corners rounded. */
function pathOf(points: readonly Point[]): string {
  const [first] = points;
  if (!first) return '';
  let d = `M${at(first.x)} ${at(first.y)}`;
  for (let i = 1; i < points.length; i++) {
    const [before, here, after] = [points[i - 1], points[i], points[i + 1]];
    if (!before || !here) continue;
    if (!after) {
      d += `L${at(here.x)} ${at(here.y)}`;
      continue;
    }
    const r = Math.min(RADIUS, distance(before, here) / 2, distance(here, after) / 2);
    const [a, b] = [towards(here, before, r), towards(here, after, r)];
    d += `L${at(a.x)} ${at(a.y)}Q${at(here.x)} ${at(here.y)} ${at(b.x)} ${at(b.y)}`;
  }
  return d;
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function towards(from: Point, to: Point, length: number): Point {
  const whole = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) * length) / whole, y: from.y + ((to.y - from.y) * length) / whole };
}

/** The head of an arrow, and the point where its line stops. */
function headOf(points: readonly Point[]): { head: string; stop: Point } | undefined {
  const [before, tip] = points.slice(-2);
  if (!before || !tip) return undefined;
  const back = towards(tip, before, 8);
  const side = { x: ((tip.y - back.y) * 4) / 8, y: ((back.x - tip.x) * 4) / 8 };
  const corners = [tip, { x: back.x + side.x, y: back.y + side.y }, { x: back.x - side.x, y: back.y - side.y }];
  return {
    head: element('polygon', { points: corners.map(p => `${at(p.x)},${at(p.y)}`).join(' ') }),
    stop: towards(tip, before, 6),
  };
}

function lineOf({ edge, points, junctions }: PlacedEdge): string {
  const head = headOf(points);
  if (!head) return '';
  const what = edge.label === undefined ? '' : `: ${edge.label.text}`;
  const dots = junctions.map(({ x, y }) => element('circle', { cx: x, cy: y, r: 2.6 }));
  const line = element('path', { d: pathOf([...points.slice(0, -1), head.stop]) });
  const parts = [title(`${edge.from} to ${edge.to}${what}`), line, head.head, ...dots];
  return element('g', { class: `edge ${edge.kind}`, 'data-edge': `${edge.from} ${edge.to}` }, parts.join(''));
}

/** Labels come after all lines, so that none crosses one. */
function labelOf({ edge, label }: PlacedEdge): string {
  if (!label) return '';
  const { x, y, width, height, lines, code } = label;
  const plate = element('rect', { x, y, width, height, rx: 5 });
  const texts = lines.map((line, i) =>
    words(code ? 'code' : 'word', x + width / 2, y + 14 * i + 13, line, { 'text-anchor': 'middle' }),
  );
  return element('g', { class: `label ${edge.kind}` }, title(edge.label?.text ?? '') + plate + texts.join(''));
}

function groupOf({ x, y, width, height, id }: Layout['groups'][number]): string {
  const rect = element('rect', { x, y, width, height, rx: 12 });
  const text = element('text', { x: x + 14, y: y + 18 }, 'at once');
  return element('g', { class: 'group', 'data-fork': id }, title('These branches run at once') + rect + text);
}

interface Header {
  readonly xml: string;
  readonly height: number;
}

function headerOf({ title: name, description }: Picture, width: number): Header {
  const heading = words('heading', MARGIN, MARGIN + 15, cut(name, FONTS.heading, width));
  const lines = description === undefined ? [] : wrap(description, FONTS.subheading, width, 3);
  const sub = lines.map((line, i) => words('subheading', MARGIN, MARGIN + 35 + 16 * i, line));
  return { xml: [heading, ...sub].join('\n'), height: 34 + 16 * lines.length };
}

function summary({ nodes, edges, groups, description }: Picture): string {
  const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;
  const inner = nodes.filter(n => n.kind !== 'start' && n.kind !== 'end').length;
  const counts = [
    count(inner, 'node'),
    count(edges.length, 'edge'),
    ...(groups.length === 0 ? [] : [count(groups.length, 'fork')]),
  ];
  return `${description === undefined ? '' : `${description} `}A flow chart from START to END: ${counts.join(', ')}.`;
}

/** Draws a picture with everything in its place. */
export function render(picture: Picture, layout: Layout): string {
  const inner = Math.max(layout.width, Math.min(360, widthOf(picture.title, FONTS.heading)));
  const header = headerOf(picture, Math.max(inner, 280));
  const width = Math.max(inner, picture.description === undefined ? 0 : 280) + 2 * MARGIN;
  const height = layout.height + header.height + 2 * MARGIN;
  const shift = `translate(${at((width - layout.width) / 2)} ${at(MARGIN + header.height)})`;
  const parts = [
    element('title', { id: 'statewright-title' }, escapeXml(picture.title)),
    element('desc', { id: 'statewright-desc' }, escapeXml(summary(picture))),
    `<style>${styleSheet()}</style>`,
    element('rect', { class: 'page', width, height, rx: 12 }),
    header.xml,
    `<g transform="${shift}">`,
    ...layout.groups.map(groupOf),
    ...layout.edges.map(lineOf),
    ...layout.boxes.map(nodeOf),
    ...layout.edges.map(labelOf).filter(l => l !== ''),
    '</g>',
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'statewright',
    viewBox: `0 0 ${at(width)} ${at(height)}`,
    width,
    height,
    role: 'img',
    'aria-labelledby': 'statewright-title statewright-desc',
  };
  return `${element('svg', attributes, `\n${parts.join('\n')}\n`)}\n`;
}
