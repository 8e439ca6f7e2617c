/** Finds the text files below a folder, sorted by name, without following links. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { LeftOut } from './types.ts';

const TEXT = /\.(md|markdown|mdx|txt|text|rst|adoc|asciidoc)$/i;

/** How many names are looked at before the search ends: a path such as `/` must not run for hours. */
const MAX_ENTRIES = 100_000;

export interface Found {
  /** Relative to the folder, with `/`. */
  readonly files: string[];
  readonly leftOut: LeftOut[];
  /** Why the search ended early; null when all was seen. */
  readonly limit: string | null;
}

interface Search {
  readonly root: string;
  readonly maxFiles: number;
  readonly signal: AbortSignal;
  readonly files: string[];
  readonly leftOut: LeftOut[];
  seen: number;
  limit: string | null;
}

/** By code unit, so that the order is the same everywhere; the files of a folder before its subfolders. */
function inOrder(a: Dirent, b: Dirent): number {
  if (a.isDirectory() !== b.isDirectory()) return a.isDirectory() ? 1 : -1;
  return a.name < b.name ? -1 : 1;
}

const isHidden = (name: string): boolean => name.startsWith('.') || name === 'node_modules';

async function entriesOf(folder: string, search: Search): Promise<Dirent[]> {
  try {
    const entries = await readdir(path.join(search.root, folder), { withFileTypes: true });
    return entries.sort(inOrder);
  } catch (cause) {
    const why = `cannot be read (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message})`;
    search.leftOut.push({ file: `${folder || '.'}/`, why });
    return [];
  }
}

function take(file: string, entry: Dirent, search: Search): void {
  if (!TEXT.test(file)) return;
  if (entry.isSymbolicLink()) search.leftOut.push({ file, why: 'a symbolic link' });
  else if (entry.isFile() && search.files.length < search.maxFiles) search.files.push(file);
  else if (entry.isFile()) {
    search.limit = `only the first ${search.maxFiles.toLocaleString('en')} files were read, up to ${search.files.at(-1)}`;
  }
}

async function visit(folder: string, search: Search): Promise<void> {
  search.signal.throwIfAborted();
  for (const entry of await entriesOf(folder, search)) {
    if (search.limit !== null) return;
    if (++search.seen > MAX_ENTRIES) {
      search.limit = `the search ended after ${MAX_ENTRIES.toLocaleString('en')} names`;
      return;
    }
    if (isHidden(entry.name)) continue;
    const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) await visit(file, search);
    else take(file, entry, search);
  }
}

/** Walks the folder. Hidden names and `node_modules` are passed over in silence, as are files that hold no text. */
export async function findTextFiles(root: string, maxFiles: number, signal: AbortSignal): Promise<Found> {
  const search: Search = { root, maxFiles, signal, files: [], leftOut: [], seen: 0, limit: null };
  await visit('', search);
  return { files: search.files, leftOut: search.leftOut, limit: search.limit };
}
