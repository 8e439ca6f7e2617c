// Generated from graphs/hello.yaml by `npm run generate`; changes here are lost.
import { fromPromise, setup } from 'xstate';

export type State = {
  readonly name: string;
  readonly greeting: string | null;
};

export type Input = {
  readonly name?: string;
  readonly greeting?: string | null;
};

export type Context = {
  readonly state: State;
  readonly scopes: Readonly<Record<string, unknown>>;
  readonly visits: Readonly<Record<string, number>>;
  readonly interrupts: Readonly<Record<string, { readonly node: string; readonly message: string }>>;
  readonly failures: Readonly<Record<string, { readonly name: string; readonly message: string }>>;
  readonly moments: Readonly<Record<string, number>>;
  readonly held: Readonly<Record<string, unknown>>;
  readonly attempts: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, { readonly name: string; readonly message: string }>>;
  readonly thread: { readonly id: string; readonly path: string };
};

export type Event =
  | { readonly type: 'resume'; readonly id?: string; readonly value?: unknown }
  | { readonly type: 'retry'; readonly id?: string }
  | { readonly type: `xstate.done.actor.${string}`; readonly output: unknown }
  | { readonly type: `xstate.error.actor.${string}`; readonly error: unknown };

/** A point where a path goes on. */
export type Point =
  | { readonly kind: 'start' }
  | { readonly kind: 'node' | 'join' | 'branch'; readonly id: string };

function provided(name: string): never {
  throw new Error(`"${name}" is not provided: call machine.provide(graph.machine.implementations)`);
}

type Exit = { readonly at: Point; readonly exit: number; readonly hop: number };
type At = { readonly at: Point };

export const machine = setup({
  types: {
    context: {} as Context,
    events: {} as Event,
    input: {} as Input,
    output: {} as Partial<State>,
  },
  actors: {
    llm: fromPromise<unknown, { node: string }>(async () => provided('llm')),
  },
  guards: {
    exit: (_, _params: Exit): boolean => provided('exit'),
    failed: (_, _params: At): boolean => provided('failed'),
  },
  actions: {
    step: (_, _params: undefined) => provided('step'),
    take: (_, _params: Exit) => provided('take'),
    fail: (_, _params: At) => provided('fail'),
    unfail: (_, _params: At) => provided('unfail'),
  },
}).createMachine({
  id: 'hello',
  context: ({ input }) => ({ state: { ...{ name: 'world', greeting: null }, ...input }, scopes: {}, visits: {}, interrupts: {}, failures: {}, moments: {}, held: {}, attempts: {}, errors: {}, thread: { id: '', path: '' } }),
  output: ({ context }) => ({ greeting: context.state.greeting }),
  initial: '$start',
  on: { 'statewright.step': [{ actions: [{ type: 'step' }] }] },
  states: {
    $start: {
      always: [
        {
          guard: { type: 'exit', params: { at: { kind: 'start' }, exit: 0, hop: 0 } },
          target: 'greet',
          actions: [{ type: 'take', params: { at: { kind: 'start' }, exit: 0, hop: 0 } }],
        },
        { target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'start' } } }] },
      ],
    },
    greet: {
      description: 'Says hello.',
      meta: { node: 'greet', kind: 'llm' },
      invoke: {
        src: 'llm',
        id: 'greet',
        input: { node: 'greet' },
        onDone: [
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'greet' }, exit: 0, hop: 0 } },
            target: '$done',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'greet' }, exit: 0, hop: 0 } }],
          },
          { target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'greet' } } }] },
        ],
        onError: [{ target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'greet' } } }] }],
      },
    },
    $failed: {
      tags: ['failed'],
      on: {
        retry: [
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'greet' } } },
            target: 'greet',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'greet' } } }],
          },
          {
            guard: { type: 'failed', params: { at: { kind: 'start' } } },
            target: '$start',
            actions: [{ type: 'unfail', params: { at: { kind: 'start' } } }],
          },
        ],
      },
    },
    $done: { type: 'final' },
  },
});
