import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

/** Which folders of `src` a folder may import from, besides itself. */
const MAY: Record<string, string[]> = {
  diagnostic: [],
  compile: ['diagnostic'],
  format: ['compile', 'diagnostic'],
  core: ['compile', 'diagnostic'],
  models: [],
  nodes: ['compile', 'core', 'models'],
  tools: ['compile', 'models', 'nodes'],
  providers: ['compile', 'diagnostic', 'models', 'nodes', 'tools'],
  graph: ['compile', 'core', 'diagnostic', 'models', 'nodes', 'providers', 'tools'],
  store: [],
  runtime: ['compile', 'core', 'graph', 'models', 'nodes', 'providers', 'store', 'tools'],
  ui: ['compile', 'core', 'runtime'],
  explore: ['compile', 'core', 'graph'],
  prompts: ['compile', 'diagnostic', 'graph', 'models', 'nodes', 'providers'],
  testing: ['explore', 'models', 'runtime', 'store'],
  cli: ['compile', 'core', 'diagnostic', 'explore', 'format', 'graph', 'models', 'runtime', 'store'],
  '': [
    'cli',
    'compile',
    'core',
    'diagnostic',
    'graph',
    'models',
    'nodes',
    'prompts',
    'providers',
    'runtime',
    'store',
    'tools',
    'ui',
  ],
};

/** Packages that only some files know. */
const ONLY: Record<string, RegExp> = {
  xstate: /^src\/(compile\/(emit|pool-actor|steady-scope)|core\/(core|live|task-machine))\.ts$/,
  '@marcbachmann/cel-js': /^src\/compile\/expr\.ts$/,
  liquidjs: /^src\/compile\/text\.ts$/,
  commander: /^src\/cli\/main\.ts$/,
  'elkjs/lib/elk-api.js': /^src\/format\/svg\/layout\.ts$/,
  'elkjs/lib/elk.bundled.js': /^src\/format\/svg\/layout\.ts$/,
  '@xstate/graph': /^src\/explore\/traverse\.ts$/,
  '@clack/prompts': /^src\/cli\/ask\.ts$/,
  undici: /^src\/tools\/http-client\.ts$/,
  'ipaddr.js': /^src\/tools\/address\.ts$/,
  execa: /^src\/tools\/run-shell\.ts$/,
  '@opentelemetry/api': /^src\/runtime\/(tracing|traced-deps|span-attributes)\.ts$/,
  'rxjs/internal/Observable': /^src\/runtime\/streams\.ts$/,
  pg: /^src\/store\/postgres(-\w+)?\.ts$/,
  piscina: /^src\/tools\/threads\.ts$/,
};

/** Built-in modules: the compiler and the core run in a browser too. */
const NODE_FREE = /^src\/(compile|core|diagnostic|explore|format|models|nodes)\//;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter(e => e.isFile() && e.name.endsWith('.ts'))
    .map(e => path.relative(root, path.join(e.parentPath, e.name)));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const found = text.matchAll(/^\s*(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)/gms);
  return [...found].map(m => {
    const to = m[2] ?? m[3] ?? '';
    const resolved = to.startsWith('.') ? path.join(path.dirname(file), to) : to;
    return { from: file, to: resolved, typeOnly: m[1] !== undefined };
  });
}

const files = sources('src');
const imports = files.flatMap(importsOf);
const layer = (file: string): string => file.split('/').slice(1, -1)[0] ?? '';

it('each folder imports only from the layers below it', () => {
  const wrong = imports.filter(({ from, to }) => {
    if (!to.startsWith('src/')) return false;
    const [own, other] = [layer(from), layer(to)];
    return own !== other && !(MAY[own] ?? []).includes(other);
  });
  expect(wrong.map(i => `${i.from} -> ${i.to}`)).toEqual([]);
});

it('there are no import cycles', () => {
  const next = new Map(files.map(f => [f, imports.filter(i => i.from === f && !i.typeOnly).map(i => i.to)]));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (file: string, trail: string[]): void => {
    if (state.get(file) === 'open') cycles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
    if (state.has(file)) return;
    state.set(file, 'open');
    for (const target of next.get(file) ?? []) visit(target, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});

it('a library stays behind the one module that knows it', () => {
  const wrong = imports.filter(({ from, to }) => ONLY[to] !== undefined && !ONLY[to].test(from));
  expect(wrong.map(i => `${i.from} -> ${i.to}`)).toEqual([]);
});

it('the compiler and the core use nothing of Node', () => {
  const wrong = imports.filter(({ from, to }) => NODE_FREE.test(from) && to.startsWith('node:'));
  expect(wrong.map(i => `${i.from} -> ${i.to}`)).toEqual([]);
});

it('files tell one story: none is past 350 lines', () => {
  const long = [...files, ...sources('machines').filter(f => !f.includes('generated'))]
    .map(file => ({ file, lines: readFileSync(path.join(root, file), 'utf8').split('\n').length - 1 }))
    .filter(f => f.lines > 350);
  expect(long).toEqual([]);
});

it('the index is a table of contents: what it exports is pinned', async () => {
  const index = await import('../src/index.ts');
  expect(Object.keys(index).sort()).toEqual([
    'GraphError',
    'InputError',
    'ModelError',
    'ResumeError',
    'StoreError',
    'ThreadError',
    'ToolError',
    'aiModel',
    'codes',
    'compileGraph',
    'createRuntime',
    'defineConfig',
    'executePrompt',
    'executePrompts',
    'exportThread',
    'failuresOf',
    'formatDiagnostic',
    'graphJsonSchema',
    'importThread',
    'interruptsOf',
    'loadGraph',
    'memoryCache',
    'memoryStore',
    'streamPrompt',
    'toUIMessageStream',
    'uiMessageResponse',
  ]);
});

it('a package that may be missing is imported by name, and by none but the loader', () => {
  const wrong = imports.filter(({ to }) => /^(ai|@ai-sdk\/.*)$/.test(to));
  expect(wrong).toEqual([]);
});

it('what is heavy loads when it is used: the index loads none of it', () => {
  const code = `
    import { registerHooks } from 'node:module';
    const urls = [];
    registerHooks({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        urls.push(found.url);
        return found;
      },
    });
    await import(${JSON.stringify(path.join(root, 'src/index.ts'))});
    console.log(JSON.stringify(urls));`;
  const args = ['--input-type=module', '--eval', code];
  const urls = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as string[];
  const packages = new Set(urls.map(url => /node_modules\/((@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? url));
  const heavy = ['ai', 'undici', 'ipaddr.js', 'execa', 'piscina', '@ai-sdk/openai', '@ai-sdk/provider-utils'];
  expect([...heavy, '@opentelemetry/api'].filter(name => packages.has(name))).toEqual([]);
  // Of rxjs, the observable alone: all of it takes ten times as long.
  expect(urls.filter(url => /rxjs\/dist\/[^/]+\/index\.js$/.test(url))).toEqual([]);
  expect(packages).toContain('rxjs');
  expect(urls.some(url => url.endsWith('src/providers/load.ts'))).toBe(false);
  expect(packages).toContain('xstate');
  expect(urls.some(url => url.endsWith('src/tools/world.ts'))).toBe(true);
});
