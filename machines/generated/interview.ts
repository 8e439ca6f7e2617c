// Generated from graphs/interview.yaml by `npm run generate`; changes here are lost.
import { fromPromise, setup } from 'xstate';

export type State = {
  readonly input: string;
  readonly name: string;
  readonly field: 'engineering' | 'design' | 'research' | 'support' | 'other';
  readonly question: string;
  readonly answer: string;
  readonly summary: string;
  readonly confirmed: boolean;
  readonly changes: readonly (string)[];
  readonly response: string;
};

export type Input = {
  readonly input?: string;
  readonly name?: string;
  readonly field?: 'engineering' | 'design' | 'research' | 'support' | 'other';
  readonly question?: string;
  readonly answer?: string;
  readonly summary?: string;
  readonly confirmed?: boolean;
  readonly changes?: readonly (string)[];
  readonly response?: string;
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
    answered: (_, _params: At): boolean => provided('answered'),
  },
  actions: {
    step: (_, _params: undefined) => provided('step'),
    take: (_, _params: Exit) => provided('take'),
    fail: (_, _params: At) => provided('fail'),
    ask: (_, _params: At) => provided('ask'),
    unfail: (_, _params: At) => provided('unfail'),
  },
}).createMachine({
  id: 'interview',
  context: ({ input }) => ({ state: { ...{
      input: '',
      name: '',
      field: 'other',
      question: '',
      answer: '',
      summary: '',
      confirmed: false,
      changes: [],
      response: '',
    }, ...input }, scopes: {}, visits: {}, interrupts: {}, failures: {}, moments: {}, held: {}, attempts: {}, errors: {}, thread: { id: '', path: '' } }),
  output: ({ context }) => ({ name: context.state.name, field: context.state.field, confirmed: context.state.confirmed, response: context.state.response }),
  description: 'Interviews a person and sums up what they said.',
  initial: '$start',
  on: { 'statewright.step': [{ actions: [{ type: 'step' }] }] },
  states: {
    $start: {
      always: [
        {
          guard: { type: 'exit', params: { at: { kind: 'start' }, exit: 0, hop: 0 } },
          target: 'askName',
          actions: [{ type: 'take', params: { at: { kind: 'start' }, exit: 0, hop: 0 } }],
        },
        { target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'start' } } }] },
      ],
    },
    askName: {
      description: 'Asks who it is.',
      meta: { node: 'askName', kind: 'interrupt' },
      tags: ['interrupt'],
      entry: [{ type: 'ask', params: { at: { kind: 'node', id: 'askName' } } }],
      always: [{ guard: { type: 'failed', params: { at: { kind: 'node', id: 'askName' } } }, target: '$failed' }],
      on: {
        resume: [
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'askName' }, exit: 0, hop: 0 } },
            target: 'askField',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'askName' }, exit: 0, hop: 0 } }],
          },
          {
            target: '$failed',
            actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'askName' } } }],
            guard: { type: 'answered', params: { at: { kind: 'node', id: 'askName' } } },
          },
        ],
      },
    },
    askField: {
      description: 'Asks for a choice.',
      meta: { node: 'askField', kind: 'interrupt' },
      tags: ['interrupt'],
      entry: [{ type: 'ask', params: { at: { kind: 'node', id: 'askField' } } }],
      always: [{ guard: { type: 'failed', params: { at: { kind: 'node', id: 'askField' } } }, target: '$failed' }],
      on: {
        resume: [
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'askField' }, exit: 0, hop: 0 } },
            target: 'followUp',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'askField' }, exit: 0, hop: 0 } }],
          },
          {
            target: '$failed',
            actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'askField' } } }],
            guard: { type: 'answered', params: { at: { kind: 'node', id: 'askField' } } },
          },
        ],
      },
    },
    followUp: {
      description: 'Thinks of one more question.',
      meta: { node: 'followUp', kind: 'llm' },
      invoke: {
        src: 'llm',
        id: 'followUp',
        input: { node: 'followUp' },
        onDone: [
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'followUp' }, exit: 0, hop: 0 } },
            target: 'askFollowUp',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'followUp' }, exit: 0, hop: 0 } }],
          },
          { target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'followUp' } } }] },
        ],
        onError: [{ target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'followUp' } } }] }],
      },
    },
    askFollowUp: {
      description: 'Asks what the model wants to know.',
      meta: { node: 'askFollowUp', kind: 'interrupt' },
      tags: ['interrupt'],
      entry: [{ type: 'ask', params: { at: { kind: 'node', id: 'askFollowUp' } } }],
      always: [{ guard: { type: 'failed', params: { at: { kind: 'node', id: 'askFollowUp' } } }, target: '$failed' }],
      on: {
        resume: [
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'askFollowUp' }, exit: 0, hop: 0 } },
            target: 'summarize',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'askFollowUp' }, exit: 0, hop: 0 } }],
          },
          {
            target: '$failed',
            actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'askFollowUp' } } }],
            guard: { type: 'answered', params: { at: { kind: 'node', id: 'askFollowUp' } } },
          },
        ],
      },
    },
    summarize: {
      description: 'Sums up, minding what was to be changed.',
      meta: { node: 'summarize', kind: 'llm' },
      invoke: {
        src: 'llm',
        id: 'summarize',
        input: { node: 'summarize' },
        onDone: [
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'summarize' }, exit: 0, hop: 0 } },
            target: 'confirm',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'summarize' }, exit: 0, hop: 0 } }],
          },
          {
            target: '$failed',
            actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'summarize' } } }],
          },
        ],
        onError: [
          {
            target: '$failed',
            actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'summarize' } } }],
          },
        ],
      },
    },
    confirm: {
      description: 'Asks whether the summary is right.',
      meta: { node: 'confirm', kind: 'interrupt' },
      tags: ['interrupt'],
      entry: [{ type: 'ask', params: { at: { kind: 'node', id: 'confirm' } } }],
      always: [{ guard: { type: 'failed', params: { at: { kind: 'node', id: 'confirm' } } }, target: '$failed' }],
      on: {
        resume: [
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'confirm' }, exit: 0, hop: 0 } },
            target: 'askChange',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'confirm' }, exit: 0, hop: 0 } }],
            description: '!output',
          },
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'confirm' }, exit: 0, hop: 1 } },
            target: 'finish',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'confirm' }, exit: 0, hop: 1 } }],
            description: '!output',
          },
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'confirm' }, exit: 1, hop: 0 } },
            target: 'finish',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'confirm' }, exit: 1, hop: 0 } }],
          },
          {
            target: '$failed',
            actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'confirm' } } }],
            guard: { type: 'answered', params: { at: { kind: 'node', id: 'confirm' } } },
          },
        ],
      },
    },
    askChange: {
      description: 'Asks what to change, three times at most.',
      meta: { node: 'askChange', kind: 'interrupt' },
      tags: ['interrupt'],
      entry: [{ type: 'ask', params: { at: { kind: 'node', id: 'askChange' } } }],
      always: [{ guard: { type: 'failed', params: { at: { kind: 'node', id: 'askChange' } } }, target: '$failed' }],
      on: {
        resume: [
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'askChange' }, exit: 0, hop: 0 } },
            target: 'summarize',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'askChange' }, exit: 0, hop: 0 } }],
          },
          {
            target: '$failed',
            actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'askChange' } } }],
            guard: { type: 'answered', params: { at: { kind: 'node', id: 'askChange' } } },
          },
        ],
      },
    },
    finish: {
      description: 'Says what came of it.',
      meta: { node: 'finish', kind: 'set' },
      always: [
        {
          guard: { type: 'exit', params: { at: { kind: 'node', id: 'finish' }, exit: 0, hop: 0 } },
          target: '$done',
          actions: [{ type: 'take', params: { at: { kind: 'node', id: 'finish' }, exit: 0, hop: 0 } }],
        },
        { target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'finish' } } }] },
      ],
    },
    $failed: {
      tags: ['failed'],
      on: {
        retry: [
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'askName' } } },
            target: 'askName',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'askName' } } }],
          },
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'askField' } } },
            target: 'askField',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'askField' } } }],
          },
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'followUp' } } },
            target: 'followUp',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'followUp' } } }],
          },
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'askFollowUp' } } },
            target: 'askFollowUp',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'askFollowUp' } } }],
          },
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'summarize' } } },
            target: 'summarize',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'summarize' } } }],
          },
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'confirm' } } },
            target: 'confirm',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'confirm' } } }],
          },
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'askChange' } } },
            target: 'askChange',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'askChange' } } }],
          },
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'finish' } } },
            target: 'finish',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'finish' } } }],
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
