import type { BodyCall, RunBody } from '../compile/body-call.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import type { Models } from '../models/model.ts';
import { type Functions, runFunction } from './function-node.ts';
import { runLlm, runRouter } from './llm-node.ts';
import { type Machines, runMachine } from './machine-node.ts';
import type { BodyEvent, NodeContext, NodeIo } from './node-io.ts';

/** What node bodies need from the world. */
export interface BodyDeps {
  readonly functions: Functions;
  readonly models: Models;
  readonly machines: Machines;
}

/** What a body sees of the world; what most bodies never ask for is made when asked. */
class BodyIo implements NodeIo, NodeContext {
  private readonly tell: (event: BodyEvent, call: BodyCall) => void;
  private readonly call: BodyCall;
  private readonly run: string;

  constructor(call: BodyCall, run: string, tell: (event: BodyEvent, call: BodyCall) => void) {
    this.call = call;
    this.run = run;
    this.tell = tell;
  }

  get context(): NodeContext {
    return this;
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

  readonly notify = (event: BodyEvent): void => this.tell(event, this.call);
  readonly emit = (value: unknown): void => this.notify({ type: 'custom', node: this.node, value });
  readonly log = (message: string): void => this.notify({ type: 'log', node: this.node, message });
}

/** Makes the function that runs the bodies of one graph's nodes. */
export function createRunBody(
  plan: Plan,
  deps: BodyDeps,
  run = '1',
  notify: (event: BodyEvent, call: BodyCall) => void = () => {},
): RunBody {
  return call => {
    const { def } = nodeOf(plan, call.node);
    const io = new BodyIo(call, run, notify);
    switch (def.kind) {
      case 'function':
        return runFunction(plan, def, call.context, deps.functions, io);
      case 'llm':
        return runLlm(plan, def, call.context, deps.models, io);
      case 'router':
        return runRouter(plan, def, call.context, deps.models, io);
      case 'machine':
        return runMachine(plan, def, call, deps.machines);
      case 'set':
      case 'graph':
      case 'map':
      case 'wait':
      case 'interrupt':
        throw new Error(`node "${def.id}" has no body`);
    }
  };
}
