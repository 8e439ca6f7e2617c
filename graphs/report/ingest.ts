/** Reads the text files of a folder, or one file, within bounds; what is left out is said. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Context, Doc, LeftOut, Source } from './types.ts';
import { findTextFiles } from './walk.ts';

/** How much is read at most. Sizes are bytes. */
export interface Bounds {
  readonly files: number;
  readonly fileSize: number;
  readonly totalSize: number;
}

const BOUNDS: Bounds = { files: 2_000, fileSize: 1_000_000, totalSize: 20_000_000 };

/** The path cannot be reported on; the message says why and what to do. */
export class IngestError extends Error {
  override readonly name = 'IngestError';
  readonly code: 'no-path' | 'no-text';
  constructor(code: IngestError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const slashes = (file: string): string => file.split(path.sep).join('/');

/** What the report calls the folder: the path as it was given, unless that says too little or too much. */
function nameOf(given: string): string {
  const relative = slashes(path.normalize(given)).replace(/\/$/, '');
  const plain = !path.isAbsolute(given) && relative !== '.' && !relative.startsWith('..');
  return plain ? relative : path.basename(path.resolve(given)) || 'the whole disk';
}

function megabytes(bytes: number): string {
  return `${bytes / 1_000_000} MB`;
}

/** The text of a file, or why there is none. */
function decode(bytes: Buffer): { text: string } | { why: string } {
  if (bytes.subarray(0, 8_000).includes(0)) return { why: 'not text' };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text: text.replace(/\r\n?/g, '\n') };
  } catch {
    return { why: 'not UTF-8' };
  }
}

async function load(file: string, fileSize: number): Promise<{ text: string; size: number } | { why: string }> {
  try {
    const { size } = await stat(file);
    if (size > fileSize) return { why: `over ${megabytes(fileSize)}` };
    const decoded = decode(await readFile(file));
    return 'why' in decoded ? decoded : { text: decoded.text, size };
  } catch (cause) {
    return { why: `cannot be read (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message})` };
  }
}

/** Says what a path is; throws {@link IngestError} when it leads nowhere. */
async function kindOf(given: string): Promise<'folder' | 'file'> {
  if (given.trim() === '') throw new IngestError('no-path', 'the path is empty; give a folder: -i path=docs');
  try {
    return (await stat(given)).isDirectory() ? 'folder' : 'file';
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    const why = missing ? 'does not exist' : `cannot be read (${code})`;
    const where = path.isAbsolute(given) ? '' : ` (looked for ${path.resolve(given)})`;
    throw new IngestError('no-path', `the folder "${given}" ${why}${where}; give another one: -i path=<folder>`);
  }
}

function refuseEmpty(given: string, kind: 'folder' | 'file', leftOut: readonly LeftOut[]): never {
  const [first] = leftOut;
  if (kind === 'file') throw new IngestError('no-text', `the file "${given}" cannot be used: ${first?.why}`);
  const others = first
    ? `; ${leftOut.length} ${leftOut.length === 1 ? 'was' : 'were'} left out, such as ${first.file} (${first.why})`
    : '; a report is made of .md, .mdx, .txt, .rst and .adoc files';
  throw new IngestError('no-text', `there are no text files in the folder "${given}"${others}`);
}

/** Reads the documents below `path`, in order of name. */
export async function ingest(
  { path: given }: { readonly path: string },
  { signal }: Context,
  bounds: Bounds = BOUNDS,
): Promise<{ source: Source; docs: Doc[] }> {
  const kind = await kindOf(given);
  const base = kind === 'folder' ? given : path.dirname(given);
  const found = kind === 'folder' ? await findTextFiles(given, bounds.files, signal) : oneFile(given);
  const leftOut: LeftOut[] = [...found.leftOut];
  let { limit } = found;
  const docs: Doc[] = [];
  let total = 0;
  for (const file of found.files) {
    signal.throwIfAborted();
    const loaded = await load(path.join(base, file), bounds.fileSize);
    if ('why' in loaded) {
      leftOut.push({ file, why: loaded.why });
      continue;
    }
    total += loaded.size;
    if (total > bounds.totalSize) {
      limit = `only the first ${megabytes(bounds.totalSize)} were read, up to ${docs.at(-1)?.file ?? 'nothing'}`;
      break;
    }
    docs.push({ file, text: loaded.text });
  }
  if (docs.length === 0) refuseEmpty(given, kind, leftOut);
  leftOut.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { source: { name: nameOf(given), base: slashes(base), leftOut, limit }, docs };
}

function oneFile(given: string): { files: string[]; leftOut: LeftOut[]; limit: string | null } {
  return { files: [path.basename(given)], leftOut: [], limit: null };
}
