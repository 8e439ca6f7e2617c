/** Which model a node asks, and what is said of models in files. */
import { describe, expect, it } from 'vitest';
import { type CompileOptions, compileGraph, createRuntime, type Model, type ModelRequest } from '../../src/index.ts';
import { build, refusals } from '../helpers.ts';

function recorder(): { readonly models: { readonly '*': Model }; readonly asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  const stream: Model['stream'] = async function* (request) {
    asked.push(request);
    yield { type: 'text', text: 'Yes.' };
  };
  return { models: { '*': { stream } }, asked };
}

async function asked(text: string, options: CompileOptions = {}): Promise<ModelRequest> {
  const { models, asked } = recorder();
  const result = await createRuntime({ models }).thread(build(text, options)).invoke({});
  expect(result.error).toBeUndefined();
  return asked[0] as ModelRequest;
}

const graph = (node: string, top = ''): string =>
  `${top}\nnodes: { ask: { type: llm, prompt: ${node} } }\nedges: [START -> ask -> END]`;

describe('the model of a node', () => {
  const read = (file: string): string | undefined =>
    ({ 'p.yaml': 'user: Hello\nmodel: of/file\ntemperature: 0.4\nseed: 1\n', 'plain.yaml': 'user: Hello\n' })[file];

  it.each([
    ['the node', graph('p.yaml, model: of/node', 'model: of/graph'), {}, 'of/node'],
    ['its prompt file', graph('p.yaml', 'model: of/graph'), {}, 'of/file'],
    ['the graph', graph('plain.yaml', 'model: of/graph'), { defaultModel: 'of/program' }, 'of/graph'],
    ['the program', graph('plain.yaml'), { defaultModel: 'of/program' }, 'of/program'],
    ['whoever asks for another', graph('p.yaml, model: of/node'), { model: 'of/option' }, 'of/option'],
    ['its name under "models"', graph('Hello, model: fast', 'models: { fast: a/b }'), {}, 'a/b'],
  ])('is that of %s', async (_, text, options, expected) => {
    expect((await asked(text, { read, ...options })).model).toBe(expected);
  });

  it('in a subgraph is found the same way', async () => {
    const files: Record<string, string> = { 'sub.yaml': graph('Hello') };
    const text = 'nodes: { sub: { type: graph, graph: sub.yaml } }\nedges: [START -> sub -> END]';
    expect((await asked(text, { read: file => files[file], defaultModel: 'a/b' })).model).toBe('a/b');
    expect((await asked(text, { read: file => files[file], defaultModel: 'a/b', model: 'c/d' })).model).toBe('c/d');
  });

  it('is missing when nobody names one', () => {
    expect(refusals(graph('Hello'))).toEqual(['missing-model']);
  });

  it('settings of the node come before those of the file, and those before those of the name', async () => {
    const text = graph(
      'p.yaml, model: fast, temperature: 0.9',
      'models: { fast: { model: a/b, seed: 7, maxTokens: 5 } }',
    );
    expect((await asked(text, { read })).settings).toEqual({ temperature: 0.9, seed: 1, maxTokens: 5 });
  });

  it('that the program registers under the name of the graph comes first', async () => {
    const used: string[] = [];
    const named = (name: string): Model => ({
      async *stream() {
        used.push(name);
        yield { type: 'text', text: '' };
      },
    });
    const text = graph('Hello, model: fast', 'models: { fast: a/b }');
    const models = { fast: named('fast'), 'a/b': named('a/b'), '*': named('*') };
    await createRuntime({ models }).thread(build(text)).invoke({});
    const { fast: _, ...others } = models;
    await createRuntime({ models: others }).thread(build(text)).invoke({});
    expect(used).toEqual(['fast', 'a/b']);
  });
});

describe('models of a file', () => {
  it.each([
    ['a name that a script has', 'scripted: a/b', 'reserved-name'],
    ['a name of a provider', 'a/b: c/d', 'bad-name'],
    ['a name for another name', '{ one: a/b, two: one }', 'wrong-value'],
    ['a key that does not exist', 'fast: { model: a/b, temprature: 1 }', 'unknown-key'],
    ['no model', 'fast: { temperature: 1 }', 'missing-key'],
    ['a price below nothing', 'fast: { model: a/b, price: { input: -1, output: 0 } }', 'wrong-value'],
    ['a header over the state', 'fast: { model: a/b, headers: { x: "{{ question }}" } }', 'text-name'],
    ['no map', '[fast]', 'wrong-value'],
  ])('refuses %s', (_, models, code) => {
    const section = models.startsWith('{') || models.startsWith('[') ? models : `{ ${models} }`;
    const text = graph('Hello, model: a/b', `models: ${section}\nstate: { question: string }`);
    expect(refusals(text)).toEqual([code]);
  });

  it('names that stand for nothing are refused where no program can register them', () => {
    const text = graph('Hello, model: fsat', 'models: { fast: { model: opus, fallback: [a/b, fsat] } }');
    const strict = compileGraph(text, { requireModels: true });
    expect(strict.ok ? [] : strict.diagnostics.map(d => d.code)).toEqual(Array(3).fill('unknown-model'));
    const hints = strict.ok ? [] : strict.diagnostics.map(d => d.hint);
    expect(hints[2]).toContain('did you mean "fast"?');
    expect(refusals(text)).toEqual([]);
    const known = { opus: recorder().models['*'], fsat: recorder().models['*'] };
    expect(refusals(text, { requireModels: true, models: known })).toEqual([]);
    expect(refusals(text, { requireModels: true, models: recorder().models })).toEqual([]);
  });
});

