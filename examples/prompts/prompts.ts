// $ node examples/prompts/prompts.ts
/** Prompts without a graph: one, one as a stream, and several at once, two at a time. */
import { executePrompt, executePrompts, streamPrompt } from 'statewright';
import { scriptedModel } from 'statewright/testing';

// In earnest the model is named in the prompt file or by STATEWRIGHT_MODEL, as in "openai/gpt-5-mini".
const models = {
  scripted: scriptedModel({
    greet: ['Hello Ada!', 'Hello Ben!', 'Hello Cy!', 'Hello Di!'],
    rate: [{ object: { score: 0.9, why: 'an exclamation mark' } }],
  }),
};
const greet = 'examples/prompts/greet.yaml';

console.log(await executePrompt(greet, { variables: { name: 'Ada' }, models }));

for await (const text of streamPrompt(greet, { variables: { name: 'Ben' }, models })) process.stdout.write(`[${text}]`);
console.log();

const names = ['Cy', 'Di'];
const tasks = names.map(name => ({ prompt: greet, variables: { name } }));
console.log(await executePrompts(tasks, { models, concurrency: 2 }));

console.log(await executePrompt('examples/prompts/rate.yaml', { variables: { text: 'Hello Ada!' }, models }));
