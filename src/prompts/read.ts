/** Prompts outside any graph: read and checked as those of nodes are. */
import path from 'node:path';
import type { PromptDef } from '../compile/model-call.ts';
import { isPromptFile, type Prompt, readPrompt } from '../compile/read-prompt.ts';
import { readTypeAt } from '../compile/read-state.ts';
import { parse, type Source } from '../compile/source.ts';
import type { ValueType } from '../compile/state-type.ts';
import { createValueReader } from '../compile/values.ts';
import { createReporter, type Reporter, sortDiagnostics } from '../diagnostic/diagnostic.ts';
import { GraphError } from '../diagnostic/graph-error.ts';
import { projectRoot, shorten, slashes, tryRead } from '../graph/project-files.ts';
import type { CallSettings, ModelMessage } from '../models/model.ts';

/** A text, the name of a prompt file (relative to the working directory), or the parts of a prompt. */
export type PromptInput =
  | string
  | {
      /** Liquid templates over the variables. */
      readonly system?: string;
      readonly user?: string;
      /** What was said before. */
      readonly messages?: readonly ModelMessage[];
      /** What goes with the text of the user: each a URL, a data URL, or `{ data, mediaType, filename }`. */
      readonly files?: readonly unknown[];
    };

/** A prompt that is ready to be rendered. */
export interface ReadPrompt {
  /** What scripts and messages call it: the name of its file without the ending, or `prompt`. */
  readonly name: string;
  /** The file, or one that stands where it would. */
  readonly from: string;
  readonly prompt: PromptDef;
  readonly model?: string;
  readonly settings: CallSettings;
  readonly schema?: ValueType;
}

function partsOf(input: PromptInput): { text: string | { system?: string; user?: string }; more: PromptDef } {
  if (typeof input === 'string') return { text: input, more: {} };
  const { messages, files, ...text } = input;
  const literal = (value: unknown) => ({ kind: 'literal', value }) as const;
  const more = {
    ...(messages ? { messages: literal(messages) } : {}),
    ...(files ? { files: files.map(literal) } : {}),
  };
  return { text: text.system === undefined && text.user === undefined ? { user: '' } : text, more };
}

function readSchema(
  own: unknown,
  source: Source,
  inFile: Pick<Prompt, 'schema' | 'schemaPath' | 'source'>,
  reporter: Reporter,
): ValueType | undefined {
  if (own !== undefined) return readTypeAt(own, ['schema'], source, reporter);
  if (inFile.schema === undefined || !inFile.source) return undefined;
  return readTypeAt(inFile.schema, inFile.schemaPath ?? [], inFile.source, reporter);
}

/**
 * Reads a prompt over the names of its variables. Throws {@link GraphError} with every finding.
 *
 * @param schema comes before that of the file
 */
export function readPromptInput(input: PromptInput, variables: readonly string[], schema: unknown): ReadPrompt {
  const reporter = createReporter();
  const { text, more } = partsOf(input);
  const asFile = typeof text === 'string' && isPromptFile(text);
  const from = path.resolve('prompt');
  // Findings point into what was given, as JSON; those of a file into the file.
  const given = JSON.stringify({ prompt: text, ...(schema === undefined ? {} : { schema }) }, null, 2);
  const sources = new Map([['prompt', given]]);
  const source = parse(given, 'prompt', reporter);
  const refuse = (): never => {
    throw new GraphError(...shorten(sortDiagnostics(reporter.diagnostics), sources));
  };
  if (!source) return refuse();
  const read = (file: string): string | undefined => {
    const found = tryRead(file);
    if (found !== undefined) sources.set(file, found);
    return found;
  };
  const files = { read, from: slashes(from), root: slashes(projectRoot(from)) };
  const types = Object.fromEntries(variables.map(name => [name, 'dyn']));
  const values = createValueReader([], { ids: [], handlesErrors: false }, source, reporter).over(types);
  const prompt = readPrompt(text, ['prompt'], { source, reporter, values, files });
  const type = readSchema(schema, source, prompt, reporter);
  if (reporter.failed()) return refuse();
  const { system, user, messages, files: attached, model, settings = {} } = prompt;
  const asked = { system, user, messages, files: attached };
  const own = Object.fromEntries(Object.entries(asked).filter(([, part]) => part !== undefined)) as PromptDef;
  return {
    name: asFile ? path.basename(text).replace(/\.\w+$/, '') : 'prompt',
    from,
    prompt: { ...own, ...more },
    settings,
    ...(model === undefined ? {} : { model }),
    ...(type ? { schema: type } : {}),
  };
}
