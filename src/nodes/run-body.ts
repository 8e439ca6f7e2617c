import type { BodyCall, RunBody } from '../compile/body-call.ts';
import { GraphRunError } from '../compile/context.ts';
import type { NodeDef } from '../compile/graph.ts';
import { copyJson } from '../compile/json.ts';
import { askRecord, notesOf } from '../compile/notes.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import type { JsonSchema } from '../compile/state-type.ts';
import type { Models } from '../models/model.ts';
import { runCall, runTurn } from './agent-node.ts';
import type { ModelMeans } from './choose-model.ts';
import { type Functions, runFunction } from './function-node.ts';
import { runLlm, runRouter } from './llm-node.ts';
import { type Machines, runMachine } from './machine-node.ts';
import type { BodyEvent, NodeContext } from './node-io.ts';
import { runShared } from './shared-body.ts';
import { runHttp, runTool } from './tool-node.ts';
import type { Env, Fetch, Means, ToolIo, World } from './world.ts';

/** What node bodies need from the world. */
export interface BodyDeps extends Means {
  readonly models: Models;
  readonly machines: Machines;
  readonly world: World;
}

/** What a body sees of the world; what most bodies never ask for is made when asked. */
class BodyIo implements ToolIo, NodeContext {
  private readonly tell: (event: BodyEvent, call: BodyCall) => void;
  private readonly call: BodyCall;
  private readonly means: Means;
  private readonly run: string;
  private readonly mayAsk: boolean;

  constructor(
    call: BodyCall,
    means: Means,
    { run, mayAsk }: { run: string; mayAsk: boolean },
    tell: (event: BodyEvent, call: BodyCall) => void,
  ) {
    this.call = call;
    this.means = means;
    this.run = run;
    this.mayAsk = mayAsk;
    this.tell = tell;
  }

  get context(): NodeContext {
    return this;
  }

  get functions(): Functions {
    return this.means.functions;
  }

  get fetch(): Fetch | undefined {
    return this.means.fetch;
  }

  get env(): Env | undefined {
    return this.means.env;
  }

  get node(): string {
    return this.call.node;
  }

  get thread(): string {
    return this.call.context.thread.id;
  }

  get signal(): AbortSignal {
    return this.call.signal;
  }

  get idempotencyKey(): string {
    return `${this.thread}/${this.run}/${this.call.context.thread.path}${this.node}/${this.call.context.visits[this.node] ?? 1}`;
  }

  private asked = 0;
  private done: Set<string> | undefined;

  /** Functions may take these apart from the object, so each is bound to it. */
  get step(): NodeContext['step'] {
    return (name, act) => this.runStep(name, act);
  }

  get interrupt(): NodeContext['interrupt'] {
    return (payload, schema) => this.ask(payload, schema);
  }

  get notify(): (event: BodyEvent) => void {
    return event => this.tell(event, this.call);
  }

  get emit(): NodeContext['emit'] {
    return value => this.tell({ type: 'custom', node: this.node, value }, this.call);
  }

  get log(): NodeContext['log'] {
    return message => this.tell({ type: 'log', node: this.node, message }, this.call);
  }

  private async runStep<T>(name: string, act: () => T | Promise<T>): Promise<T> {
    const { steps } = notesOf(this.call.context, this.node);
    if (Object.hasOwn(steps, name)) return steps[name] as T;
    this.done ??= new Set();
    if (this.done.has(name))
      throw new GraphRunError('step-name', `two steps of node "${this.node}" are called "${name}"`);
    this.done.add(name);
    const value = copyJson((await act()) ?? null, `the result of the step "${name}"`) as T;
    this.signal.throwIfAborted();
    await this.call.record?.(name, value);
    return value;
  }

  private async ask(payload: unknown, schema?: JsonSchema): Promise<unknown> {
    const { answers } = notesOf(this.call.context, this.node);
    const nth = this.asked++;
    if (nth < answers.length) return answers[nth];
    if (!this.mayAsk) {
      const advice = 'only a function that is a node of a graph can; put it into a graph of its own';
      throw new GraphRunError('cannot-ask', `node "${this.node}" cannot ask here: ${advice}`);
    }
    const { message } = (payload ?? {}) as { message?: unknown };
    const text =
      typeof payload === 'string' ? payload : typeof message === 'string' ? message : JSON.stringify(payload);
    const data = typeof payload === 'string' ? undefined : copyJson(payload, 'what is asked');
    throw askRecord(text ?? '', data, schema);
  }
}

/** Makes the function that runs the bodies of one graph's nodes. */
export function createRunBody(
  plan: Plan,
  deps: BodyDeps,
  run = '1',
  notify: (event: BodyEvent, call: BodyCall) => void = () => {},
): RunBody {
  const means: ModelMeans = { ...deps, from: plan.graph.file };
  const runKind = (def: NodeDef, call: BodyCall, io: BodyIo): Promise<unknown> => {
    const { context } = call;
    switch (def.kind) {
      case 'function':
        return runFunction(plan, def, context, deps.world, io);
      case 'llm':
        return runLlm(plan, def, context, means, io);
      case 'router':
        return runRouter(plan, def, context, means, io);
      case 'tool':
        return runTool(plan, def, context, deps.world, io);
      case 'http':
        return runHttp(plan, def, context, deps.world, io);
      case 'turn':
        return runTurn(def, context, means, deps.world, io);
      case 'call':
        return runCall(def, context, deps.world, io);
      case 'machine':
        return runMachine(plan, def, call, deps.machines);
      case 'set':
      case 'agent':
      case 'graph':
      case 'map':
      case 'wait':
      case 'interrupt':
        throw new Error(`node "${def.id}" has no body`);
    }
  };
  return call => {
    const { def } = nodeOf(plan, call.node);
    const io = new BodyIo(call, deps, { run, mayAsk: def.kind === 'function' && call.record !== undefined }, notify);
    if (!def.cache && !def.concurrencyKey) return runKind(def, call, io);
    return runShared(plan, def, call.context, deps.world, io, () => runKind(def, call, io));
  };
}
