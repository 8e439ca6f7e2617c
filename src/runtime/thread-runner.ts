/** One thread: takes what is asked of it to its actors, and waits for their rest. */

import { outputOf, type State } from '../compile/context.ts';
import { editedState, type GraphInput, InputError, inputProblems, START_OPTIONS } from '../compile/input.ts';
import { copyJson } from '../compile/json.ts';
import type { Graph } from '../graph/compile-graph.ts';
import type { BodyDeps } from '../nodes/run-body.ts';
import type { Maybe } from '../store/store.ts';
import { takeOver } from './changed-graph.ts';
import { rootOptions } from './children.ts';
import { ThreadError, unknownCheckpoint } from './errors.ts';
import type { Host } from './host.ts';
import { Journal, type JournalOptions, type LoadedRun } from './journal.ts';
import { renamed } from './kept.ts';
import type { Lease } from './lease.ts';
import { chain } from './maybe.ts';
import type { Member, MemberOptions } from './member.ts';
import {
  type BoundOptions,
  depsOf,
  type InvokeOptions,
  type Migration,
  type ResumeOptions,
  type RunOptions,
} from './options.ts';
import { addressAnswers, failedAt, refuseUnlessDone, takersOf, waitOf } from './requests.ts';
import type { Rest } from './rest.ts';
import { newCounters, type RunResult, resultOf, stateOf, type ThreadState } from './result.ts';
import { shapeOf } from './shape.ts';
import type { Spans } from './spans.ts';
import { tellRunning } from './step-events.ts';
import { ThreadActors } from './thread-actors.ts';
import { ThreadRun } from './thread-run.ts';
import { Watch } from './watch.ts';

export class ThreadRunner {
  readonly graph: Graph;
  readonly id: string;
  readonly journal: Journal | undefined;
  readonly actors: ThreadActors;
  private readonly deps: BodyDeps;
  readonly run: ThreadRun;
  readonly watch: Watch;
  private readonly migration: Migration | undefined;
  /** Where spans are made of what happens. */
  spans: Spans | undefined;
  private users = 0;

  /** @param lease there when the options have a store */
  constructor(graph: Graph, id: string, host: Host, options: BoundOptions, lease?: Lease) {
    const { clock, store } = options;
    this.graph = graph;
    this.id = id;
    this.deps = depsOf(graph, options);
    this.watch = new Watch(clock, options.keepEvents);
    this.migration = options.migrations?.[graph.name];
    const quiet = (): void => this.run.quiet();
    const broken = (reason: unknown): void => this.rest.broken(reason);
    this.journal = store && lease && new Journal({ store, lease, clock, thread: id, graph: this.kept() }, broken);
    this.actors = new ThreadActors({
      thread: id,
      host,
      clock,
      deps: this.deps,
      watch: this.watch,
      journal: this.journal,
      root: () => this.rootOptions(),
      spans: () => this.spans,
      quiet,
      cancelled: () => this.rest.reached(),
      broken,
    });
    this.run = new ThreadRun({
      thread: id,
      clock,
      watch: this.watch,
      actors: this.actors,
      kept: this.journal && lease && { journal: this.journal, lease },
      loaded: () => this.loaded,
      ready: cause => {
        if (cause === 'cancel') return this.ready({ acceptChanges: true });
        return cause === 'invoke' ? this.ready({}) : this.begun({});
      },
      result: () => this.result(),
      over: () => this.deps.world.endRun(id),
    });
  }

  /** Whether the thread runs, as far as this process knows. */
  get rest(): Rest {
    return this.run.rest;
  }

  /** What the store is told of the graph. */
  private kept(): JournalOptions['graph'] {
    const { name, file, plan } = this.graph;
    return { graph: name, file, shape: shapeOf(plan, this.deps.world.digest) };
  }

  async invoke(input: GraphInput, run: InvokeOptions): Promise<RunResult> {
    // What can be done at once is: of two calls the second is to find the thread running.
    const ready = this.ready(run);
    if (ready) await ready;
    for (let waits = this.untilFree(run); waits; waits = this.untilFree(run)) await waits;
    this.checkInput(input);
    this.watch.begin();
    return this.run.go('invoke', run, () => {
      const { actors, id } = this;
      if (actors.members.size > 0 && !actors.cancelled) refuseUnlessDone(id, actors.status, actors.list);
      const state = this.checkInput(input);
      actors.clear();
      actors.counters = newCounters();
      actors.run++;
      actors.cancelled = run.signal?.aborted === true;
      actors.begin(this.rootOptions(), { ...input, [START_OPTIONS]: { state, thread: id } });
    });
  }

