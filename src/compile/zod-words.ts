/** Says what zod expected in words of the language, never in its own. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** How types are called: in a graph file by what a person writes, in a checked value by the name of the type. */
export type Dialect = 'file' | 'value';

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map of keys',
  record: 'a map of keys',
  array: 'a list',
  null: 'nothing',
};

const TYPES: Record<string, string> = { int: 'integer', record: 'object', never: 'no value' };

const kind = (expected: string, dialect: Dialect): string =>
  dialect === 'file' ? (KINDS[expected] ?? expected) : (TYPES[expected] ?? expected);

/** What is counted, and how the whole is called. */
const WHOLES: Record<string, string> = { string: 'text', array: 'a list' };

const UNITS: Record<string, string> = { string: 'character', array: 'item', object: 'member', record: 'member' };

function size(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const small = issue.code === 'too_small';
  const limit = small ? issue.minimum : issue.maximum;
  const strict = issue.inclusive === false;
  const bound = small ? (strict ? 'more than' : 'at least') : strict ? 'less than' : 'at most';
  const unit = UNITS[issue.origin];
  if (unit === undefined) return `${bound} ${limit}`;
  const counted = `${bound} ${limit} ${unit}${Number(limit) === 1 ? '' : 's'}`;
  return `${WHOLES[issue.origin] ?? 'an object'} of ${counted}`;
}

function union(issue: z.core.$ZodIssueInvalidUnion, dialect: Dialect): string {
  const kinds = issue.errors.flatMap(branch =>
    branch.flatMap(i => (i.path.length === 0 && i.code !== 'unrecognized_keys' ? [requirement(i, dialect)] : [])),
  );
  const all = [...new Set(kinds)];
  return all.length === 0 ? 'one of the allowed forms' : listOr(all);
}

function listOr(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** What a value had to be, to stand behind "must be" or "expected". */
export function requirement(issue: Issue, dialect: Dialect): string {
  // What the language's own definition says is better than what can be said of its form.
  if (!/^(Invalid|Too |Unrecognized)/.test(issue.message)) return issue.message.replace(/^expected /, '');
  switch (issue.code) {
    case 'invalid_type':
      return kind(issue.expected, dialect);
    case 'too_big':
    case 'too_small':
      return size(issue);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return issue.format === 'regex' ? `text that matches ${issue.pattern}` : `a valid ${issue.format}`;
    case 'invalid_value':
      return issue.values.length === 1 ? String(JSON.stringify(issue.values[0])) : `one of ${oneOf(issue.values)}`;
    case 'invalid_union':
      return union(issue, dialect);
    case 'unrecognized_keys':
      return `an object without ${oneOf(issue.keys)}`;
    default:
      return 'of another form';
  }
}

function oneOf(values: readonly unknown[]): string {
  return values.map(v => (typeof v === 'bigint' ? String(v) : JSON.stringify(v))).join(', ');
}
