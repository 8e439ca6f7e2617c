import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
} from 'yaml';
import type { Reporter, Span } from '../diagnostic/diagnostic.ts';

/** Where a value stands in a file: the keys and indexes that lead to it. */
export type Path = readonly (string | number)[];

/**
 * A parsed YAML file: plain data beside a way back to its positions.
 *
 * `value` holds only own, enumerable, non-`__proto__` keys; aliases are unfolded.
 */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  /** The span of the value at a path, or of the nearest ancestor that exists. */
  span(path: Path): Span;
  /** The span of the key that a path ends in. */
  keySpan(path: Path): Span;
  /** The span of `[start, end)` inside the text of the scalar at a path. */
  textSpan(path: Path, start: number, end: number): Span;
}

/** The largest file that is read, in UTF-16 units: beyond it the YAML parser takes seconds. */
export const MAX_FILE = 1_000_000;
const MAX_DEPTH = 64;
const MAX_NODES = 200_000;

/** Cheap look at the nesting before the parser, which recurses, sees the text. */
function deepestBracket(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5b || c === 0x7b) deepest = Math.max(deepest, ++depth);
    else if ((c === 0x5d || c === 0x7d) && depth > 0) depth--;
    // A run of `- ` or `? ` opens a level each; a line break ends the run.
    else if ((c === 0x2d || c === 0x3f) && text.charCodeAt(i + 1) === 0x20) deepest = Math.max(deepest, runAt(text, i));
  }
  return deepest;
}

function runAt(text: string, start: number): number {
  if (start >= 2 && text.charCodeAt(start - 1) === 0x20 && /[-?]/.test(text[start - 2] ?? '')) return 0;
  let n = 0;
  for (let i = start; (text[i] === '-' || text[i] === '?') && text[i + 1] === ' '; i += 2) n++;
  return n;
}

function refuseBeforeParsing(text: string, file: string, reporter: Reporter): boolean {
  const at = (start: number): Span => ({ file, start, end: start + 1 });
  if (text.length > MAX_FILE) {
    const size = (text.length / 1e6).toFixed(1);
    reporter.report('file-too-large', at(0), `the file has ${size} MB; a graph has at most 1 MB`, {
      hint: 'keep data in files of its own and read it in a function node',
    });
    return true;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd]/.exec(text);
  if (control) {
    reporter.report('file-binary', at(control.index), 'the file is not text', {
      hint: 'a graph is a YAML file in UTF-8',
    });
    return true;
  }
  if (deepestBracket(text) > 500) {
    reporter.report('too-deep', at(0), `the YAML is nested more than ${MAX_DEPTH} levels deep`);
    return true;
  }
  return false;
}

/** Turns the AST into plain data, refusing what no graph needs: dangerous names, bombs, deep nesting. */
class Reader {
  private nodes = 0;
  private readonly doc: Document;
  private readonly file: string;
  private readonly reporter: Reporter;
  constructor(doc: Document, file: string, reporter: Reporter) {
    this.doc = doc;
    this.file = file;
    this.reporter = reporter;
  }

  private spanOf(node: { range?: readonly number[] | null | undefined }): Span {
    const [start = 0, end = start + 1] = node.range ?? [];
    return { file: this.file, start, end: Math.max(end, start + 1) };
  }

  read(node: Node | null | undefined, depth: number): unknown {
    if (!node) return null;
    if (depth > MAX_DEPTH) {
      this.reporter.report('too-deep', this.spanOf(node), `the YAML is nested more than ${MAX_DEPTH} levels deep`);
      return null;
    }
    if (++this.nodes > MAX_NODES) {
      this.reporter.report('bad-alias', this.spanOf(node), 'the aliases of the file unfold to too many values');
      return null;
    }
    if (isAlias(node)) return this.readAlias(node, depth);
    if (isSeq(node)) return node.items.map(item => this.read(item as Node, depth + 1));
    if (isMap(node)) return this.readMap(node, depth);
    return isScalar(node) ? this.readScalar(node) : null;
  }

  private readScalar(node: Scalar): unknown {
    return typeof node.value === 'bigint' ? Number(node.value) : node.value;
  }

  private readAlias(node: Alias, depth: number): unknown {
    const target = node.resolve(this.doc);
    if (!target) {
      this.reporter.report('bad-alias', this.spanOf(node), `the alias "*${node.source}" refers to no anchor`);
      return null;
    }
    return this.read(target, depth + 1);
  }

