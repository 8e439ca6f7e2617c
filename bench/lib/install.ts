/** LangGraph.js is a dependency of the benchmarks alone: a package of its own in this folder, installed when it is first needed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(import.meta.dirname, '..');

/** Whether what is installed is what the lockfile says. */
function isInstalled(): boolean {
  const installed = path.join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const packagesOf = (file: string): Record<string, { version?: string }> =>
    (JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, { version?: string }> }).packages;
  const has = packagesOf(installed);
  const wanted = Object.entries(packagesOf(path.join(folder, 'package-lock.json')));
  return wanted.every(([name, { version }]) => name === '' || has[name]?.version === version);
}

/** Installs it, unless it is there. Returns whether it is there now. */
export function install(progress: (text: string) => void): boolean {
  if (isInstalled()) return true;
  progress('installing LangGraph.js into bench/node_modules');
  const { status } = spawnSync('npm', ['ci', '--silent'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) progress('it could not be installed: there is nothing to compare with');
  return status === 0;
}
