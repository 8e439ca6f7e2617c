/** Says what the YAML library found in words that need no knowledge of it, and points at the culprit. */
import { type Document, isCollection, isScalar, type Node, visit } from 'yaml';
import { quote } from '../diagnostic/suggest.ts';
import type { YamlFault } from './yaml-parse.ts';

export interface YamlProblem {
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly hint?: string;
}

interface Place {
  readonly text: string;
  readonly doc: Document | undefined;
  readonly start: number;
  readonly end: number;
}

type Explain = (match: RegExpExecArray, place: Place) => Partial<YamlProblem> & { message: string };

const INDENT_HINT = 'keys of one map, and items of one list, begin in the same column; look at the line above too';

const at = (start: number, length = 1): { start: number; end: number } => ({ start, end: start + length });

/** The innermost node of a kind that is still open at an offset. */
function openAt({ doc, start, text }: Place, closing: string, isKind: (node: Node) => boolean): number | undefined {
  let found: number | undefined;
  const look = (_: unknown, node: Node): void => {
    const [from = 0, to = 0] = node.range ?? [];
    const closed = to - 1 > from && text[to - 1] === closing;
    if (from < start && to >= start - 1 && !closed && isKind(node)) found = from;
  };
  if (doc) visit(doc, { Node: look });
  return found;
}

function lineAt(text: string, offset: number): { start: number; end: number; source: string } {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const stop = text.indexOf('\n', offset);
  const end = stop < 0 ? text.length : stop;
  return { start, end, source: text.slice(start, end) };
}

const unclosedQuote: Explain = ([, mark = '"'], place) => {
  const start = openAt(place, mark, node => isScalar(node) && node.type?.startsWith('QUOTE') === true);
  const hint = `add the closing ${mark}, or write the quote inside the text as ${mark === '"' ? '\\"' : "''"}`;
  return { message: `the ${mark} that opens here is not closed`, hint, ...(start === undefined ? {} : at(start)) };
};

const unclosedBracket: Explain = ([, mark = '}'], place) => {
  const opens = mark === '}' ? '{' : '[';
  const start = openAt(place, mark, node => isCollection(node) && node.flow === true);
  return {
    message: `the "${opens}" that opens here is not closed`,
    hint: `add the closing "${mark}"; inside brackets, lines are indented too`,
    ...(start === undefined ? {} : at(start)),
  };
};

const secondColon: Explain = (_, { text, start }) => {
  const { end } = lineAt(text, start);
  const colon = text.slice(start, end).search(/:(\s|$)/);
  return {
    message: 'a second ":" on the line of a key',
    hint: 'put quotes around a text that contains ": ", or begin a new line',
    ...(colon < 0 ? {} : at(start + colon)),
  };
};

/** A key that seems to span lines: its last line is indented as if it went on with the value above. */
const strayIndent: Explain = (_, { text, start, end }) => {
  const key = text.slice(start, Math.max(end, start + 1)).trimEnd();
  const next = key.includes('\n') ? start + key.lastIndexOf('\n') + 1 : lineAt(text, start).end + 1;
  const line = next < text.length ? lineAt(text, next) : lineAt(text, start);
  const from = line.start + (line.source.length - line.source.trimStart().length);
  return {
    message: 'this line is indented as if it belonged to the value above it',
    hint: INDENT_HINT,
    ...at(from, Math.max(1, line.source.trim().length)),
  };
};

const wrongColumn: Explain = (_, { text, start }) => {
  const line = lineAt(text, start);
  const from = line.start + (line.source.length - line.source.trimStart().length);
  return {
    message: 'the indentation of this line fits none of the lines above it',
    hint: INDENT_HINT,
    ...at(from, Math.max(1, line.source.trim().length)),
  };
};

const noKey: Explain = (_, { text, start, end }) => ({
  message: `${quote(text.slice(start, end).trim())} stands where a "key: value" is expected`,
  hint: 'add ":" and a space after the key, or quote the text above if this belongs to it',
});

const afterEnd: Explain = (_, { text, start }) => {
  const { end } = lineAt(text, start);
  const rest = text.slice(start, end).trim();
  const hint = rest.startsWith('->')
    ? 'a chain that begins with "[" is quoted: "[a, b] -> c"'
    : rest.startsWith('{{')
      ? 'put quotes around a text with "{{ }}"'
      : 'put quotes around the whole value';
  return { message: `${quote(rest)} follows a value that is already complete`, hint, ...at(start, rest.length) };
};

const badStart: Explain = ([, what = ''], { text, start }) => ({
  message: `a text cannot begin with ${quote(text[start] ?? what)}`,
  hint: 'put quotes around it',
});

const badTag: Explain = (_, { text, start, end }) => ({
  message: `there is no tag ${quote(text.slice(start, end).trim())}`,
  hint: 'tags mean nothing in a graph: remove it, or quote the text; secrets come from the environment',
});

const blockInBrackets: Explain = (_, { text, start, end }) =>
  text.slice(start, end).includes('\n')
    ? { message: 'an indented list or map cannot stand inside brackets', hint: 'use brackets for it too' }
    : { message: 'a ":" inside this text begins a map of its own', hint: 'put quotes around a text that holds ": "' };

