/**
 * Builds what the package ships: `dist` from nothing, and beside the functions of the shipped graphs their JavaScript,
 * because Node strips no types inside `node_modules`.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
rmSync(path.join(root, 'dist'), { recursive: true, force: true });
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
for (const config of ['tsconfig.build.json', 'tsconfig.graphs.json']) {
  execFileSync(process.execPath, [tsc, '-p', path.join(root, config)], { stdio: 'inherit' });
}
