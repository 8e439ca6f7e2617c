/** Ten agents at once against a server that takes 250 ms a call. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/index.ts';
import { calls, ModelServer, type Reply, says } from '../helpers/model-server.ts';
import { build } from '../helpers.ts';

const server = new ModelServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

const CALL_MS = 250;

let running = 0;
let most = 0;

/** An answer after a while: first a call of the tool, then, when its result is there, the text. */
const slowly: Reply = async (response, request) => {
  most = Math.max(most, ++running);
  await new Promise(resolve => setTimeout(resolve, CALL_MS));
  running--;
  const told = request.body.messages.some((m: { role: string }) => m.role === 'tool');
  const reply = told ? says('Done.') : calls({ id: 'c1', name: 'add', arguments: '{"a":1,"b":2}' });
  await reply(response, request);
};

const text = (limits = '', key = ''): string => `model: test
models: { test: { model: local/small, baseURL: "${server.baseURL}" } }
state: { topics: list<number>, notes: { type: list<any>, default: [] } }
tools: { add: { type: function, function: add, input: { a: number, b: number } } }
${limits}
nodes:
  each: { type: map, over: topics, concurrency: 10, node: { type: agent, prompt: "{{ item }}", tools: [add]${key} }, collect: notes }
edges: [START -> each -> END]
`;

async function measure(agents: number, yaml = text()): Promise<number> {
  running = 0;
  most = 0;
  server.answer(...Array.from({ length: agents * 2 }, () => slowly));
  const graph = build(yaml, { functions: { add: ({ a, b }) => a + b } });
  const begun = performance.now();
  const topics = Array.from({ length: agents }, (_, i) => i);
  const result = await createRuntime({ env: {} }).thread(graph).invoke({ topics });
  expect(result.output.notes).toEqual(topics.map(() => 'Done.'));
  return performance.now() - begun;
}

describe('ten agents of two calls each', () => {
  it('take the time of one, and a fifth', async () => {
    await measure(1);
    // The best of some rounds: the machine may be busy with other tests.
    let ratio = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5 && ratio > 1.2; round++) {
      const one = await measure(1);
      const ten = await measure(10);
      expect(most).toBe(10);
      ratio = Math.min(ratio, ten / one);
    }
    expect(ratio).toBeLessThan(1.2);
  });

  it('keep the limit of their `concurrencyKey`', async () => {
    await measure(10, text('limits: { concurrency: { small: 3 } }', ', concurrencyKey: small'));
    expect(most).toBe(3);
  });
});
