// Generated from graphs/report.yaml by `npm run generate`; changes here are lost.
import { fromPromise, setup } from 'xstate';

export type State = {
  readonly path: string;
  readonly source: { readonly name: string; readonly base: string; readonly leftOut: readonly (Readonly<Record<string, unknown>>)[]; readonly limit: string | null } | null;
  readonly docs: readonly ({ readonly file: string; readonly text: string })[];
  readonly stats: readonly ({ readonly file: string; readonly words: number; readonly sentences: number; readonly longWords: number; readonly longSentences: number; readonly headings: number; readonly lines: number; readonly codeLines: number })[];
  readonly patterns: readonly ({ readonly kind: string; readonly file: string; readonly line: number; readonly text: string })[];
  readonly analysis: { readonly outline?: readonly ({ readonly file: string; readonly headings: readonly (Readonly<Record<string, unknown>>)[]; readonly terms: readonly (string)[] })[]; readonly terms?: readonly ({ readonly term: string; readonly uses: number; readonly files: number })[]; readonly phrases?: readonly ({ readonly term: string; readonly uses: number; readonly files: number })[]; readonly links?: readonly ({ readonly file: string; readonly from: number; readonly to: number })[]; readonly sites?: readonly ({ readonly site: string; readonly links: number })[] };
  readonly report: string;
};