  /** Refuses an input that does not fit. Gives the state that it is merged into. */
  private checkInput(input: GraphInput): State | undefined {
    const state = this.actors.members.get(this.id)?.context.state;
    const problems = inputProblems(this.graph.plan.graph, input, state);
    if (problems.length > 0) throw new InputError(this.graph.name, problems);
    return state;
  }

  /** What to wait for before a new run can begin, if anything. Throws when it cannot. */
  private untilFree(run: InvokeOptions): Promise<void> | undefined {
    const { actors, rest } = this;
    const { onBusy = 'reject' } = run;
    if (actors.members.size === 0 || actors.status === 'done') return this.run.ending;
    if (onBusy === 'cancel') return actors.cancelled && !rest.busy ? this.run.ending : this.cancel();
    if (onBusy === 'reject' || actors.status !== 'running') refuseUnlessDone(this.id, actors.status, actors.list);
    return rest.busy ? rest.enter().catch(() => {}) : (this.run.ending ?? this.recover({}).then(() => {}));
  }

  private rootOptions(): MemberOptions {
    const { plan, machine } = this.graph;
    return rootOptions(this.id, { kind: 'graph', plan, machine, runBody: this.actors.bodyOf(plan) });
  }

  /** Takes the thread over from the store, when it is not here or went on elsewhere. */
  private ready({ acceptChanges = false }: Pick<RunOptions, 'acceptChanges'>): Maybe<void> {
    const { journal, actors } = this;
    // A first run that has not begun, or that could not and is about to say so.
    const none = actors.members.size === 0 && this.rest.busy;
    const first = none ? (this.run.begins ?? this.rest.enter().catch(() => {})) : undefined;
    const wait = this.run.ending ?? first ?? (actors.turns.saving ? actors.turns.settled() : undefined);
    if (wait) return wait.then(() => this.ready({ acceptChanges }));
    if (!journal || this.rest.busy) return undefined;
    const take = (): Maybe<void> => chain(journal.load(), found => this.takeOver(found, acceptChanges));
    return actors.turns.alone(() => {
      if (actors.members.size === 0) return take();
      return chain(journal.moved(), moved => (moved ? take() : undefined));
    });
  }

  private takeOver(found: LoadedRun | undefined, acceptChanges: boolean): void {
    if (!found) {
      this.actors.clear();
      this.actors.run = 0;
      this.journal?.take(undefined);
      return;
    }
    const now = { ...this.kept(), accepted: acceptChanges, migration: this.migration };
    this.watch.unseen();
    try {
      this.run.migrated = takeOver(found, now, () => this.actors.takeOver(found));
    } catch (thrown) {
      this.actors.clear();
      throw thrown;
    }
    this.run.interrupted = !this.actors.cancelled;
  }

  private root(): Member {
    const root = this.actors.members.get(this.id);
    if (!root) throw new ThreadError('not-started', `the thread "${this.id}" has not been invoked yet`);
    return root;
  }

  /** Loads a thread that was begun. */
  private begun(run: Pick<RunOptions, 'acceptChanges'>): Maybe<void> {
    return chain(this.ready(run), () => {
      const { rest, actors } = this;
      // Another call may have let it go meanwhile.
      const again = !this.loaded && (rest.busy || this.run.ending !== undefined || actors.turns.saving);
      return again ? this.begun(run) : void this.root();
    });
  }

  private get loaded(): boolean {
    return this.actors.members.has(this.id);
  }

  private tell(member: Member, event: { readonly type: string; readonly id: string; readonly value?: unknown }): void {
    this.actors.deliver(member, { kind: 'event', event });
  }

  async resume(answer: unknown, run: ResumeOptions): Promise<RunResult> {
    const begun = this.begun(run);
    if (begun) await begun;
    // Asked again when the turn comes: others may have been quicker.
    const answers = () => addressAnswers(this.id, answer, this.actors.list, run.id);
    answers();
    this.actors.cancelled = false;
    return this.run.go('resume', run, () => {
      for (const { member, key, value } of answers()) {
        this.actors.label(member.naming(key));
        this.tell(member, { type: 'resume', id: key, value });
      }
    });
  }

  async send(event: { readonly type: string }, run: RunOptions): Promise<RunResult> {
    const begun = this.begun(run);
    if (begun) await begun;
    const takers = () => takersOf(this.id, event, this.actors.list, this.actors.bodies.waiting());
    takers();
    this.actors.cancelled = false;
    const own = copyJson(event, 'the event') as { type: string };
    return this.run.go('send', run, () => {
      this.actors.label(event.type);
      for (const taker of takers()) {
        if ('send' in taker) taker.send(own);
        else this.actors.deliver(taker, { kind: 'event', event: own });
      }
    });
  }

