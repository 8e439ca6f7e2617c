/**
 * The code blocks of `docs/language.md` as things to check.
 *
 * `yaml` is a whole graph without findings; `yaml warning <code>` has exactly that warning, `yaml refused <code>` exactly
 * that error; `yaml fragment` is a part; `yaml file <name>` is a file that graphs may name. Behind a graph, `ts` holds its
 * functions, `yaml script` its replies; `json answers` what HTTP requests are answered, by method and URL; `json input`,
 * `json resume` and `json event` act, and `json output` (the output
 * of a finished run) and `json result` (a part of the result) are what comes of it.
 */
import { stripTypeScriptTypes } from 'node:module';
import { parse } from 'yaml';
import type { Fetch, Functions } from '../../src/index.ts';

export interface Block {
  readonly language: string;
  readonly info: string;
  readonly body: string;
  /** Where it stands, for messages. */
  readonly line: number;
}

/** A graph of the document, with what is done with it. */
export interface Example {
  readonly graph: Block;
  readonly functions?: Block;
  readonly script?: Block;
  readonly answers?: Block;
  readonly steps: readonly Block[];
}

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w+)([^\n]*)\n(.*?)^```$/gms)].map(
    ({ 1: language = '', 2: info = '', 3: body = '', index }) => ({
      language,
      info: info.trim(),
      body,
      line: text.slice(0, index).split('\n').length,
    }),
  );
}

export const isGraph = ({ language, info }: Block): boolean => language === 'yaml' && /^(warning \S+)?$/.test(info);

const STEPS = ['input', 'resume', 'event', 'output', 'result'];

/** Groups each graph with the blocks that follow it. Throws for a block whose kind is not known. */
export function examplesOf(blocks: readonly Block[]): Example[] {
  const out: { graph: Block; functions?: Block; script?: Block; answers?: Block; steps: Block[] }[] = [];
  for (const block of blocks) {
    const { language, info, line } = block;
    const last = out.at(-1);
    if (isGraph(block)) out.push({ graph: block, steps: [] });
    else if (['yaml', 'markdown'].includes(language) && /^(fragment|file \S+|refused \S+)$/.test(info)) continue;
    else if (!last) throw new Error(`line ${line}: a block "${language} ${info}" before any graph`);
    else if (language === 'ts' && info === '') last.functions = block;
    else if (language === 'yaml' && info === 'script') last.script = block;
    else if (language === 'json' && info === 'answers') last.answers = block;
    else if (language === 'json' && STEPS.includes(info)) last.steps.push(block);
    else throw new Error(`line ${line}: what is a block "${language} ${info}"?`);
  }
  return out;
}

/** The files that blocks give, by name. */
export const filesOf = (blocks: readonly Block[]): ReadonlyMap<string, string> =>
  new Map(
    blocks.flatMap(({ language, info, body }) =>
      ['yaml', 'markdown'].includes(language) && info.startsWith('file ') ? [[info.slice(5), body] as const] : [],
    ),
  );

/** The functions that a TypeScript block exports, under the names a graph may use. */
export async function functionsOf(block: Block | undefined): Promise<Functions> {
  if (!block) return {};
  const code = stripTypeScriptTypes(block.body);
  const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Functions;
  return Object.fromEntries(Object.entries(module).flatMap(([name, f]) => [name, `./fns.ts#${name}`].map(k => [k, f])));
}

export const dataOf = ({ body }: Block): unknown => parse(body);

/** A network that gives the answers of a block, and none but those. */
export function networkOf(block: Block | undefined): Fetch {
  const answers = (block ? dataOf(block) : {}) as Readonly<Record<string, unknown>>;
  return async (url, { method }) => {
    const answer = answers[`${method} ${url}`];
    if (answer === undefined) return new Response(`no answer to ${method} ${url}`, { status: 404 });
    return typeof answer === 'string' ? new Response(answer) : Response.json(answer);
  };
}
