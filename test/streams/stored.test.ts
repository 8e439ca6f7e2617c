/** Streams of threads that another process began. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRuntime, type RuntimeOptions } from '../../src/index.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { Bodies, build, settle } from '../helpers.ts';
import { collect, line } from './tools.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'statewright-streams-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const INNER = `
name: inner
state: { ok: boolean? }
nodes: { ask: { type: interrupt, message: Well?, output: ok } }
edges: [START -> ask -> END]
`;
const OUTER = `
name: outer
state: { n: number?, ok: boolean? }
nodes:
  work: { type: function, function: work, output: n }
  sub: { type: graph, graph: ./inner.yaml, output: { ok: output.ok } }
edges: ["START -> [work, sub] -> END"]
`;

it('what ran when the process ended is told to start again; what was before is missed', async () => {
  const bodies = new Bodies();
  const graph = build(OUTER, { file: 'o.yaml', read: () => INNER, functions: { work: bodies.hold('work') } });
  const open = (more: RuntimeOptions = {}) => createRuntime({ store: sqliteStore(path.join(folder, 'db')), ...more });
  const first = open();
  const left = expect(first.thread(graph, 't').invoke()).rejects.toMatchObject({ code: 'closed' });
  await settle();
  bodies.get('work');
  await first.close();
  await left;
  const thread = open().thread(graph, 't');
  const recovered = thread.stream.recover({ modes: ['debug'] });
  await settle();
  bodies.get('work').finish(7);
  expect((await collect(recovered)).map(line)).toEqual([
    'run-started recover',
    'node-started work',
    'update work {"n":7}',
    'node-finished work',
    'checkpoint t 2',
    'run-finished waiting',
  ]);
  expect((await collect(thread.events())).map(line)).toEqual(['missed', 'update work {"n":7}', 'run-finished waiting']);
  const resumed = await collect(
    open()
      .thread(graph, 't')
      .stream.resume(true, { modes: ['updates'] }),
  );
  expect(resumed.map(line)).toEqual(['update sub/ask {"ok":true}', 'update sub {"ok":true}', 'run-finished done']);
});
