import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder of one's own that is empty, and how to remove it. What is left when the process exits is removed then. */
export interface Folder {
  readonly path: string;
  remove(): void;
}

const left = new Set<Folder>();
process.on('exit', () => {
  for (const folder of left) folder.remove();
});

export function newFolder(): Folder {
  const folder: Folder = {
    path: mkdtempSync(path.join(tmpdir(), 'statewright-bench-')),
    remove() {
      left.delete(folder);
      rmSync(folder.path, { recursive: true, force: true });
    },
  };
  left.add(folder);
  return folder;
}