const RULES: readonly (readonly [RegExp, Explain])[] = [
  [
    /Tabs are not allowed/,
    () => ({ message: 'a tab indents this line', hint: 'YAML is indented with spaces: replace the tab' }),
  ],
  [/Missing closing (["'])quote/, unclosedQuote],
  [/must (?:be sufficiently indented and )?end with an? ([\]}])/, unclosedBracket],
  [/Nested mappings are not allowed/, secondColon],
  [/Implicit keys need to be on a single line|must start at the same column.*key/, strayIndent],
  [/must start at the same column/, wrongColumn],
  [/Sequence item without - indicator/, wrongColumn],
  [/Implicit map keys need to be followed/, noKey],
  [/Unexpected .* at node end/, afterEnd],
  [/Plain value cannot start with (.*)/, badStart],
  [/[Tt]ag/, badTag],
  [
    /Unexpected (?:flow-\w+-end|block-end).*/,
    (_, { text, start }) => ({
      message: `${quote(text[start] ?? '')} closes nothing`,
      hint: 'remove it, or open the bracket before it',
    }),
  ],
  [
    /Unexpected block-seq-ind on same line with key|block sequence may not be used as an implicit map key/,
    () => ({ message: 'a list cannot begin on the line of its key', hint: 'begin the list on the next line' }),
  ],
  [/Unexpected (?:,|empty item)/, () => ({ message: 'a "," too many', hint: 'remove it' })],
  [/Missing , between/, () => ({ message: 'a "," is missing before this item' })],
  [/Missing , or : between/, () => ({ message: 'a "," or ":" is missing before this' })],
  [/Missing space after :/, () => ({ message: 'a space is missing after ":"' })],
  [
    /Invalid escape sequence (.*)/,
    ([, raw = '\\']) => ({
      message: `${raw} is not an escape that YAML knows`,
      hint: 'write \\\\ for a backslash, or use single quotes',
    }),
  ],
  [
    /second document/,
    () => ({ message: 'a second document begins here; a file holds one graph', hint: 'remove the "---"' }),
  ],
  [
    /Comments must be separated/,
    () => ({ message: 'a "#" begins a comment only after a space', hint: 'add a space, or quote the text' }),
  ],
  [
    /Block scalar header includes|in block scalar header/,
    () => ({ message: 'text cannot stand on the line of "|" or ">"', hint: 'begin the text on the next line' }),
  ],
  [
    /Block scalar/,
    () => ({ message: 'the lines of this text are not indented alike', hint: 'indent all of them as the first' }),
  ],
  [/Block collections are not allowed within flow/, blockInBrackets],
  [
    /more than 1024|at most 1024/,
    () => ({ message: 'a key is longer than 1024 characters', hint: 'quote the text if it is no key' }),
  ],
  [
    /[Dd]irective|%YAML|%TAG/,
    () => ({ message: 'a line that begins with "%" is a directive, which graphs do not use', hint: 'remove it' }),
  ],
  [/[Aa]lias|[Aa]nchor/, () => ({ message: 'a "&" or "*" is not at its place', hint: 'quote a text that begins so' })],
];

function explainOne(
  fault: YamlFault,
  text: string,
  doc: Document | undefined,
  first: boolean,
): YamlProblem | undefined {
  const start = Math.min(fault.start, Math.max(0, text.length - 1));
  const place = { text, doc, start, end: Math.max(fault.end, start + 1) };
  for (const [rule, explain] of RULES) {
    const match = rule.exec(fault.message);
    if (match) return { start, end: place.end, ...explain(match, place) };
  }
  // What has no explanation is, after another problem, nothing but its echo.
  if (!first) return undefined;
  const { source } = lineAt(text, start);
  const near = quote(text.slice(start, place.end).trim() || source.trim());
  return { start, end: place.end, message: `${near} is not valid YAML here` };
}

const MAX_REPORTED = 10;

/** A key over several lines is also a nested mapping to the library; the lines are what is wrong. */
const rank = (fault: YamlFault): number => (fault.code === 'MULTILINE_IMPLICIT_KEY' ? 0 : 1);

/** One problem a line: what follows on the same line is nearly always caused by the first. */
export function explainYaml(faults: readonly YamlFault[], text: string, doc: Document | undefined): YamlProblem[] {
  const ordered = [...faults].sort((a, b) => a.start - b.start || rank(a) - rank(b));
  const lines = new Set<number>();
  const out: YamlProblem[] = [];
  for (const fault of ordered) {
    const line = lineAt(text, Math.min(fault.start, text.length)).start;
    if (lines.has(line)) continue;
    const problem = explainOne(fault, text, doc, out.length === 0);
    if (!problem) continue;
    lines.add(line).add(lineAt(text, problem.start).start);
    out.push(problem);
    // Behind a wrong indentation nothing stands where it seems to.
    if (problem.hint === INDENT_HINT || out.length === MAX_REPORTED) break;
  }
  return out;
}
