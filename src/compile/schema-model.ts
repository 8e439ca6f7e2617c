/** What nodes and tools that ask a language model take. */
import { z } from 'zod';
import { schemaOf, text } from './schema-parts.ts';

const prompt = z
  .union([text, z.strictObject({ system: text.optional(), user: text.optional() })])
  .describe('The prompt: a text, a file (`.yaml`, `.md`, `.txt`), or `{ system, user }`.');

/** What every call of a language model takes. */
export const modelCall = {
  prompt,
  model: z.string().optional().describe("The model, or `scripted`. Default: the graph's `model`."),
  temperature: z.number().min(0).max(2).optional().describe('Sampling temperature.'),
  maxTokens: z.int().min(1).optional().describe('The most tokens to generate.'),
};

/** What every agent takes, as a node and as a tool. */
export const agentKeys = {
  ...modelCall,
  tools: z.array(z.string()).optional().describe('The tools it may call, by their names under `tools`.'),
  maxTurns: z.int().min(1).optional().describe('How often the model may be asked. Default: 10.'),
  schema: schemaOf.optional(),
  approve: z.array(z.string()).optional().describe('Tools that a person approves before each call.'),
  client: z
    .array(z.string())
    .optional()
    .describe('Tools that whoever runs the graph calls: the call waits for its result.'),
  concurrency: z.int().min(1).optional().describe('The most tool calls at once. Default: 8.'),
  maxRepeats: z
    .int()
    .min(1)
    .optional()
    .describe('How often the same call with the same arguments may be made in a row. Default: 2.'),
  budget: z
    .strictObject({
      tokens: z.int().min(1).optional().describe('Tokens in and out, over all turns.'),
      cost: z.number().gt(0).optional().describe('What the tokens cost, by the price of the model.'),
    })
    .optional()
    .describe('Where the agent stops with an error before another turn.'),
};
