/** Conditions that are followed without a run: dead ones, edges behind others, values for which no edge is left. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGraph } from '../../src/index.ts';
import { cpuTime } from '../helpers.ts';
import { expectMarked, findings, printed } from './check.ts';

const STATE = `
  category: { enum: [billing, technical, other], default: other }
  mood: { type: string, enum: [good, bad], nullable: true }
  urgent: { type: boolean, default: false }
  sure: boolean?
  score: { type: number, default: 0 }
  count: { type: integer, minimum: 0, maximum: 9, default: 0 }
  total: { type: integer, minimum: 0, merge: sum }
  note: { type: string, default: '' }
  tags: { type: list<string>, merge: append }
  any: any?
`;

/** A node `a` whose edges have these conditions; `else` is a default. Every key of the state is used. */
function choice(whens: readonly string[], node = 'type: set, set: {}'): string {
  const edges = whens.map((when, i) => (when === 'else' ? `a -> t${i}` : `from: a\n    to: t${i}\n    when: ${when}`));
  const targets = whens.map((_, i) => `  t${i}: { type: function, function: f }\n`).join('');
  const ends = whens.map((_, i) => `  - t${i} -> END\n`).join('');
  return `state:${STATE}nodes:\n  a: { ${node} }\n${targets}edges:\n  - START -> a\n${edges.map(e => `  - ${e}\n`).join('')}${ends}`;
}

const messages = (whens: readonly string[], node?: string): string[] =>
  findings(choice(whens, node)).diagnostics.map(d => `${d.code}: ${d.message}`);

const clean = (whens: readonly string[], node?: string): void => expect(messages(whens, node)).toEqual([]);

describe('a condition that is never true', () => {
  it.each([
    'false',
    '1 > 2',
    '"false && urgent"',
    '"!(1 < 2) && urgent"',
    'size([1, 2]) > 3',
    '"urgent && !urgent"',
    '\'category == "billing" && category == "other"\'',
    '\'category == "billing" && category in ["technical", "other"]\'',
    'score > 1 && score < 0',
    'count > 9',
    'count > 3 && count < 4',
    'count == 2.5',
    'size(tags) < 0',
    'tags.size() < 0',
    'visits.a < 0',
    '\'note == "a" && note == "b"\'',
    '\'tags[0] == "a" && !(tags[0] == "a")\'',
    '\'note.startsWith("a") && (urgent ? false : !note.startsWith("a"))\'',
  ])('%s', when => {
    expectMarked('dead-condition', choice([`«${when}»`, 'else']));
  });

  it('compares with a value that an enum does not have', () => {
    const text = choice(['«category == "biling" || urgent»', 'else']);
    expectMarked('dead-condition', text);
    expect(printed(text)).toContain('warning[dead-condition]: "category" is never "biling"');
    expect(printed(text)).toContain('hint: did you mean "billing"?');
    expect(printed(choice(['category in ["spam", "other"]', 'else']))).toContain(
      'hint: it is "billing", "technical" or "other"',
    );
    // Always true, so that the default is dead too.
    expect(messages(['category != "spam"', 'else'])).toHaveLength(2);
  });

  it('is found for what a node gives out', () => {
    const llm = 'type: llm, model: m, prompt: Hi, schema: { kind: { enum: [x, y] }, ok: boolean }';
    expectMarked('dead-condition', choice(['«output.kind == "z"»', 'else'], llm));
    clean(['output.kind == "x"', 'output.kind == "y"'], llm);
    clean(['output.ok', '"!output.ok"'], llm);
    expect(messages(['output.kind == "x"'], llm)).toEqual([
      'missing-default: no edge of "a" is taken when output.kind is "y"',
    ]);
  });

  it.each([
    'urgent',
    'category == "billing"',
    'score > 1',
    'score >= 0 && score <= 0',
    'count > 3 && count < 5',
    'total < 0',
    'note == "a"',
    '\'note > "a" && note < "b"\'',
    'any == 3',
    '\'any == "a" || any > 3\'',
    'mood == null',
    'tags.exists(t, t == "x")',
    '\'tags[0] == "a" && tags[1] != "a"\'',
    'score == total',
    'size(note) == size(tags)',
    'has(any.x)',
  ])('not %s', when => clean([when, 'else']));
});

