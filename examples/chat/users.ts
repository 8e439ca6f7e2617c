// $ node examples/chat/users.ts
/** One graph, ten people at once: each has a thread, waits for an answer, and goes on with it. */
import { createRuntime, loadGraph } from 'statewright';
import { scriptedModel } from 'statewright/testing';

const graph = await loadGraph('examples/chat/chat.yaml');
const users = Array.from({ length: 10 }, (_, i) => `user-${i}`);
const replies = users.map(user => `A sentence for ${user}.`);
const app = createRuntime({ models: { scripted: scriptedModel({ write: replies }) } });

async function serve(user: string): Promise<string> {
  const thread = app.thread(graph, user);
  let result = await thread.invoke({ topic: user });
  while (result.status === 'waiting') {
    const [question] = result.interrupts;
    result = await thread.resume(question?.message.includes('7') === false);
  }
  return `${user}: ${result.output.sent ? 'sent' : 'kept'}`;
}

console.log((await Promise.all(users.map(serve))).join('\n'));
