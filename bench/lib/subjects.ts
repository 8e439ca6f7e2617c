/** Each way to run a shape. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { MemorySaver } from '@langchain/langgraph';
import { type AnyStateMachine, createActor, toPromise } from 'xstate';
import { createRuntime, type Graph } from '../../src/index.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { newFolder } from './folder.ts';
import type { Openers, Runner } from './runner.ts';
import type { Case, Input, LangGraphBuilder, SubjectName } from './shape.ts';

const nothingStored = async (): Promise<number> => 0;

function inMemory(graph: Graph, input: Input): Runner {
  const app = createRuntime();
  return { run: async () => (await app.thread(graph).invoke(input)).output, close: nothingStored };
}

function asActor(machine: AnyStateMachine, input: Input): Runner {
  const run = async (): Promise<Input> => {
    const actor = createActor(machine, { input });
    const ended = toPromise(actor);
    actor.start();
    const output = (await ended) as Input | undefined;
    return output ?? (actor.getSnapshot().context as Input);
  };
  return { run, close: nothingStored };
}

function onSqlite(graph: Graph, input: Input, synchronous: 'full' | 'normal'): Runner {
  const folder = newFolder();
  const file = path.join(folder.path, 'threads.db');
  const store = sqliteStore(file, { synchronous });
  const app = createRuntime({ store });
  return {
    run: async () => (await app.thread(graph).invoke(input)).output,
    close: async () => {
      await app.close();
      store.close();
      const { size } = statSync(file);
      folder.remove();
      return size;
    },
  };
}

/** LangGraph.js stops after 25 steps unless told otherwise. */
export const UNLIMITED = { recursionLimit: 1_000_000 };

function langgraph(builder: LangGraphBuilder, input: Input): Runner {
  const graph = builder.compile({});
  return { run: () => graph.invoke(input, UNLIMITED) as Promise<Input>, close: nothingStored };
}

/** The bytes in nested objects and arrays of byte arrays and texts. */
function bytesIn(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + bytesIn(part), 0);
}

function withSaver(builder: LangGraphBuilder, input: Input): Runner {
  const checkpointer = new MemorySaver();
  const graph = builder.compile({ checkpointer });
  let runs = 0;
  return {
    run: () => {
      const configurable = { thread_id: `thread${++runs}` };
      return graph.invoke(input, { ...UNLIMITED, configurable }) as Promise<Input>;
    },
    close: async () => bytesIn(checkpointer.storage) + bytesIn(checkpointer.writes),
  };
}

/** A runner that stays open until all is over, whoever closes it before. */
function keptOpen(open: () => Runner, opened: Runner[]): () => Runner {
  let own: Runner | undefined;
  return () => {
    own ??= open();
    if (!opened.includes(own)) opened.push(own);
    return { run: own.run, close: nothingStored };
  };
}

/**
 * Makes runners of a case, by the name of who runs it. What LangGraph.js saves in memory is given up with its runner.
 *
 * @param opened takes the stores that are to stay open, as those of a server do; absent: each runner has one of its own
 */
export function openersOf(about: Case, opened?: Runner[]): Openers<SubjectName> {
  const { statewright: graph, langgraph: builder, xstate: machine, promises: run, input } = about;
  const sqlite = (synchronous: 'full' | 'normal'): (() => Runner) => {
    const open = (): Runner => onSqlite(graph, input, synchronous);
    return opened ? keptOpen(open, opened) : open;
  };
  return {
    statewright: () => inMemory(graph, input),
    actor: () => asActor(graph.machine, input),
    full: sqlite('full'),
    normal: sqlite('normal'),
    langgraph: () => langgraph(builder, input),
    saver: () => withSaver(builder, input),
    ...(machine ? { xstate: () => asActor(machine, input) } : {}),
    ...(run ? { promises: () => ({ run, close: nothingStored }) } : {}),
  };
}
