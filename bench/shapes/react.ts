import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { MessagesAnnotation } from '@langchain/langgraph';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import type { Model } from '../../src/index.ts';
import { graphOf, textOf } from '../lib/graph.ts';
import type { LangGraphBuilder, Shape } from '../lib/shape.ts';

const argumentsOf = (turn: number): { query: string } => ({ query: textOf(3_600, turn) });
/** The results differ, or storing them once would do for all. */
const search = async ({ query }: { query: string }): Promise<string> => textOf(36_000, Number(query.split(' ')[1]));

const modelOf = (calls: number): Model => ({
  async *stream({ messages }) {
    const turn = messages.filter(m => m.role === 'tool').length;
    if (turn < calls) {
      yield { type: 'tool-call', id: `call${turn}`, name: 'search', input: argumentsOf(turn) };
      yield { type: 'finish', reason: 'tool-calls' };
    } else {
      yield { type: 'text', text: 'found' };
      yield { type: 'finish', reason: 'stop' };
    }
  },
});

const yamlOf = (calls: number): string => `name: react
model: m
state: { answer: string?, messages: messages }
tools: { search: { type: function, function: search, description: Searches., input: { query: string } } }
nodes:
  helper:
    type: agent
    prompt: { user: Search. }
    tools: [search]
    maxTurns: ${calls + 1}
    history: messages
    output: answer
edges: [START -> helper -> END]
`;

class FakeChatModel extends BaseChatModel {
  readonly calls: number;
  constructor(calls: number) {
    super({});
    this.calls = calls;
  }
  _llmType(): string {
    return 'fake';
  }
  override bindTools(): this {
    return this;
  }
  async _generate(messages: BaseMessage[]) {
    const turn = messages.filter(m => m.getType() === 'tool').length;
    const message =
      turn < this.calls
        ? new AIMessage({
            content: '',
            tool_calls: [{ id: `call${turn}`, name: 'search', args: argumentsOf(turn), type: 'tool_call' }],
          })
        : new AIMessage('found');
    return { generations: [{ text: String(message.content), message }] };
  }
}

const SCHEMA = { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] } as const;

function langgraphOf(calls: number): LangGraphBuilder {
  const tools = [tool(search as never, { name: 'search', description: 'Searches.', schema: SCHEMA })];
  return {
    compile: options =>
      createReactAgent({ llm: new FakeChatModel(calls), tools, stateSchema: MessagesAnnotation, ...options }) as never,
  };
}

/** The ready-made agent of either system, with large arguments and larger results. */
export const react: Shape = {
  about: 'the ready-made agent: tool calls with arguments of 3.6 kB and results of 36 kB',
  unit: 'call',
  sizes: [10, 30, 100],
  at(size) {
    return {
      statewright: graphOf(yamlOf(size), { models: { m: modelOf(size) }, functions: { search } }),
      langgraph: langgraphOf(size),
      input: { messages: [{ role: 'user', content: 'Begin.' }] },
      answer: { results: size, length: 36_000, last: 'found' },
      read: ({ messages }) => {
        const all = messages as { role?: string; content: unknown; getType?: () => string }[];
        const results = all.filter(m => (m.role ?? m.getType?.()) === 'tool');
        return { results: results.length, length: resultLength(results.at(-1)?.content), last: lastText(all) };
      },
    };
  },
};

/** LangGraph.js keeps a result as text, this project as the part of a message that providers take. */
function resultLength(content: unknown): number {
  if (typeof content === 'string') return content.length;
  const [part] = content as [{ output: { value: string } }];
  return part.output.value.length;
}

const lastText = (messages: readonly { readonly content: unknown }[]): unknown => messages.at(-1)?.content;
