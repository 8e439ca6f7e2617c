/** Runs the graph of the durability tests on a store, in a process of its own: `node worker.ts <file> <thread> <action>`. */
import { appendFileSync } from 'node:fs';
import { createRuntime, type NodeFunction } from '../../src/index.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { build } from '../helpers.ts';

/** A chain, a fork with a question, a map, a wide fork and a step, in one loop of two rounds. */
export const TEXT = `state:
  seen: { type: list<string>, merge: append }
  round: { type: number, default: 0, merge: sum }
  items: { type: list<number>, default: [1, 2, 3, 4, 5] }
  doubled: { type: list<any>, default: [] }
  ok: { type: any, default: null }
nodes:
  begin: { type: function, function: note, input: { as: "'begin'" }, maxVisits: 9 }
  left: { type: function, function: note, input: { as: "'left'" } }
  right: { type: function, function: note, input: { as: "'right'" } }
  meet: { type: function, function: note, input: { as: "'meet'" } }
  each: { type: map, over: items, concurrency: 2, collect: doubled, node: { type: function, function: double, input: { item: item } } }
${Array.from({ length: 10 }, (_, i) => `  w${i}: { type: function, function: note, input: { as: "'w${i}'" } }`).join('\n')}
  end: { type: function, function: count, input: {} }
  ask: { type: interrupt, message: "Good?", output: ok }
edges:
  - START -> begin -> [left, right]
  - "[left, right] -> meet -> each"
  - "each -> [${Array.from({ length: 10 }, (_, i) => `w${i}`).join(', ')}] -> end"
  - { from: end, to: begin, when: round < 2 }
  - end -> ask -> END
`;

const [file = '', thread = '', action = '', log = ''] = process.argv.slice(2);

/** Each body leaves a line with its key, and lets others have a turn. */
async function run<T>(key: string, value: T): Promise<T> {
  appendFileSync(log, `${key}\n`);
  await new Promise(resolve => setImmediate(resolve));
  return value;
}

const functions: Record<string, NodeFunction> = {
  note: ({ as }, ctx) => run(ctx.idempotencyKey, { seen: as }),
  double: ({ item }, ctx) => run(ctx.idempotencyKey, item * 2),
  count: (_, ctx) => run(ctx.idempotencyKey, { round: 1 }),
};

if (import.meta.main) {
  const store = sqliteStore(file, { synchronous: 'normal' });
  const own = createRuntime({ store, functions }).thread(build(TEXT), thread);
  const known = store.load(thread) !== undefined;
  const result = action === 'answer' ? await own.resume('yes') : known ? await own.recover() : await own.invoke({});
  console.log(JSON.stringify({ status: result.status, output: result.output }));
  store.close();
}
