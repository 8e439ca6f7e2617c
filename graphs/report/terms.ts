/** What documents are about: the terms they share, and those that set one apart from the others (TF-IDF). */
import type { Page } from './blocks.ts';
import { codeSpans, plainText } from './inline.ts';
import { isStopWord } from './stop-words.ts';
import type { Term } from './types.ts';
import { wordsOf } from './wording.ts';

const TERM = /^\p{L}[\p{L}\p{N}\p{M}'’-]*$/u;
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]/u;
const NAME_IN_CODE = /^[A-Za-z_$][\w$]*(?:[.-][\w$]+)*(?:\(\))?$/;

/** A term by its lower-case form, with how it is spelled and where it stands. */
interface Entry {
  readonly spellings: Map<string, number>;
  /** Uses by file. */
  readonly uses: Map<string, number>;
}

type Vocabulary = Map<string, Entry>;

function isTerm(word: string): boolean {
  const least = UNSPACED.test(word) ? 2 : 3;
  return word.length >= least && word.length <= 40 && TERM.test(word) && !isStopWord(word.toLowerCase());
}

function note(into: Vocabulary, key: string, spelling: string, file: string): void {
  const entry = into.get(key) ?? { spellings: new Map(), uses: new Map() };
  entry.spellings.set(spelling, (entry.spellings.get(spelling) ?? 0) + 1);
  entry.uses.set(file, (entry.uses.get(file) ?? 0) + 1);
  into.set(key, entry);
}

function spellingOf(entry: Entry): string {
  const [best] = [...entry.spellings].sort(([a, n], [b, m]) => m - n || (a > b ? -1 : 1));
  return best?.[0] ?? '';
}

function usesOf(entry: Entry): number {
  return [...entry.uses.values()].reduce((sum, n) => sum + n, 0);
}

/** The singular of an English plural, where the texts use it too. */
function singular(word: string, vocabulary: Vocabulary): string {
  const forms = word.endsWith('ies') ? [`${word.slice(0, -3)}y`] : [word.replace(/s$/, ''), word.replace(/es$/, '')];
  return forms.find(form => form.length > 2 && form !== word && vocabulary.has(form)) ?? word;
}

/** Counts plurals as uses of their singular. Gives new entries. */
function mergePlurals(vocabulary: Vocabulary): Vocabulary {
  const merged: Vocabulary = new Map();
  for (const [key, { spellings, uses }] of vocabulary) {
    const target = key.endsWith('s') ? singular(key, vocabulary) : key;
    const into = merged.get(target) ?? { spellings: new Map(), uses: new Map() };
    // The singular gives its spelling; a plural of it says nothing about capitals.
    if (target === key) for (const [spelling, n] of spellings) into.spellings.set(spelling, n);
    for (const [file, n] of uses) into.uses.set(file, (into.uses.get(file) ?? 0) + n);
    merged.set(target, into);
  }
  return merged;
}

/** Gathers terms page by page. */
export class TermCollector {
  private readonly words: Vocabulary = new Map();
  private readonly pairs: Vocabulary = new Map();
  private files = 0;

  add({ file, blocks }: Page): void {
    this.files++;
    for (const { kind, text } of blocks) {
      if (kind === 'comment' || kind === 'definition') continue;
      this.addWords(file, wordsIn(text));
      for (const code of codeSpans(text)) {
        if (NAME_IN_CODE.test(code) && isTerm(code.replace(/[^\p{L}\p{N}]/gu, ''))) this.addCode(file, code);
      }
    }
  }

  private addCode(file: string, code: string): void {
    note(this.words, code.toLowerCase(), code, file);
  }

  /** An empty word ends a phrase. */
  private addWords(file: string, words: readonly string[]): void {
    let before = '';
    for (const raw of words) {
      const word = raw.replace(/['’]s$/, '');
      const fits = isTerm(word);
      if (fits) note(this.words, word.toLowerCase(), word, file);
      if (fits && before !== '') note(this.pairs, `${before} ${word}`.toLowerCase(), `${before} ${word}`, file);
      before = fits ? word : '';
    }
  }

  /** What the documents speak of most. A word that fills one document counts for less than one that all use. */
  shared(limit: number): Term[] {
    return rank(mergePlurals(this.words), 2, limit);
  }

  /** Pairs of words that stand together again and again. */
  phrases(limit: number): Term[] {
    return rank(mergePlurals(this.pairs), 3, limit);
  }

  /** For each file the terms it uses often and the others seldom; nothing when there is one file. */
  distinctive(limit: number): Map<string, string[]> {
    const scored = new Map<string, { term: string; score: number }[]>();
    for (const entry of mergePlurals(this.words).values()) {
      const rarity = Math.log(this.files / entry.uses.size);
      for (const [file, uses] of entry.uses) {
        if (uses < 2 || rarity === 0) continue;
        const list = scored.get(file) ?? [];
        list.push({ term: spellingOf(entry), score: uses * rarity });
        scored.set(file, list);
      }
    }
    return new Map([...scored].map(([file, list]) => [file, best(list, limit)]));
  }
}

function wordsIn(text: string): string[] {
  // Punctuation ends a phrase; so does code.
  return plainText(text)
    .split(/[^\p{L}\p{N}\p{M}\s'’-]+|\s-+\s/u)
    .flatMap(part => [...wordsOf(part), '']);
}

function best(list: { term: string; score: number }[], limit: number): string[] {
  return list
    .sort((a, b) => b.score - a.score || (a.term < b.term ? -1 : 1))
    .slice(0, limit)
    .map(({ term }) => term);
}

function rank(vocabulary: Vocabulary, least: number, limit: number): Term[] {
  return [...vocabulary.values()]
    .map(entry => ({ entry, uses: usesOf(entry) }))
    .filter(({ uses }) => uses >= least)
    .map(({ entry, uses }) => {
      const score = [...entry.uses.values()].reduce((sum, n) => sum + Math.sqrt(n), 0);
      return { term: spellingOf(entry), uses, files: entry.uses.size, score };
    })
    .sort((a, b) => b.score - a.score || b.uses - a.uses || (a.term < b.term ? -1 : 1))
    .slice(0, limit)
    .map(({ term, uses, files }) => ({ term, uses, files }));
}
