/** A store with something of everything in it, and all that can be read from one. */
import type { Store, StoreError } from '../../src/store/store.ts';
import { Tree } from '../../src/store/tree.ts';
import { step } from '../../src/testing/store-cases/tools.ts';

interface State {
  readonly count: number;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly long: string;
}

/** Fills an empty store: threads with histories, long and shared texts, tasks, workers, a timer and a fork. */
export function fill(store: Store): void {
  const long = 'what all of them share, and what is long enough to be a text of its own. '.repeat(40);
  for (let n = 0; n < 4; n++) {
    const [tree, thread] = [new Tree(), `thread ${n}`];
    let state: State = { count: 0, messages: [], long };
    let key: string | undefined;
    for (let seq = 1; seq <= 6 + 3 * n; seq++) {
      const texts = new Map<string, string>();
      const message = { role: seq % 2 ? 'user' : 'model', content: `${thread}, message ${seq}. `.repeat(20) };
      const next = { ...state, count: seq, messages: [...state.messages, message] };
      const root = tree.write(next, state, texts);
      const checkpoints = [{ seq, at: 1_000 * n + seq, status: 'waiting' as const, label: `resume ${seq}`, root }];
      const started = [{ task: `${seq}.a`, worker: `w${n % 2}` }, { task: `${seq}.b` }];
      const due = n === 1 ? 5_000 + seq : undefined;
      const own = { thread, graph: `graph ${n}`, before: seq - 1, checkpoints, texts, started, due };
      const ended = seq === 1 ? [] : [`${seq - 1}.a`];
      const worker = { id: `w${n % 2}`, host: 'host', pid: 7, until: 9_000 };
      key = store.commit(step({ ...own, ended, worker, ...(key ? { key } : {}) })) as string;
      state = next;
    }
  }
  store.commit(step({ thread: 'fork', origin: { thread: 'thread 2', seq: 2 } }));
}

/** What can be asked of a store, by what it is. Names of threads are those of {@link fill}. */
export function questions(): Map<string, (store: Store) => unknown> {
  const all = new Map<string, (store: Store) => unknown>();
  all.set('threads', store => store.threads());
  all.set('threads of a graph', store => store.threads({ graph: 'graph 2' }));
  all.set('forks', store => store.threads({ forkOf: 'thread 2' }));
  all.set('workers', store => store.workers());
  all.set('pending', store => store.pending({ now: 5_000 }));
  for (const id of ['thread 0', 'thread 1', 'thread 2', 'thread 3', 'fork', 'none']) {
    all.set(`head of ${id}`, store => store.head(id));
    all.set(`history of ${id}`, store => store.history(id));
    for (const seq of [undefined, 1, 2, 6, 15]) all.set(`${id} at ${seq}`, store => stateOf(store, id, seq));
  }
  return all;
}

/** A thread as it is loaded, with the value that it leads to. */
function stateOf(store: Store, id: string, seq?: number): unknown {
  const loaded = store.load(id, seq) as { readonly checkpoint: { readonly root: string } } | undefined;
  return loaded && { ...loaded, value: new Tree().read(loaded.checkpoint.root, digests => store.texts(digests)) };
}

export type Answers = ReadonlyMap<string, string>;

const told = (thrown: unknown): string => {
  const { name, code, message } = thrown as StoreError;
  return name === 'StoreError' ? `told: ${code}` : `not told: ${message}`;
};

/** The answers to all questions: values as JSON, or that an error was told. */
export function answersOf(open: () => Store): Answers {
  let store: Store;
  try {
    store = open();
  } catch (thrown) {
    return new Map([...questions().keys()].map(question => [question, told(thrown)]));
  }
  try {
    const answer = (ask: (store: Store) => unknown): string => {
      try {
        return JSON.stringify(ask(store)) ?? 'nothing';
      } catch (thrown) {
        return told(thrown);
      }
    };
    return new Map([...questions()].map(([question, ask]) => [question, answer(ask)]));
  } finally {
    store.close();
  }
}

/** The answers that are neither right nor an error that was told. */
export const wrongOnes = (answers: Answers, right: Answers): string[] =>
  [...answers].filter(([question, a]) => a !== right.get(question) && !a.startsWith('told')).map(all => all.join(': '));
