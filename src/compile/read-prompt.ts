import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { quote } from '../diagnostic/suggest.ts';
import type { ReadFile } from './files.ts';
import { resolveReference } from './files.ts';
import type { Value } from './graph.ts';
import type { ModelSettings, PromptDef } from './model-call.ts';
import { defined } from './read-common.ts';
import { readSettings } from './read-models.ts';
import { type PromptFile, promptFile } from './schema-model.ts';
import type { Path, Source } from './source.ts';
import { checkText, parse, reportSecrets } from './source.ts';
import type { Text } from './text.ts';
import type { ValueReader } from './values.ts';
import { reportZodIssues } from './zod-diagnostics.ts';

/** A prompt with what its file says beside the texts. */
export interface Prompt extends PromptDef {
  readonly schema?: unknown;
  readonly schemaPath?: Path;
  readonly source?: Source;
  readonly model?: string;
  readonly settings?: ModelSettings;
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

type Parts = Pick<PromptFile, 'system' | 'user' | 'messages' | 'files'>;

/** Reads the `prompt` of a node: a text, `{ system, user, messages, files }`, or a file. */
export function readPrompt(raw: string | Parts, path: Path, context: Context): Prompt {
  const { values, source } = context;
  if (typeof raw === 'string') {
    if (isPromptFile(raw)) return readPromptFile(raw.trim(), path, context);
    return defined({ user: values.text(raw, path) });
  }
  checkParts(raw, source.span(path), 'the prompt', context.reporter);
  return readParts(raw, path, context);
}

function readParts(
  { system, user, messages, files }: Parts,
  path: Path,
  { values, source, reporter }: Context,
): PromptDef {
  const text = (key: 'system' | 'user', given: string | undefined): Text | undefined =>
    given === undefined ? undefined : values.text(given, [...path, key], source);
  const read = messages === undefined ? undefined : values.value(messages, [...path, 'messages']);
  if (read?.kind === 'expr' && read.expr.type !== 'dyn' && !read.expr.type.startsWith('list')) {
    const hint = 'name a state key of type "messages", or make a list: [{ "role": "user", "content": question }]';
    reporter.report('expression-type', source.span([...path, 'messages']), '"messages" must be a list of messages', {
      hint,
    });
  }
  const given = files?.flatMap((file, i): Value[] => {
    const value = values.value(file, [...path, 'files', i]);
    return value ? [value] : [];
  });
  return defined({ system: text('system', system), user: text('user', user), messages: read, files: given });
}

function checkParts({ system, user, messages, files }: Parts, at: Span, what: string, reporter: Reporter): void {
  if (user === undefined && files === undefined && messages === undefined && system === undefined) {
    const hint = 'a model is asked nothing without one of them: add "user:"';
    reporter.report('missing-key', at, `${what} has neither "user" nor "system"`, { hint });
  }
}

function readPromptFile(name: string, path: Path, context: Context): Prompt {
  const { source, reporter, files } = context;
  const file = resolveReference(name, source.span(path), files, reporter);
  if (file === undefined) return { unread: true };
  const text = files.read(file);
  if (text === undefined) {
    const hint = `it would be ${file}; a prompt that is no file has more than one word`;
    reporter.report('missing-file', source.span(path), `the prompt file ${quote(name)} cannot be read`, { hint });
    return { unread: true };
  }
  if (/\.ya?ml$/.test(name)) return readKeys(name, text, file, context);
  if (!checkText(text, file, reporter)) return { unread: true };
  const front = name.endsWith('.md') ? frontMatter(text) : undefined;
  // What stands before the text is looked through when it is parsed.
  reportSecrets(front ? ' '.repeat(front.at) + text.slice(front.at) : text, file, reporter);
  if (!front) return defined({ user: context.values.text(text, [], plainSource(text, file, 0)) });
  return readMarkdown(name, text, file, front, context);
}

/** The texts that stand before and behind the line that ends the front matter; undefined when there is none. */
function frontMatter(text: string): { keys: string; at: number } | undefined {
  const found = /^---[ \t]*\r?\n(?:[\s\S]*?\r?\n)??---[ \t]*(?:\r?\n|$)/.exec(text);
  if (!found) return undefined;
  const [all] = found;
  // What opens it is the beginning of a document in YAML, too: places in it are places in the file.
  const keys = all.replace(/---[ \t]*\r?\n?$/, '');
  return { keys, at: all.length };
}

function plainSource(text: string, file: string, at: number): Source {
  const whole = { file, start: at, end: at + 1 };
  return {
    file,
    text,
    value: text,
    span: () => whole,
    keySpan: () => whole,
    textSpan: (_, start, end) => ({ file, start: at + start, end: at + end }),
  };
}

/** A prompt in Markdown: what stands before its text says the rest. */
function readMarkdown(
  name: string,
  text: string,
  file: string,
  { keys, at }: { keys: string; at: number },
  context: Context,
): Prompt {
  const body = text.slice(at);
  const start = at + (body.length - body.trimStart().length);
  const own = body.trim();
  const prompt = keys.trim() === '---' ? {} : readKeys(name, keys, file, context, own !== '');
  if (own === '' || 'unread' in prompt) return prompt;
  if (prompt.user) {
    const hint = 'keep one of them: the text of the file, or "user:" above it';
    context.reporter.report('wrong-value', { file, start, end: start + 1 }, 'the user says two things', { hint });
  }
  const user = context.values.text(own, [], plainSource(text, file, start));
  return { ...prompt, ...defined({ user }) };
}

/** @param hasText the text of the user stands elsewhere */
function readKeys(name: string, text: string, file: string, context: Context, hasText = false): Prompt {
  const { reporter } = context;
  const source = parse(text, file, reporter);
  if (!source) return { unread: true };
  const checked = promptFile.safeParse(source.value);
  const whole = `the prompt file ${quote(name)}`;
  if (!checked.success) {
    reportZodIssues(checked.error, { schema: promptFile, source, base: [], whole }, reporter);
    return { unread: true };
  }
  const { schema, model } = checked.data;
  if (!hasText) checkParts(checked.data, source.keySpan([]), whole, reporter);
  return {
    ...readParts(checked.data, [], { ...context, source, values: context.values.from(source) }),
    source,
    settings: readSettings(checked.data),
    ...(schema === undefined ? {} : { schema, schemaPath: ['schema'] }),
    ...(model === undefined ? {} : { model }),
  };
}