export type Input = {
  readonly path?: string;
  readonly source?: { readonly name: string; readonly base: string; readonly leftOut: readonly (Readonly<Record<string, unknown>>)[]; readonly limit: string | null } | null;
  readonly docs?: readonly ({ readonly file: string; readonly text: string })[];
  readonly stats?: readonly ({ readonly file: string; readonly words: number; readonly sentences: number; readonly longWords: number; readonly longSentences: number; readonly headings: number; readonly lines: number; readonly codeLines: number })[];
  readonly patterns?: readonly ({ readonly kind: string; readonly file: string; readonly line: number; readonly text: string })[];
  readonly analysis?: { readonly outline?: readonly ({ readonly file: string; readonly headings: readonly (Readonly<Record<string, unknown>>)[]; readonly terms: readonly (string)[] })[]; readonly terms?: readonly ({ readonly term: string; readonly uses: number; readonly files: number })[]; readonly phrases?: readonly ({ readonly term: string; readonly uses: number; readonly files: number })[]; readonly links?: readonly ({ readonly file: string; readonly from: number; readonly to: number })[]; readonly sites?: readonly ({ readonly site: string; readonly links: number })[] };
  readonly report?: string;
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
    function: fromPromise<unknown, { node: string }>(async () => provided('function')),
  },
  guards: {
    exit: (_, _params: Exit): boolean => provided('exit'),
    asks: (_, _params: At): boolean => provided('asks'),
    told: (_, _params: At): boolean => provided('told'),
    failed: (_, _params: At): boolean => provided('failed'),
  },
  actions: {
    step: (_, _params: undefined) => provided('step'),
    take: (_, _params: Exit) => provided('take'),
    fail: (_, _params: At) => provided('fail'),
    question: (_, _params: At) => provided('question'),
    answer: (_, _params: At) => provided('answer'),
    unfail: (_, _params: At) => provided('unfail'),
  },
}).createMachine({
  id: 'report',
  context: ({ input }) => ({ state: { ...{ path: 'docs', source: null, docs: [], stats: [], patterns: [], analysis: {}, report: '' }, ...input }, scopes: {}, visits: {}, interrupts: {}, failures: {}, moments: {}, held: {}, attempts: {}, errors: {}, thread: { id: '', path: '' } }),
  output: ({ context }) => ({ report: context.state.report }),
  description: 'Reads a folder of documents and writes a report on it in Markdown.',
  initial: '$start',
  on: { 'statewright.step': [{ actions: [{ type: 'step' }] }] },
  states: {
    $start: {
      always: [
        {
          guard: { type: 'exit', params: { at: { kind: 'start' }, exit: 0, hop: 0 } },
          target: 'ingest',
          actions: [{ type: 'take', params: { at: { kind: 'start' }, exit: 0, hop: 0 } }],
        },
        { target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'start' } } }] },
      ],
    },
    ingest: {
      description: 'Reads the text files of the folder, within bounds.',
      meta: { node: 'ingest', kind: 'function' },
      invoke: {
        src: 'function',
        id: 'ingest',
        input: { node: 'ingest' },
        onDone: [
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'ingest' }, exit: 0, hop: 0 } },
            target: '$fork_ingest',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'ingest' }, exit: 0, hop: 0 } }],
          },
          { target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'ingest' } } }] },
        ],
        onError: [
          {
            guard: { type: 'asks', params: { at: { kind: 'node', id: 'ingest' } } },
            target: '$asking',
            actions: [{ type: 'question', params: { at: { kind: 'node', id: 'ingest' } } }],
          },
          { target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'ingest' } } }] },
        ],
      },
    },
    report: {
      description: 'Writes the report.',
      meta: { node: 'report', kind: 'function' },
      invoke: {
        src: 'function',
        id: 'report',
        input: { node: 'report' },
        onDone: [
          {
            guard: { type: 'exit', params: { at: { kind: 'node', id: 'report' }, exit: 0, hop: 0 } },
            target: '$done',
            actions: [{ type: 'take', params: { at: { kind: 'node', id: 'report' }, exit: 0, hop: 0 } }],
          },
          { target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'report' } } }] },
        ],
        onError: [
          {
            guard: { type: 'asks', params: { at: { kind: 'node', id: 'report' } } },
            target: '$asking',
            actions: [{ type: 'question', params: { at: { kind: 'node', id: 'report' } } }],
          },
          { target: '$failed', actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'report' } } }] },
        ],
      },
    },
    $asking: {
      tags: ['interrupt'],
      on: {
        resume: [
          {
            guard: { type: 'told', params: { at: { kind: 'node', id: 'ingest' } } },
            target: 'ingest',
            actions: [{ type: 'answer', params: { at: { kind: 'node', id: 'ingest' } } }],
          },
          {
            guard: { type: 'told', params: { at: { kind: 'node', id: 'report' } } },
            target: 'report',
            actions: [{ type: 'answer', params: { at: { kind: 'node', id: 'report' } } }],
          },
        ],
      },
    },
    $fork_ingest: {
      type: 'parallel',
      onDone: { target: '$join_ingest' },
      states: {
        stats: {
          initial: 'stats',
          states: {
            stats: {
              description: 'Counts words, sentences, headings and code.',
              meta: { node: 'stats', kind: 'function' },
              invoke: {
                src: 'function',
                id: 'stats',
                input: { node: 'stats' },
                onDone: [
                  {
                    guard: { type: 'exit', params: { at: { kind: 'node', id: 'stats' }, exit: 0, hop: 0 } },
                    target: '$arrived',
                    actions: [{ type: 'take', params: { at: { kind: 'node', id: 'stats' }, exit: 0, hop: 0 } }],
                  },
                  {
                    target: '$failed',
                    actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'stats' } } }],
                  },
                ],
                onError: [
                  {
                    guard: { type: 'asks', params: { at: { kind: 'node', id: 'stats' } } },
                    target: '$asking',
                    actions: [{ type: 'question', params: { at: { kind: 'node', id: 'stats' } } }],
                  },
                  {
                    target: '$failed',
                    actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'stats' } } }],
                  },
                ],
              },
            },
            $asking: {
              tags: ['interrupt'],
              on: {
                resume: [
                  {
                    guard: { type: 'told', params: { at: { kind: 'node', id: 'stats' } } },
                    target: 'stats',
                    actions: [{ type: 'answer', params: { at: { kind: 'node', id: 'stats' } } }],
                  },
                ],
              },
            },
            $failed: {
              tags: ['failed'],
              on: {
                retry: [
                  {
                    guard: { type: 'failed', params: { at: { kind: 'node', id: 'stats' } } },
                    target: 'stats',
                    actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'stats' } } }],
                  },
                ],
              },
            },
            $arrived: { type: 'final' },
          },
        },
        patterns: {
          initial: 'patterns',
          states: {
            patterns: {
              description: 'Finds broken links, repeated text, open ends and sentences that are too long.',
              meta: { node: 'patterns', kind: 'function' },
              invoke: {
                src: 'function',
                id: 'patterns',
                input: { node: 'patterns' },
                onDone: [
                  {
                    guard: { type: 'exit', params: { at: { kind: 'node', id: 'patterns' }, exit: 0, hop: 0 } },
                    target: '$arrived',
                    actions: [{ type: 'take', params: { at: { kind: 'node', id: 'patterns' }, exit: 0, hop: 0 } }],
                  },
                  {
                    target: '$failed',
                    actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'patterns' } } }],
                  },
                ],
                onError: [
                  {
                    guard: { type: 'asks', params: { at: { kind: 'node', id: 'patterns' } } },
                    target: '$asking',
                    actions: [{ type: 'question', params: { at: { kind: 'node', id: 'patterns' } } }],
                  },
                  {
                    target: '$failed',
                    actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'patterns' } } }],
                  },
                ],
              },
            },
            $asking: {
              tags: ['interrupt'],
              on: {
                resume: [
                  {
                    guard: { type: 'told', params: { at: { kind: 'node', id: 'patterns' } } },
                    target: 'patterns',
                    actions: [{ type: 'answer', params: { at: { kind: 'node', id: 'patterns' } } }],
                  },
                ],
              },
            },
            $failed: {
              tags: ['failed'],
              on: {
                retry: [
                  {
                    guard: { type: 'failed', params: { at: { kind: 'node', id: 'patterns' } } },
                    target: 'patterns',
                    actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'patterns' } } }],
                  },
                ],
              },
            },
            $arrived: { type: 'final' },
          },
        },
        analysis: {
          initial: 'analysis',
          states: {
            analysis: {
              description: 'Finds the outline, the terms and who links to whom.',
              meta: { node: 'analysis', kind: 'function' },
              invoke: {
                src: 'function',
                id: 'analysis',
                input: { node: 'analysis' },
                onDone: [
                  {
                    guard: { type: 'exit', params: { at: { kind: 'node', id: 'analysis' }, exit: 0, hop: 0 } },
                    target: '$arrived',
                    actions: [{ type: 'take', params: { at: { kind: 'node', id: 'analysis' }, exit: 0, hop: 0 } }],
                  },
                  {
                    target: '$failed',
                    actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'analysis' } } }],
                  },
                ],
                onError: [
                  {
                    guard: { type: 'asks', params: { at: { kind: 'node', id: 'analysis' } } },
                    target: '$asking',
                    actions: [{ type: 'question', params: { at: { kind: 'node', id: 'analysis' } } }],
                  },
                  {
                    target: '$failed',
                    actions: [{ type: 'fail', params: { at: { kind: 'node', id: 'analysis' } } }],
                  },
                ],
              },
            },
            $asking: {
              tags: ['interrupt'],
              on: {
                resume: [
                  {
                    guard: { type: 'told', params: { at: { kind: 'node', id: 'analysis' } } },
                    target: 'analysis',
                    actions: [{ type: 'answer', params: { at: { kind: 'node', id: 'analysis' } } }],
                  },
                ],
              },
            },
            $failed: {
              tags: ['failed'],
              on: {
                retry: [
                  {
                    guard: { type: 'failed', params: { at: { kind: 'node', id: 'analysis' } } },
                    target: 'analysis',
                    actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'analysis' } } }],
                  },
                ],
              },
            },
            $arrived: { type: 'final' },
          },
        },
      },
    },
    $join_ingest: {
      always: [
        {
          guard: { type: 'exit', params: { at: { kind: 'join', id: '$fork_ingest' }, exit: 0, hop: 0 } },
          target: 'report',
          actions: [{ type: 'take', params: { at: { kind: 'join', id: '$fork_ingest' }, exit: 0, hop: 0 } }],
        },
        {
          guard: { type: 'exit', params: { at: { kind: 'join', id: '$fork_ingest' }, exit: 1, hop: 0 } },
          target: '$done',
          actions: [{ type: 'take', params: { at: { kind: 'join', id: '$fork_ingest' }, exit: 1, hop: 0 } }],
        },
        {
          target: '$failed',
          actions: [{ type: 'fail', params: { at: { kind: 'join', id: '$fork_ingest' } } }],
        },
      ],
    },
    $failed: {
      tags: ['failed'],
      on: {
        retry: [
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'ingest' } } },
            target: 'ingest',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'ingest' } } }],
          },
          {
            guard: { type: 'failed', params: { at: { kind: 'node', id: 'report' } } },
            target: 'report',
            actions: [{ type: 'unfail', params: { at: { kind: 'node', id: 'report' } } }],
          },
          {
            guard: { type: 'failed', params: { at: { kind: 'join', id: '$fork_ingest' } } },
            target: '$join_ingest',
            actions: [{ type: 'unfail', params: { at: { kind: 'join', id: '$fork_ingest' } } }],
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