describe('prompt files in Markdown', () => {
  const withFile = (text: string): CompileOptions => ({ read: file => (file === 'p.md' ? text : undefined) });
  const ask = graph('p.md', 'model: a/b\nstate: { name: { type: string, default: Ada } }');

  it.each([
    ['a text alone', 'Hello {{ name }}\n', [{ role: 'user', content: 'Hello Ada\n' }]],
    [
      'keys before it',
      '---\nsystem: Be {{ name }}.\n---\n\nHello\n',
      [
        { role: 'system', content: 'Be Ada.' },
        { role: 'user', content: 'Hello' },
      ],
    ],
    ['no keys between the lines', '---\n---\nHello\n', [{ role: 'user', content: 'Hello' }]],
    ['the user among the keys', '---\r\nuser: Hello\r\n---\r\n', [{ role: 'user', content: 'Hello' }]],
    ['a line that opens nothing', '--- Hello\n', [{ role: 'user', content: '--- Hello\n' }]],
  ])('may have %s', async (_, text, messages) => {
    expect((await asked(ask, withFile(text))).messages).toEqual(messages);
  });

  it.each([
    ['two texts of the user', '---\nuser: Hello\n---\nHello\n', 'wrong-value'],
    ['nothing at all', '---\nmodel: a/b\n---\n', 'missing-key'],
    ['a key that does not exist', '---\nsytem: x\n---\nHello\n', 'unknown-key'],
    ['keys that are no YAML', '---\na: [\n---\nHello\n', 'yaml-syntax'],
  ])('is refused for %s', (_, text, code) => {
    expect(refusals(ask, withFile(text))).toEqual([code]);
  });

  it('is checked at its own places', () => {
    const text = '---\nsystem: "{{ nmae }}"\n---\nHello {{ naem }}\n';
    const result = compileGraph(ask, withFile(text));
    const found = result.ok
      ? []
      : result.diagnostics.map(({ span }) => `${span.file} ${text.slice(span.start, span.end)}`);
    expect(found).toEqual(['p.md nmae', 'p.md naem']);
  });
});

describe('messages and files of a prompt', () => {
  const prompt = (parts: string, state = ''): string =>
    `model: a/b\nstate: { n: { type: number, default: 1 }, data: { type: any, default: null }${state} }\nnodes: { ask: { type: llm, prompt: ${parts} } }\nedges: [START -> ask -> END]`;

  it('must be what they are, where the file shows it', () => {
    expect(refusals(prompt('{ user: x, messages: n }'))).toEqual(['expression-type']);
    expect(refusals(prompt('{ user: x, messages: nothing }'))).toEqual(['expression-name']);
    expect(refusals(prompt('{ user: x, files: [nothing] }'))).toEqual(['expression-name']);
    expect(refusals(prompt('{ files: [] }'))).toEqual(['wrong-value']);
    expect(refusals(prompt('{}'))).toEqual(['missing-key']);
  });

  it.each([
    ['messages that are none', '{ user: x, messages: data }', 'hello', 'wrong-messages'],
    ['a message without a role', '{ user: x, messages: data }', [{ content: 'x' }], 'wrong-messages'],
    ['a file that is no URL', '{ user: x, files: [data] }', '/etc/passwd', 'wrong-file'],
    ['a file without a media type', '{ user: x, files: [data] }', { data: 'QUJD' }, 'wrong-file'],
  ])('%s are an error of the node', async (_, parts, data, code) => {
    const { models } = recorder();
    const result = await createRuntime({ models })
      .thread(build(prompt(parts)))
      .invoke({ data });
    expect(result.error).toMatchObject({ node: 'ask', code });
  });

  it('may be none at all', async () => {
    const request = await asked(prompt('{ user: x, messages: data, files: [data, data] }'));
    expect(request.messages).toEqual([{ role: 'user', content: 'x' }]);
  });

  it('a file may be a list, a URL with or without an ending, or data', async () => {
    const files = `["'https://x.org/a'", "['https://x.org/b.JPG?x=1', 'data:application/pdf;base64,QUJD']", { data: QUJD, mediaType: image/png }]`;
    const request = await asked(prompt(`{ files: ${files} }`));
    expect(request.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', image: 'https://x.org/a' },
          { type: 'image', image: 'https://x.org/b.JPG?x=1', mediaType: 'image/jpeg' },
          { type: 'file', data: 'data:application/pdf;base64,QUJD', mediaType: 'application/pdf' },
          { type: 'image', image: 'QUJD', mediaType: 'image/png' },
        ],
      },
    ]);
  });

  it('go to an agent as well', async () => {
    const text = prompt('{ user: x, messages: data, files: ["\'https://x.org/b.jpg\'"] }').replace(
      'type: llm',
      'type: agent',
    );
    const { models, asked } = recorder();
    await createRuntime({ models })
      .thread(build(text))
      .invoke({ data: [{ role: 'user', content: 'before' }] });
    expect(asked[0]?.messages).toMatchObject([
      { content: 'before' },
      { content: [{ type: 'text' }, { type: 'image' }] },
    ]);
  });
});
