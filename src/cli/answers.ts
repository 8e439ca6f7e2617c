import type { Interrupt } from '../core/waiting.ts';
import { CliError } from './exit.ts';
import { readValue, splitPair } from './input.ts';

interface Given {
  /** Absent: it is for whatever is asked. */
  readonly id?: string;
  readonly text: string;
}

/** Answers from the command line, given out in order for each interrupt. */
export class Answers {
  private readonly left: Given[];

  private constructor(given: readonly Given[]) {
    this.left = [...given];
  }

  /** Those of `--answer id=value`. */
  static ofOptions(options: readonly string[]): Answers {
    const pairs = options.map(option => splitPair(option, '--answer'));
    return new Answers(pairs.map(([id, text]) => ({ id, text })));
  }

  /**
   * Those of `resume <thread> [value | id=value…]`.
   *
   * @param isNode tells what may be an id: `x=5` is an answer as it stands when there is no node `x`
   */
  static ofWords(words: readonly string[], isNode: (name: string) => boolean): Answers {
    const given = words.map((text): Given => {
      const [id = '', first = ''] = /^(([\w-]+)[\w[\]/:-]*)=/.exec(text)?.slice(1) ?? [];
      return isNode(first) ? { id, text: text.slice(id.length + 1) } : { text };
    });
    return new Answers(given);
  }

  /** Takes the answer to one of those that ask. Throws when it is not clear which is meant. */
  next(asked: readonly Interrupt[]): Record<string, unknown> | undefined {
    for (const [at, { id, text }] of this.left.entries()) {
      const meant = id === undefined ? asked : asked.filter(interrupt => interrupt.id === id);
      const [only] = meant;
      if (!only) continue;
      if (meant.length > 1) {
        const ids = meant.map(interrupt => interrupt.id);
        throw new CliError(`${ids.length} questions wait (${ids.join(', ')}); answer by id: ${only.id}=…`);
      }
      this.left.splice(at, 1);
      return { [only.id]: readValue(text, only.schema?.type === 'string') };
    }
    return undefined;
  }

  /** What nobody asked for. */
  get unused(): string[] {
    return this.left.map(({ id, text }) => (id === undefined ? `"${text}"` : `${id}=…`));
  }
}
