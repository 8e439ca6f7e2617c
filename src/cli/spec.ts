/** What the program is told of a command: `main.ts` makes one of commander's from it. */

export interface OptionSpec {
  readonly flags: string;
  readonly text: string;
  /** Makes the value of the text that is given. Throws {@link BadValue}. */
  readonly read?: (text: string) => unknown;
  /** May be repeated; the value is a list. */
  readonly many?: true;
}

export interface CommandSpec {
  readonly name: string;
  readonly text: string;
  /** Names as `<one>`, `[one]` or `<several...>`, with what they are. */
  readonly arguments?: readonly (readonly [name: string, text: string])[];
  readonly options?: readonly OptionSpec[];
  /** Told before the examples. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
  /** Commands below this one. They know its options too. */
  readonly commands?: readonly CommandSpec[];
  /** Loads what it needs when it is called. Gives the exit code. */
  run(given: readonly string[], options: object): Promise<number>;
}

/** A value that an option or an argument does not take. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

export const positive = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new BadValue('it must be a whole number from 1');
  return Number(text);
};

export const notEmpty = (text: string): string => {
  if (text === '') throw new BadValue('it is empty');
  return text;
};

export const oneOf =
  (...words: readonly string[]) =>
  (text: string): string => {
    if (!words.includes(text)) throw new BadValue(`it must be one of: ${words.join(', ')}`);
    return text;
  };

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A length of time, in milliseconds. */
export const duration = (text: string): number => {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text) ?? [];
  if (number === undefined) throw new BadValue('it must be a length of time, such as 90s, 12h or 7d');
  return Number(number) * (UNITS[unit] ?? 1);
};

/** A moment in milliseconds since 1970: a date, or a length of time before now. */
export const when = (text: string): number => {
  if (/^\d+(\.\d+)?[a-z]+$/.test(text)) return Math.max(0, Date.now() - duration(text));
  const at = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new BadValue('it must be a date, such as 2026-01-31, or a time ago, such as 7d');
  return at;
};

/** Reads an argument that may be left out. */
export function argument<T>(text: string | undefined, what: string, read: (text: string) => T): T | undefined {
  try {
    return text === undefined ? undefined : read(text);
  } catch (thrown) {
    if (!(thrown instanceof BadValue)) throw thrown;
    throw new BadValue(`the ${what} "${text}": ${thrown.message}`);
  }
}

export const option = {
  config: {
    flags: '--config <file>',
    text: 'the configuration (default: statewright.config.ts here or above, within the project)',
  },
  store: {
    flags: '--store <file>',
    text: 'where threads are kept: a file, or postgres://… (default: of the configuration, else .statewright/threads.db)',
  },
  json: { flags: '--json', text: 'print one JSON value' },
  input: {
    flags: '-i, --input <key=value>',
    text: 'a state key, or @file with an object; may be repeated',
    read: notEmpty,
    many: true,
  },
  script: {
    flags: '--script <file>',
    text: 'replies for model calls, per node (default: <graph>.script.yaml, if there is one)',
  },
  model: {
    flags: '--model <name>',
    text: 'the model of every node, such as openai/gpt-5-mini, in place of those of the graph',
  },
  stream: {
    flags: '--stream <modes>',
    text: 'print what happens: updates, values, tokens, custom or debug, with commas between; with --json as lines of JSON, the last of which holds the result',
  },
  durability: {
    flags: '--durability <when>',
    text: 'when steps are stored: sync (before bodies start), async (soon after) or exit (when the run rests); default: sync',
    read: oneOf('sync', 'async', 'exit'),
  },
  acceptChanges: { flags: '--accept-changes', text: 'go on although the graph has changed since' },
  graphFile: { flags: '--graph <file>', text: 'where the graph is, when it is not where it was' },
} as const satisfies Record<string, OptionSpec>;
