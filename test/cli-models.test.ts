/** The command line with a model behind a wire. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fails, ModelServer, says } from './helpers/model-server.ts';

const bin = path.resolve(import.meta.dirname, '../bin/statewright.js');
const server = new ModelServer();
let folder: string;

beforeAll(async () => {
  await server.start();
  folder = mkdtempSync(path.join(tmpdir(), 'statewright-models-'));
  const node = '{ type: llm, prompt: Hello?, output: answer }';
  const graph = (top: string): string =>
    `${top}\nstate: { answer: string? }\nnodes: { ask: ${node} }\nedges: [START -> ask -> END]\n`;
  writeFileSync(path.join(folder, 'named.yaml'), graph('model: openai/gpt-5-mini'));
  writeFileSync(path.join(folder, 'plain.yaml'), graph('name: plain'));
  writeFileSync(path.join(folder, 'wrong.yaml'), graph('model: fast'));
});
afterAll(() => {
  server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function statewright(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const own = { PATH: process.env.PATH ?? '', NO_COLOR: '1', OLLAMA_BASE_URL: server.baseURL, ...env };
  return new Promise(resolve => {
    execFile(process.execPath, [bin, ...args], { cwd: folder, env: own }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

it('run --model asks this model in place of those of the graph', async () => {
  server.answer(says('Hello.'));
  const ended = await statewright(['run', 'named.yaml', '--model', 'ollama/small']);
  expect(ended).toEqual({ code: 0, stdout: 'Hello.\n', stderr: '' });
  expect(server.seen[0]?.body.model).toBe('small');
});

it('STATEWRIGHT_MODEL is the model of graphs that name none', async () => {
  server.answer(says('Hello.'));
  expect(await statewright(['run', 'plain.yaml'], { STATEWRIGHT_MODEL: 'ollama/small' })).toMatchObject({ code: 0 });
  const without = await statewright(['run', 'plain.yaml']);
  expect(without).toMatchObject({ code: 2, stderr: expect.stringMatching(/missing-model.*[\s\S]*STATEWRIGHT_MODEL/) });
});

it('a missing key, and an error of the provider, are one clear line', async () => {
  const line =
    'failed ask: the environment variable OPENAI_API_KEY is not set; the model "openai/gpt-5-mini" needs it\n';
  expect(await statewright(['run', 'named.yaml'])).toEqual({ code: 1, stdout: '', stderr: line });
  server.answer(fails(429));
  const { code, stderr } = await statewright(['run', 'plain.yaml', '--model', 'ollama/small']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^failed ask: the model "ollama\/small" answered with status 429: no luck\n/);
});

it('a script answers whatever the models are called', async () => {
  writeFileSync(path.join(folder, 'replies.yaml'), 'ask: [Hello.]\n');
  expect(await statewright(['run', 'wrong.yaml', '--script', 'replies.yaml'])).toMatchObject({
    code: 0,
    stdout: 'Hello.\n',
  });
});

it('a name that can be no model is refused before anything runs', async () => {
  const refused = await statewright(['run', 'wrong.yaml']);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/unknown-model.*there is no model "fast"/) });
  expect((await statewright(['run', 'named.yaml', '--model', 'fast'])).stderr).toMatch(/there is no model "fast"/);
  expect((await statewright(['check', 'wrong.yaml'])).stdout).toMatch(/unknown-model/);
});
