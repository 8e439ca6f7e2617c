/**
 * Parses YAML within bounds: a hostile megabyte costs the parser seconds, or its stack.
 *
 * The lexer feeds the parser by hand, so that depth and size are seen while they grow and the rest is never read.
 */
import { Composer, type CST, type Document, Lexer, Parser } from 'yaml';
import type { Comment } from '../diagnostic/ignores.ts';

/** The deepest nesting of lists and maps. */
export const MAX_DEPTH = 64;

/** The most tokens of a file, spaces and line breaks included: some 30,000 lines. */
export const MAX_TOKENS = 200_000;

const MAX_ERRORS = 50;

/** What the library found, in its own words: see `explainYaml`. */
export interface YamlFault {
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export interface ParsedYaml {
  /** Absent when parsing was given up. */
  readonly doc?: Document;
  readonly faults: readonly YamlFault[];
  /** As far as the text was read. */
  readonly comments: readonly Comment[];
  /** Why and where parsing was given up. */
  readonly stopped?: { readonly why: 'depth' | 'tokens' | 'errors'; readonly at: number };
}

/** Ends a parse from within a callback of the library. */
class Stop extends Error {
  readonly why: 'depth' | 'tokens' | 'errors';
  readonly at: number;
  constructor(why: 'depth' | 'tokens' | 'errors', at: number) {
    super(why);
    this.why = why;
    this.at = at;
  }
}

/** What the lexer gives before the text of a plain or block scalar, which may begin with any character. */
const SCALAR = '\x1f';

function* tokensOf(text: string, faults: YamlFault[], comments: Comment[]): Generator<CST.Token> {
  const parser = new Parser();
  let tokens = 0;
  let before = '';
  for (const lexeme of new Lexer().lex(text)) {
    if (++tokens > MAX_TOKENS) throw new Stop('tokens', parser.offset);
    // The stack holds the document and a scalar beside the open lists and maps.
    if (parser.stack.length > MAX_DEPTH + 2) throw new Stop('depth', parser.offset);
    if (lexeme.startsWith('#') && before !== SCALAR) comments.push({ text: lexeme, start: parser.offset });
    before = lexeme;
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') {
        const { offset, message, source } = token;
        if (faults.length >= MAX_ERRORS) throw new Stop('errors', offset);
        faults.push({ code: 'UNEXPECTED_TOKEN', message, start: offset, end: offset + source.length });
      }
      yield token;
    }
  }
  yield* parser.end();
}

type OnError = (source: unknown, code: string, message: string, warning?: boolean) => void;

/** Counts errors as they arise; the library would collect a million. */
function boundErrors(composer: Composer): YamlFault[] {
  const faults: YamlFault[] = [];
  // Private in the library's types, but the only way in; a test parses what makes it call back.
  const open = composer as unknown as { onError: OnError };
  const original = open.onError;
  open.onError = (source, code, message, warning) => {
    const start = startOf(source);
    faults.push({ code, message, start, end: endOf(source, start) });
    if (faults.length > MAX_ERRORS) throw new Stop('errors', start);
    original(source, code, message, warning);
  };
  return faults;
}

function startOf(source: unknown): number {
  if (typeof source === 'number') return source;
  return Array.isArray(source) ? Number(source[0]) : (source as { offset: number }).offset;
}

function endOf(source: unknown, start: number): number {
  if (typeof source === 'number') return source + 1;
  if (Array.isArray(source)) return Number(source[1]);
  const text = (source as { source?: unknown }).source;
  return start + (typeof text === 'string' ? text.length : 1);
}

/** Parses a text. Never throws, and takes less than a second for whatever a megabyte can hold. */
export function parseYaml(text: string): ParsedYaml {
  const composer = new Composer({ uniqueKeys: false, stringKeys: false, strict: true, merge: false });
  const caught = boundErrors(composer);
  const comments: Comment[] = [];
  let doc: Document | undefined;
  try {
    for (const next of composer.compose(tokensOf(text, caught, comments), true, text.length)) {
      if (doc) return { doc, comments, faults: [...faultsOf(doc), secondDocument(next, text)] };
      doc = next;
    }
  } catch (thrown) {
    if (thrown instanceof Stop) return { faults: caught, comments, stopped: thrown };
    if (thrown instanceof RangeError) return { faults: [], comments, stopped: { why: 'depth', at: 0 } };
    throw thrown;
  }
  return doc ? { doc, comments, faults: faultsOf(doc) } : { faults: caught, comments };
}

function faultsOf(doc: Document): YamlFault[] {
  // A tag that nobody knows is a warning to the library: the value would be read as if the tag were not there.
  const tags = doc.warnings.filter(w => w.code === 'TAG_RESOLVE_FAILED' || w.code === 'BAD_DIRECTIVE');
  return [...doc.errors, ...tags].map(({ code, message, pos }) => ({ code, message, start: pos[0], end: pos[1] }));
}

function secondDocument(doc: Document, text: string): YamlFault {
  const from = doc.range?.[0] ?? 0;
  const marker = text.lastIndexOf('---', from);
  const start = marker < 0 ? from : marker;
  return { code: 'MULTIPLE_DOCS', message: 'a second document', start, end: start + 3 };
}
