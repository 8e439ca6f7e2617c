/** Listens to a model until it has said all. */
import type { FinishReason, Model, ModelPart, ModelRequest, Usage } from './model.ts';

/** A whole answer. */
export interface Answer {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly Extract<ModelPart, { type: 'tool-call' }>[];
  readonly usage: Usage;
  /** What the tokens cost; absent when the model states no price. */
  readonly cost?: number;
  readonly finish: FinishReason;
  readonly metadata?: unknown;
}

const MILLION = 1_000_000;

/** What tokens cost; undefined when the model states no price. */
export function costOf({ inputTokens, outputTokens }: Usage, { price }: Pick<Model, 'price'>): number | undefined {
  return price && (inputTokens * price.input + outputTokens * price.output) / MILLION;
}

/** Asks a model and collects its answer; `heard` is told of every part as it arrives. */
export async function listen(model: Model, request: ModelRequest, heard: (part: ModelPart) => void): Promise<Answer> {
  let text = '';
  let reasoning = '';
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  let finish: FinishReason = 'stop';
  let metadata: unknown;
  const calls: Extract<ModelPart, { type: 'tool-call' }>[] = [];
  for await (const part of model.stream(request)) {
    heard(part);
    if (part.type === 'text') text += part.text;
    else if (part.type === 'reasoning') reasoning += part.text;
    else if (part.type === 'tool-call') calls.push(part);
    else if (part.type === 'usage') {
      const { inputTokens, outputTokens } = part.usage;
      usage = { inputTokens: usage.inputTokens + inputTokens, outputTokens: usage.outputTokens + outputTokens };
    } else {
      finish = part.reason;
      metadata = part.metadata;
    }
  }
  const cost = costOf(usage, model);
  const more = { ...(cost === undefined ? {} : { cost }), ...(metadata === undefined ? {} : { metadata }) };
  return { text, reasoning, calls, usage, finish, ...more };
}
