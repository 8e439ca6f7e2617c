// $ node examples/react/stream.ts
/** The agent while it works: what each node wrote, the tools it calls, and its answer word by word. */
import { createRuntime, loadGraph } from 'statewright';
import { scriptedModel } from 'statewright/testing';

const graph = await loadGraph('examples/react/weather.yaml');
const scripted = scriptedModel({
  agent: [{ toolCalls: [{ tool: 'search', input: { query: 'weather in Bern' } }] }, 'It is sunny in Bern.'],
});
const thread = createRuntime({ models: { scripted } }).thread(graph);

const stream = thread.stream({ question: 'What is the weather in Bern?' }, { modes: ['updates', 'tokens', 'debug'] });
for await (const event of stream) {
  if (event.type === 'tool-call') console.log(`calls ${event.tool}(${JSON.stringify(event.input)})`);
  if (event.type === 'tool-result') console.log(`  gives ${JSON.stringify(event.output.value)}`);
  if (event.type === 'token') console.log(`says "${event.text}"`);
  if (event.type === 'update' && event.path === '') console.log(`${event.node} writes ${Object.keys(event.writes)}`);
}
const { status, metrics, usage } = await stream.result;
console.log(status, { modelCalls: metrics.modelCalls, toolCalls: metrics.toolCalls, tokens: usage.outputTokens });
