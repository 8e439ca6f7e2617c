/** The interpreter's rule of maps: so many items at once, what fails and may be tried again, when enough succeeded. */
import type { MapNode } from '../../src/compile/graph.ts';
import { type Failure, failure, type Path, run, type View, type Wait, type Waits } from './waits.ts';

type Result = { readonly value: unknown } | { readonly error: Failure };

interface Around {
  readonly waits: Waits;
  /** What the map is called from outside. */
  readonly name: string;
  /** Too few successes are an error of the node. */
  readonly gives: boolean;
  readonly items: readonly unknown[];
  item(inside: View, index: number): Path<unknown>;
}

/** Runs the items of a map and gives its output. */
export function* mapItems(def: MapNode, view: View, limits: readonly Wait[], around: Around): Path<unknown> {
  const { waits, items } = around;
  const { minSuccess = items.length, concurrency, onError } = def;
  const needed = Math.min(items.length, Math.ceil(minSuccess < 1 ? minSuccess * items.length : minSuccess));
  const isLeftToNode = around.gives || (onError !== undefined && onError !== 'fail');
  const results: (Result | undefined)[] = items.map(() => undefined);
  const again: number[] = [];
  const errors = (): number => results.filter(r => r && 'error' in r).length;
  const isFailing = (): boolean => items.length - errors() < needed;
  // What waits in the items ends with the map.
  const inside: View = { ...view, around: view };

  try {
    yield* waits.first(view, limits, done => {
      let next = 0;
      let running = 0;
      const go = (): void => {
        while (running < concurrency && (again.length > 0 || next < items.length)) begin(again.shift() ?? next++);
        const isDone = results.every(r => r) && (isLeftToNode || !isFailing());
        if (isDone && again.length === 0) done();
      };
      const begin = (index: number): void => {
        running++;
        results[index] = undefined;
        const end = (result: Result): void => {
          running--;
          results[index] = result;
          if ('error' in result && !isLeftToNode) offer(index);
          go();
        };
        run(
          around.item(inside, index),
          value => end({ value }),
          error => end({ error }),
        );
      };
      /** What failed may be tried again while too few can succeed without it. */
      const offer = (index: number): void => {
        const retry = waits.make('failure', `!${around.name}[${index}]`, { shown: isFailing });
        run(waits.first(inside, [retry]), () => {
          results[index] = undefined;
          again.push(index);
          again.sort((a, b) => a - b);
          go();
        });
      };
      go();
    });
  } finally {
    waits.cancel(inside);
  }
  if (isFailing()) throw failure('min-success');
  const failures = results.flatMap((result, index) => {
    if (!result || !('error' in result)) return [];
    const { name, message, code } = result.error;
    return [{ index, item: items[index], error: { name, message, code } }];
  });
  return { results: results.flatMap(r => (r && 'value' in r ? [r.value] : [])), failures };
}
