/**
 * Texts: Liquid templates over the same names as expressions. The only module that knows the template library.
 *
 * No file can be included, only own properties are read, and parsing, rendering and memory are bounded.
 */
import { Liquid, type Template } from 'liquidjs';
import type { Code } from '../diagnostic/codes.ts';
import { didYouMean } from '../diagnostic/suggest.ts';
import type { Scope } from './expr.ts';

/** A compiled text. */
export interface Text {
  readonly source: string;
  readonly names: ReadonlySet<string>;
  /** Renders against a scope. Throws {@link TextError} when a value is missing and no `default` filter is used. */
  render(scope: Scope): string;
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

/** Objects and lists print as JSON: `[object Object]` helps nobody. */
function printValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function createEngine(): Liquid {
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    parseLimit: 1_000_000,
    renderLimit: 2_000,
    memoryLimit: 10_000_000,
    outputEscape: printValue,
  });
  for (const tag of FORBIDDEN_TAGS) delete engine.tags[tag];
  return engine;
}

let shared: Liquid | undefined;

/** The engine holds no state between renders; making it takes 15 ms, so it is made when the first text is compiled. */
function engineOf(): Liquid {
  shared ??= createEngine();
  return shared;
}

function offsetOf(source: string, row: number, column: number): number {
  const lines = source.split('\n').slice(0, row - 1);
  return lines.reduce((sum, line) => sum + line.length + 1, 0) + column - 1;
}

/** Compiles a text over these names. Returns every problem found. */
export function compileText(source: string, names: readonly string[]): { text?: Text; problems: TextProblem[] } {
  if (!source.includes('{{') && !source.includes('{%')) {
    return { text: { source, names: new Set(), render: () => source }, problems: [] };
  }
  const engine = engineOf();
  let templates: Template[];
  try {
    templates = engine.parse(source);
  } catch (cause) {
    return { problems: [explainSyntax(cause, source)] };
  }
  const { globals } = engine.analyzeSync(templates, { partials: false });
  const problems = Object.entries(globals).flatMap(([name, uses]) =>
    names.includes(name)
      ? []
      : uses.map(({ location }): TextProblem => {
          const start = offsetOf(source, location.row, location.col);
          const hint = didYouMean(name, names, 'names in scope');
          const message = `there is no name "${name}" in scope`;
          return { code: 'text-name', message, start, end: start + name.length, hint };
        }),
  );
  if (problems.length > 0) return { problems };
  return {
    text: { source, names: new Set(Object.keys(globals)), render: scope => renderIn(engine, templates, scope) },
    problems,
  };
}

function renderIn(engine: Liquid, templates: Template[], scope: Scope): string {
  try {
    return String(engine.renderSync(templates, { ...scope }));
  } catch (cause) {
    const message = String((cause as Error).message).split('\n')[0] ?? '';
    throw new TextError(message.replace(/^undefined variable: ([^,]+).*/, 'no value for "$1" in the text'), { cause });
  }
}

function explainSyntax(cause: unknown, source: string): TextProblem {
  const { message, token } = cause as { message: string; token?: { begin?: number; end?: number } };
  const text = (message.split('\n')[0] ?? message).replace(/, line:\d+, col:\d+$/, '');
  const start = Math.min(token?.begin ?? 0, Math.max(0, source.length - 1));
  const end = Math.max(start + 1, token?.end ?? source.length);
  const forbidden = FORBIDDEN_TAGS.some(tag => text.includes(`"${tag}"`));
  return {
    code: 'text-syntax',
    message: text,
    start,
    end,
    ...(forbidden ? { hint: 'texts cannot read other files' } : {}),
  };
}
