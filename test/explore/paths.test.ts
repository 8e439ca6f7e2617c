import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { apply, start } from '../../src/core/core.ts';
import { coreEvent } from '../../src/explore/events.ts';
import { pendingIn } from '../../src/explore/pending.ts';
import { reachedBy } from '../../src/explore/targets.ts';
import { type Graph, InputError, loadGraph } from '../../src/index.ts';
import { describeEvent, type ExploreOptions, explorePaths, type PathReport } from '../../src/testing/index.ts';
import { build } from '../helpers.ts';

const root = path.resolve(import.meta.dirname, '../..');
const shipped = ['graphs', 'examples'].flatMap(folder =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(f => f.endsWith('.yaml') && !/\.script\.yaml$|^prompts\//.test(f))
    .map(f => path.join(folder, f)),
);

const functions = { f: () => ({}) };
const explore = (text: string, options: ExploreOptions = {}): PathReport =>
  explorePaths(build(text, { functions }), options);

const missing = ({ unreached }: PathReport): string[] => unreached.map(t => t.id);

/** The events that reach a node, in words. */
const wayTo = ({ reached }: PathReport, node: string): string[] | undefined =>
  reached.find(t => t.kind === 'node' && t.to === node)?.path.map(describeEvent);

/** Takes the compiled machine, with its real budgets, along a path; gives all that it reaches. */
function replay({ machine, plan }: Graph, { path: events }: PathReport['reached'][number]): Set<string> {
  const [first, ...rest] = events;
  let step = start(machine, first?.kind === 'input' ? first.input : {});
  const reached = step.transitions.flatMap(t => reachedBy(plan, t));
  for (const event of rest) {
    const core = coreEvent(event, step.state, pendingIn(plan, step.state));
    const next = core && apply(machine, step.state, core);
    if (!next) throw new Error(`nothing takes "${describeEvent(event)}"`);
    step = next;
    reached.push(...step.transitions.flatMap(t => reachedBy(plan, t)));
  }
  return new Set(reached);
}

function expectReplays(graph: Graph, report: PathReport): void {
  for (const target of report.reached) {
    if (target.lowered) continue;
    expect(replay(graph, target), target.path.map(describeEvent).join('; ')).toContain(target.id);
  }
}

describe('paths of graphs', () => {
  it.each(shipped)('%s: all is reached, by paths that the machine takes', async file => {
    const graph = await loadGraph(path.join(root, file));
    const report = explorePaths(graph);
    expect(missing(report)).toEqual([]);
    expect(report).toMatchObject({ complete: true, failures: [] });
    expectReplays(graph, report);
  });

  it('names what no path reaches, and all behind it', () => {
    const report = explore(`
state: { a: boolean, b: { type: boolean, default: false } }
nodes: { x: { type: set, set: {} }, y: { type: set, set: {} }, z: { type: set, set: {} } }
edges:
  - { from: START, to: x, when: a }
  - { from: START, to: y, when: a && b }
  - START -> END
  - x -> END
  - y -> z -> END`);
    expect(report.complete).toBe(true);
    expect(missing(report)).toEqual(['node y', 'node z', 'edge START 1 -> y', 'edge y 0 -> z', 'edge z 0 -> END']);
  });

  it('tries numbers beside their constants, through what is written and reckoned', () => {
    const report = explore(`
state: { total: { type: number, merge: sum }, n: integer? }
nodes:
  judge: { type: llm, model: scripted, prompt: Judge., schema: { score: { type: number, minimum: 0, maximum: 1 } }, output: { total: output.score * 10 } }
  count: { type: function, function: f, output: { n: output.deep.count } }
  high: { type: set, set: {} }
  exact: { type: set, set: {} }
  none: { type: set, set: {} }
edges:
  - START -> judge
  - { from: judge, to: high, when: total > 9.5 }
  - judge -> count
  - { from: count, to: exact, when: n != null && n * 2 == 14 - 0 && n == 7 }
  - { from: count, to: none, when: n == null }
  - count -> END
  - "[high, exact, none] -> END"`);
    expect(missing(report)).toEqual([]);
    expect(wayTo(report, 'high')).toEqual(['input {}', 'judge gives {"score":1}']);
    expect(wayTo(report, 'exact')?.at(-1)).toBe('count gives {"deep":{"count":7}}');
  });

  it('takes each route, answer, expiry, pause, event and error', () => {
    const report = explore(`
state: { kind: string?, note: { type: string, default: "" } }
nodes:
  sort: { type: router, model: scripted, prompt: Sort., routes: { a: ask, b: hear, c: work, d: END }, output: kind }
  ask: { type: interrupt, message: Well?, schema: { type: string, pattern: "^[a-z]+-[0-9]$" }, output: note, expires: { after: 1d, value: late-1 } }
  late: { type: set, set: {} }
  hear: { type: wait, event: news, schema: { big: boolean } }
  nap: { type: wait, for: 10s }
  work: { type: function, function: f, interruptBefore: true, retry: { attempts: 3 }, onError: mend }
  mend: { type: set, set: { note: error.code } }
  busy: { type: set, set: {} }
edges:
  - START -> sort
  - { from: ask, to: late, when: note.startsWith("late") }
  - ask -> END
  - { from: hear, to: nap, when: output.big }
  - hear -> END
  - { from: mend, to: busy, when: 'note == "EBUSY"' }
  - mend -> END
  - "[late, nap, work, busy] -> END"`);
    expect(missing(report)).toEqual([]);
    expect(wayTo(report, 'late')).toEqual(['input {}', 'sort gives "a"', 'ask is not answered in time']);
    expect(wayTo(report, 'nap')?.at(-1)).toBe('hear gets the event {"big":true,"type":"news"}');
    expect(wayTo(report, 'busy')).toEqual([
      'input {}',
      'sort gives "c"',
      'work:before may go on',
      'work fails with EBUSY',
    ]);
  });

  it('goes round a loop as often as a condition asks, and no oftener than it must for a budget', () => {
    const loop = (limit: string): string => `
state: { n: { type: number, default: 0 } }
nodes: { inc: { type: set, set: { n: n + 1 }${limit} }, work: { type: function, function: f, input: {}, output: {} }, far: { type: set, set: {} }, over: { type: set, set: {} } }
edges:
  - START -> inc
  - { from: inc, to: far, when: n == 6 }
  - inc -> work -> inc
  - "[far, over] -> END"`;
    const free = explore(loop('').replace(', over: { type: set, set: {} }', '').replace('[far, over]', '[far]'));
    expect(missing(free)).toEqual([]);
    expect(wayTo(free, 'far')).toHaveLength(6);
    const bound = explore(loop(', maxVisits: 90, onLimit: over'));
    expect(missing(bound)).toEqual([]);
    const over = bound.reached.find(t => t.id === 'node over');
    expect(over?.lowered).toEqual({ inc: { from: 90, to: expect.any(Number) } });
    expect(over?.path.length).toBeLessThan(20);
    expect(missing(explore(loop(', maxVisits: 4, onLimit: over')))).toEqual([]);
  });

  it('a budget that is too small for a condition is seen to be', () => {
    const report = explore(
      `
state: { n: { type: number, default: 0 } }
nodes: { inc: { type: set, set: { n: n + 1 }, maxVisits: 4, onLimit: END }, far: { type: set, set: {} } }
edges:
  - START -> inc
  - { from: inc, to: far, when: n == 6 }
  - inc -> inc
  - far -> END`,
      { input: { n: 0 } },
    );
    expect(report.complete).toBe(true);
    expect(missing(report)).toEqual(['node far', 'edge inc 0 -> far', 'edge far 0 -> END']);
  });

  it('lists choices without an edge and conflicts as ways to fail', () => {
    const { failures } = explore(`
state: { a: boolean, x: string? }
nodes: { p: { type: function, function: f }, q: { type: function, function: f }, s: { type: set, set: {} }, j: { type: set, set: {} } }
edges:
  - START -> s
  - { from: s, to: END, when: a }
  - { from: s, to: j, when: a && x == "no" }
  - "j -> [p, q] -> END"`);
    expect(failures.map(f => [f.node, f.code, f.path.map(describeEvent)])).toEqual([
      ['s', 'no-edge', ['input {"a":false}']],
    ]);
  });
});

describe('paths of forks', () => {
  const wide = (count: number, behind: string): string => {
    const ids = Array.from({ length: count }, (_, i) => `b${i}`);
    const keys = ids.map(id => `k_${id}: boolean?`).join(', ');
    const nodes = ids.map(id => `  ${id}: { type: interrupt, message: "?", schema: boolean, output: k_${id} }`);
    const exits = ids.map(id => `  - { from: ${id}, to: END, when: output }\n  - ${id} -> j`);
    return `state: { ${keys} }\nnodes:\n${nodes.join('\n')}\n  j: { type: set, set: {} }\n  all: { type: set, set: {} }\nedges:\n  - START -> [${ids.join(', ')}]\n${exits.join('\n')}\n  - { from: j, to: all, when: ${behind} }\n  - j -> END\n  - all -> END`;
  };

  it('are proved branch by branch: twelve branches that can each end do not cost two to the twelfth', () => {
    const report = explore(wide(12, 'k_b3 == true'));
    expect(missing(report)).toEqual([]);
    expect(report.states).toBeLessThan(400);
  });

  it('vary several branches at once when what is behind the join asks for it', () => {
    const report = explore(wide(5, 'k_b0 == true && k_b2 == true && k_b3 == true'));
    expect(missing(report)).toEqual([]);
    const never = explore(wide(4, 'k_b0 == true && k_b0 == false'));
    expect(missing(never)).toContain('node all');
    expect(never.complete).toBe(true);
  });

  it('keep apart what branches wrote until they meet', () => {
    const report = explore(`
state: { a: boolean?, b: boolean? }
nodes:
  x: { type: interrupt, message: "?", schema: boolean, output: a }
  y: { type: interrupt, message: "?", schema: boolean, output: b }
  j: { type: set, set: {} }
  first: { type: set, set: {} }
  second: { type: set, set: {} }
edges:
  - "START -> [x, y] -> j"
  - { from: j, to: first, when: a == true && b == false }
  - { from: j, to: second, when: a == false && b == true }
  - "[j, first, second] -> END"`);
    expect(missing(report)).toEqual([]);
    expect(wayTo(report, 'second')).toEqual(['input {}', 'x is answered false', 'y is answered true']);
  });

  it('let each branch be the first where the first to arrive ends the others', () => {
    const report = explore(`
nodes:
  a: { type: function, function: f }
  a2: { type: function, function: f }
  b: { type: wait, for: 1s }
  b2: { type: interrupt, message: "?" }
  j: { type: set, set: {}, join: any }
edges: ["START -> [a, b]", a -> a2 -> j, b -> b2 -> j, j -> END]`);
    expect(missing(report)).toEqual([]);
    expect(wayTo(report, 'b2')).toEqual(['input {}', 'b has waited long enough']);
  });

  it('know which edges `route: all` took', () => {
    const report = explore(`
state: { a: boolean, b: boolean }
nodes: { p: { type: set, set: {}, route: all }, x: { type: set, set: {} }, y: { type: set, set: {} }, m: { type: set, set: {} } }
edges:
  - START -> p
  - { from: p, to: x, when: a }
  - { from: p, to: y, when: b && !b }
  - { from: p, to: m, when: a && b }
  - p -> END
  - "[x, y] -> m -> END"`);
    expect(missing(report)).toEqual(['node y', 'edge p 0 -> y', 'edge y 0 -> m']);
  });

  it('hold for branches that cross', () => {
    const report = explore(`
state: { ok: boolean? }
nodes: { a: { type: function, function: f }, b: { type: function, function: f, output: ok }, c: { type: set, set: {} }, d: { type: function, function: f }, e: { type: set, set: {} } }
edges:
  - "START -> [a, b]"
  - "a -> [c, d]"
  - { from: b, to: d, when: ok == true }
  - b -> END
  - "[c, d] -> e -> END"`);
    expect(missing(report)).toEqual([]);
  });
});

describe('bounds of exploring', () => {
  const deep = `
state: { n: { type: number, default: 0 }, go: boolean }
nodes: { inc: { type: interrupt, message: "?", schema: integer, output: n }, two: { type: interrupt, message: "?", schema: integer, output: n }, far: { type: set, set: {} } }
edges:
  - { from: START, to: inc, when: go }
  - START -> END
  - inc -> two
  - { from: two, to: far, when: n == 8 }
  - two -> END
  - far -> END`;

  it('says that a bound was hit, and does not claim that anything cannot be reached', () => {
    const report = explore(deep, { maxStates: 2 });
    expect(report.complete).toBe(false);
    expect(missing(report)).toContain('node far');
    expect(explore(deep)).toMatchObject({ complete: true, unreached: [] });
  });

  it('keeps what the input is given, and refuses to go on without a value that fits', () => {
    expect(missing(explore(deep, { input: { go: false } }))).toContain('node inc');
    const picky = `
state: { code: { type: string, pattern: "^[0-9]{3}-[a-z]{9}$" } }
nodes: { a: { type: set, set: {} } }
edges: [START -> a -> END]`;
    expect(() => explore(picky)).toThrow(InputError);
    expect(missing(explore(picky, { input: { code: '123-abcdefghi' } }))).toEqual([]);
  });

  it('says so when no answer fits a schema', () => {
    const report = explore(`
nodes: { a: { type: interrupt, message: "?", schema: { type: string, pattern: "^[0-9]{3}-[a-z]{9}$" } } }
edges: [START -> a -> END]`);
    expect(report.complete).toBe(false);
    expect(report.unreached).toMatchObject([{ to: 'END', reason: expect.stringContaining('schema of "a"') }]);
  });
});
