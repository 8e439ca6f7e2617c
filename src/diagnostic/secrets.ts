/** Finds keys, tokens and passwords in texts by their form, and hides them where a text is shown. */

/** What looks like a secret, as offsets into its text. */
export interface Secret {
  /** Such as `a GitHub token`. */
  readonly what: string;
  readonly start: number;
  readonly end: number;
  /** How many characters from the start say what it is and may be shown. */
  readonly shown: number;
}

interface Kind {
  readonly what: string;
  /** Bounded in every part, so that no text takes long. A group holds the secret when it is not the whole. */
  readonly form: RegExp;
  readonly shown: number;
  /** Whether a text of this form is a secret and no word or placeholder. */
  readonly test?: (secret: string) => boolean;
}

const mixed = (text: string): boolean => /\d/.test(text) && /[A-Z]/.test(text);

const KINDS: readonly Kind[] = [
  {
    what: 'an API key',
    form: /(?<![\w-])sk-[\w-]{20,250}/g,
    shown: 3,
    // Words joined by hyphens are a name.
    test: key => mixed(key) || (/^sk-[a-z0-9]{32,}$/.test(key) && /\d/.test(key)),
  },
  { what: 'a Stripe key', form: /(?<![\w-])[sr]k_(?:live|test)_[A-Za-z0-9]{16,250}/g, shown: 8 },
  { what: 'a GitHub token', form: /(?<![\w-])(?:gh[pousr]_[A-Za-z0-9]{36,250}|github_pat_\w{22,250})/g, shown: 4 },
  { what: 'a GitLab token', form: /(?<![\w-])glpat-[\w-]{20,250}/g, shown: 6, test: mixed },
  { what: 'a Hugging Face token', form: /(?<![\w-])hf_[A-Za-z0-9]{34,250}/g, shown: 3 },
  { what: 'an npm token', form: /(?<![\w-])npm_[A-Za-z0-9]{36,250}/g, shown: 4 },
  { what: 'an AWS access key', form: /(?<![\w-])(?:AKIA|ASIA)[0-9A-Z]{16}(?![\w-])/g, shown: 4 },
  {
    what: 'a Slack token',
    form: /(?<![\w-])xox[abeprs]-[A-Za-z0-9-]{10,250}/g,
    shown: 5,
    test: text => /\d/.test(text),
  },
  { what: 'a Google API key', form: /(?<![\w-])AIza[\w-]{35,250}/g, shown: 4 },
  { what: 'a signed token (JWT)', form: /(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{10,2000}\.[\w-]{10,2000}/g, shown: 3 },
  {
    what: 'a bearer token',
    form: /(?<!\w)[Bb]earer[ \t]{1,4}([\w.~+/=-]{20,2000})/g,
    shown: 0,
    test: text => /\d/.test(text),
  },
  {
    what: 'a password in an address',
    form: /(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}:\/\/[^\s/:@'"<>{}]{0,100}:([^\s/@'"<>{}]{1,200})@/g,
    shown: 0,
    // A variable or a row of one character stands for what is meant.
    test: text => !/^[$%]|^(.)\1*$/.test(text),
  },
];

const KEY_BEGIN = /-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----/g;
const KEY_END = /-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----/;
/** The longest private key, with the blanks of an indentation. */
const MAX_KEY = 20_000;

function privateKeys(text: string): Secret[] {
  return [...text.matchAll(KEY_BEGIN)].map(({ 0: header, index: start }) => {
    const rest = text.slice(start + header.length, start + header.length + MAX_KEY);
    const closed = KEY_END.exec(rest);
    const length = closed ? closed.index + closed[0].length : (/^[\w+/=\s\\-]*/.exec(rest)?.[0].trimEnd().length ?? 0);
    return { what: 'a private key', start, end: start + header.length + length, shown: header.length };
  });
}

/** What one of the forms has in any case: most texts have none of it, and are asked often. */
const MARK = /sk-|k_live_|k_test_|gh[pousr]_|github_pat_|glpat-|hf_|npm_|A[KS]IA|xox|AIza|eyJ|earer|:\/\/|-----BEGIN/;

/** What looks like secrets in a text, in order. */
export function findSecrets(text: string): Secret[] {
  if (!MARK.test(text)) return [];
  const found = KINDS.flatMap(({ what, form, shown, test }) =>
    [...text.matchAll(form)].flatMap((match): Secret[] => {
      const secret = match[1] ?? match[0];
      const start = match.index + match[0].lastIndexOf(secret);
      // A token that is longer than any known is hidden to its end.
      const tail = /^[\w-]*/.exec(text.slice(start + secret.length, start + secret.length + MAX_KEY))?.[0] ?? '';
      return test && !test(secret) ? [] : [{ what, start, end: start + secret.length + tail.length, shown }];
    }),
  );
  const all = [...found, ...privateKeys(text)].sort((a, b) => a.start - b.start);
  // What two forms fit is one secret.
  let end = 0;
  return all.filter(secret => {
    const first = secret.start >= end;
    end = Math.max(end, secret.end);
    return first;
  });
}

/** The text with stars in place of what looks like secrets, each as long as it was. */
export function maskSecrets(text: string): string {
  if (!MARK.test(text)) return text;
  let out = '';
  let last = 0;
  for (const { start, end, shown } of findSecrets(text)) {
    const hidden = text.slice(start + shown, end).replace(/\S/g, '*');
    out += text.slice(last, start + shown) + hidden;
    last = end;
  }
  return out + text.slice(last);
}

/** How much is looked at before and behind the part of a text that is shown. */
const AROUND = 2_500;

/** A part of a text, on one line, with its secrets hidden; those too that begin before it or end behind it. */
export function maskedPart(text: string, start: number, end: number): string {
  const begin = text.lastIndexOf('-----BEGIN ', start);
  const from =
    begin >= 0 && start - begin < MAX_KEY ? Math.min(begin, Math.max(0, start - AROUND)) : Math.max(0, start - AROUND);
  return maskSecrets(text.slice(from, end + AROUND)).slice(start - from, end - from);
}
