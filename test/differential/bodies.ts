/** What the nodes of generated graphs do, and how a driver lets it end: the same for the interpreter and for what it is compared with. */
import { assign, fromPromise, setup } from 'xstate';
import type { CompileOptions, Model } from '../../src/index.ts';

/** The moment at which every clock of the test stands still. */
export const NOW = 1_700_000_000_000;

/** What a body gives each time it is let end. Throws where it fails. */
export type Body = (name: string) => unknown;

/** What a person, or an event, answers. */
export const answerTo = (event: string | undefined): unknown => (event === undefined ? true : { n: 1 });

const planned = (code: string, retryable?: false): Error =>
  Object.assign(new Error('planned'), { code }, retryable === undefined ? {} : { retryable });

/** The errors of bodies that are called `…_x…` and `…_y…`, by how often the body ended before; then they begin anew. */
const ERRORS: Readonly<Record<string, readonly (string | undefined)[]>> = {
  x: ['EX', undefined],
  y: ['EX', 'EY', undefined],
};

/** Bodies whose results go by the kind and the mode in their name: `sub/fn_x3` is a function that fails each other time. */
export function newBody(): Body {
  const counts = new Map<string, number>();
  return name => {
    const [, kind = '', mode = ''] = /([a-z]{2})m?_([a-z])\d+[^/]*$/.exec(name) ?? [];
    const before = counts.get(name) ?? 0;
    counts.set(name, before + 1);
    const code = ERRORS[mode]?.[before % (ERRORS[mode]?.length ?? 1)];
    if (code === 'EX') throw planned(kind === 'ht' ? 'http-503' : code);
    if (code === 'EY') throw planned(kind === 'ht' ? 'http-404' : code, false);
    if (kind === 'rt') return ['left', 'nonsense', 'right'][before % 3];
    if (kind !== 'fn' && kind !== 'ma') return `${name}.${before}`;
    if (mode === 'b' && before % 2 === 0) return { nope: 1 };
    return { seen: [`${name}.${before}`], n: before % 3 };
  };
}

/** Bodies that wait for the driver, in every form in which the world gives them to a graph. */
export class HeldBodies {
  readonly open = new Map<string, () => void>();
  /** Those that were told to stop while they ran. */
  readonly stopped: string[] = [];
  private readonly body = newBody();

  end(name: string): void {
    const end = this.open.get(name);
    if (!end) throw new Error(`no body "${name}" runs`);
    end();
  }

  private hold(name: string, signal: AbortSignal): Promise<unknown> {
    const { open, stopped } = this;
    return new Promise((resolve, reject) => {
      if (open.has(name)) throw new Error(`"${name}" runs already`);
      const end = (): void => {
        open.delete(name);
        try {
          resolve(this.body(name));
        } catch (error) {
          reject(error);
        }
      };
      open.set(name, end);
      signal.addEventListener('abort', () => {
        if (open.get(name) !== end) return;
        open.delete(name);
        stopped.push(name);
        reject(signal.reason);
      });
    });
  }

  private async fetch(url: string, signal: AbortSignal): Promise<Response> {
    try {
      return Response.json(await this.hold(new URL(url).searchParams.get('name') ?? '', signal));
    } catch (error) {
      const status = /^http-(\d+)$/.exec((error as { code?: string }).code ?? '')?.[1];
      if (status === undefined) throw error;
      return new Response('planned', { status: Number(status) });
    }
  }

  /** What a graph is compiled with. */
  get deps(): CompileOptions {
    const call = (input: { name: string }, { signal }: { signal: AbortSignal }): unknown =>
      this.hold(input.name, signal);
    const logic = fromPromise<unknown, { name: string }>(({ input, signal }) => this.hold(input.name, signal));
    const machine = setup({
      types: { context: {} as { name: string; result: unknown }, input: {} as { name: string } },
      actors: { logic },
    }).createMachine({
      context: ({ input }) => ({ name: input.name, result: null }),
      initial: 'work',
      states: {
        work: {
          invoke: {
            src: 'logic',
            input: ({ context }) => ({ name: context.name }),
            onDone: { target: 'end', actions: assign({ result: ({ event }) => event.output }) },
          },
        },
        end: { type: 'final' },
      },
      output: ({ context }) => context.result,
    });
    const hold = this.hold.bind(this);
    const model: Model = {
      async *stream({ messages, signal }) {
        yield { type: 'text', text: String(await hold(String(messages[0]?.content), signal)) };
      },
    };
    const fetch = (url: string, init: RequestInit): Promise<Response> => this.fetch(url, init.signal as AbortSignal);
    return { functions: { body: call }, machines: { logic, machine }, models: { held: model }, fetch };
  }
}
