/** Models by the name of their provider: `openai/gpt-5-mini` is `@ai-sdk/openai`, from the packages of the user's project. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ModelChoice } from '../compile/model-call.ts';
import { nearest } from '../diagnostic/suggest.ts';
import { ModelError, type ModelPart, type ModelRequest } from '../models/model.ts';
import type { Env } from '../nodes/world.ts';
import { Environment } from '../tools/environment.ts';
import { aiModel } from './ai-model.ts';
import type { AiLanguageModel } from './ai-types.ts';
import { COMPATIBLE, KEYS, OLLAMA, PACKAGED } from './known.ts';

type Module = Readonly<Record<string, unknown>>;

const refuse = (code: string, message: string, cause?: unknown): ModelError =>
  new ModelError(code, message, { retryable: false, cause });

function resolveFrom(name: string, place: string): string | undefined {
  try {
    return createRequire(place).resolve(name);
  } catch {
    return undefined;
  }
}

/** Imports a package as a file of the user's would: from beside the graph, from the working directory, from here. */
async function importPackage(name: string, from: string): Promise<Module | undefined> {
  const places = [path.resolve(from), path.resolve('graph.yaml')];
  const file = places.map(place => resolveFrom(name, place)).find(found => found !== undefined);
  try {
    return (await import(file === undefined ? name : pathToFileURL(file).href)) as Module;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (file === undefined && code === 'ERR_MODULE_NOT_FOUND' && message.includes(name)) return undefined;
    if (file === undefined && /Cannot find (package|module)|Failed to (load|resolve)/.test(message)) return undefined;
    throw refuse('missing-package', `the package ${name} cannot be loaded: ${message}`, cause);
  }
}

/** The function of a provider's package that makes the provider: `createOpenAI` of `@ai-sdk/openai`. */
function factoryOf(module: Module, provider: string): ((settings: object) => unknown) | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll('-', '');
  const names = Object.keys(module).filter(name => /^create[A-Z]/.test(name) && typeof module[name] === 'function');
  const found = names.find(name => plain(name) === `create${plain(provider)}`) ?? names[0];
  return found === undefined ? undefined : (module[found] as (settings: object) => unknown);
}

/** What a name and what the graph says beside it come to. */
interface Wanted {
  readonly package: string;
  readonly provider: string;
  readonly model: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

function split(name: string): { provider: string; model: string } {
  const at = name.indexOf('/');
  const [provider, model] = [name.slice(0, at), name.slice(at + 1)];
  if (at > 0 && model !== '' && /^[a-z][a-z0-9-]*$/.test(provider)) return { provider, model };
  throw refuse('missing-model', `there is no model "${name}"; a name is "provider/model", such as openai/gpt-5-mini`);
}

function keyOf(use: ModelChoice, provider: string, compatible: boolean, environment: Environment): string | undefined {
  const variable = use.apiKeyEnv ?? (compatible ? undefined : KEYS[provider]);
  if (variable === undefined) return undefined;
  const key = (environment.names as Readonly<Record<string, string | undefined>>)[variable];
  if (key !== undefined && key.trim() !== '') return key;
  throw refuse('missing-key', `the environment variable ${variable} is not set; the model "${use.name}" needs it`);
}

function wantedBy(use: ModelChoice, environment: Environment): Wanted {
  const { provider, model } = split(use.name);
  const scope = { env: environment.names };
  const stated = environment.rendering(`the model "${use.name}"`, () => ({
    baseURL: use.baseURL?.render(scope),
    headers: use.headers && Object.fromEntries(use.headers.map(({ name, text }) => [name, text.render(scope)])),
  }));
  const ollama = provider === OLLAMA.name;
  const local = ollama ? (environment.names as { [OLLAMA.variable]?: string })[OLLAMA.variable] : undefined;
  const baseURL = stated.baseURL ?? (ollama ? (local ?? OLLAMA.baseURL) : undefined);
  const compatible = ollama || provider === COMPATIBLE || (baseURL !== undefined && !PACKAGED.includes(provider));
  if (compatible && baseURL === undefined)
    throw refuse('missing-setting', `the model "${use.name}" needs a "baseURL"; name it under "models:"`);
  const apiKey = keyOf(use, provider, compatible, environment);
  // Servers that fetch images themselves are the rule; the one that runs at home does not.
  const urls = ollama ? {} : { supportedUrls: () => ({ 'image/*': [/^https?:/] }) };
  const own = compatible ? { name: provider, includeUsage: true, supportsStructuredOutputs: true, ...urls } : {};
  const settings = { ...own, baseURL, headers: stated.headers, apiKey };
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { package: `@ai-sdk/${compatible ? COMPATIBLE : provider}`, provider, model, settings: given };
}

async function load(wanted: Wanted, name: string, from: string): Promise<AiLanguageModel> {
  const { package: needed, provider, model, settings } = wanted;
  const module = await importPackage(needed, from);
  if (!module) {
    const near = PACKAGED.includes(provider) ? undefined : nearest(provider, [...PACKAGED, OLLAMA.name]);
    const advice = near === undefined ? `run: npm install ${needed}` : `did you mean "${near}/${model}"?`;
    throw refuse('missing-package', `the model "${name}" needs the package ${needed}, which is not there; ${advice}`);
  }
  const create = factoryOf(module, provider);
  if (!create) throw refuse('missing-package', `the package ${needed} makes no models`);
  const made = create(settings) as { languageModel?(id: string): unknown };
  return (made.languageModel?.(model) ?? (made as unknown as (id: string) => unknown)(model)) as AiLanguageModel;
}

/** Loads models of providers when they are first asked, and keeps them. */
export class Providers {
  private readonly loaded = new Map<string, Promise<AiLanguageModel>>();

  private get(choice: ModelChoice, from: string, environment: Environment): Promise<AiLanguageModel> {
    const wanted = wantedBy(choice, environment);
    const key = JSON.stringify([wanted, from]);
    const known = this.loaded.get(key) ?? load(wanted, choice.name, from);
    this.loaded.set(key, known);
    // A package may be installed before the next attempt.
    known.catch(() => this.loaded.delete(key));
    return known;
  }

  async *stream(
    choice: ModelChoice,
    from: string,
    env: Env | undefined,
    request: ModelRequest,
  ): AsyncIterable<ModelPart> {
    const environment = new Environment(env);
    try {
      yield* aiModel(await this.get(choice, from, environment)).stream(request);
    } catch (thrown) {
      throw environment.maskError(thrown);
    }
  }
}