  private readMap(node: { items: { key: unknown; value: unknown }[] }, depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    for (const { key, value } of node.items) {
      if (!isScalar(key) || (typeof key.value !== 'string' && typeof key.value !== 'number')) {
        this.reporter.report('bad-name', this.spanOf((key as Node) ?? {}), 'a key must be text');
        continue;
      }
      const name = String(key.value);
      if (name === '__proto__') {
        this.reporter.report('bad-name', this.spanOf(key), `the name "${name}" is not allowed`);
        continue;
      }
      out[name] = this.read(value as Node, depth + 1);
    }
    return out;
  }
}

function nodeAt(doc: Document, path: Path): { node: Node | undefined; key: Node | undefined } {
  let node = doc.contents as Node | undefined;
  let key: Node | undefined;
  for (const step of path) {
    let at: Node | undefined = node;
    if (isAlias(at)) at = at.resolve(doc) as Node | undefined;
    if (isMap(at)) {
      const pair = at.items.find(p => isScalar(p.key) && String(p.key.value) === String(step));
      if (!pair) break;
      key = pair.key as Node;
      node = (pair.value ?? pair.key) as Node;
    } else if (isSeq(at)) {
      const item = at.items[Number(step)] as Node | undefined;
      if (!item) break;
      node = key = item;
    } else break;
  }
  return { node, key };
}

/** Maps an offset in a scalar's value to an offset in the file; exact but for escapes and folded lines. */
function offsetInScalar(text: string, scalar: Scalar, offset: number): number | undefined {
  const [start = 0, end = 0] = scalar.range ?? [];
  if (scalar.type === 'PLAIN' || scalar.type === undefined) return start + offset;
  if (scalar.type === 'QUOTE_SINGLE' || scalar.type === 'QUOTE_DOUBLE') return start + 1 + offset;
  if (scalar.type !== 'BLOCK_LITERAL') return undefined;
  const before = String(scalar.value).slice(0, offset);
  const row = before.split('\n').length;
  const column = before.length - (before.lastIndexOf('\n') + 1);
  const lines = text.slice(start, end).split('\n');
  const indent = /^ */.exec(lines.slice(1).find(l => l.trim() !== '') ?? '')?.[0].length ?? 0;
  const lineStart = lines.slice(0, row).reduce((sum, l) => sum + l.length + 1, start);
  return lineStart + indent + column;
}

/** Parses YAML into plain data. Returns undefined when nothing useful could be read; findings go to the reporter. */
export function parse(text: string, file: string, reporter: Reporter): Source | undefined {
  if (refuseBeforeParsing(text, file, reporter)) return undefined;
  const body = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text;
  let doc: Document;
  try {
    doc = parseDocument(body, { uniqueKeys: true, stringKeys: false, strict: true, merge: false, prettyErrors: false });
  } catch {
    reporter.report('too-deep', { file, start: 0, end: 1 }, `the YAML is nested more than ${MAX_DEPTH} levels deep`);
    return undefined;
  }
  for (const error of doc.errors) {
    const [start, end] = error.pos;
    reporter.report('yaml-syntax', { file, start, end: Math.max(end, start + 1) }, firstLine(error.message), {
      hint: error.code === 'TAB_AS_INDENT' ? 'YAML is indented with spaces' : undefined,
    });
  }
  if (reporter.failed()) return undefined;
  const value = new Reader(doc, file, reporter).read(doc.contents, 0);
  if (reporter.failed()) return undefined;
  return createSource(doc, text, file, value);
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/[.:]?\s*$/, '');
}

function createSource(doc: Document, text: string, file: string, value: unknown): Source {
  const toSpan = (node: Node | undefined): Span => {
    const [start = 0, end = 1] = node?.range ?? [];
    return { file, start, end: Math.max(end, start + 1) };
  };
  return {
    file,
    text,
    value,
    span: path => toSpan(nodeAt(doc, path).node),
    keySpan: path => {
      const { node, key } = nodeAt(doc, path);
      return toSpan(key ?? node);
    },
    textSpan(path, start, end) {
      const { node } = nodeAt(doc, path);
      const scalar = isAlias(node) ? undefined : node;
      if (!isScalar(scalar)) return toSpan(node);
      const from = offsetInScalar(text, scalar, start);
      if (from === undefined) return toSpan(node);
      return { file, start: from, end: Math.max(from + 1, from + (end - start)) };
    },
  };
}
