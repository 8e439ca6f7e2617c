import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type AnyStateMachine, createActor, waitFor } from 'xstate';
import { interruptsOf, loadGraph } from '../src/index.ts';
import { settle } from './helpers.ts';

const root = path.resolve(import.meta.dirname, '..');
const names = readdirSync(path.join(root, 'machines/generated')).map(f => f.replace(/\.ts$/, ''));

it.each(names)('the source of %s has the config of the compiled machine', async name => {
  const { machine } = (await import(path.join(root, `machines/generated/${name}.ts`))) as { machine: AnyStateMachine };
  const graph = await loadGraph(path.join(root, `graphs/${name}.yaml`));
  const data = (config: object): unknown => JSON.parse(JSON.stringify({ ...config, options: undefined }));
  expect(data(machine.config)).toEqual(data(graph.machine.config));
});

it('the source of a graph runs once its implementations are provided', async () => {
  const { machine } = (await import(path.join(root, 'machines/generated/interview.ts'))) as {
    machine: AnyStateMachine;
  };
  const graph = await loadGraph(path.join(root, 'graphs/interview.yaml'));
  const actor = createActor(machine.provide(graph.machine.implementations as object), { input: {} }).start();
  await waitFor(actor, s => s.hasTag('interrupt'));
  const reference = createActor(graph.machine, { input: {} }).start();
  await settle();
  expect(interruptsOf(actor.getSnapshot())).toEqual(interruptsOf(reference.getSnapshot()));
  expect(actor.getSnapshot().value).toEqual(reference.getSnapshot().value);
  actor.stop();
  reference.stop();
});
