/**
 * Texts: Liquid templates over the same names as expressions. The only module that knows the template library.
 *
 * No file can be included, only own properties are read, and parsing, rendering and memory are bounded.
 */
import { Liquid, type Template } from 'liquidjs';
import type { Code } from '../diagnostic/codes.ts';
import { didYouMean, quote } from '../diagnostic/suggest.ts';
import type { ExprType, Scope } from './expr.ts';
import { explainText, unknownTextName } from './text-words.ts';

/** A compiled text. */
export interface Text {
  readonly source: string;
  readonly names: ReadonlySet<string>;
  /** Renders against a scope. Throws {@link TextError} when a value is missing and no `default` filter is used. */
  render(scope: Scope): string;
}

/** A piece of a rendered text: what the file has, or a value that was put in. */
export interface Piece {
  readonly text: string;
  readonly given: boolean;
}

/** A text whose values stay apart from what is around them when it is rendered, to be encoded or quoted. */
export interface MarkedText extends Text {
  pieces(scope: Scope): readonly Piece[];
}

/** A text could not be rendered: a missing value, or a limit was reached. */
export class TextError extends Error {
  override readonly name = 'TextError';
  readonly code = 'text';
}

/** Why a text was refused, with offsets into its source. */
export interface TextProblem {
  readonly code: Code;
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly hint?: string;
}

const FORBIDDEN_TAGS = ['include', 'render', 'layout', 'block'];

/** What would print a value without its marks, or with the marks of another. */
const UNMARKED = { tags: ['capture', 'tablerow'], filters: ['raw'] };

/** Characters for private use, which no value has once it is percent-encoded. */
const OPEN = '\uf8f0';
const CLOSE = '\uf8f1';

/** Objects and lists print as JSON: `[object Object]` helps nobody. */
function printValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const mark = (value: unknown): string => `${OPEN}${encodeURIComponent(printValue(value).toWellFormed())}${CLOSE}`;

function splitMarked(text: string): Piece[] {
  const parts = text.split(new RegExp(`${OPEN}([^${OPEN}${CLOSE}]*)${CLOSE}`));
  return parts.flatMap((part, i): Piece[] =>
    i % 2 === 1 ? [{ text: decodeURIComponent(part), given: true }] : part === '' ? [] : [{ text: part, given: false }],
  );
}

function createEngine(marked: boolean): Liquid {
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    parseLimit: 1_000_000,
    renderLimit: 2_000,
    memoryLimit: 10_000_000,
    outputEscape: marked ? mark : printValue,
  });
  for (const tag of FORBIDDEN_TAGS) delete engine.tags[tag];
  if (marked) {
    for (const tag of UNMARKED.tags) delete engine.tags[tag];
    for (const filter of UNMARKED.filters) delete engine.filters[filter];
  }
  return engine;
}

const shared: { plain?: Liquid; marked?: Liquid } = {};

/** The engine holds no state between renders; making it takes 15 ms, so it is made when the first text is compiled. */
function engineOf(kind: 'plain' | 'marked'): Liquid {
  shared[kind] ??= createEngine(kind === 'marked');
  return shared[kind];
}

function offsetOf(source: string, row: number, column: number): number {
  let lineStart = 0;
  for (let line = 1; line < row; line++) lineStart = source.indexOf('\n', lineStart) + 1;
  return lineStart + column - 1;
}

/** What the tags of a text cost: the library finds the place of each by counting from the beginning. */
export function costOf(source: string): number {
  return source.length * (source.match(/\{[{%]/g)?.length ?? 0);
}

/** One use of a name: the steps that lead to what is read, and where it stands. */
interface Use {
  readonly segments: readonly unknown[];
  readonly start: number;
}

/** A text without any tag. */
export function literalText(source: string): MarkedText {
  return { source, names: new Set(), render: () => source, pieces: () => [{ text: source, given: false }] };
}

/** Compiles a text over these names. Returns every problem found. */
export function compileText(
  source: string,
  types: Readonly<Record<string, ExprType>>,
): { text?: Text; problems: TextProblem[] } {
  return compile(source, types, 'plain');
}

/** Compiles a text whose values stay apart. */
export function compileMarkedText(
  source: string,
  types: Readonly<Record<string, ExprType>>,
): { text?: MarkedText; problems: TextProblem[] } {
  const { text, problems } = compile(source.replace(new RegExp(`[${OPEN}${CLOSE}]`, 'g'), ''), types, 'marked');
  return text ? { text, problems } : { problems };
}

function compile(
  source: string,
  types: Readonly<Record<string, ExprType>>,
  kind: 'plain' | 'marked',
): { text?: MarkedText; problems: TextProblem[] } {
  if (!source.includes('{{') && !source.includes('{%')) return { text: literalText(source), problems: [] };
  const engine = engineOf(kind);
  let templates: Template[];
  let names: string[];
  let uses: Use[];
  try {
    templates = engine.parse(source);
    const { globals } = engine.analyzeSync(templates, { partials: false });
    names = Object.keys(globals);
    uses = Object.values(globals)
      .flat()
      .map(({ segments, location }) => ({ segments, start: offsetOf(source, location.row, location.col) }));
  } catch (cause) {
    const known = { filters: Object.keys(engine.filters), tags: Object.keys(engine.tags), forbidden: FORBIDDEN_TAGS };
    return { problems: [explainText(cause, source, known)] };
  }
  const problems = uses.flatMap(use => checkUse(use, source, types) ?? []);
  if (problems.length > 0) return { problems };
  const render = (scope: Scope): string => renderIn(engine, templates, scope);
  const pieces = (scope: Scope): Piece[] => splitMarked(render(scope));
  return { text: { source, names: new Set(names), render, pieces }, problems };
}

/** What the template language itself reads of a list or an object. */
const BUILT_IN = new Set(['size', 'first', 'last']);

/** Whether the name is in scope, and the fields that follow are those of its type. */
function checkUse(
  { segments, start }: Use,
  source: string,
  types: Readonly<Record<string, ExprType>>,
): TextProblem | undefined {
  const [root] = segments;
  const name = String(root);
  if (!Object.hasOwn(types, name)) {
    return {
      code: 'text-name',
      start,
      end: start + name.length,
      ...unknownTextName(name, segments, Object.keys(types)),
    };
  }
  let at: ExprType | undefined = types[name];
  let cursor = start + name.length;
  for (const [i, step] of segments.entries()) {
    if (i === 0) continue;
    if (at === undefined || typeof at === 'string' || typeof step !== 'string') return undefined;
    const found = source.indexOf(step, cursor);
    if (!Object.hasOwn(at, step) && !BUILT_IN.has(step)) {
      const owner = segments.slice(0, i).join('.');
      const hint = didYouMean(step, Object.keys(at), owner === 'visits' ? 'nodes' : 'its fields');
      const place = found < 0 ? { start, end: start + name.length } : { start: found, end: found + step.length };
      return { code: 'text-name', message: `there is no field ${quote(step)} in "${owner}"`, hint, ...place };
    }
    at = Object.hasOwn(at, step) ? at[step] : undefined;
    cursor = Math.max(cursor, found + step.length);
  }
  return undefined;
}

function renderIn(engine: Liquid, templates: Template[], scope: Scope): string {
  try {
    return String(engine.renderSync(templates, { ...scope }));
  } catch (cause) {
    const message = (String((cause as Error).message).split('\n')[0] ?? '').replace(/, line:\d+, col:\d+$/, '');
    throw new TextError(message.replace(/^undefined variable: (.+)$/, 'no value for "$1" in the text'), { cause });
  }
}
