/** Processes that measure, as the one that starts them sees them: it asks, they answer. */
import { fork } from 'node:child_process';
import path from 'node:path';

export interface Child {
  /** Asks for something, or for nothing: then it answers as soon as it can. Rejects when the process ends before it answers. */
  ask<T>(...what: readonly string[]): Promise<T>;
  /** Ends it, whatever it does. */
  end(): Promise<void>;
}

/** Where processes leave the compiled sources for those that come after them. */
const cache = path.resolve(import.meta.dirname, '../node_modules/.cache/compiled');

function startChild(args: readonly string[]): Child {
  const child = fork(path.join(import.meta.dirname, '../worker.ts'), args, {
    execArgv: ['--expose-gc'],
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  let asked: PromiseWithResolvers<unknown> | undefined;
  let over: Error | undefined;
  const ended = Promise.withResolvers<void>();
  const isOver = (why: string): void => {
    over ??= new Error(`${args.join(' ')}: ${why}`);
    asked?.reject(over);
    ended.resolve();
  };
  child.on('message', told => asked?.resolve(told));
  child.on('error', ({ message }) => isOver(message));
  child.on('exit', code => isOver(`ended with ${code} before it answered`));
  return {
    ask<T>(...what: readonly string[]): Promise<T> {
      asked = Promise.withResolvers();
      if (over) asked.reject(over);
      else child.send(what);
      return asked.promise as Promise<T>;
    },
    end() {
      if (child.connected) child.disconnect();
      return ended.promise;
    },
  };
}

/** Starts a process for each list of words, goes on when all have loaded what they need, and ends them when all is done or something failed. */
export async function withChildren<const Words extends readonly (readonly string[])[], T>(
  words: Words,
  use: (children: { readonly [Place in keyof Words]: Child }) => Promise<T>,
): Promise<T> {
  const children = words.map(startChild);
  try {
    await Promise.all(children.map(child => child.ask()));
    return await use(children as { [Place in keyof Words]: Child });
  } finally {
    await Promise.all(children.map(child => child.end()));
  }
}
