/** Turns the YAML tree into plain data, refusing what no graph needs: dangerous names, bombs, values that JSON has not. */
import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { quote } from '../diagnostic/suggest.ts';
import { MAX_DEPTH } from './yaml-parse.ts';

/** The most values that aliases may unfold to. */
const MAX_UNFOLDED = 100_000;

/** What a key is called: as it stands in the file, also when YAML would read a number or `true`. */
export function keyText(key: Scalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value ?? ''));
}

export class YamlReader {
  /** What each alias stands for. */
  readonly targets = new Map<Alias, Node>();
  /** True when the value is worthless: reading stopped half way. */
  gaveUp = false;
  private readonly anchors = new Map<string, Node>();
  private readonly visited = new Set<Node>();
  private readonly open = new Set<Node>();
  private unfolded = 0;
  /** The outermost alias that is being unfolded. */
  private alias: Alias | undefined;
  private readonly file: string;
  private readonly reporter: Reporter;
  constructor(file: string, reporter: Reporter) {
    this.file = file;
    this.reporter = reporter;
  }

  read(node: unknown, depth = 0): unknown {
    if (!node || this.gaveUp) return null;
    const at = node as Node;
    if (isAlias(at)) return this.readAlias(at, depth);
    if (this.alias && ++this.unfolded > MAX_UNFOLDED) {
      return this.stop('bad-alias', this.alias, `the alias "*${this.alias.source}" unfolds to too many values`);
    }
    if (depth > MAX_DEPTH) {
      return this.stop('too-deep', at, `lists and maps are nested more than ${MAX_DEPTH} levels deep`);
    }
    this.register(at);
    if (isScalar(at)) return this.readScalar(at);
    this.open.add(at);
    const value = isSeq(at) ? at.items.map(item => this.read(item, depth + 1)) : this.readMap(at, depth);
    this.open.delete(at);
    return value;
  }

  private stop(code: 'bad-alias' | 'too-deep', node: Node, message: string): null {
    this.gaveUp = true;
    this.reporter.report(code, this.spanOf(node), message, { hint: 'write it out flatter, without aliases' });
    return null;
  }

  private spanOf(node: { range?: readonly number[] | null | undefined } | null | undefined): Span {
    const [start = 0, end = start + 1] = node?.range ?? [];
    return { file: this.file, start, end: Math.max(end, start + 1) };
  }

  /** An alias means the last anchor before it, so anchors count when they are first met and not when unfolded. */
  private register(node: Node): void {
    if (this.visited.has(node)) return;
    this.visited.add(node);
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.anchors.set(anchor, node);
  }

  private readAlias(node: Alias, depth: number): unknown {
    const target = this.targets.get(node) ?? this.anchors.get(node.source);
    const name = quote(`*${node.source}`);
    if (!target) {
      const hint = `anchors stand before their aliases, as in "&${node.source} value"; quote a text that begins with "*"`;
      this.reporter.report('bad-alias', this.spanOf(node), `the alias ${name} refers to no anchor`, { hint });
      return null;
    }
    this.targets.set(node, target);
    if (this.open.has(target)) {
      this.reporter.report('bad-alias', this.spanOf(node), `the alias ${name} stands inside what it refers to`, {
        hint: 'a value cannot contain itself: remove the alias',
      });
      return null;
    }
    const outer = this.alias;
    this.alias ??= node;
    const value = this.read(target, depth);
    this.alias = outer;
    return value;
  }

  private readScalar(node: Scalar): unknown {
    const { value, source = '' } = node;
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    const hint = 'put quotes around it to keep it as text';
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      this.reporter.report('wrong-value', this.spanOf(node), `JSON has no value for ${quote(source)}`, { hint });
      return null;
    }
    if (/^[-+]?\d+$/.test(source) && !Number.isSafeInteger(value)) {
      const message = `the number ${quote(source)} is too large to be kept exactly`;
      this.reporter.report('wrong-value', this.spanOf(node), message, { hint });
    }
    return value;
  }

  private readMap(node: unknown, depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    const first = new Map<string, Node>();
    for (const { key, value } of isMap(node) ? (node.items as Pair<Node | null, Node | null>[]) : []) {
      const name = this.readKey(key);
      if (name === undefined || !key) continue;
      const before = first.get(name);
      if (before) {
        this.reporter.report('yaml-syntax', this.spanOf(key), `the key ${quote(name)} stands twice in one map`, {
          hint: 'rename or remove one of them',
          related: [{ message: 'it stands here first', span: this.spanOf(before) }],
        });
        continue;
      }
      first.set(name, key);
      out[name] = this.read(value, depth + 1);
    }
    return out;
  }

  private readKey(key: Node | null): string | undefined {
    if (isScalar(key)) {
      const name = keyText(key);
      if (name !== '__proto__') return name;
      const hint = 'choose another name; JavaScript keeps this one for itself';
      this.reporter.report('bad-name', this.spanOf(key), `the name "${name}" is not allowed`, { hint });
      return undefined;
    }
    const hint = isMap(key)
      ? 'text that begins with "{{" must be in quotes: "{{ name }}"'
      : 'put quotes around it if it is meant as text';
    const what = isMap(key) ? 'a map' : isAlias(key) ? 'an alias' : isSeq(key) ? 'a list' : 'nothing';
    this.reporter.report('bad-name', this.spanOf(key), `a key must be text, not ${what}`, { hint });
    return undefined;
  }
}
