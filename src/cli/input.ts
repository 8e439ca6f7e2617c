import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { StateKey } from '../compile/graph.ts';
import { didYouMean } from '../diagnostic/suggest.ts';
import { CliError } from './exit.ts';

/** Reads a JSON or YAML file that an option names. */
export function readDataFile(file: string, option: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new CliError(`the file "${file}" of ${option} ${why}`);
  }
  try {
    return parse(text, { prettyErrors: true }) as unknown;
  } catch (cause) {
    throw new CliError(
      `the file "${file}" of ${option} is not JSON or YAML: ${(cause as Error).message.split('\n')[0]}`,
    );
  }
}

/** A value from the command line: text for a text, JSON where it is JSON, else text. */
export function readValue(text: string, wantsText: boolean): unknown {
  if (wantsText) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Splits `key=value`. */
export function splitPair(pair: string, option: string): [string, string] {
  const at = pair.indexOf('=');
  if (at <= 0) throw new CliError(`${option} takes key=value, not "${pair}"`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** Turns `-i key=value` and `-i @file` options into an input, by the types of the state. */
export function readInput(options: readonly string[], state: readonly StateKey[]): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const option of options) {
    if (option.startsWith('@')) {
      const data = readDataFile(option.slice(1), '-i');
      if (data === null || typeof data !== 'object' || Array.isArray(data))
        throw new CliError(`the file "${option.slice(1)}" of -i must hold an object`);
      Object.assign(input, data);
      continue;
    }
    const [name, text] = splitPair(option, '-i');
    const key = state.find(k => k.name === name);
    if (!key)
      throw new CliError(
        `the graph has no state key "${name}"; ${didYouMean(
          name,
          state.map(k => k.name),
          'state keys',
        )}`,
      );
    input[name] = readValue(text, key.type.expr === 'string');
  }
  return input;
}
