/** What the run time asks of a language model: two methods' worth of interface, so that a script is a model too. */

export interface ModelMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** One call of a model. */
export interface ModelRequest {
  /** The node that asks; a scripted model answers by it. */
  readonly node: string;
  /** The item of a map that it asks for. */
  readonly item?: number;
  /** The model's name as the graph gives it. */
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  /** The JSON Schema the answer must fit; absent for plain text. */
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly signal: AbortSignal;
}

/** Tokens counted by the provider. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'usage'; readonly usage: Usage };

/** Answers requests in parts, as they arrive. */
export interface Model {
  stream(request: ModelRequest): AsyncIterable<ModelPart>;
}

/** Models by the name a graph uses; `scripted` among them. The name `*` stands for all that are not listed. */
export type Models = Readonly<Record<string, Model>>;

/** The model with this name, or the one for all. */
export function modelNamed(models: Models, name: string): Model | undefined {
  if (Object.hasOwn(models, name)) return models[name];
  return Object.hasOwn(models, '*') ? models['*'] : undefined;
}

/** A model could not answer, or answered what the schema refuses. */
export class ModelError extends Error {
  override readonly name: string = 'ModelError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