  async retry(run: RunOptions & { readonly id?: string }): Promise<RunResult> {
    const begun = this.begun(run);
    if (begun) await begun;
    const { cancelled } = this.actors;
    const meant = () => failedAt(this.id, run.id, this.actors.list, cancelled);
    meant();
    this.actors.cancelled = false;
    return this.run.go('retry', run, () => {
      const resumed = cancelled ? this.actors.list : [];
      tellRunning(this.watch, resumed, 'begin');
      for (const member of resumed) this.actors.goOn(member);
      for (const { member, key } of meant()) {
        this.actors.label(member.naming(key));
        this.tell(member, { type: 'retry', id: key });
      }
    });
  }

  async recover(run: RunOptions): Promise<RunResult> {
    const begun = this.begun(run);
    if (begun) await begun;
    return this.run.go('recover', run, () => {});
  }

  cancel(): Promise<void> {
    return this.run.cancel();
  }

  async state(): Promise<ThreadState> {
    do await this.begun({ acceptChanges: true });
    while (!this.loaded);
    return this.current();
  }

  /** How the thread stands as far as it is loaded. */
  current(): ThreadState {
    const state = stateOf(this.root(), this.actors.list, this.actors.status, this.result());
    return this.journal ? { ...state, checkpoint: this.journal.seq } : state;
  }

  /** Puts values into the state of a thread that rests, as a checkpoint of its own. */
  async update(values: GraphInput, replace: boolean): Promise<void> {
    await this.begun({});
    if (this.actors.status === 'running') throw new ThreadError('busy', `the thread "${this.id}" is running`);
    const state = this.edited(values, replace);
    await this.actors.turns.take(() => {
      this.actors.label('update');
      this.actors.edit(state);
    });
  }

  private edited(values: GraphInput, replace: boolean): State {
    const { plan, reducers } = this.graph;
    const state = this.checkInput(values) ?? {};
    return editedState(plan.graph, state, values, reducers, replace);
  }

  /** Begins as a fork of another thread's checkpoint. What ran there is to be run by whoever takes it up. */
  async beginFork(from: string, seq: number | undefined, values: GraphInput, replace: boolean): Promise<void> {
    const loaded = await this.journal?.load(seq, from);
    if (!loaded) throw unknownCheckpoint(from, seq);
    if (await this.journal?.load()) throw new ThreadError('exists', `there is a thread "${this.id}" already`);
    const origin = { thread: from, seq: loaded.seq };
    this.takeOver({ ...loaded, value: renamed(loaded.value, from, this.id), origin }, false);
    const edited = Object.keys(values).length > 0 ? this.edited(values, replace) : undefined;
    await this.actors.turns.take(() => {
      this.actors.label(`fork of ${from} at ${loaded.seq}`);
      this.actors.keepAll();
      if (edited) this.actors.edit(edited);
    });
  }

  /** How the thread stood at a checkpoint; nothing else is done with this runner. */
  async look(journal: Journal, seq: number): Promise<ThreadState> {
    const loaded = await journal.load(seq);
    if (!loaded) throw unknownCheckpoint(this.id, seq);
    this.actors.takeOver(loaded);
    return { ...this.current(), checkpoint: loaded.seq };
  }

  /** Does something with the thread, which stays loaded meanwhile. */
  async use<T>(act: () => Promise<T>): Promise<T> {
    this.users++;
    try {
      return await act();
    } finally {
      this.users--;
    }
  }

  /** Whether the thread runs, or something is done with it. */
  get inUse(): boolean {
    return this.users > 0 || this.rest.busy || !this.actors.quiet;
  }

  /** Forgets what is in memory of a thread that is stored, unless it is in use. Returns whether it did. */
  unload(): boolean {
    if (!this.journal || this.inUse) return false;
    this.actors.clear();
    return true;
  }

  /** Forgets what is in memory of a thread that is stored, when nothing is on its way to the store or from it. */
  async letGo(): Promise<void> {
    if (this.journal) await this.actors.letGo();
  }

  private result(): RunResult {
    const { status } = this.actors;
    return resultOf({
      thread: this.id,
      status: status === 'running' ? 'waiting' : status,
      output: outputOf(this.graph.plan.graph, this.root().context.state),
      members: this.actors.list,
      waits: this.actors.bodies.waiting().map(waitOf),
      counters: this.actors.counters,
    });
  }
}
