/** What the paths of the interpreter wait for, and how a driver ends it. Knows nothing of graphs. */

/** Values by name: what a graph remembers, or what a node writes. */
export type State = Readonly<Record<string, unknown>>;

/** What a path sees and wrote. A branch, a subgraph and an item have one each, inside that of the path around it. */
export interface View {
  state: State;
  readonly log: State[];
  error?: { readonly node: string; readonly code: string } | undefined;
  readonly taken?: readonly string[] | undefined;
  readonly around?: View | undefined;
}

/** Something that a path waits for. Who waited first for what goes by the same name is served first. */
export interface Wait {
  readonly id: string;
  readonly kind: 'body' | 'answer' | 'timer' | 'expiry' | 'failure';
  readonly since: number;
  /** The type of the event that ends it, for all who wait for one. */
  readonly event?: string | undefined;
  /** The error that a timer is for its node. */
  readonly code?: string;
  /** A failure that keeps nothing from going on is not shown. */
  readonly shown?: () => boolean;
}

/** What was thrown by a body, or by the graph. */
export type Failure = Error & { readonly code?: string; readonly retryable?: boolean };

export const failure = (code: string): Failure => Object.assign(new Error(code), { code });

/** A path of the run: it yields when it waits, and is never woken again once it is cancelled. */
export type Path<T> = Generator<(wake: (value: unknown) => void) => void, T, unknown>;

/** Runs a path until it waits, and again whenever what it waits for has come. */
export function run<T>(path: Path<T>, done: (result: T) => void, failed?: (error: Failure) => void): void {
  const wake = (value?: unknown): void => {
    let step: IteratorResult<(wake: (value: unknown) => void) => void, T>;
    try {
      step = path.next(value);
    } catch (thrown) {
      if (!failed) throw thrown;
      failed(thrown as Failure);
      return;
    }
    if (step.done) done(step.value);
    else step.value(wake);
  };
  wake();
}

interface Open {
  readonly wait: Wait;
  readonly view: View;
  readonly end: () => void;
}

const isInside = (view: View | undefined, outer: View): boolean =>
  view !== undefined && (view === outer || isInside(view.around, outer));

export class Waits {
  /** The bodies that were told to stop. */
  readonly stopped: string[] = [];
  private open: Open[] = [];
  private made = 0;
  /** What was made before the driver last ended something: a body that is cancelled at once never started. */
  private before = 0;

  make = (kind: Wait['kind'], id: string, more: Partial<Wait> = {}): Wait => ({
    kind,
    id,
    since: this.made++,
    ...more,
  });

  /** A timer, if there is to be one. */
  timer = (ms: number | undefined, more?: Partial<Wait>): Wait[] =>
    ms === undefined ? [] : [this.make('timer', `@${ms}`, more)];

  one = (view: View, kind: Wait['kind'], id: string): Path<unknown> => this.first(view, [this.make(kind, id)]);

  /** What can be ended now. */
  get shown(): Wait[] {
    return this.open.map(o => o.wait).filter(w => w.shown?.() ?? true);
  }

  /** Ends the wait of this name, or all that are for the same event: of the items of a map, the first is first. */
  end(id: string): void {
    this.before = this.made;
    const [first] = this.open.filter(o => o.wait.id === id).sort((a, b) => a.wait.since - b.wait.since);
    const event = first?.wait.event;
    const all = this.open.filter(o => o.wait.event === event).sort((a, b) => (a.wait.id < b.wait.id ? -1 : 1));
    for (const one of event === undefined ? [first] : all) one?.end();
  }

  /** Waits for the first of these, or for what `begin` calls back about. Throws where that is an error. */
  *first(view: View, waits: readonly Wait[], begin?: (done: () => void) => void): Path<Wait | undefined> {
    const won = (yield wake => {
      let isOver = false;
      const end = (wait?: Wait): void => {
        if (isOver) return;
        isOver = true;
        this.drop(o => waits.includes(o.wait), wait);
        wake(wait);
      };
      this.open.push(...waits.map(wait => ({ wait, view, end: () => end(wait) })));
      begin?.(end);
    }) as Wait | undefined;
    if (won?.code !== undefined) throw failure(won.code);
    return won;
  }

  /** Cancels all that is inside a view. */
  cancel(view: View): void {
    this.drop(o => isInside(o.view, view));
  }

  private drop(which: (open: Open) => boolean, but?: Wait): void {
    const dropped = this.open.filter(which);
    this.open = this.open.filter(o => !dropped.includes(o));
    const running = dropped.filter(({ wait }) => wait.kind === 'body' && wait !== but && wait.since < this.before);
    this.stopped.push(...running.map(o => o.wait.id));
  }
}
