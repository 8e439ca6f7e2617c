/** The providers whose keys are known by name. Any other `@ai-sdk/<name>` works too, and looks for its key itself. */

/** The environment variable with the key of each provider. */
export const KEYS: Readonly<Record<string, string>> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  google: 'GOOGLE_GENERATIVE_AI_API_KEY',
  mistral: 'MISTRAL_API_KEY',
  groq: 'GROQ_API_KEY',
  xai: 'XAI_API_KEY',
  deepseek: 'DEEPSEEK_API_KEY',
  cohere: 'COHERE_API_KEY',
  perplexity: 'PERPLEXITY_API_KEY',
  fireworks: 'FIREWORKS_API_KEY',
  cerebras: 'CEREBRAS_API_KEY',
  deepinfra: 'DEEPINFRA_API_KEY',
};

/** Providers with a package of their own that look for what they need in several variables. */
const OTHERS = [
  'amazon-bedrock',
  'azure',
  'google-vertex',
  'gateway',
  'vercel',
  'togetherai',
  'huggingface',
  'moonshotai',
];

/** Providers that have a package of their own. */
export const PACKAGED: readonly string[] = [...Object.keys(KEYS), ...OTHERS];

/** Speaks the protocol of OpenAI on the machine it runs on, and wants no key. */
export const OLLAMA = { name: 'ollama', variable: 'OLLAMA_BASE_URL', baseURL: 'http://localhost:11434/v1' } as const;

/** The package for every server that speaks the protocol of OpenAI. */
export const COMPATIBLE = 'openai-compatible';
