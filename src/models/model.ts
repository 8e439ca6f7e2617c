/** What the run time asks of a language model: one method, so that a script is a model too. */

/** A part of a message. The shapes are those of the AI SDK, as JSON: messages lie in the state. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  /** `image` and `data` are a URL, a data URL, or base64. */
  | { readonly type: 'image'; readonly image: string; readonly mediaType?: string }
  | { readonly type: 'file'; readonly data: string; readonly mediaType: string; readonly filename?: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | ToolCallPart
  | ToolResultPart;

export interface ToolCallPart {
  readonly type: 'tool-call';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
}

export interface ToolResultPart {
  readonly type: 'tool-result';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly output: ToolOutput;
}

/** What a tool gave; an error is told to the model, which may try something else. */
export type ToolOutput =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'json'; readonly value: unknown }
  | { readonly type: 'error-text'; readonly value: string };

export interface ModelMessage {
  /** In a state key of type `messages`, a message takes the place of one with its id. */
  readonly id?: string;
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | readonly ContentPart[];
}

/** A tool as a model sees it. */
export interface ModelTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** How a model is to answer. Absent members are the provider's defaults. */
export interface CallSettings {
  readonly temperature?: number;
  /** The most tokens to generate. */
  readonly maxTokens?: number;
  readonly topP?: number;
  readonly seed?: number;
  /** Texts at which the answer ends. */
  readonly stop?: readonly string[];
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
  /** The tools that may be called. Absent: none. */
  readonly tools?: readonly ModelTool[];
  /** The JSON Schema the answer must fit; absent for plain text. */
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly settings: CallSettings;
  readonly signal: AbortSignal;
}

/** Tokens counted by the provider. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'error' | 'other';

export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** `invalid` says why the arguments could not be read; `input` is then what came. */
  | {
      readonly type: 'tool-call';
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
      readonly invalid?: string;
    }
  | { readonly type: 'usage'; readonly usage: Usage }
  /** `metadata` is what the provider says beside it, as JSON. */
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly metadata?: unknown };

/** Answers requests in parts, as they arrive. */
export interface Model {
  stream(request: ModelRequest): AsyncIterable<ModelPart>;
  /** What a million tokens cost, in any one currency. Absent: costs are not counted. */
  readonly price?: { readonly input: number; readonly output: number } | undefined;
}

/** Models by the name a graph uses; `scripted` among them. The name `*` stands for all that are not listed. */
export type Models = Readonly<Record<string, Model>>;

/** The model with this name, or the one for all. */
export function modelNamed(models: Models, name: string): Model | undefined {
  if (Object.hasOwn(models, name)) return models[name];
  return Object.hasOwn(models, '*') ? models['*'] : undefined;
}

export interface ModelErrorOptions extends ErrorOptions {
  /** False when trying again cannot help. */
  readonly retryable?: boolean | undefined;
  /** Milliseconds that the provider asks to wait before the next attempt. */
  readonly retryAfter?: number | undefined;
}

/** A model could not answer, or answered what the schema refuses. */
export class ModelError extends Error {
  override readonly name: string = 'ModelError';
  readonly code: string;
  readonly retryable?: boolean;
  readonly retryAfter?: number;
  constructor(code: string, message: string, { retryable, retryAfter, ...options }: ModelErrorOptions = {}) {
    super(message, options);
    this.code = code;
    if (retryable !== undefined) this.retryable = retryable;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
  }
}
