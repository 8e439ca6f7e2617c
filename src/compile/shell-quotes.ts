/**
 * Where values stand in a shell text. A value is put in single quotes, which is safe only where the shell reads plain
 * words: inside quotes of the text, or behind a backslash or `$`, the quotes would mean something else.
 */
import type { Piece } from './text.ts';

/** Where a piece begins; `plain` is where a value may stand. */
export type Place = 'plain' | 'quotes' | 'backticks' | 'expansion' | 'comment' | 'document' | 'escape';

interface Frame {
  kind: Exclude<Place, 'escape'> | 'substitution';
  /** What closes it. */
  readonly end: string;
  /** Brackets that were opened inside it. */
  depth: number;
}

const PLAIN: ReadonlySet<string> = new Set(['plain', 'substitution']);

/** Follows a shell text character by character. Errs on the side of not plain. */
class Follower {
  private readonly frames: Frame[] = [{ kind: 'plain', end: '', depth: 0 }];
  private escaped = false;
  private last = '';
  /** The brackets of `case` close nothing, so what is inside `$(…)` cannot be told. */
  private readonly cases: boolean;

  constructor(cases: boolean) {
    this.cases = cases;
  }

  get place(): Place {
    if (this.escaped || (this.last === '$' && this.top.kind !== 'comment')) return 'escape';
    return this.top.kind === 'substitution' ? 'plain' : this.top.kind;
  }

  private get top(): Frame {
    return this.frames.at(-1) as Frame;
  }

  private open(kind: Frame['kind'], end: string): void {
    this.frames.push({ kind, end, depth: 0 });
  }

  /** A value went by: to the shell it is the end of a quoted word. */
  pass(): void {
    this.last = "'";
  }

  read(char: string, next: string): void {
    const { top, last } = this;
    this.last = char;
    if (this.escaped) {
      this.escaped = false;
      this.last = '';
    } else if (char === '\\' && top.end !== "'" && top.kind !== 'comment') this.escaped = true;
    else if (top.kind === 'document') return;
    else if (top.end !== '' && char === top.end && top.depth === 0) this.frames.pop();
    else if (top.end === "'" || top.kind === 'comment') return;
    else if (char === '`') this.open('backticks', '`');
    else if (last === '$' && (char === '(' || char === '{')) this.expand(char, next);
    else if (last === '$' && /['"]/.test(char)) this.open('document', '');
    else if (this.nests(char)) return;
    else if (PLAIN.has(top.kind)) this.readPlain(char, last);
    // Whether quotes in an expansion are quotes depends on what is around it.
    else if (top.kind === 'expansion' && /['"]/.test(char)) this.open('document', '');
  }

  /** Counts brackets inside what a bracket closes. */
  private nests(char: string): boolean {
    const { top } = this;
    if (top.end !== ')' && top.end !== '}') return false;
    const step = char === '(' || char === '{' ? 1 : (char === ')' || char === '}') && top.depth > 0 ? -1 : 0;
    top.depth += step;
    return step !== 0;
  }

  private expand(char: string, next: string): void {
    if (char === '(' && next !== '(') this.open(this.cases ? 'document' : 'substitution', this.cases ? '' : ')');
    else this.open('expansion', char === '(' ? ')' : '}');
  }

  private readPlain(char: string, last: string): void {
    if (char === '"' || char === "'") this.open('quotes', char);
    else if (char === '#' && /^[\s;&|(]?$/.test(last)) this.open('comment', '\n');
    // What a here-document is read as depends on its first word.
    else if (char === '<' && last === '<') this.open('document', '');
  }
}

/** Where each value stands, in order. */
export function placesOf(pieces: readonly Piece[]): Place[] {
  const follower = new Follower(pieces.some(p => !p.given && /\bcase\b/.test(p.text)));
  return pieces.flatMap(({ text, given }): Place[] => {
    if (given) {
      const { place } = follower;
      follower.pass();
      return [place];
    }
    for (let i = 0; i < text.length; i++) follower.read(text[i] ?? '', text[i + 1] ?? '');
    return [];
  });
}

/** The pieces of a text as the file has it; tags that print nothing are left out. */
export function piecesOf(source: string): { pieces: Piece[]; starts: number[] } {
  const pieces: Piece[] = [];
  const starts: number[] = [];
  let from = 0;
  for (const { 0: tag, index } of source.matchAll(/\{\{.*?\}\}|\{%.*?%\}/gs)) {
    pieces.push({ text: source.slice(from, index), given: false });
    if (tag.startsWith('{{')) {
      pieces.push({ text: tag, given: true });
      starts.push(index);
    }
    from = index + tag.length;
  }
  return { pieces: [...pieces, { text: source.slice(from), given: false }], starts };
}

const WORDS: Readonly<Record<Exclude<Place, 'plain'>, string>> = {
  quotes: 'inside quotes',
  backticks: 'inside backticks',
  expansion: 'inside an expansion',
  comment: 'inside a comment',
  document: 'behind "<<"',
  escape: 'behind a backslash or "$"',
};

/** Why a value cannot stand at a place; undefined when it can. */
export const misplaced = (place: Place): string | undefined => (place === 'plain' ? undefined : WORDS[place]);

/** A value as exactly one word of a POSIX shell. */
export const shellWord = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
