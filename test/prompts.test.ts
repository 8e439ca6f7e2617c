/** Prompts without a graph. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  executePrompt,
  executePrompts,
  GraphError,
  type Model,
  ModelError,
  type ModelRequest,
  streamPrompt,
} from '../src/index.ts';
import { type Script, scriptedModel } from '../src/testing/index.ts';
import { fails, ModelServer, says } from './helpers/model-server.ts';

const scripted = (script: Script): { readonly models: { readonly '*': Model } } => ({
  models: { '*': scriptedModel(script) },
});

let folder: string;
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return path.relative(process.cwd(), path.join(folder, name));
};

beforeAll(() => {
  folder = mkdtempSync(path.join(import.meta.dirname, 'fixtures/prompts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function refusalOf(run: Promise<unknown>): Promise<string[]> {
  const thrown = await run.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(GraphError);
  return (thrown as GraphError).diagnostics.map(d => d.code);
}

describe('executePrompt', () => {
  it('renders a text, asks, and gives the text of the answer', async () => {
    const asked: ModelRequest[] = [];
    const model: Model = {
      async *stream(request) {
        asked.push(request);
        yield { type: 'text', text: 'Hello, Ada.' };
      },
    };
    const variables = { name: 'Ada', item: 3 };
    const options = { variables, model: 'mine', models: { mine: model }, temperature: 0.5 };
    expect(await executePrompt('Greet {{ name }} {{ item }} times', options)).toBe('Hello, Ada.');
    expect(asked).toMatchObject([
      { model: 'mine', messages: [{ role: 'user', content: 'Greet Ada 3 times' }], settings: { temperature: 0.5 } },
    ]);
  });

  it('takes parts, with messages and files', async () => {
    const asked: ModelRequest[] = [];
    const model: Model = {
      async *stream(request) {
        asked.push(request);
        yield { type: 'text', text: 'Yes.' };
      },
    };
    const prompt = {
      system: 'Be {{ how }}.',
      user: 'What is it?',
      messages: [{ role: 'user', content: 'Hi' }] as const,
      files: ['https://example.org/a.pdf', { data: 'QUJD', mediaType: 'text/plain', filename: 'a.txt' }],
    };
    await executePrompt(prompt, { variables: { how: 'brief' }, model: 'm', models: { m: model } });
    expect(asked[0]?.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'file', data: 'https://example.org/a.pdf', mediaType: 'application/pdf' },
          { type: 'file', data: 'QUJD', mediaType: 'text/plain', filename: 'a.txt' },
        ],
      },
    ]);
  });

  it('reads files: YAML, Markdown with what stands before its text, and plain text', async () => {
    const yaml = file(
      'greet.yaml',
      'system: Be kind.\nuser: "Greet {{ name }}"\nschema: { text: string }\nmodel: test/x\n',
    );
    const object = { object: { text: 'Hello' } };
    expect(await executePrompt(yaml, { variables: { name: 'Ada' }, ...scripted({ greet: [object] }) })).toEqual({
      text: 'Hello',
    });
    const markdown = file(
      'tell.md',
      '---\nsystem: Be kind.\nmodel: test/x\ntemperature: 0.2\n---\n\n# Tell\n\n{{ name }}\n',
    );
    const asked: ModelRequest[] = [];
    const stream: Model['stream'] = request => {
      asked.push(request);
      return scriptedModel({ tell: ['Done'] }).stream(request);
    };
    await executePrompt(markdown, { variables: { name: 'Ada' }, models: { '*': { stream } } });
    expect(asked[0]).toMatchObject({
      model: 'test/x',
      settings: { temperature: 0.2 },
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: '# Tell\n\nAda' },
      ],
    });
  });

  it('a schema of the call comes before that of the file, and is checked with one repair', async () => {
    const script = { prompt: ['three', { object: { n: 3 } }] };
    expect(await executePrompt('How many?', { schema: { n: 'number' }, model: 'm', ...scripted(script) })).toEqual({
      n: 3,
    });
    const never = { prompt: ['three', 'four'] };
    await expect(
      executePrompt('How many?', { schema: { n: 'number' }, model: 'm', ...scripted(never) }),
    ).rejects.toThrow(expect.objectContaining({ code: 'answer-not-json' }));
  });

  it('says what is wrong with a prompt before anything is asked', async () => {
    expect(await refusalOf(executePrompt('Hello {{ nmae }}', { variables: { name: 'Ada' }, model: 'm' }))).toEqual([
      'text-name',
    ]);
    expect(await refusalOf(executePrompt('prompts/none.md', { model: 'm' }))).toEqual(['missing-file']);
    expect(await refusalOf(executePrompt('Hello', { schema: 'nonsense', model: 'm' }))).toEqual(['unknown-type']);
    const bad = file('bad.md', '---\nsytem: Be kind.\n---\nHello\n');
    expect(await refusalOf(executePrompt(bad, { model: 'm' }))).toEqual(['unknown-key']);
    await expect(executePrompt('Hello', { env: {} })).rejects.toThrow(
      expect.objectContaining({ code: 'missing-model' }),
    );
    await expect(executePrompt('Hello', { model: 'openai/x', env: {} })).rejects.toThrow(/OPENAI_API_KEY/);
  });

  it('points into a Markdown file where the mistake is', async () => {
    const name = file('wrong.md', '---\nsystem: Be kind.\n---\nHello\n{{ nmae }}\n');
    const thrown = await executePrompt(name, { variables: { name: 1 }, model: 'm' }).catch((e: unknown) => e);
    expect((thrown as Error).message).toMatch(/wrong\.md:5:4: error\[text-name\]/);
  });

  it('takes the model of the environment when nobody names one', async () => {
    const env = { STATEWRIGHT_MODEL: 'mine' };
    const asked: string[] = [];
    const mine: Model = {
      async *stream({ model }) {
        asked.push(model);
        yield { type: 'text', text: 'x' };
      },
    };
    await executePrompt('Hello', { env, models: { mine } });
    expect(asked).toEqual(['mine']);
  });
});

describe('streamPrompt', () => {
  const all = async (stream: AsyncIterable<string>): Promise<string[]> => {
    const texts: string[] = [];
    for await (const text of stream) texts.push(text);
    return texts;
  };

  it('gives the text as it comes', async () => {
    const events: string[] = [];
    const options = {
      ...scripted({ prompt: ['One two three'] }),
      model: 'm',
      onEvent: (e: { type: string }) => events.push(e.type),
    };
    expect(await all(streamPrompt('Count', options))).toEqual(['One', ' two', ' three']);
    expect(events).toEqual(['token', 'token', 'token']);
  });

  it('checks a structured answer at its end', async () => {
    const options = { schema: { n: 'number' }, model: 'm' };
    expect((await all(streamPrompt('Count', { ...options, ...scripted({ prompt: ['{"n": 3}'] }) }))).join('')).toBe(
      '{"n": 3}',
    );
    await expect(all(streamPrompt('Count', { ...options, ...scripted({ prompt: ['three'] }) }))).rejects.toThrow(
      ModelError,
    );
  });

  it('ends the request when nobody listens any more', async () => {
    let ended = false;
    const endless: Model = {
      async *stream() {
        try {
          for (;;) yield { type: 'text', text: 'on ' };
        } finally {
          ended = true;
        }
      },
    };
    for await (const _ of streamPrompt('Go', { model: 'm', models: { m: endless } })) break;
    expect(ended).toBe(true);
  });
});

describe('executePrompts', () => {
  it('runs as many as it may at once, and gives the answers in order', async () => {
    let running = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const model: Model = {
      async *stream({ messages }) {
        most = Math.max(most, ++running);
        await new Promise<void>(resolve => {
          ends.push(resolve);
          // The last that may run at once lets all go, the newest first.
          if (ends.length === 3) for (const end of ends.splice(0).reverse()) end();
        });
        running--;
        yield { type: 'text', text: String(messages[0]?.content) };
      },
    };
    const tasks = Array.from({ length: 9 }, (_, n) => ({ prompt: 'Say {{ n }}', variables: { n } }));
    const results = await executePrompts(tasks, { concurrency: 3, model: 'm', models: { m: model } });
    expect(results).toEqual(tasks.map((_, n) => `Say ${n}`));
    expect(most).toBe(3);
  });

  it('rejects with the first error and stops the rest', async () => {
    const stopped: string[] = [];
    const model: Model = {
      async *stream({ messages, signal }) {
        const said = String(messages[0]?.content);
        if (said === '1') throw new ModelError('http-500', 'no luck');
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            stopped.push(said);
            reject(signal.reason);
          });
        });
        yield { type: 'text', text: '' };
      },
    };
    const tasks = ['0', '1', '2'].map(prompt => ({ prompt, model: 'm', models: { m: model } }));
    await expect(executePrompts(tasks)).rejects.toThrow('no luck');
    expect(stopped).toEqual(['0', '2']);
  });

  it('of nothing is nothing', async () => {
    expect(await executePrompts([])).toEqual([]);
  });
});

describe('over a wire', () => {
  const server = new ModelServer();
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  it('goes by the name of the provider, and its errors have codes', async () => {
    server.answer(says('Hello.'), fails(429, { 'retry-after': '3' }));
    const options = { model: 'ollama/small', env: { OLLAMA_BASE_URL: server.baseURL } };
    expect(await executePrompt('Hello?', options)).toBe('Hello.');
    await expect(executePrompt('Hello?', options)).rejects.toThrow(
      expect.objectContaining({ code: 'http-429', retryAfter: 3_000 }),
    );
  });
});
