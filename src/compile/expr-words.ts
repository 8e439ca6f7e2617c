/** Says why an expression was refused, in words of the language: the library's own speak of overloads and tokens. */
import type { Code } from '../diagnostic/codes.ts';
import { didYouMean, listed, nearest, quote } from '../diagnostic/suggest.ts';
import type { ExprProblem, ExprType } from './expr.ts';

type Types = Readonly<Record<string, ExprType>>;

/** What the library throws or returns: all of it is optional to us. */
interface LibraryError {
  readonly code?: string;
  readonly summary?: string;
  readonly message?: string;
  readonly range?: { readonly start: number; readonly end: number };
}

interface Found {
  readonly text: string;
  readonly source: string;
  readonly start: number;
  readonly end: number;
  readonly types: Types;
  readonly functions: readonly string[];
}

type Explained = Omit<ExprProblem, 'start' | 'end'> & { readonly start?: number; readonly end?: number };

const NAMES: Readonly<Record<string, string>> = {
  double: 'number',
  int: 'number',
  uint: 'number',
  bool: 'boolean',
  dyn: 'any',
  null_type: 'null',
};

/** The name that a graph gives to a type of the expression language. */
export function typeName(type: string): string {
  const list = /^list<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) return `list<${typeName(list)}>`;
  if (type.startsWith('dyn<')) return typeName(type.slice(4, -1));
  if (type.startsWith('map') || type.startsWith('$')) return 'object';
  if (type.startsWith('google.protobuf.')) return type.slice('google.protobuf.'.length).toLowerCase();
  return NAMES[type] ?? type;
}

const TEXT_HINT = 'for the text itself, quote it inside the YAML quotes: "\'some text\'"';

/** `state.score` is what other engines write. */
function stateMember({ source, end, types }: Found): string | undefined {
  const member = /^\.(\w+)/.exec(source.slice(end))?.[1] ?? '';
  return Object.hasOwn(types, member) ? `state keys stand alone: "${member}"` : undefined;
}

