/** What the nodes of the report hand to one another through the state. JSON throughout. */
import type { NodeContext } from '../../src/index.ts';

/** What these functions need of the context every function node is given. */
export type Context = Pick<NodeContext, 'signal'>;

/** A document: its name relative to the folder, and its text with `\n` line ends. */
export interface Doc {
  readonly file: string;
  readonly text: string;
}

export interface LeftOut {
  readonly file: string;
  readonly why: string;
}

export interface Source {
  /** What the report calls the folder. */
  readonly name: string;
  /** The folder that file names are relative to. */
  readonly base: string;
  readonly leftOut: readonly LeftOut[];
  /** The bound that was met; null when everything was read. */
  readonly limit: string | null;
}

/** Figures of one document. Code is not counted in words and sentences. */
export interface FileStats {
  readonly file: string;
  readonly words: number;
  readonly sentences: number;
  /** Words of more than six letters. */
  readonly longWords: number;
  readonly longSentences: number;
  readonly headings: number;
  /** Lines that are not blank. */
  readonly lines: number;
  readonly codeLines: number;
}

export const findingKinds = [
  'broken-link',
  'open-fence',
  'empty',
  'no-title',
  'skipped-level',
  'duplicate',
  'mark',
  'doubled-word',
  'long-sentence',
] as const;

export type FindingKind = (typeof findingKinds)[number];

/** Something to look at. */
export interface Finding {
  readonly kind: FindingKind;
  readonly file: string;
  readonly line: number;
  /** Markdown, on one line. */
  readonly text: string;
}

export interface Heading {
  /** From 1; 0 is a title from the front matter. */
  readonly level: number;
  readonly text: string;
}

export interface Outline {
  readonly file: string;
  readonly headings: readonly Heading[];
  /** What this document speaks of and the others do not. */
  readonly terms: readonly string[];
}

export interface Term {
  readonly term: string;
  readonly uses: number;
  readonly files: number;
}

/** How a document is linked with the others. */
export interface FileLinks {
  readonly file: string;
  /** Documents that link here. */
  readonly from: number;
  /** Documents that this one links to. */
  readonly to: number;
}

export interface Site {
  readonly site: string;
  readonly links: number;
}

export interface Analysis {
  readonly outline: readonly Outline[];
  readonly terms: readonly Term[];
  readonly phrases: readonly Term[];
  readonly links: readonly FileLinks[];
  readonly sites: readonly Site[];
}
