import type { Reporter } from '../diagnostic/diagnostic.ts';
import type { ReadFile } from './files.ts';
import { resolveReference } from './files.ts';
import { promptFile } from './schema.ts';
import type { Path, Source } from './source.ts';
import { parse } from './source.ts';
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
  const { values } = context;
  if (typeof raw !== 'string') {
    const system = raw.system === undefined ? undefined : values.text(raw.system, [...path, 'system']);
    const user = raw.user === undefined ? undefined : values.text(raw.user, [...path, 'user']);
    return pair(system, user);
  }
  return isPromptFile(raw) ? readPromptFile(raw.trim(), path, context) : pair(undefined, values.text(raw, path));
}

function readPromptFile(name: string, path: Path, { source, reporter, values, files }: Context): Prompt {
  const file = resolveReference(name, source.span(path), files, reporter);
  const text = file && files.read(file);
  if (file === undefined) return {};
  if (text === undefined) {
    reporter.report('missing-file', source.span(path), `the prompt file "${name}" cannot be read`, {
      hint: `it would be ${file}`,
    });
    return {};
  }
  if (!/\.ya?ml$/.test(name)) {
    const whole = { ...source, file, text, textSpan: (_: Path, start: number, end: number) => ({ file, start, end }) };
    return pair(undefined, values.text(text, [], whole));
  }
  const parsed = parse(text, file, reporter);
  if (!parsed) return {};
  const checked = promptFile.safeParse(parsed.value);
  if (!checked.success) {
    reportZodIssues(checked.error, promptFile, parsed, [], reporter);
    return {};
  }
  const { system, user, schema, model } = checked.data;
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
