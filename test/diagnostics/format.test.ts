import { expect, it } from 'vitest';
import { createReporter, type Diagnostic, MAX_FINDINGS } from '../../src/diagnostic/diagnostic.ts';
import { formatDiagnostic, positionAt } from '../../src/diagnostic/format.ts';
import { GraphError } from '../../src/diagnostic/graph-error.ts';
import { didYouMean, nearest } from '../../src/diagnostic/suggest.ts';

/** Prints a finding about what is «marked» in a text. */
function print(marked: string): string[] {
  const [before = '', inside = '', after = ''] = marked.split(/[«»]/);
  const span = { file: 'g.yaml', start: before.length, end: before.length + inside.length };
  const finding: Diagnostic = { code: 'wrong-value', severity: 'error', message: 'm', span };
  return formatDiagnostic(finding, () => before + inside + after).split('\n');
}

it('the caret stands below what is meant, whatever is before it', () => {
  expect(print('a: «bad» x')).toEqual(['g.yaml:1:4: error[wrong-value]: m', '1 | a: bad x', '  |    ^^^']);
  expect(print('\ta: «bad»')[2]).toBe('  |     ^^^');
  expect(print('名前: «bad»')[2]).toBe('  |       ^^^');
  expect(print('🙂: «bad»')[2]).toBe('  |     ^^^');
  expect(print('e\u0301: «bad»')[2]).toBe('  |    ^^^');
  expect(print('a: «名前»')[2]).toBe('  |    ^^^^');
});

it('a span over several lines is marked on its first', () => {
  expect(print('a:\r\n  - «b\r\n  c»')).toEqual(['g.yaml:2:5: error[wrong-value]: m', '2 |   - b', '  |     ^']);
});

it('a long line is cut around the place', () => {
  const [, line = '', caret = ''] = print(`${'x'.repeat(500)}«bad»${'y'.repeat(500)}`);
  expect(line.length).toBeLessThan(140);
  expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('bad');
});

it('a control character does not reach the terminal', () => {
  expect(print('«\u001b[31m»red').join('\n')).not.toContain('\u001b');
});

it('positions count from 1, past the end too', () => {
  expect(positionAt('ab\ncd\n', 4)).toEqual({ line: 2, column: 2 });
  expect(positionAt('ab\ncd\n', 6)).toEqual({ line: 3, column: 1 });
  expect(positionAt('ab', 99)).toEqual({ line: 1, column: 3 });
});

it('the same finding twice is one, and no more are kept than anybody reads', () => {
  const reporter = createReporter();
  const at = (start: number) => ({ file: 'g.yaml', start, end: start + 1 });
  for (let n = 0; n < 500; n++) reporter.report('unbounded-cycle', at(n), 'x');
  expect(reporter.failed()).toBe(false);
  for (let n = 0; n < 500; n++) reporter.report('wrong-value', at(n % 300), 'x');
  expect(reporter.diagnostics).toHaveLength(2 * MAX_FINDINGS);
  expect([reporter.failed(), reporter.full()]).toEqual([true, true]);
  const { message } = new GraphError(reporter.diagnostics, new Map([['g.yaml', 'x'.repeat(600)]]));
  expect(message).toMatch(/… and 350 more$/);
});

it('a near name is proposed, a far one is not', () => {
  expect(nearest('catgeory', ['category', 'score'])).toBe('category');
  expect(nearest('start', ['a', 'START'])).toBe('START');
  expect(nearest('b', ['a', 'c'])).toBeUndefined();
  expect(didYouMean('zzz', ['a', 'b'], 'nodes')).toBe('nodes: a, b');
  expect(didYouMean('zzz', [], 'nodes')).toBe('there are no nodes');
});
