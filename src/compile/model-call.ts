/** What calls of language models are made of. */
import type { Value } from './graph.ts';
import type { Text } from './text.ts';
import type { NamedTexts } from './tool.ts';

/** How a model is to answer. Absent members are the provider's defaults. */
export interface ModelSettings {
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
}

/** What a model is asked. */
export interface PromptDef {
  readonly system?: Text;
  readonly user?: Text;
  /** Messages between the two. */
  readonly messages?: Value;
  /** What goes with the text of the user. */
  readonly files?: readonly Value[];
}

/** What becomes of messages that are too many, by a rough count of tokens. */
export interface Fit {
  readonly kind: 'clip' | 'summarize';
  readonly maxTokens: number;
}

/** A model that may be asked, with what the graph says of it under `models`. */
export interface ModelChoice {
  /** `provider/model`, or a name that the program registers. */
  readonly name: string;
  /** The graph's own name for it. */
  readonly alias?: string;
  readonly settings?: ModelSettings;
  readonly baseURL?: Text;
  /** The environment variable with the key. */
  readonly apiKeyEnv?: string;
  readonly headers?: NamedTexts;
  /** What a million tokens cost. */
  readonly price?: { readonly input: number; readonly output: number };
}

/** Which model a node asks. */
export interface ModelUse {
  /** As the file names it. */
  readonly model: string;
  /** What the name stands for, then those that are asked when it fails. Absent: the name itself. */
  readonly choices?: readonly ModelChoice[];
}
