/**
 * Writes what is derived from the sources: `machines/generated/*.ts`, one for every graph in `graphs/`, the JSON Schema
 * of the language, and the drawing in the README. With `--check` nothing is written, and the exit code is 1 when something is stale.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { toSvg } from '../src/format/svg.ts';
import { toTypeScript } from '../src/format/typescript.ts';
import { graphJsonSchema, loadGraph } from '../src/index.ts';

const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(root, 'machines/generated');

async function generated(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const graphs = readdirSync(path.join(root, 'graphs')).filter(f => f.endsWith('.yaml') && !f.endsWith('.script.yaml'));
  for (const file of graphs.sort()) {
    const graph = await loadGraph(path.join(root, 'graphs', file));
    files.set(path.join(folder, file.replace(/\.yaml$/, '.ts')), toTypeScript(graph.plan, `graphs/${file}`));
  }
  files.set(path.join(root, 'schema/graph.schema.json'), `${JSON.stringify(graphJsonSchema(), null, 2)}\n`);
  const drawn = await loadGraph(path.join(root, 'graphs/interview.yaml'));
  files.set(path.join(root, 'docs/interview.svg'), await toSvg(drawn.plan));
  return files;
}

function current(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const files = await generated();
const orphans = readdirSync(folder, { withFileTypes: true })
  .map(entry => path.join(folder, entry.name))
  .filter(file => !files.has(file));
const stale = [...files].filter(([file, text]) => current(file) !== text).map(([file]) => file);
if (process.argv.includes('--check')) {
  for (const file of [...stale, ...orphans])
    console.error(`stale: ${path.relative(root, file)}; run "npm run generate"`);
  process.exitCode = stale.length + orphans.length > 0 ? 1 : 0;
} else {
  for (const [file, text] of files) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  for (const file of orphans) rmSync(file);
  console.log(`${files.size} files, ${stale.length} changed, ${orphans.length} removed`);
}
