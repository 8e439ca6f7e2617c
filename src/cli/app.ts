/** Opens the runtime of a command, and closes it on every way out. */
import type { Interrupt } from '../core/waiting.ts';
import type { ScriptedModel } from '../models/scripted.ts';
import type { RuntimeOptions } from '../runtime/options.ts';
import { createRuntime, type Runtime } from '../runtime/runtime.ts';
import type { Store, StoredStatus } from '../store/store.ts';
import type { Config } from './config.ts';
import { modelsOf } from './load.ts';
import { shellWord } from './output.ts';

/** What a runtime is made with: the configuration, and a script in place of its models. */
export function runtimeOptions(
  { functions, machines, fetch, env, cache, concurrency, lease, telemetry, ...config }: Config,
  store: Store | undefined,
  script?: ScriptedModel,
): RuntimeOptions {
  const all = { functions, machines, fetch, env, cache, concurrency, lease, telemetry, store };
  const known = Object.entries({ ...all, models: modelsOf(config, script) }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as RuntimeOptions;
}

/** Does something with a runtime. What runs here when it ends is given back. */
export async function withRuntime<T>(options: RuntimeOptions, act: (app: Runtime) => Promise<T>): Promise<T> {
  const app = createRuntime(options);
  let result: T;
  try {
    result = await act(app);
  } catch (thrown) {
    // Why it failed is told, and not that it could not be closed then.
    await app.close().catch(() => {});
    throw thrown;
  }
  await app.close();
  return result;
}

/** The command that goes on with a stored thread; absent for one that is done. */
export function nextCommand(
  { id, status, interrupts }: { id: string; status: StoredStatus; interrupts: readonly Pick<Interrupt, 'id'>[] },
  flags: string,
): string | undefined {
  if (status === 'done') return undefined;
  const verb = status === 'failed' || status === 'cancelled' ? 'retry' : 'resume';
  const several = interrupts.length > 1;
  const answers =
    status === 'waiting' ? interrupts.map(i => (several ? `${shellWord(i.id)}=<answer>` : '<answer>')) : [];
  return ['statewright', verb, shellWord(id), ...answers].join(' ') + flags;
}
