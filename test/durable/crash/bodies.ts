/** What the nodes of the graphs of the crash tests do. Each body leaves what it does in a log, before it does it. */
import { appendFileSync, openSync } from 'node:fs';
import path from 'node:path';
import { type Graph, type Model, ModelError, type NodeContext, type NodeFunction } from '../../../src/index.ts';
import { build } from '../../helpers.ts';
import { graphFrom, PART } from './graphs.ts';

/** A moment at which a process may be killed. */
export type Moment = () => void;

let made = 0;

/** A value that shows which body made it, and in which of its runs: `key#run`. */
export const newValue = (key: string): string => `${key}#${process.pid.toString(36)}x${made++}`;

/** Of a value. */
export const keyOf = (value: string): string => value.slice(0, value.indexOf('#'));

/** All values in a text. */
export const valuesIn = (text: string): string[] => text.match(/[\w/[\]@. -]+#\w+x\d+/g) ?? [];

/** A value without the run that made it. */
export const withoutRun = (text: string): string => text.replaceAll(/#\w+x\d+/g, '#');

export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** @param folder where the log and the marks of effects are */
export function bodiesIn(folder: string, moment: Moment): { functions: Record<string, NodeFunction>; model: Model } {
  const log = path.join(folder, 'log');
  const run = async (key: string): Promise<string> => {
    const value = newValue(key);
    appendFileSync(log, `${value}\n`);
    moment();
    await turn();
    moment();
    return value;
  };
  const mark = (name: string): boolean => {
    try {
      openSync(path.join(folder, 'marks', encodeURIComponent(name)), 'wx');
      return true;
    } catch {
      return false;
    }
  };
  /** An effect outside, done once for a key however often it is asked for. */
  const effect = async (ctx: NodeContext, name: string): Promise<string> => {
    const value = await run(`${ctx.idempotencyKey} ${name}`);
    mark(`${ctx.idempotencyKey} ${name}`);
    moment();
    return value;
  };
  const functions: Record<string, NodeFunction> = {
    note: async (_input, ctx) => ({ seen: await run(ctx.idempotencyKey) }),
    part: (_input, ctx) => run(ctx.idempotencyKey),
    item: (_input, ctx) => run(ctx.idempotencyKey),
    look: ({ round }, ctx) => run(`${ctx.idempotencyKey} ${round}`),
    steps: async (_input, ctx) => {
      const first = await ctx.step('first', () => effect(ctx, 'first'));
      const second = await ctx.step('second', () => effect(ctx, 'second'));
      return { seen: [first, second] };
    },
    flaky: async (_input, ctx) => {
      if (mark(`failed ${ctx.idempotencyKey}`)) throw new Error('the first time it fails');
      return { seen: await run(ctx.idempotencyKey) };
    },
  };
  const model: Model = {
    async *stream({ messages }) {
      moment();
      await turn();
      const results = messages.filter(m => m.role === 'tool');
      if (results.length < 2) {
        yield { type: 'tool-call', id: `call${results.length}`, name: 'look', input: { round: results.length } };
        yield { type: 'finish', reason: 'tool-calls' };
        return;
      }
      const values = valuesIn(JSON.stringify(results));
      if (values.length !== 2) throw new ModelError('confused', JSON.stringify(results));
      yield { type: 'text', text: values.join('|') };
      yield { type: 'finish', reason: 'stop' };
    },
  };
  return { functions, model };
}

export function crashGraph(seed: number, folder: string, moment: Moment): Graph {
  const { functions, model } = bodiesIn(folder, moment);
  return build(graphFrom(seed), { file: 'g.yaml', read: () => PART, functions, models: { counting: model } });
}
