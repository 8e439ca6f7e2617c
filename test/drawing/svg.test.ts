import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/compile/plan.ts';
import { layOut } from '../../src/format/svg/layout.ts';
import { pictureOf } from '../../src/format/svg/picture.ts';
import { toSvg } from '../../src/format/svg.ts';
import { loadGraph } from '../../src/index.ts';
import { build } from '../helpers.ts';
import { blocks, toYaml } from '../simple-graphs.ts';
import { type Element, elementsOf, parseXml } from './xml.ts';

const root = path.resolve(import.meta.dirname, '../..');
const body = () => ({});
const all = [
  ...['graphs', 'examples'].flatMap(folder =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(f => f.endsWith('.yaml') && !/\.script\.yaml$|^prompts\//.test(f))
      .map(f => path.join(folder, f)),
  ),
];

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const overlap = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const within = (a: Rect, b: Rect): boolean =>
  a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;

const valuesOf = (svg: Element, attribute: string): string[] =>
  [...elementsOf(svg)].flatMap(e => e.attributes[attribute] ?? []);

/** What must hold of the drawing of any graph. */
async function inspect(plan: Plan): Promise<void> {
  const text = await toSvg(plan);
  const svg = parseXml(text);
  const picture = pictureOf(plan);
  expect(valuesOf(svg, 'data-node').sort()).toEqual(picture.nodes.map(n => n.id).sort());
  expect(valuesOf(svg, 'data-edge').sort()).toEqual(picture.edges.map(e => `${e.from} ${e.to}`).sort());
  expect(valuesOf(svg, 'data-fork').sort()).toEqual([...plan.forks.keys()].sort());
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
  const { boxes, groups, edges, width, height } = await layOut(picture);
  const page = { x: 0, y: 0, width, height };
  for (const [i, box] of boxes.entries()) {
    expect(within(box, page), `${box.node.id} is on the page`).toBe(true);
    for (const other of boxes.slice(i + 1)) expect(overlap(box, other), `${box.node.id}, ${other.node.id}`).toBe(false);
    for (const { id, ...group } of groups) {
      const inside = picture.groups.some(g => isWithin(picture, g.id, id) && g.nodes.includes(box.node.id));
      expect(inside ? within(box, group) : !overlap(box, group), `${box.node.id} and ${id}`).toBe(true);
    }
    for (const { label } of edges) if (label) expect(overlap(label, box), `a label on ${box.node.id}`).toBe(false);
  }
  for (const { edge, points } of edges) {
    const ends = [points[0], points.at(-1)].map(p => p && { x: p.x - 3, y: p.y - 3, width: 6, height: 6 });
    for (const [i, id] of [edge.from, edge.to].entries()) {
      const box = boxes.find(b => b.node.id === id);
      const end = ends[i];
      expect(box && end && overlap(box, end), `${edge.from} -> ${edge.to} touches ${id}`).toBe(true);
    }
  }
}

function isWithin({ groups }: ReturnType<typeof pictureOf>, inner: string, outer: string): boolean {
  if (inner === outer) return true;
  const parent = groups.find(g => g.id === inner)?.parent;
  return parent !== undefined && isWithin({ groups } as ReturnType<typeof pictureOf>, parent, outer);
}

describe('a drawing as SVG', () => {
  it.each(all)('%s: all there, nothing on top of anything, well-formed', async file => {
    const { plan } = await loadGraph(path.join(root, file));
    await inspect(plan);
  });

  it('holds for generated graphs: forks in forks, loops, ways out', async () => {
    await fc.assert(
      fc.asyncProperty(blocks, block => inspect(build(toYaml(block), { functions: { body } }).plan)),
      { numRuns: 60 },
    );
  });

  it('the same graph gives the same bytes, which stand in docs', async () => {
    const file = path.join(root, 'graphs/interview.yaml');
    const [one, two] = [(await loadGraph(file)).plan, (await loadGraph(file)).plan];
    expect(await toSvg(one)).toBe(await toSvg(two));
    expect(await toSvg(one)).toBe(readFileSync(path.join(root, 'docs/interview.svg'), 'utf8'));
  });

  it('texts are inert and whole: what is cut stands in a title', async () => {
    const evil = '</title><script>alert("&amp;")</script>]]>';
    const graph = build(
      `name: ${JSON.stringify(`evil ${evil}`)}
description: ${JSON.stringify(evil)}
state: { s: { type: string, default: "" } }
nodes:
  a: { type: set, set: {}, description: ${JSON.stringify(`${evil} \u0007\u001b[31m`)} }
  b: { type: set, set: {} }
edges:
  - START -> a
  - { from: a, to: b, when: ${JSON.stringify(`s == "${evil.replaceAll('"', "'")}" || s == "${'long '.repeat(40)}"`)} }
  - a -> END
  - b -> END`,
    );
    await inspect(graph.plan);
    const svg = parseXml(await toSvg(graph.plan));
    const names = new Set([...elementsOf(svg)].map(e => e.name));
    expect([...names].sort()).toEqual(
      ['circle', 'desc', 'g', 'path', 'polygon', 'rect', 'style', 'svg', 'text', 'title'].filter(n => names.has(n)),
    );
    expect(names).not.toContain('script');
    const titles = [...elementsOf(svg)].filter(e => e.name === 'title').map(e => e.text);
    expect(titles.some(t => t.includes('long '.repeat(40)))).toBe(true);
    expect(titles.some(t => t.includes(evil))).toBe(true);
  });

  it('says what it is to those who do not see it', async () => {
    const { plan } = await loadGraph(path.join(root, 'graphs/report.yaml'));
    const svg = parseXml(await toSvg(plan));
    expect(svg.attributes).toMatchObject({ role: 'img', 'aria-labelledby': 'statewright-title statewright-desc' });
    expect(svg.children.slice(0, 2).map(e => [e.name, e.text])).toEqual([
      ['title', 'report'],
      [
        'desc',
        'Reads a folder of documents and writes a report on it in Markdown. A flow chart from START to END: 5 nodes, 8 edges, 1 fork.',
      ],
    ]);
  });

  it('labels conditions, the default, errors, limits and routes', async () => {
    const { plan } = await loadGraph(path.join(root, 'examples/approval/approval.yaml'));
    const labels = (p: Plan): (string | undefined)[] => pictureOf(p).edges.map(e => e.label?.text);
    expect(labels(plan)).toEqual([undefined, undefined, 'output.ok', 'else', undefined, undefined, 'on error']);
    const refine = await loadGraph(path.join(root, 'examples/refine/refine.yaml'));
    expect(labels(refine.plan)).toContain('after 3 visits');
    const router = await loadGraph(path.join(root, 'examples/router/router.yaml'));
    expect(labels(router.plan)).toEqual(expect.arrayContaining(['billing', 'technical', 'other (default)']));
  });

  it('lays out 60 nodes with loops, and a fork of ten', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `n${i}`);
    const nodes = ids.map(id => `  ${id}: { type: set, set: {} }`).join('\n');
    const back = ids.flatMap((id, i) =>
      i % 9 === 8
        ? [`  - { from: ${id}, to: n${i - 5}, when: "k < ${i}" }\n  - ${id} -> ${ids[i + 1] ?? 'END'}`]
        : i === 59
          ? ['  - n59 -> END']
          : [`  - ${id} -> n${i + 1}`],
    );
    await inspect(
      build(`state: { k: { type: number, default: 0 } }\nnodes:\n${nodes}\nedges:\n  - START -> n0\n${back.join('\n')}`)
        .plan,
    );
    const ten = ids.slice(0, 10);
    const wide = ten.map(id => `  ${id}: { type: set, set: {} }`).join('\n');
    await inspect(
      build(`nodes:\n${wide}\n  m: { type: set, set: {} }\nedges: ["START -> [${ten.join(', ')}] -> m -> END"]`).plan,
    );
  });
});
