import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { from, lastValueFrom, map, toArray } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { createActor, toPromise, waitFor } from 'xstate';
import { failuresOf, interruptsOf, loadGraph } from '../src/index.ts';
import { Bodies, build } from './helpers.ts';

const text = `
name: review
state: { n: { type: number, default: 1 }, ok: boolean? }
nodes:
  work: { type: function, function: work }
  review: { type: interrupt, message: "{{ n }}?", schema: { ok: boolean }, output: { ok: output.ok } }
  end: { type: function, function: end }
edges: ["START -> work -> review -> end -> END"]
`;

const folder = mkdtempSync(path.join(tmpdir(), 'statewright-actor-'));
afterAll(() => rmSync(folder, { recursive: true }));

function reviewGraph(): { graph: ReturnType<typeof build>; bodies: Bodies } {
  const bodies = new Bodies();
  const functions = { work: bodies.now('work', { n: 2 }), end: bodies.now('end') };
  return { graph: build(text, { functions }), bodies };
}

describe('a compiled graph as a plain XState actor', () => {
  it('runs, waits with a tag, takes the answer and gives its output', async () => {
    const { graph } = reviewGraph();
    const actor = createActor(graph.machine, { input: {} }).start();
    const waiting = await waitFor(actor, s => s.hasTag('interrupt'));
    expect(interruptsOf(waiting)).toMatchObject([{ id: 'review', message: '2?' }]);
    expect(waiting.can({ type: 'resume', id: 'review', value: { ok: 1 } })).toBe(false);
    expect(waiting.can({ type: 'resume', id: 'other', value: { ok: true } })).toBe(false);
    actor.send({ type: 'resume', value: { ok: false } });
    expect(await toPromise(actor)).toEqual({ n: 2, ok: false });
  });

  it('streams its snapshots to RxJS', async () => {
    const { graph } = reviewGraph();
    const actor = createActor(graph.machine, { input: { n: 5 } });
    const values = lastValueFrom(
      from(actor).pipe(
        map(s => JSON.stringify(s.value)),
        toArray(),
      ),
    );
    actor.start();
    await waitFor(actor, s => s.hasTag('interrupt'));
    actor.send({ type: 'resume', id: 'review', value: { ok: true } });
    expect(await values).toEqual(['"work"', '"review"', '"end"', '"$done"']);
  });

  it('waits with a tag when a node fails, and retries it', async () => {
    let broken = true;
    const functions = {
      work: () => {
        if (broken) throw new Error('broken');
        return {};
      },
      end: () => ({}),
    };
    const actor = createActor(build(text, { functions }).machine, { input: {} }).start();
    const failed = await waitFor(actor, s => s.hasTag('failed'));
    expect(failuresOf(failed)).toMatchObject([
      { id: 'work', node: 'work', error: { name: 'Error', message: 'broken' } },
    ]);
    broken = false;
    actor.send({ type: 'retry', id: 'work' });
    expect(interruptsOf(await waitFor(actor, s => s.hasTag('interrupt')))).toHaveLength(1);
  });

  it('refuses an input that does not fit', () => {
    const { graph } = reviewGraph();
    const actor = createActor(graph.machine, { input: { n: 'x' } });
    expect(actor.getSnapshot()).toMatchObject({ status: 'error', error: { name: 'InputError' } });
  });

  it('keeps no copy of the state in the children of a snapshot', async () => {
    const bodies = new Bodies();
    const graph = build(text, { functions: { work: bodies.hold('work'), end: bodies.now('end') } });
    const actor = createActor(graph.machine, { input: {} }).start();
    await Promise.resolve();
    const persisted = actor.getPersistedSnapshot() as unknown as { children: object };
    expect(JSON.stringify(persisted.children)).not.toContain('"n"');
    actor.stop();
  });
});

describe('a snapshot taken while an interrupt waits', () => {
  it('is JSON, and goes on in another process without running again what was done', async () => {
    const file = path.join(folder, 'review.yaml');
    writeFileSync(
      file,
      text.replace('function: work', 'function: ./work.ts#work').replace('function: end', 'function: ./work.ts#end'),
    );
    writeFileSync(
      path.join(folder, 'work.ts'),
      `export const work = () => { console.log('work'); return { n: 2 }; };\nexport const end = () => { console.log('end'); };\n`,
    );
    const graph = await loadGraph(file);
    const actor = createActor(graph.machine, { input: {} }).start();
    await waitFor(actor, s => s.hasTag('interrupt'));
    writeFileSync(path.join(folder, 'snapshot.json'), JSON.stringify(actor.getPersistedSnapshot()));
    actor.stop();
    const script = `
      import { readFileSync } from 'node:fs';
      import { createActor, toPromise } from 'xstate';
      import { loadGraph } from ${JSON.stringify(path.resolve('src/index.ts'))};
      const graph = await loadGraph(process.argv[1]);
      const snapshot = JSON.parse(readFileSync(process.argv[2], 'utf8'));
      const actor = createActor(graph.machine, { snapshot }).start();
      actor.send({ type: 'resume', id: 'review', value: { ok: true } });
      console.log(JSON.stringify(await toPromise(actor)));
    `;
    const args = ['--input-type=module', '-e', script, file, path.join(folder, 'snapshot.json')];
    const out = execFileSync(process.execPath, args, { cwd: path.resolve('.'), encoding: 'utf8' });
    expect(out.trim().split('\n')).toEqual(['end', '{"n":2,"ok":true}']);
  });
});
