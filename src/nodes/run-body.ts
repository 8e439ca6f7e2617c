import type { BodyCall, RunBody } from '../compile/emit.ts';
import { nodeOf, type Plan } from '../compile/plan.ts';
import type { Models } from '../models/model.ts';
import { type Functions, runFunction } from './function-node.ts';
import { runLlm } from './llm-node.ts';
import type { BodyEvent, NodeIo } from './node-io.ts';

/** What node bodies need from the world. */
export interface BodyDeps {
  readonly functions: Functions;
  readonly models: Models;
}

function createIo(call: BodyCall, run: string, notify: (event: BodyEvent) => void): NodeIo {
  const { node, signal, context } = call;
  const thread = context.thread.id;
  return {
    notify,
    context: {
      node,
      thread,
      signal,
      idempotencyKey: `${thread}/${run}/${node}/${context.visits[node] ?? 1}`,
      emit: value => notify({ type: 'custom', node, value }),
      log: message => notify({ type: 'log', node, message }),
    },
  };
}

/** Makes the function that runs the bodies of one graph's nodes. */
export function createRunBody(
  plan: Plan,
  deps: BodyDeps,
  run = '1',
  notify: (event: BodyEvent) => void = () => {},
): RunBody {
  return async call => {
    const { def } = nodeOf(plan, call.node);
    const io = createIo(call, run, notify);
    switch (def.kind) {
      case 'function':
        return runFunction(plan, def, call.context, deps.functions, io);
      case 'llm':
        return runLlm(plan, def, call.context, deps.models, io);
      case 'set':
      case 'interrupt':
        throw new Error(`node "${def.id}" has no body`);
    }
  };
}
