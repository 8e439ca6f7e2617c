/** Says why a text was refused, in words of the language and with a place inside the tag. */
import { didYouMean, nearest, quote } from '../diagnostic/suggest.ts';
import type { TextProblem } from './text.ts';

/** What the library throws: all of it is optional to us. */
interface LibraryError {
  readonly message?: string;
  readonly token?: { readonly begin?: number; readonly end?: number };
}

/** What may be named in a tag. */
export interface TextNames {
  readonly filters: readonly string[];
  readonly tags: readonly string[];
  /** Tags that would read other files. */
  readonly forbidden: readonly string[];
}

type Explained = Pick<TextProblem, 'message'> & Partial<TextProblem>;
type Explain = (match: RegExpExecArray, tag: { text: string; start: number }, names: TextNames) => Explained;

const notClosed: Explain = ([, kind], { start }) => {
  const open = kind === 'output' ? '{{' : '{%';
  const hint = `add "${kind === 'output' ? '}}' : '%}'}" on the same line`;
  return { message: `the "${open}" that opens here is not closed`, start, end: start + 2, hint };
};

const tagNotClosed: Explain = ([, name = '']) => ({
  message: `"{% ${name} %}" has no end`,
  hint: `add "{% end${name} %}" behind what belongs to it`,
});

const noTag: Explain = ([, name = ''], _, { tags, forbidden }) => {
  if (forbidden.includes(name)) {
    return {
      message: `there is no tag ${quote(name)}`,
      hint: 'texts cannot read other files: put the text into the state',
    };
  }
  if (/^(end|else|elsif|when)/.test(name)) {
    return { message: `"{% ${name} %}" belongs to nothing`, hint: 'remove it, or open its tag before it' };
  }
  return { message: `there is no tag ${quote(name)}`, hint: didYouMean(name, tags, 'tags') };
};

const noFilter: Explain = ([, name = ''], { text, start }, { filters }) => {
  const bar = text.search(new RegExp(`\\|\\s*${name.replace(/\W/g, '\\$&')}`));
  const at = bar < 0 ? start : start + text.indexOf(name, bar);
  return {
    message: `there is no filter ${quote(name)}`,
    start: at,
    end: at + name.length,
    hint: didYouMean(name, filters, 'filters'),
  };
};

const RULES: readonly (readonly [RegExp, Explain])[] = [
  [/^(output) ".*" not closed/s, notClosed],
  [/^(tag) ".*" not closed/s, notClosed],
  [/^tag \{%-?\s*(\w+).*not closed/s, tagNotClosed],
  [/^tag "(.*)" not found/, noTag],
  [/^undefined filter: (.*)$/, noFilter],
  [/^invalid value expression/, () => ({ message: 'a name or value is missing here', hint: 'write it as {{ name }}' })],
  [
    /^expected "\|" before filter/,
    () => ({
      message: 'a text prints names and filters only',
      hint: 'use a filter, as in {{ score | plus: 1 }}, or compute the value in a "set" node',
    }),
  ],
  [
    /Maximum call stack|RangeError/,
    () => ({ message: 'the tags of the text are nested too deeply', hint: 'compute the text in a function node' }),
  ],
];

/** Explains an error of the library. */
export function explainText(cause: unknown, source: string, names: TextNames): TextProblem {
  const { message = String(cause), token } = (cause ?? {}) as LibraryError;
  const reason = (message.split('\n')[0] ?? '').replace(/, line:\d+, col:\d+$/, '');
  const start = Math.min(token?.begin ?? 0, Math.max(0, source.length - 1));
  const end = Math.max(start + 1, token?.end ?? source.length);
  const place = { code: 'text-syntax' as const, start, end };
  for (const [rule, explain] of RULES) {
    const match = rule.exec(reason);
    if (match) return { ...place, ...explain(match, { text: source.slice(start, end), start }, names) };
  }
  return { ...place, message: reason };
}

/** Explains a name that is not in scope. */
export function unknownTextName(
  name: string,
  path: readonly unknown[],
  scope: readonly string[],
): { message: string; hint: string } {
  const message = `there is no name ${quote(name)} in scope`;
  const [, member] = path;
  if (name === 'state' && typeof member === 'string' && scope.includes(member)) {
    return { message, hint: `state keys stand alone: {{ ${member} }}` };
  }
  if (name === 'output') {
    return { message, hint: 'a text is made before its node has a result: write the result to the state first' };
  }
  const near = nearest(name, scope);
  return { message, hint: near === undefined ? didYouMean(name, scope, 'names in scope') : `did you mean "${near}"?` };
}
