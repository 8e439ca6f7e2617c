import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { readIgnores } from '../diagnostic/ignores.ts';
import { findSecrets } from '../diagnostic/secrets.ts';
import { offsetInScalar } from './scalar-offset.ts';
import { explainYaml } from './yaml-errors.ts';
import { MAX_DEPTH, MAX_TOKENS, type ParsedYaml, parseYaml } from './yaml-parse.ts';
import { keyText, YamlReader } from './yaml-reader.ts';

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

/** The largest file that is read, in UTF-16 units. */
export const MAX_FILE = 1_000_000;

/** Refuses a text that no parser should see. Returns false after reporting. */
export function checkText(text: string, file: string, reporter: Reporter): boolean {
  const at = (start: number): Span => ({ file, start, end: start + 1 });
  if (text.length > MAX_FILE) {
    const size = (text.length / 1e6).toFixed(1);
    reporter.report('file-too-large', at(0), `the file has ${size} MB; at most 1 MB is read`, {
      hint: 'keep data in files of its own and read it in a function node',
    });
    return false;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd]/.exec(text);
  if (!control) return true;
  const code = control[0].charCodeAt(0).toString(16).padStart(4, '0').toUpperCase();
  const what = control[0] === '\ufffd' ? 'bytes that are not UTF-8' : `the control character U+${code}`;
  reporter.report('file-binary', at(control.index), `the file is not text: it contains ${what}`, {
    hint: 'save the file as UTF-8; in a quoted text, write a control character as an escape',
  });
  return false;
}

/** Reports what looks like a secret, wherever it stands: in a value, a key or a comment. */
export function reportSecrets(text: string, file: string, reporter: Reporter): void {
  for (const { what, start, end } of findSecrets(text)) {
    const hint = 'name an environment variable where it is needed; revoke this one, for whoever has the file has it';
    reporter.report('secret', { file, start, end }, `this looks like ${what}`, { hint });
  }
}

function reportStop({ why, at }: NonNullable<ParsedYaml['stopped']>, file: string, reporter: Reporter): void {
  const span = { file, start: at, end: at + 1 };
  if (why === 'depth') {
    const hint = 'move the inner part into a function, a prompt file or a graph of its own';
    reporter.report('too-deep', span, `lists and maps are nested more than ${MAX_DEPTH} levels deep`, { hint });
  } else if (why === 'tokens') {
    const hint = 'split the graph, and keep data in files of its own';
    reporter.report('file-too-large', span, `the file has more than ${MAX_TOKENS} YAML tokens`, { hint });
  }
}

/** Parses YAML into plain data. Returns undefined when nothing useful could be read; findings go to the reporter. */
export function parse(text: string, file: string, reporter: Reporter): Source | undefined {
  if (!checkText(text, file, reporter)) return undefined;
  const { doc, faults, comments, stopped } = parseYaml(text);
  const ignores = readIgnores(comments, text, file, (span, message, hint) => {
    reporter.report('bad-ignore', span, message, { hint });
  });
  reporter.ignore(file, ignores);
  reportSecrets(text, file, reporter);
  for (const { start, end, message, hint } of explainYaml(faults, text, doc)) {
    reporter.report('yaml-syntax', { file, start, end: Math.max(end, start + 1) }, message, { hint });
  }
  if (stopped) reportStop(stopped, file, reporter);
  // A tag that nobody knows does not hide what else is wrong.
  if (!doc || faults.some(f => f.code !== 'TAG_RESOLVE_FAILED')) return undefined;
  const reader = new YamlReader(file, reporter);
  const value = reader.read(doc.contents);
  return reader.gaveUp ? undefined : createSource(doc, text, file, value, reader.targets);
}

/** Looks nodes up by path; the pairs of a map are indexed when it is first asked. */
class Finder {
  private readonly indexes = new WeakMap<YAMLMap, Map<string, Pair>>();
  private readonly contents: Node | null;
  private readonly targets: ReadonlyMap<Alias, Node>;
  constructor(doc: Document, targets: ReadonlyMap<Alias, Node>) {
    this.contents = doc.contents as Node | null;
    this.targets = targets;
  }

  follow(node: Node | undefined): Node | undefined {
    return isAlias(node) ? this.targets.get(node) : node;
  }

  find(path: Path): { node: Node | undefined; key: Node | undefined } {
    let node = this.contents ?? undefined;
    let key: Node | undefined;
    for (const step of path) {
      const at = this.follow(node);
      if (isMap(at)) {
        const pair = this.pairs(at).get(String(step));
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

  private pairs(map: YAMLMap): Map<string, Pair> {
    const known = this.indexes.get(map);
    if (known) return known;
    const index = new Map<string, Pair>();
    // The first of two equal keys counts, here as in the reader.
    for (const pair of map.items) {
      const name = isScalar(pair.key) ? keyText(pair.key) : undefined;
      if (name !== undefined && !index.has(name)) index.set(name, pair);
    }
    this.indexes.set(map, index);
    return index;
  }
}

function createSource(
  doc: Document,
  text: string,
  file: string,
  value: unknown,
  targets: ReadonlyMap<Alias, Node>,
): Source {
  const finder = new Finder(doc, targets);
  const toSpan = (node: Node | undefined): Span => {
    const [start = 0, end = 1] = node?.range ?? [];
    const trimmed = start + text.slice(start, end).trimEnd().length;
    return { file, start, end: Math.max(trimmed, start + 1) };
  };
  return {
    file,
    text,
    value,
    span: path => toSpan(finder.find(path).node),
    keySpan: path => {
      const { node, key } = finder.find(path);
      return toSpan(key ?? node);
    },
    textSpan(path, start, end) {
      const { node } = finder.find(path);
      const scalar = finder.follow(node);
      if (!isScalar(scalar)) return toSpan(node);
      const from = offsetInScalar(text, scalar, start);
      const to = offsetInScalar(text, scalar, Math.max(start, end - 1)) + 1;
      return { file, start: from, end: Math.max(from + 1, to) };
    },
  };
}
