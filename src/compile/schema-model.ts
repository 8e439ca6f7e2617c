/** What asks a language model takes: prompts, settings, conversations, agents; and the graph's own names for models. */
import { z } from 'zod';
import { expression, schemaOf, text } from './schema-parts.ts';

/** What a model is asked. */
const promptParts = {
  system: text.optional().describe('What the model is told before all else.'),
  user: text.optional().describe('What the user says.'),
  messages: expression
    .optional()
    .describe('What was said before: a list of messages, `{ role, content }`, between the two.'),
  files: z
    .array(expression)
    .min(1)
    .optional()
    .describe('What goes with the text of `user`: each a URL, a data URL, or `{ data, mediaType, filename }`.'),
};

export const prompt = z
  .union([text, z.strictObject(promptParts)])
  .describe('The prompt: a text, a file (`.yaml`, `.md`, `.txt`), or `{ system, user, messages, files }`.');

/** How a model is to answer. */
const settings = {
  temperature: z.number().min(0).max(2).optional().describe('Sampling temperature.'),
  maxTokens: z.int().min(1).optional().describe('The most tokens to generate.'),
  topP: z.number().gt(0).max(1).optional().describe('Samples from the most likely tokens with this share in all.'),
  seed: z.int().optional().describe('Makes sampling repeatable, where the provider can.'),
  stop: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe('Texts at which the answer ends.'),
};

/** What every call of a language model takes. */
export const modelCall = {
  prompt,
  model: z
    .string()
    .min(1)
    .optional()
    .describe("The model: `provider/model`, a name under `models`, or `scripted`. Default: the graph's `model`."),
  ...settings,
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
  concurrencyKey: text
    .optional()
    .describe(
      'Calls of the model with the same key take turns, over all threads: see `concurrencyKey` of other nodes.',
    ),
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

/** What a node takes that goes on with a conversation. */
export const conversation = {
  history: z
    .string()
    .optional()
    .describe('A state key of type `messages`: what it holds was said before, and what is said is added to it.'),
  context: z
    .union([z.literal('full'), z.strictObject({ clip: z.int().min(1) }), z.strictObject({ summarize: z.int().min(1) })])
    .optional()
    .describe(
      'What is sent of many messages: all (`full`, default), the newest of so many tokens (`{ clip }`), or these with a summary of the rest (`{ summarize }`).',
    ),
};

const alias = z.strictObject({
  model: z.string().min(1).describe('`provider/model`, such as `openai/gpt-5-mini`.'),
  ...settings,
  baseURL: text.optional().describe('Where the model is served, when not by the provider itself.'),
  apiKeyEnv: z.string().min(1).optional().describe("The environment variable with the key. Default: the provider's."),
  headers: z.record(z.string().min(1), text).optional().describe('Sent with every request: a map from name to text.'),
  price: z
    .strictObject({ input: z.number().min(0), output: z.number().min(0) })
    .optional()
    .describe('What a million tokens cost, `{ input, output }`, in any one currency.'),
  fallback: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe('The models that are asked, in turn, when this one fails before it has said anything.'),
});

/** What may stand under a name in `models`. */
export const modelEntry = z.union([z.string().min(1), alias]);

export type ModelEntryFile = z.infer<typeof alias>;

export const models = z
  .record(z.string().min(1), modelEntry)
  .optional()
  .describe("Names of the graph's own for models: a map from name to model.");

/** The contents of a prompt file in YAML, or of what stands before the text of one in Markdown. */
export const promptFile = z.strictObject({
  ...promptParts,
  schema: schemaOf.optional(),
  model: z.string().min(1).optional().describe('The model of nodes that name none.'),
  ...settings,
});

export type PromptFile = z.infer<typeof promptFile>;
export type SettingsFile = Pick<PromptFile, keyof typeof settings>;
