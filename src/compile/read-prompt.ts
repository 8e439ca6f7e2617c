import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { quote } from '../diagnostic/suggest.ts';
import type { ReadFile } from './files.ts';
import { resolveReference } from './files.ts';
import { promptFile } from './schema.ts';
import type { Path, Source } from './source.ts';
import { checkText, parse, reportSecrets } from './source.ts';
import type { Text } from './text.ts';
import type { ValueReader } from './values.ts';
import { reportZodIssues } from './zod-diagnostics.ts';

/** A prompt with what its file says beside the texts. */
export interface Prompt {
  readonly system?: Text;
  readonly user?: Text;
  readonly schema?: unknown;
  readonly schemaPath?: Path;
  readonly source?: Source;
  readonly model?: string;
  /** The file could not be read: what it would have said is not missing. */
  readonly unread?: true;
}

/** Whether a prompt text is the name of a file: one word with the ending of a prompt file. */
export function isPromptFile(text: string): boolean {
  return /^[^\s{}]+\.(ya?ml|md|txt)$/.test(text.trim());
}

interface Context {
  readonly source: Source;
  readonly reporter: Reporter;
  readonly values: ValueReader;
  readonly files: ReadFile;
}

function pair(system: Text | undefined, user: Text | undefined): Pick<Prompt, 'system' | 'user'> {
  return { ...(system ? { system } : {}), ...(user ? { user } : {}) };
}

/** Reads the `prompt` of a node: a text, `{ system, user }`, or a file. */
export function readPrompt(
  raw: string | { system?: string | undefined; user?: string | undefined },
  path: Path,
  context: Context,
): Prompt {
  const { values, source, reporter } = context;
  if (typeof raw === 'string') {
    return isPromptFile(raw) ? readPromptFile(raw.trim(), path, context) : pair(undefined, values.text(raw, path));
  }
  if (raw.system === undefined && raw.user === undefined) reportEmpty(source.span(path), 'the prompt', reporter);
  const system = raw.system === undefined ? undefined : values.text(raw.system, [...path, 'system']);
  const user = raw.user === undefined ? undefined : values.text(raw.user, [...path, 'user']);
  return pair(system, user);
}

function reportEmpty(span: Span, what: string, reporter: Reporter): void {
  const hint = 'a model is asked nothing without one of them: add "user:"';
  reporter.report('missing-key', span, `${what} has neither "user" nor "system"`, { hint });
}

function readPromptFile(name: string, path: Path, context: Context): Prompt {
  const { source, reporter, values, files } = context;
  const file = resolveReference(name, source.span(path), files, reporter);
  if (file === undefined) return { unread: true };
  const text = files.read(file);
  if (text === undefined) {
    const hint = `it would be ${file}; a prompt that is no file has more than one word`;
    reporter.report('missing-file', source.span(path), `the prompt file ${quote(name)} cannot be read`, { hint });
    return { unread: true };
  }
  if (/\.ya?ml$/.test(name)) return readYamlPrompt(name, text, file, context);
  if (!checkText(text, file, reporter)) return {};
  reportSecrets(text, file, reporter);
  const whole: Source = {
    file,
    text,
    value: text,
    span: () => ({ file, start: 0, end: 1 }),
    keySpan: () => ({ file, start: 0, end: 1 }),
    textSpan: (_, start, end) => ({ file, start, end }),
  };
  return pair(undefined, values.text(text, [], whole));
}

function readYamlPrompt(name: string, text: string, file: string, { reporter, values }: Context): Prompt {
  const parsed = parse(text, file, reporter);
  if (!parsed) return { unread: true };
  const checked = promptFile.safeParse(parsed.value);
  if (!checked.success) {
    const whole = `the prompt file ${quote(name)}`;
    reportZodIssues(checked.error, { schema: promptFile, source: parsed, base: [], whole }, reporter);
    return { unread: true };
  }
  const { system, user, schema, model } = checked.data;
  if (system === undefined && user === undefined) {
    reportEmpty(parsed.keySpan([]), `the prompt file ${quote(name)}`, reporter);
  }
  return {
    ...pair(
      system === undefined ? undefined : values.text(system, ['system'], parsed),
      user === undefined ? undefined : values.text(user, ['user'], parsed),
    ),
    source: parsed,
    ...(schema === undefined ? {} : { schema, schemaPath: ['schema'] }),
    ...(model === undefined ? {} : { model }),
  };
}
