/** Files of a project: how they are read, where the project ends, and how people call them. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic, Span } from '../diagnostic/diagnostic.ts';
import type { Env } from '../nodes/world.ts';

export const slashes = (file: string): string => file.split(path.sep).join('/');

/** The nearest folder above a file with a `package.json`, else its own. */
export function projectRoot(file: string): string {
  const own = path.dirname(file);
  for (let folder = own; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (path.dirname(folder) === folder) return own;
  }
}

/** The text of a file, or undefined when it cannot be read. */
export function tryRead(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** The model of those who name none. */
export const environmentModel = (env: Env = process.env): string | undefined =>
  env.STATEWRIGHT_MODEL?.trim() || undefined;

/** Names files below the working directory relative to it, as people do. */
export function shorten(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): [Diagnostic[], Map<string, string>] {
  const short = (file: string): string => {
    const relative = path.relative(process.cwd(), file);
    return relative.startsWith('..') || relative === '' ? file : slashes(relative);
  };
  const at = (span: Span): Span => ({ ...span, file: short(span.file) });
  const renamed = diagnostics.map(d => ({
    ...d,
    span: at(d.span),
    ...(d.related ? { related: d.related.map(r => ({ ...r, span: at(r.span) })) } : {}),
  }));
  return [renamed, new Map([...sources].map(([file, text]) => [short(file), text]))];
}