function unknownName(found: Found): Explained {
  const { text, source, end, types } = found;
  const name = /: (\S+)/.exec(text)?.[1] ?? '';
  const names = Object.keys(types);
  const near = nearest(name, names);
  const special: Record<string, string> = {
    output: '"output" is the result of a node: its own "output:" sees it, and the edges that leave it',
    error: '"error" is in scope only where a failed node leads',
    item: '"item" is in scope only inside a map',
    index: '"index" is in scope only inside a map',
    True: 'write "true"',
    False: 'write "false"',
    None: 'write "null"',
    undefined: 'write "null"',
  };
  const scope = names.length === 0 ? 'there are no names in scope' : listed(names, 'names in scope');
  const alone = source.trim() === name;
  const asText = alone
    ? `; for the text itself, write "'${name}'"`
    : /^\s*[.([]/.test(source.slice(end))
      ? ''
      : `; text is quoted: "${name}"`;
  const known = name === 'state' ? stateMember(found) : Object.hasOwn(special, name) ? special[name] : undefined;
  const hint = near !== undefined ? `did you mean "${near}"?` : (known ?? `${scope}${asText}`);
  return { code: 'expression-name', message: `there is no name ${quote(name)} in scope`, hint };
}

/** The fields of the object that a path such as `person.address` leads to. */
function fieldsOf(path: string, types: Types): string[] | undefined {
  let at: ExprType | undefined = types;
  for (const step of path.split('.')) {
    if (at === undefined || typeof at === 'string' || !Object.hasOwn(at, step)) return undefined;
    at = at[step];
  }
  return at === undefined || typeof at === 'string' ? undefined : Object.keys(at);
}

function unknownField({ text, source, start, types }: Found): Explained {
  const field = /: (.*)$/.exec(text)?.[1] ?? '';
  const owner = /([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\.\s*$/.exec(source.slice(0, start))?.[1];
  const fields = owner === undefined ? undefined : fieldsOf(owner, types);
  const message = `there is no field ${quote(field)}${owner === undefined ? '' : ` in "${owner}"`}`;
  const what = owner === 'visits' ? 'nodes' : 'its fields';
  return { code: 'expression-name', message, ...(fields ? { hint: didYouMean(field, fields, what) } : {}) };
}

const WHAT_OPERATORS_TAKE: Readonly<Record<string, string>> = {
  '+': 'it adds numbers, and joins two texts or two lists; string(x) makes text of a number',
  '-': 'it takes numbers; double(x) makes a number of text',
  '*': 'it takes numbers; double(x) makes a number of text',
  '/': 'it takes numbers; double(x) makes a number of text',
  '%': 'it takes numbers; double(x) makes a number of text',
  in: 'it looks for an item in a list of such items',
};

function wrongOperator({ text }: Found): Explained {
  const unary = /^no such overload: ([!-])(\S+)$/.exec(text);
  if (unary) {
    const [, op = '', type = ''] = unary;
    const needs = op === '!' ? 'true or false' : 'a number';
    return { code: 'expression-type', message: `"${op}" needs ${needs}, not ${aType(type)}` };
  }
  const [, left = '', op = '', right = ''] = /^no such overload: (.+?) ([=!<>]=?|[-+*/%]|in) (.+)$/.exec(text) ?? [];
  if (left === 'null' || right === 'null') {
    const hint = 'only a key that may be null, whose type ends in "?", can be compared with null';
    return { code: 'expression-type', message: `${aType(left === 'null' ? right : left)} is never null`, hint };
  }
  if (/[=<>]/.test(op)) {
    const number = [left, right].map(typeName).includes('number') && [left, right].includes('string');
    const hint = number
      ? 'compare with a number, without quotes, or change the type of the state key'
      : 'both sides of a comparison have one type';
    return { code: 'expression-type', message: `${aType(left)} cannot be compared with ${aType(right)}`, hint };
  }
  const message = `"${op}" cannot be used between ${aType(left)} and ${aType(right)}`;
  const hint = WHAT_OPERATORS_TAKE[op];
  return { code: 'expression-type', message, ...(hint === undefined ? {} : { hint }) };
}

/** A type of the expression language, as a graph calls it, with its article. */
export function aType(type: string): string {
  const name = typeName(type);
  if (name === 'any' || name === 'null') return name;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function wrongCall({ text, functions }: Found): Explained {
  const [, receiver, name = '', args = ''] = /'(?:([^'(]*)\.)?(\w+)\((.*)\)'/.exec(text) ?? [];
  const given = args === '' ? '' : args.split(', ').map(typeName).join(', ');
  const on = receiver === undefined ? '' : ` on ${aType(receiver)}`;
  if (!functions.includes(name)) {
    return {
      code: 'expression-name',
      message: `there is no function ${quote(name)}${on}`,
      hint: didYouMean(name, functions, 'functions'),
    };
  }
  return { code: 'expression-type', message: `${name}(${given}) does not fit${on}: its arguments have other types` };
}

function wrongLogic({ text }: Found): Explained {
  const type = /got '(.*)'/.exec(text)?.[1] ?? 'dyn';
  const hint = `make it a comparison, as in ${typeName(type) === 'number' ? '"score > 0"' : '"category == \'billing\'"'}`;
  return {
    code: 'expression-type',
    message: `"&&" and "||" need true or false on both sides, not ${aType(type)}`,
    hint,
  };
}

function wrongCondition({ text }: Found): Explained {
  const type = /got '(.*)'/.exec(text)?.[1] ?? 'dyn';
  const where = text.startsWith('Ternary') ? 'the condition before "?"' : 'the condition of filter and its kin';
  return { code: 'expression-type', message: `${where} must be true or false, not ${aType(type)}` };
}

function branches({ text }: Found): Explained {
  const [, one = '', two = ''] = /'(.*)' and '(.*)'/.exec(text) ?? [];
  const numbers = typeName(one) === 'number' && typeName(two) === 'number';
  const message = numbers
    ? 'one branch of "? :" is a whole number of the language and the other is not'
    : `the branches of "? :" must have one type; they are ${aType(one)} and ${aType(two)}`;
  return {
    code: 'expression-type',
    message,
    ...(numbers ? { hint: 'put double( ) around the one from size() or int()' } : {}),
  };
}

function wrongToken({ text, source, start, end }: Found): Explained {
  if (source.trim().startsWith('{{')) {
    const hint = 'expressions need no "{{ }}": write the name alone';
    return { code: 'expression-syntax', message: '"{{" is not expected here', start: source.indexOf('{'), hint };
  }
  const missing = /^Expected (\w+), got/.exec(text)?.[1];
  const marks: Record<string, string> = { RPAREN: ')', RBRACKET: ']', RBRACE: '}', COLON: ':', IDENTIFIER: 'a name' };
  const ends = /EOF$/.test(text);
  if (missing !== undefined && (ends || marks[missing] === ':')) {
    const at = ends ? { start: Math.max(0, source.trimEnd().length - 1), end: source.trimEnd().length } : {};
    return { code: 'expression-syntax', message: `${quoteMark(marks[missing] ?? missing)} is missing`, ...at };
  }
  if (ends) return { code: 'expression-syntax', message: 'the expression ends where a value is expected' };
  const char = source.codePointAt(start);
  const token = end - start > 1 ? source.slice(start, end) : String.fromCodePoint(char ?? 32);
  const at = { start, end: Math.max(end, start + token.length) };
  return {
    code: 'expression-syntax',
    message: `${quote(token)} is not expected here`,
    ...at,
    ...tokenHint(token, source, start),
  };
}

const quoteMark = (mark: string): string => (mark.length === 1 ? `"${mark}"` : mark);

const WORDS: Readonly<Record<string, string>> = {
  '=': 'compare with "=="',
  '&': 'write "&&" for and',
  and: 'write "&&" for and',
  '|': 'write "||" for or; there are no filters in expressions',
  or: 'write "||" for or',
  is: 'compare with "=="',
};

function tokenHint(token: string, source: string, start: number): { hint?: string } {
  const before = source.slice(0, start).trim();
  if (/(^|\W)not$/.test(before)) return { hint: 'write "!" for not' };
  if (token === '=' && before.endsWith('==')) return { hint: 'compare with "=="' };
  const word = Object.hasOwn(WORDS, token) ? WORDS[token] : undefined;
  if (word !== undefined) return { hint: word };
  return /^[A-Za-z]/.test(token) && /\w\s$/.test(source.slice(0, start)) ? { hint: TEXT_HINT } : {};
}

const RULES: Readonly<Record<string, (found: Found) => Explained>> = {
  unknown_variable: unknownName,
  no_such_key: unknownField,
  no_such_overload: wrongOperator,
  no_matching_overload: wrongCall,
  invalid_logical_operand: wrongLogic,
  invalid_condition_type: wrongCondition,
  incompatible_ternary_branches: branches,
  unexpected_character: wrongToken,
  unexpected_token: wrongToken,
  expected_token: wrongToken,
  invalid_index_type: ({ text }) => {
    const type = /got '(.*)'/.exec(text)?.[1] ?? 'dyn';
    return typeName(type) === 'number'
      ? { code: 'expression-type', message: 'this list index may be a fraction', hint: 'make it whole: items[int(i)]' }
      : { code: 'expression-type', message: `a list is indexed by a number, not by ${aType(type)}` };
  },
  invalid_macro_argument: ({ text }) =>
    text.startsWith('has')
      ? { code: 'expression-type', message: 'has() needs a field', hint: 'write it as has(person.name)' }
      : {
          code: 'expression-syntax',
          message: 'the first argument must be a name',
          hint: 'as in items.map(item, item.id)',
        },
  cannot_index_type: ({ text }) => ({
    code: 'expression-type',
    message: `${aType(/'(.*)'/.exec(text)?.[1] ?? 'dyn')} has no fields`,
    hint: 'functions are called with parentheses, as in size(text)',
  }),
  invalid_comprehension_range: ({ text }) => ({
    code: 'expression-type',
    message: `map, filter and their kin need a list, not ${aType(/'(.*?)'/.exec(text)?.[1] ?? 'dyn')}`,
  }),
  reserved_identifier: ({ text }) => ({
    code: 'expression-syntax',
    message: `${quote(/: (.*)/.exec(text)?.[1] ?? '')} is a reserved word`,
    hint: TEXT_HINT,
  }),
  unterminated_string: () => ({ code: 'expression-syntax', message: 'the quote that opens here is not closed' }),
  limit_exceeded: ({ text }) => ({
    code: 'expression-syntax',
    message: text.includes('maxDepth') ? 'the expression is nested too deeply' : 'the expression is too long',
    hint: 'move the work into a function node',
  }),
};

/** Explains an error of the library. Offsets are those of the source. */
export function explainExpr(
  error: unknown,
  source: string,
  types: Types,
  fallback: Code,
  functions: readonly string[],
): ExprProblem {
  const { code = '', summary, message, range } = (error ?? {}) as LibraryError;
  const start = Math.min(range?.start ?? 0, Math.max(0, source.length - 1));
  const end = Math.max(range?.end ?? source.length, start + 1);
  const text = (summary ?? String(message ?? 'Not a valid expression')).split('\n')[0] ?? '';
  const rule = Object.hasOwn(RULES, code) ? RULES[code] : undefined;
  const index = /index out of bounds, index (\S+) >= size (\S+)/.exec(text);
  if (index) return { code: fallback, start, end, message: `there is no item ${index[1]} in a list of ${index[2]}` };
  const plain: Explained = { code: fallback, message: text.charAt(0).toLowerCase() + text.slice(1) };
  return { start, end, ...(rule?.({ text, source, start, end, types, functions }) ?? plain) };
}
