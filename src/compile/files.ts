import type { Reporter, Span } from '../diagnostic/diagnostic.ts';

/** How the compiler, which knows no file system, reads what a graph names. */
export interface ReadFile {
  /** The text of a file, or undefined when it cannot be read. Paths use `/`. */
  read(file: string): string | undefined;
  /** The graph file itself; references are relative to its folder. */
  readonly from: string;
  /** The folder that no reference may leave. */
  readonly root: string;
}

/** Joins and normalises with `/`; pure, so that the compiler runs in a browser. */
export function joinPath(folder: string, reference: string): string {
  const absolute = folder.startsWith('/');
  const out: string[] = [];
  for (const part of `${folder}/${reference}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else if (part !== '..' || !absolute) out.push(part);
  }
  return (absolute ? '/' : '') + out.join('/');
}

/** The folder of a file, `.` when it has none. */
export function folderOf(file: string): string {
  const at = file.lastIndexOf('/');
  return at < 0 ? '.' : at === 0 ? '/' : file.slice(0, at);
}

/** Under which name the export that `./file.ts#export` means is known, whichever graph names it; other names stay. */
export function referenceKey(reference: string, from: string): string {
  const at = reference.indexOf('#');
  if (at < 0) return reference;
  return `${joinPath(folderOf(from), reference.slice(0, at))}#${reference.slice(at + 1)}`;
}

/** Resolves a file reference of a graph, or reports that it leaves the project folder. */
export function resolveReference(
  reference: string,
  span: Span,
  files: ReadFile,
  reporter: Reporter,
): string | undefined {
  const file = joinPath(folderOf(files.from), reference);
  const root = joinPath(files.root, '.');
  const inside =
    root === '' ? !file.startsWith('..') && !file.startsWith('/') : file.startsWith(`${root === '/' ? '' : root}/`);
  if (inside && !/^([A-Za-z]:)?[/\\]/.test(reference) && !reference.includes('\0')) return file;
  const hint = `references are relative to the graph and stay inside ${files.root === '' ? 'its folder' : files.root}`;
  reporter.report('outside-root', span, `"${reference}" is outside the project folder`, { hint });
  return undefined;
}
