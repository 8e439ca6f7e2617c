import type { ProviderModels } from '../nodes/world.ts';
import type { Providers } from './load.ts';

/** Makes what gives models of providers. Nothing of it is loaded before a model is asked. */
export function createProviders(): ProviderModels {
  let loading: Promise<Providers> | undefined;
  return (choice, from, env) => ({
    async *stream(request) {
      loading ??= import('./load.ts').then(({ Providers }) => new Providers());
      yield* (await loading).stream(choice, from, env, request);
    },
  });
}
