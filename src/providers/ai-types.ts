/**
 * What is used of a language model of the AI SDK, versions 2 to 4 of its interface (`ai` 5 to 7). Written down here, so
 * that the types of this package need none of the packages that may be missing.
 */
export interface AiLanguageModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  /** Patterns of the URLs that the provider fetches itself, by media type. */
  readonly supportedUrls: UrlPatterns | PromiseLike<UrlPatterns>;
  // biome-ignore lint/suspicious/noExplicitAny: the options differ by version, and each model takes those of its own
  doStream(options: any): PromiseLike<{ readonly stream: AiStream }>;
}

export type UrlPatterns = Readonly<Record<string, readonly RegExp[]>>;

/** A stream of parts, as `ReadableStream` is. */
export interface AiStream {
  getReader(): AiReader;
}

export interface AiReader {
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(reason?: unknown): Promise<unknown>;
}

/** A count of tokens: a number in version 2, an object since. */
export type AiCount = number | { readonly total?: number | undefined } | null | undefined;

/** The parts of a stream that mean something here. */
export type AiPart =
  | { readonly type: 'text-delta' | 'reasoning-delta'; readonly delta: string }
  | {
      readonly type: 'tool-call';
      readonly toolCallId: string;
      readonly toolName: string;
      /** JSON as the model wrote it. */
      readonly input: string;
      /** The provider runs the tool itself. */
      readonly providerExecuted?: boolean;
    }
  | { readonly type: 'error'; readonly error: unknown }
  | {
      readonly type: 'finish';
      readonly finishReason: string | { readonly unified: string; readonly raw?: string | undefined };
      readonly usage?: { readonly inputTokens?: AiCount; readonly outputTokens?: AiCount };
      readonly providerMetadata?: unknown;
    }
  | { readonly type: 'other' };
