/** The `models` of a graph: names of its own for models, with settings and fallbacks. */
import type { Reporter } from '../diagnostic/diagnostic.ts';
import { didYouMean, quote } from '../diagnostic/suggest.ts';
import type { ModelChoice, ModelSettings, ModelUse } from './model-call.ts';
import { defined } from './read-common.ts';
import { readTexts } from './read-request.ts';
import { type ModelEntryFile, modelEntry, type SettingsFile } from './schema-model.ts';
import type { Path, Source } from './source.ts';
import type { ValueReader } from './values.ts';

/** What is said of models outside the file. */
export interface ModelOptions {
  /** Of nodes whose files name none. */
  readonly fallback?: string | undefined;
  /** In place of every model that is named. */
  readonly override?: string | undefined;
  /** The names that the program registers, where no others can come. */
  readonly registered?: ReadonlySet<string> | undefined;
}

/** The models that nodes of one graph may name. */
export interface GraphModels {
  /** In place of every model that is named. */
  readonly override?: string | undefined;
  /** Of nodes that name none. */
  readonly fallback?: string | undefined;
  /** What a name stands for; reports one that stands for nothing at the place where it is named. */
  use(name: string, place: Place): ModelUse;
}

interface Place {
  readonly source: Source;
  readonly path: Path;
}

interface Definition {
  readonly choice: ModelChoice;
  readonly fallback: readonly string[];
}

const SCRIPTED = 'scripted';

/** The settings of a call, with one way to write `stop`. */
export function readSettings({ temperature, maxTokens, topP, seed, stop }: SettingsFile): ModelSettings {
  return defined({ temperature, maxTokens, topP, seed, stop: typeof stop === 'string' ? [stop] : stop });
}

class Models implements GraphModels {
  readonly override: string | undefined;
  readonly fallback: string | undefined;
  private readonly definitions = new Map<string, Definition>();
  /** Also those that could not be read. */
  private readonly names: readonly string[];
  private readonly registered: ReadonlySet<string> | undefined;
  private readonly reporter: Reporter;

  constructor(names: readonly string[], own: string | undefined, options: ModelOptions, reporter: Reporter) {
    this.names = names;
    this.override = options.override;
    this.fallback = own ?? options.fallback;
    this.registered = options.registered;
    this.reporter = reporter;
  }

  define(name: string, definition: Definition): void {
    this.definitions.set(name, definition);
  }

  check(name: string, { source, path }: Place): void {
    const known = this.registered;
    if (known === undefined || known.has('*') || known.has(name)) return;
    if (name === SCRIPTED || this.names.includes(name) || /^[a-z][a-z0-9-]*\/./.test(name)) return;
    const hint = `${didYouMean(name, [...this.names, SCRIPTED], 'models')}; others are "provider/model", such as openai/gpt-5-mini`;
    this.reporter.report('unknown-model', source.span(path), `there is no model ${quote(name)}`, { hint });
  }

  use(name: string, place: Place): ModelUse {
    this.check(name, place);
    return this.definitions.has(name) ? { model: name, choices: this.choicesOf(name, new Set()) } : { model: name };
  }

  private choicesOf(name: string, seen: Set<string>): ModelChoice[] {
    if (seen.has(name)) return [];
    seen.add(name);
    const found = this.definitions.get(name);
    if (!found) return [{ name }];
    return [found.choice, ...found.fallback.flatMap(next => this.choicesOf(next, seen))];
  }
}

function readChoice(alias: string, file: ModelEntryFile, path: Path, values: ValueReader): ModelChoice {
  const { model, baseURL, apiKeyEnv, headers, price } = file;
  const overEnv = values.over({ env: 'dyn' });
  return {
    name: model,
    alias,
    settings: readSettings(file),
    ...defined({
      baseURL: baseURL === undefined ? undefined : overEnv.text(baseURL, [...path, 'baseURL']),
      headers: headers && readTexts(headers, [...path, 'headers'], overEnv),
      apiKeyEnv,
      price,
    }),
  };
}

function checkAlias(name: string, path: Path, source: Source, reporter: Reporter): void {
  const at = source.keySpan(path);
  if (name === SCRIPTED) {
    const hint = 'choose another name; this one is answered by a script';
    reporter.report('reserved-name', at, `the name ${quote(name)} is reserved; no model may have it`, { hint });
  } else if (!/^[A-Za-z][\w.-]*$/.test(name)) {
    const hint = 'it begins with a letter and has letters, digits, "_", "-" and "."; what has a "/" is a provider\'s';
    reporter.report('bad-name', at, `${quote(name)} cannot be the name of a model`, { hint });
  }
}

/** Reads the section; entries whose shape is wrong were reported with the file. */
export function readModels(
  raw: unknown,
  own: string | undefined,
  options: ModelOptions,
  { source, reporter, values }: { source: Source; reporter: Reporter; values: ValueReader },
): GraphModels {
  const entries = raw !== null && typeof raw === 'object' && !Array.isArray(raw) ? Object.entries(raw) : [];
  const names = entries.map(([name]) => name);
  const models = new Models(names, own, options, reporter);
  for (const [name, given] of entries) {
    const path = ['models', name];
    checkAlias(name, path, source, reporter);
    const checked = modelEntry.safeParse(given);
    if (!checked.success) continue;
    const file = typeof checked.data === 'string' ? { model: checked.data } : checked.data;
    const { fallback = [] } = file;
    const after = typeof fallback === 'string' ? [fallback] : fallback;
    models.define(name, { choice: readChoice(name, file, path, values), fallback: after });
    const [at, many] = typeof given === 'string' ? [path, false] : [[...path, 'model'], typeof fallback !== 'string'];
    if (names.includes(file.model)) {
      const hint = 'an entry names a model of a provider; name others under "fallback"';
      reporter.report('wrong-value', source.span(at), `${quote(file.model)} is itself a name under "models"`, { hint });
    } else models.check(file.model, { source, path: at });
    after.forEach((next, i) => {
      models.check(next, { source, path: many ? [...path, 'fallback', i] : [...path, 'fallback'] });
    });
  }
  return models;
}