describe('an edge that is never taken', () => {
  it('stands behind an equal condition', () => {
    const text = choice(['note.startsWith("a")', '«note.startsWith("a")»', 'else']);
    expectMarked('shadowed-edge', text);
    expect(printed(text)).toContain('also graph.yaml:');
    expect(printed(text)).toContain('a -> t0 is taken first');
  });
  it.each([
    [['score > 0.5', '«score > 0.9»', 'else']],
    [['true', '«urgent»']],
    [['urgent || score > 1', '«urgent»', 'else']],
    [['urgent', '"!urgent"', '«score > 1»']],
    [['\'category == "billing"\'', '«category in ["billing"]»', 'else']],
    [['category != "other"', '«category == "billing"»', 'else']],
  ])('%j', ([...whens]) => {
    expectMarked('shadowed-edge', choice(whens as string[]));
  });
  it('is a default when the conditions leave nothing over', () => {
    expect(messages(['urgent', '"!urgent"', 'else'])).toEqual([
      'shadowed-edge: the edge a -> t2 is never taken: the conditions before it leave nothing over',
    ]);
    expect(messages(['true', 'else'])).toEqual([
      'shadowed-edge: the edge a -> t1 is never taken: the condition before it is always true',
    ]);
    expect(messages(['score < 1', 'score >= 1', 'else'])).toHaveLength(1);
  });
  it('is none that a null leads to', () => {
    clean(['sure', '"!sure"', 'else']);
    clean(['mood == "good"', 'mood == "bad"', 'else']);
  });
  it('is none of edges that are all taken', () => {
    clean(['score > 0.5', 'score > 0.9', 'else'], 'type: set, set: {}, route: all');
    expect(messages(['urgent', '"!urgent"', 'else'], 'type: set, set: {}, route: all')).toHaveLength(1);
  });
  it('is none where an error that is passed over gives null', () => {
    const node = (more: string): string => `type: llm, model: m, prompt: Hi, schema: { enum: [x, y] }${more}`;
    clean(['output == "x"', 'output == "y"', 'else'], node(', onError: continue'));
    expect(messages(['output == "x"', 'output == "y"', 'else'], node(''))).toHaveLength(1);
  });
});

describe('values for which no edge is left', () => {
  it.each([
    [['category == "billing"'], 'category is "technical" or "other"'],
    [['category == "billing"', 'category == "technical"'], 'category is "other"'],
    [['category in ["billing", "technical"]'], 'category is "other"'],
    [['score > 0.5', 'score < 0.5'], 'score is 0.5'],
    [['score > 0.5'], 'score is at most 0.5'],
    [['score < 0', 'score > 1'], 'score is at least 0 and at most 1'],
    [['score > 0 && score < 1'], 'score is at most 0 or at least 1'],
    [['count < 9'], 'count is 9'],
    [['note == "a"'], 'note is anything else'],
    [['mood == "good"', 'mood == "bad"'], 'mood is null'],
    [['category == "billing" && urgent', 'category != "billing"'], 'category is "billing" and urgent is false'],
    [['urgent && score > 1'], 'score is at most 1, among others'],
    [['size(tags) > 0'], 'size(tags) is 0'],
    [['urgent && note.startsWith("a")'], 'urgent is false, among others'],
  ] as const)('%j: %s', (whens, where) => {
    expect(messages(whens.map(w => `'${w}'`))).toEqual([`missing-default: no edge of "a" is taken when ${where}`]);
  });
  it.each([
    [['urgent', '!urgent']],
    [['category == "billing"', 'category != "billing"']],
    [['category == "billing"', 'category in ["technical", "other"]']],
    [['score >= 0.5', 'score < 0.5']],
    [['score > 0.5', '!(score > 0.5)']],
    [['note.startsWith("a")', '!note.startsWith("a")']],
    [['count < 5', 'count >= 5']],
    [['size(tags) == 0', 'size(tags) > 0']],
    [['urgent && category == "other"', 'urgent && category != "other"', '!urgent']],
  ] as const)('are none in %j', ([...whens]) => clean(whens.map(w => `'${w}'`)));
  it('are not named where the conditions cannot be followed', () => {
    expect(messages([`'note.startsWith("a")'`])).toEqual(['missing-default: all edges of "a" have a condition']);
    expect(messages([`'note > "a"'`, `'note <= "a"'`])).toEqual(['missing-default: all edges of "a" have a condition']);
  });
  it('are no finding at a router, nor where a condition could not be read', () => {
    expect(messages(['urgnt', '"!urgent"'])).toEqual([expect.stringMatching(/^expression-name/)]);
  });
});

