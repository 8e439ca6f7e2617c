import { existsSync } from 'node:fs';

/** Node strips no types inside `node_modules`: a package that ships graphs ships JavaScript beside their functions. */
export function runnable(file: string): string {
  const built = file.replace(/\.ts$/, '.js');
  return built !== file && file.includes('/node_modules/') && existsSync(built) ? built : file;
}
