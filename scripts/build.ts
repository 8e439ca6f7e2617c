/**
 * Builds what the package ships: `dist` from nothing, and beside the functions of the shipped graphs their JavaScript,
 * because Node strips no types inside `node_modules`.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

function buildSources(): void {
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', path.join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
}

function buildGraphs(): void {
  const graphs = path.join(root, 'graphs');
  for (const name of readdirSync(graphs, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const file = path.join(graphs, name);
    const plain = stripTypeScriptTypes(readFileSync(file, 'utf8'));
    writeFileSync(file.replace(/\.ts$/, '.js'), plain.replaceAll(/(from\s+'\.[^']*)\.ts'/g, "$1.js'"));
  }
}

buildSources();
buildGraphs();