describe('many conditions', () => {
  it('are followed as far as the bound allows, and take no time beyond it', () => {
    const many = Array.from({ length: 3_000 }, (_, i) => `'note == "n${i}" || (score > ${i} && urgent)'`);
    const begin = cpuTime();
    expect(messages(many)).toEqual(['missing-default: all edges of "a" have a condition']);
    expect(cpuTime() - begin).toBeLessThan(3_000);
  });
});

/** Conditions over a few names, and what a run makes of them. */
const condition: fc.Arbitrary<string> = fc.letrec<{ any: string }>(tie => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('urgent', 'sure', 'category == "billing"', 'category != "other"', 'mood == null', 'true'),
    fc.constantFrom('score > 0.5', 'score >= 1', '0.5 < score', 'count == 3', 'count < 3', 'note == "a"', 'any == 1'),
    fc.constantFrom('category in ["billing", "other"]', 'size(tags) > 1', 'note.startsWith("a")', 'any > 1', 'any'),
    fc.tuple(tie('any'), fc.constantFrom('&&', '||'), tie('any')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('any').map(a => `!(${a})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
  ),
})).any;

const scope: fc.Arbitrary<Record<string, unknown>> = fc.record({
  category: fc.constantFrom('billing', 'technical', 'other'),
  mood: fc.constantFrom('good', 'bad', null),
  urgent: fc.boolean(),
  sure: fc.constantFrom(true, false, null),
  score: fc.constantFrom(-1, 0, 0.5, 0.7, 1, 2),
  count: fc.integer({ min: 0, max: 9 }),
  total: fc.constantFrom(-1, 0, 1),
  note: fc.constantFrom('', 'a', 'ab', 'b'),
  tags: fc.constantFrom([], ['a'], ['a', 'b']),
  any: fc.constantFrom(null, 1, 2, 'x', true, {}),
});

/** The edge a run takes: an index, the default, none, or a failure of a condition. */
function taken(
  tests: readonly ((at: Record<string, unknown>) => unknown)[],
  at: Record<string, unknown>,
): number | 'none' | 'fails' {
  for (const [i, test] of tests.entries()) {
    try {
      const value = test(at);
      if (value === true) return i;
      if (value !== false) return 'fails';
    } catch {
      return 'fails';
    }
  }
  return 'none';
}

it('what is said of conditions holds for whatever they are given', () => {
  const cases = fc.tuple(
    fc.array(condition, { minLength: 1, maxLength: 4 }),
    fc.array(scope, { minLength: 30, maxLength: 30 }),
  );
  const seen = { dead: 0, shadowed: 0, covered: 0 };
  fc.assert(
    fc.property(cases, ([whens, scopes]) => {
      const quoted = whens.map(w => `'${w}'`);
      const open = compileGraph(choice(quoted));
      if (!open.ok) throw new Error(JSON.stringify(open.diagnostics));
      const edges = open.value.plan.graph.edges.filter(e => e.from === 'a');
      const tests = edges.map(
        ({ when }) =>
          (at: Record<string, unknown>) =>
            when?.kind === 'expr' ? when.expr.evaluate({ ...at, visits: { a: 1 }, thread: { id: 't' } }) : when?.value,
      );
      const found = open.warnings.filter(w => w.code !== 'duplicate-edge');
      const lines = (code: string): number[] =>
        found
          .filter(w => w.code === code && !w.message.includes('is never "'))
          .flatMap(w => edges.findIndex(e => e.whenSpan?.start === w.span.start));
      const [dead, shadowed] = [lines('dead-condition'), lines('shadowed-edge')];
      const covered = !found.some(w => w.code === 'missing-default');
      seen.dead += dead.length;
      seen.shadowed += shadowed.length;
      seen.covered += Number(covered);
      for (const at of scopes) {
        const result = taken(tests, at);
        expect([...dead, ...shadowed]).not.toContain(result);
        if (covered) expect(result).not.toBe('none');
      }
    }),
    { numRuns: 600, seed: 7 },
  );
  expect(Math.min(seen.dead, seen.shadowed, seen.covered)).toBeGreaterThan(15);
});
