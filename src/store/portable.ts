/**
 * A thread as one JSON value, with its whole history: to take it to another store, or to keep it.
 *
 * - C1. A thread is imported by one commit.
 * - C9. A text that is not what its digest says, or is missing, is refused, and nothing is changed.
 */
import { z } from 'zod';
import { STATUSES, type Store, type StoredCheckpoint, StoreError } from './store.ts';
import { digestOf, isReference, refer, referencesIn } from './tree.ts';

const FORMAT = 'statewright-thread';
const VERSION = 1;

const count = z.int().min(1);
const moment = z.number().min(0);

const threadFile = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  thread: z.strictObject({
    id: z.string(),
    graph: z.string(),
    /** The file of the graph. */
    file: z.string(),
    created: moment,
    due: moment.optional(),
    origin: z.strictObject({ thread: z.string(), seq: count }).optional(),
  }),
  /** The oldest first. */
  checkpoints: z
    .array(z.strictObject({ seq: count, at: moment, status: z.enum(STATUSES), label: z.string(), root: z.string() }))
    .min(1),
  /** The bodies that run or are to run at the newest checkpoint. */
  tasks: z.array(z.string()),
  /** By digest: what the checkpoints refer to. */
  texts: z.record(z.string(), z.string()),
});

/** A thread as it is exported: a JSON value. Times are milliseconds since 1970. */
export type ThreadFile = z.infer<typeof threadFile>;

/** How many texts are asked for at once. */
const AT_ONCE = 500;

async function checkpointsOf(store: Store, id: string, newest: StoredCheckpoint, key: string) {
  const before = (await store.history(id)).filter(({ seq }) => seq < newest.seq);
  const found: StoredCheckpoint[] = [newest];
  for (const { seq } of before) {
    const loaded = await store.load(id, seq);
    // Forgotten meanwhile, and all that are older with it.
    if (!loaded) break;
    if (loaded.thread.key !== key) throw StoreError.stale(id);
    found.push(loaded.checkpoint);
  }
  return found.reverse();
}

/** The texts that some lead to. */
async function textsOf(store: Store, roots: readonly string[]): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  let next = [...new Set(roots.flatMap(referencesIn))];
  while (next.length > 0) {
    const [now, later] = [next.slice(0, AT_ONCE), next.slice(AT_ONCE)];
    const found = await store.texts(now);
    for (const [digest, text] of found) texts[digest] = text;
    const further = [...found.values()].flatMap(referencesIn);
    next = [...new Set([...later, ...further])].filter(digest => !Object.hasOwn(texts, digest));
  }
  return texts;
}

/**
 * A thread with its history, as it stands now; a thread that runs may be exported. Its forks are threads of their own.
 * Rejects with {@link StoreError} `stale` when it is not there.
 */
export async function exportThread(store: Store, id: string): Promise<ThreadFile> {
  const loaded = await store.load(id);
  if (!loaded) throw new StoreError('stale', `there is no thread "${id}" in the store`);
  const { thread, checkpoint, tasks } = loaded;
  const kept = await checkpointsOf(store, id, checkpoint, thread.key);
  // In a file nothing but texts has a digest, so what a checkpoint says is to be one.
  const roots = new Map<string, string>();
  const checkpoints = kept.map(c => (isReference(c.root) ? c : { ...c, root: refer(c.root, roots) }));
  const { graph, file, created, due, origin } = thread;
  return {
    format: FORMAT,
    version: VERSION,
    thread: { id, graph, file, created, ...(due === undefined ? {} : { due }), ...(origin ? { origin } : {}) },
    checkpoints,
    tasks: tasks.map(({ task }) => task),
    texts: {
      ...(await textsOf(
        store,
        kept.map(({ root }) => root),
      )),
      ...Object.fromEntries(roots),
    },
  };
}

/** Checks that a value is the file of a thread, and that nothing in it is missing or changed. Throws {@link StoreError}. */
export function checkThreadFile(value: unknown): ThreadFile {
  const { format, version } = (value ?? {}) as { readonly format?: unknown; readonly version?: unknown };
  if (format !== FORMAT) throw new StoreError('foreign', `this is no thread: its "format" is not "${FORMAT}"`);
  if (typeof version === 'number' && version > VERSION)
    throw new StoreError('version', `the thread was written by a newer statewright (version ${version} of its format)`);
  const read = threadFile.safeParse(value);
  if (!read.success) throw new StoreError('corrupt', `the thread is damaged: ${placeOf(read.error)}`);
  checkOrder(read.data);
  checkTexts(read.data);
  return read.data;
}

function placeOf({ issues }: z.ZodError): string {
  const [first] = issues;
  return `${first?.path.join('.') || 'its top'}: ${first?.message}`;
}

function checkOrder({ checkpoints }: ThreadFile): void {
  for (const [i, { seq }] of checkpoints.entries()) {
    const before = checkpoints[i - 1]?.seq;
    if (before !== undefined && seq !== before + 1)
      throw new StoreError('corrupt', `the thread is damaged: checkpoint ${seq} stands after ${before}`);
  }
}

/** From the roots down, so that what is missing is found where it is needed. */
function checkTexts({ checkpoints, texts }: ThreadFile): void {
  const checked = new Set<string>();
  const check = (text: string, place: string): void => {
    for (const digest of referencesIn(text)) {
      if (checked.has(digest)) continue;
      checked.add(digest);
      const found = Object.hasOwn(texts, digest) ? texts[digest] : undefined;
      if (found === undefined)
        throw new StoreError('corrupt', `the thread is damaged: ${place} needs the text ${digest}`);
      if (digestOf(found) !== digest)
        throw new StoreError(
          'corrupt',
          `the thread is damaged: the text ${digest} of ${place} is not what was exported`,
        );
      check(found, place);
    }
  };
  for (const { seq, root } of checkpoints) check(root, `checkpoint ${seq}`);
}

/**
 * Puts a thread into a store, under the id that it had, and gives the id. Its tasks are nobody's then: `recover` takes them.
 * Where the store does not have the checkpoint that it was forked from, it has no origin there.
 *
 * Rejects with {@link StoreError}, and changes nothing: `foreign` for a value that is no thread, `version` for one of a
 * newer release, `corrupt` for one that is damaged, `stale` when there is a thread with its id.
 */
export async function importThread(store: Store, value: unknown): Promise<string> {
  const { thread, checkpoints, tasks, texts } = checkThreadFile(value);
  const { id, graph, file, created, due, origin } = thread;
  if (await store.head(id)) throw new StoreError('stale', `there is a thread "${id}" already; nothing was changed`);
  const known = origin && (await store.load(origin.thread, origin.seq));
  await store.commit({
    thread: id,
    before: 0,
    graph,
    file,
    checkpoints,
    texts: new Map(Object.entries(texts)),
    started: tasks.map(task => ({ task })),
    ended: [],
    due,
    imported: { created },
    ...(known && origin ? { origin } : {}),
  });
  return id;
}
