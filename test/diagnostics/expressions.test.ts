import { describe, expect, it } from 'vitest';
import { createExprCompiler } from '../../src/compile/expr.ts';

const types = {
  ...{ n: 'double', name: 'string', ok: 'bool', tags: 'list<string>', nums: 'list<double>', any: 'dyn' },
  ...{ person: { name: 'string' }, visits: { a: 'double' } },
};
const scope = { n: 4, name: 'x', ok: true, tags: ['a', 'b'], nums: [1, 2], any: { k: 3, s: 'q' }, visits: { a: 2 } };
const compiler = createExprCompiler(types);

function evaluate(source: string): unknown {
  const result = compiler.compile(source);
  if (!result.ok) throw new Error(result.problem.message);
  return result.expr.evaluate(scope);
}

describe('numbers of YAML and JSON are doubles, and whole literals go with them', () => {
  it.for([
    ['n == 4', true],
    ['4 == n', true],
    ['n != 1', true],
    ['n == 4.0', true],
    ['n % 2 == 0', true],
    ['n + 1 == 5', true],
    ['-n == -4', true],
    ['n in [4, 5]', true],
    ['n in [4, 2.5]', true],
    ['2 in nums', true],
    ['nums == [1, 2]', true],
    ['nums + [3] == [1, 2, 3]', true],
    ['nums.exists(x, x == 2)', true],
    ['nums.map(x, x * 2)', [2, 4]],
    ['ok ? 1 : 2.5', 1],
    ['(ok ? n : 0) == 4', true],
    ['visits.a == 2', true],
    ['any.k == 3', true],
    ['any.k in [1, 3]', true],
    ['any.k % 2 == 1', true],
    ['size(tags) == 2', true],
    ['size(tags) == n', false],
    ['size(tags) in [1, 2]', true],
    ['tags[0]', 'a'],
    ['tags[size(tags) - 1]', 'b'],
    ['tags[int(n) - 3]', 'b'],
    ['size(tags) * 1.5', 3],
    ['{"a": 1}', { a: 1 }],
    ['[1, n]', [1, 4]],
  ] as const)('%s', ([source, value]) => {
    expect(evaluate(source)).toEqual(value);
  });
});

describe('a refused expression says why in the words of a graph', () => {
  it.for([
    ['n = 1', '"=" is not expected here', 'compare with "=="'],
    ['ok and n > 1', '"and" is not expected here', 'write "&&" for and'],
    ['ok or ok', '"or" is not expected here', 'write "||" for or'],
    ['not ok', '"ok" is not expected here', 'write "!" for not'],
    ['{{ n }}', '"{{" is not expected here', 'expressions need no "{{ }}": write the name alone'],
    ['(n > 1', '")" is missing', undefined],
    ['n >', 'the expression ends where a value is expected', undefined],
    ['"abc', 'the quote that opens here is not closed', undefined],
    ['person.nmae', 'there is no field "nmae" in "person"', 'did you mean "name"?'],
    ['siz(tags)', 'there is no function "siz"', 'did you mean "size"?'],
    ['tags.contans("a")', 'there is no function "contans" on a list', 'did you mean "contains"?'],
    [
      'n && ok',
      '"&&" and "||" need true or false on both sides, not a number',
      'make it a comparison, as in "score > 0"',
    ],
    ['tags[n]', 'this list index may be a fraction', 'make it whole: items[int(i)]'],
    ['name.size', 'a string has no fields', 'functions are called with parentheses, as in size(text)'],
    ['n.map(x, x)', 'map, filter and their kin need a list, not a number', undefined],
    ['n ? 1 : 2', 'the condition before "?" must be true or false, not a number', undefined],
    ['True', 'there is no name "True" in scope', 'write "true"'],
    ['has(n)', 'has() needs a field', 'write it as has(person.name)'],
  ] as const)('%s', ([source, message, hint]) => {
    const result = compiler.compile(source);
    if (result.ok) throw new Error('accepted');
    expect(result.problem.message).toBe(message);
    expect(result.problem.hint).toBe(hint);
  });

  it('and so does one that fails while it runs', () => {
    expect(() => evaluate('any.constructor')).toThrow('any.constructor: there is no field "constructor" in "any"');
    expect(() => evaluate('any.s + 1')).toThrow('"+" cannot be used between a string and a number');
    expect(() => evaluate('tags[9]')).toThrow('there is no item 9 in a list of 2');
  });
});
