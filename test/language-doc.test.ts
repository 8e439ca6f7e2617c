import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { nodeKinds } from '../src/compile/schema.ts';
import { type CompileOptions, compileGraph, createRuntime, type RunResult, type Thread } from '../src/index.ts';
import type { Script } from '../src/models/scripted.ts';
import { scriptedModel, simulatedClock } from '../src/testing/index.ts';
import { build, refusals, settle } from './helpers.ts';
import {
  blocksOf,
  dataOf,
  type Example,
  examplesOf,
  filesOf,
  functionsOf,
  isGraph,
  networkOf,
} from './language-doc/blocks.ts';
import { docFile, MAX_COLUMNS, renderTables, tables } from './language-doc/tables.ts';

const text = readFileSync(docFile, 'utf8');
const blocks = blocksOf(text);
const examples = examplesOf(blocks);
const files = filesOf(blocks);
const options: CompileOptions = { file: 'graph.yaml', read: file => files.get(file) };

const HOUR = 3_600_000;

/** The environment of the examples. */
const ENV = { WEATHER_KEY: 'a-key-for-tests' };

/** Lets simulated time pass until the run rests. */
async function atRest(run: Promise<RunResult>, clock: ReturnType<typeof simulatedClock>): Promise<RunResult> {
  let result: RunResult | undefined;
  const watched = run.then(r => {
    result = r;
  });
  for (let hours = 0; hours < 100 && result === undefined; hours++) {
    await settle();
    if (result === undefined) await clock.advance(HOUR);
  }
  await watched;
  return result as RunResult;
}

/** Does the steps of an example in order, comparing where the document says what comes of them. */
async function play({ graph, functions, script, answers, steps }: Example): Promise<void> {
  // Programs take their own time, whatever a simulated clock says.
  const isReal = /type: shell/.test(graph.body);
  const clock = simulatedClock();
  const compiled = build(graph.body, { ...options, functions: await functionsOf(functions) });
  const replies = (script ? dataOf(script) : {}) as Script;
  let model = scriptedModel(replies);
  let thread: Thread | undefined;
  let result: RunResult | undefined;
  const invoke = async (input: Record<string, unknown>): Promise<RunResult> => {
    model = scriptedModel(replies);
    thread = createRuntime({
      ...(isReal ? {} : { clock }),
      models: { '*': model },
      fetch: networkOf(answers),
      env: ENV,
    }).thread(compiled, 'doc');
    return atRest(thread.invoke(input), clock);
  };
  for (const block of steps) {
    const value = dataOf(block);
    if (block.info === 'input') result = await invoke(value as Record<string, unknown>);
    else if (block.info === 'resume') result = await atRest((thread as Thread).resume(value), clock);
    else if (block.info === 'event') result = await atRest((thread as Thread).send(value as { type: string }), clock);
    else {
      result ??= await invoke({});
      if (block.info === 'result') expect(result).toMatchObject(value as object);
      else expect(result).toMatchObject({ status: 'done', failures: [] });
      if (block.info === 'output') expect(result.output).toEqual(value);
    }
  }
  if (script) expect(model.leftovers()).toEqual([]);
}

const at = <T extends { readonly line: number }>(list: readonly T[]): [string, T][] =>
  list.map(block => [`line ${block.line}`, block]);

describe('docs/language.md', () => {
  it('has the tables of the schema (if not, run: node scripts/update-language.ts)', () => {
    expect(text).toBe(renderTables(text));
  });

  it('has a table for every set of keys, those of every kind of node among them', () => {
    const shown = [...text.matchAll(/<!-- table: (.*?) -->/g)].map(m => m[1]);
    expect([...shown].sort()).toEqual(Object.keys(tables).sort());
    expect(shown).toEqual(expect.arrayContaining(Object.keys(nodeKinds).map(kind => `node ${kind}`)));
  });

  it('describes every key', () => {
    const bare = Object.values(tables)
      .flatMap(shape => Object.keys(shape))
      .filter(key => !text.includes(`\`${key}\``));
    expect(bare).toEqual([]);
  });

  it('has no line that is too long', () => {
    expect(text.split('\n').filter(line => line.length > MAX_COLUMNS)).toEqual([]);
  });

  it('links only to headings it has', () => {
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(m => (m[1] ?? '').toLowerCase());
    const anchors = headings.map(h => h.replace(/[^\w\- ]/g, '').replaceAll(' ', '-'));
    const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(m => m[1]);
    expect(links.filter(link => !anchors.includes(link ?? ''))).toEqual([]);
  });

  it('runs at least eight of its examples', () => {
    const run = examples.filter(e => e.steps.some(s => s.info === 'output' || s.info === 'result'));
    expect(run.length).toBeGreaterThanOrEqual(8);
  });
});

describe('blocks of docs/language.md', () => {
  it.each(at(blocks.filter(isGraph)))('%s is a graph with no findings but those it names', (_, block) => {
    const result = compileGraph(block.body, options);
    expect(result.ok ? [] : result.diagnostics).toEqual([]);
    const warnings = result.ok ? result.warnings.map(w => w.code) : [];
    expect(warnings).toEqual(block.info === '' ? [] : [block.info.slice('warning '.length)]);
  });

  it.each(at(blocks.filter(b => b.info.startsWith('refused '))))('%s is refused as it says', (_, block) => {
    expect(refusals(block.body, options)).toEqual([block.info.slice('refused '.length)]);
  });

  it.each(at(blocks.filter(b => b.language === 'yaml' && /^(fragment|file|script)/.test(b.info))))(
    '%s is YAML',
    (_, block) => {
      expect(typeof parse(block.body)).toBe('object');
      const own = block.info.slice('file '.length);
      const rest = 'nodes: { a: { type: set, set: {} } }\nedges: [START -> a -> END]\n';
      if (/^state:/.test(block.body)) expect(refusals(block.body + rest, options)).toEqual([]);
      if (/^edges:/m.test(block.body) && own !== '' && files.has(own))
        expect(refusals(block.body, { ...options, file: own })).toEqual([]);
    },
  );

  it.each(examples.filter(e => e.steps.length > 0).map(e => [`line ${e.graph.line}`, e] as const))(
    '%s does what it says',
    async (_, example) => {
      await play(example);
    },
  );
});
