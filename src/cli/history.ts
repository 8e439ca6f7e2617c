/** `statewright history`: the checkpoints of a thread as a tree, with its forks under those that they began from. */
import type { Checkpoint, Store, StoredThread } from '../store/store.ts';
import { EXIT } from './exit.ts';
import { type StoreOptions, storedThread, withStore } from './open-store.ts';
import { colorsFor, fitted, moment, printJson, visible } from './output.ts';
import { paintStatus, threadJson } from './threads.ts';

interface Past {
  readonly thread: StoredThread;
  /** The oldest first. */
  readonly checkpoints: readonly Checkpoint[];
  /** By the checkpoint that they began from. */
  readonly forks: ReadonlyMap<number, readonly Past[]>;
}

/** @param seen threads that are in the tree: one that was removed and made again may be its own ancestor's fork */
async function pastOf(store: Store, thread: StoredThread, seen: Set<string>): Promise<Past> {
  seen.add(thread.id);
  const checkpoints = [...(await store.history(thread.id))].reverse();
  const forks = new Map<number, Past[]>();
  const found = [...(await store.threads({ forkOf: thread.id }))].sort((a, b) => a.created - b.created);
  for (const fork of found) {
    if (seen.has(fork.id) || !fork.origin) continue;
    const { seq } = fork.origin;
    forks.set(seq, [...(forks.get(seq) ?? []), await pastOf(store, fork, seen)]);
  }
  return { thread, checkpoints, forks };
}

/** A line of the tree, in parts: what leads to it, and what it says. */
interface Line {
  readonly text: string;
  /** Where its status stands in the text. */
  readonly status?: { readonly at: number; readonly is: Checkpoint['status'] };
}

function checkpointLine(head: string, { seq, at, status, label }: Checkpoint, width: number): Line {
  const before = `${head}${String(seq).padStart(width)}  ${moment(at, process.stdout)}  `;
  const text = `${before}${status.padEnd(9)}  ${visible(label)}`.trimEnd();
  return { text, status: { at: before.length, is: status } };
}

function threadLine(head: string, { id, status, graph }: StoredThread, more: string): Line {
  const before = `${head}${visible(id)}  `;
  return { text: `${before}${status}  ${visible(graph)}${more}`, status: { at: before.length, is: status } };
}

/** The rows below a thread: its checkpoints, and in place of those that were forgotten one that says so. */
function rowsOf({
  checkpoints,
  forks,
}: Past): readonly (Checkpoint | { readonly gone: string; readonly upTo: number })[] {
  const rows: (Checkpoint | { gone: string; upTo: number })[] = [];
  let next = 1;
  for (const checkpoint of checkpoints) {
    const { seq } = checkpoint;
    const kept = [...forks.keys()].filter(from => from >= next && from < seq).sort((a, b) => a - b);
    for (const upTo of new Set([...kept, ...(seq > next ? [seq - 1] : [])])) {
      rows.push({ gone: upTo === next ? `${next}` : `${next} to ${upTo}`, upTo });
      next = upTo + 1;
    }
    rows.push(checkpoint);
    next = seq + 1;
  }
  return rows;
}

function linesOf(past: Past, indent: string): Line[] {
  const rows = rowsOf(past);
  const width = String(past.thread.seq).length;
  return rows.flatMap((row, i) => {
    const last = i === rows.length - 1;
    const head = `${indent}${last ? '└─ ' : '├─ '}`;
    const own = 'seq' in row ? checkpointLine(head, row, width) : { text: `${head}${row.gone} forgotten` };
    const forks = past.forks.get('seq' in row ? row.seq : row.upTo) ?? [];
    const below = `${indent}${last ? '   ' : '│  '}`;
    return [
      own,
      ...forks.flatMap((fork, n) => {
        const end = n === forks.length - 1;
        const under = `${below}${end ? '   ' : '│  '}`;
        return [threadLine(`${below}${end ? '└─ ' : '├─ '}`, fork.thread, ''), ...linesOf(fork, under)];
      }),
    ];
  });
}

function printPast(past: Past): void {
  const { stdout } = process;
  const c = colorsFor(stdout);
  const { origin } = past.thread;
  const from = origin ? `  (fork of ${visible(origin.thread)} at ${origin.seq})` : '';
  for (const { text, status } of [threadLine('', past.thread, from), ...linesOf(past, '')]) {
    const line = fitted(text, stdout);
    if (!status) stdout.write(`${c.dim(line)}\n`);
    else {
      const end = status.at + status.is.length;
      const painted = paintStatus(status.is, c)(line.slice(status.at, end));
      stdout.write(`${line.slice(0, status.at)}${painted}${line.slice(end)}\n`);
    }
  }
}

function pastJson({ thread, checkpoints, forks }: Past): object {
  const orphans = [...forks].filter(([seq]) => checkpoints.every(own => own.seq !== seq)).flatMap(([, own]) => own);
  return {
    ...threadJson(thread),
    checkpoints: checkpoints.map(({ at, ...own }) => ({
      ...own,
      at: new Date(at).toISOString(),
      forks: (forks.get(own.seq) ?? []).map(pastJson),
    })),
    // Of checkpoints that were forgotten.
    forks: orphans.map(pastJson),
  };
}

/** Prints how a thread came to stand as it does. */
export function historyCommand(id: string, options: StoreOptions & { readonly json?: boolean }): Promise<number> {
  return withStore(options, async ({ store }) => {
    const past = await pastOf(store, await storedThread(store, id), new Set());
    if (options.json) printJson(pastJson(past));
    else printPast(past);
    return EXIT.done;
  });
}
