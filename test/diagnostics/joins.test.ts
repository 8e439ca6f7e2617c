/** Joins that wait for no fewer branches than they would, and those that wait for none. */
import { describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/index.ts';
import { build } from '../helpers.ts';
import { expectMarked, findings, printed } from './check.ts';

/** Branches x, y, z that meet in `meet`, which has this join. */
const graph = (join: string, ...edges: string[]): string =>
  `state: { seen: { type: list<string>, merge: append } }\nnodes:\n${['x', 'y', 'z']
    .map(id => `  ${id}: { type: set, set: { seen: "'${id}'" } }\n`)
    .join('')}  «meet»: { type: set, set: { seen: "'meet'" }, join: ${join} }\nedges:\n${edges
    .map(e => `  - ${e}\n`)
    .join('')}`;

const clean = (text: string): void => expect(findings(text.replace(/[«»]/g, '')).diagnostics).toEqual([]);

const THREE = 'START -> [x, y, z] -> meet -> END';

describe('a join has no effect', () => {
  it.each(['3', '4'])('when its number, %s, is that of all branches or more', join => {
    expectMarked('no-effect', graph(join, THREE));
    expect(printed(graph(join, THREE))).toContain('3 branches meet here, and all of them are waited for anyway');
  });
  it('counts those that lead to it where branches cross', () => {
    const edges = ['START -> [x, y]', 'x -> [z, meet]', 'y -> z', 'z -> meet -> END'];
    clean(graph('any', ...edges));
    expectMarked('no-effect', graph('2', ...edges));
  });
  it('but has one with fewer', () => {
    clean(graph('2', THREE));
    clean(graph('any', THREE));
  });
  it('counts two targets that meet before as one branch', () => {
    const edges = ['START -> [x, y, meet]', '[x, y] -> z -> meet -> END'].map(e => `"${e}"`);
    expectMarked('no-effect', graph('2', ...edges));
    clean(graph('2', 'START -> [x, y, z, meet]', '"[x, y, z] -> meet -> END"'));
  });
  it('but has one where another fork that meets there has more branches', () => {
    const all = graph(
      '2',
      '{ from: START, to: [x, y], when: visits.x > 3 }',
      '{ from: START, to: [z, u, v], when: visits.x <= 3 }',
      '"[x, y, z, u, v] -> meet -> END"',
    );
    clean(all.replace('nodes:', 'nodes:\n  u: { type: set, set: {} }\n  v: { type: set, set: {} }'));
  });
});

describe('a join of any is met at once', () => {
  const text = graph('any', 'START -> [x, y, z, meet]', '"[x, y, z] -> meet -> END"');
  it('when the fork leads straight to it', () => {
    expectMarked('join-at-once', text);
    expectMarked('join-at-once', text.replace('any', '1'));
  });
  it('and then no branch that takes any time counts', async () => {
    const waiting = text.replace(/[«»]/g, '').replace(/([xyz]): { type: set.*/g, '$1: { type: wait, for: 1h }');
    const run = createRuntime().thread(build(waiting), 't').invoke({});
    expect((await run).output).toEqual({ seen: ['meet'] });
  });
  it('not when a condition decides about that edge', () => {
    const routed = text
      .replace('START -> [x, y, z, meet]', '{ from: START, to: x }')
      .replace(
        '"[x, y, z]',
        '{ from: x, to: [y, z], when: size(seen) > 0 }\n  - { from: x, to: meet, when: size(seen) > 1 }\n  - x -> END\n  - "[y, z]',
      )
      .replace('x: { type: set,', 'x: { type: set, route: all,');
    clean(routed);
  });
});
