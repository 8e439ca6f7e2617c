/** The configuration of a project, as the command line finds and reads it. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from './helpers/command-line.ts';

const cli = new CommandLine();
afterAll(() => cli.close());

const index = path.resolve(import.meta.dirname, '../src/index.ts');

beforeAll(() => {
  cli.file('package.json', '{ "type": "module" }');
  cli.file(
    'app/statewright.config.ts',
    `import { defineConfig, type Config } from '${index}';
const config: Config = {
  store: 'own.db',
  functions: { greet: ({ name }: { name: string }) => ({ text: \`Hello \${name}\` }) },
};
export default defineConfig(config);
`,
  );
  cli.file(
    'app/graphs/greets.yaml',
    `name: greets
state: { name: { type: string, default: you }, text: string? }
nodes:
  greet: { type: function, function: greet }
  ask: { type: interrupt, message: "{{ text }}, good?", schema: boolean }
edges: [START -> greet -> ask -> END]
output: text
`,
  );
  cli.file('app/graphs/package.json', '{ "type": "module" }');
  cli.file('app/inner/empty', '');
});

describe('statewright.config.ts', () => {
  it('gives functions and the store, from the nearest folder above', () => {
    const run = cli.runIn('app/inner', ['run', '../graphs/greets.yaml', '--thread', 't']);
    expect(run).toMatchObject({ code: 3, err: expect.stringContaining('waiting at ask: Hello you, good?') });
    expect(run.err).toContain('to go on: statewright resume t <answer>\n');
    expect(cli.runIn('app', ['resume', 't', 'true'])).toMatchObject({ code: 0, out: 'Hello you\n' });
    expect(JSON.parse(cli.runIn('app', ['threads', '--store', 'own.db', '--json']).out)).toMatchObject([{ id: 't' }]);
    expect(cli.runIn('app', ['check', 'graphs/greets.yaml']).code).toBe(0);
  });

  it('is not looked for outside of the project, and --config names another', () => {
    const without = cli.runIn('app/graphs', ['run', 'greets.yaml']);
    expect(without).toMatchObject({ code: 2, err: expect.stringContaining('"greet", is not registered') });
    const named = ['run', 'greets.yaml', '--config', '../statewright.config.ts'];
    expect(cli.runIn('app/graphs', named).code).toBe(3);
    const kept = cli.runIn('app/graphs', [...named, '--thread', 'named']);
    expect(kept.err).toContain('statewright resume named <answer> --config ../statewright.config.ts\n');
  });

  it('the command line wins over it', () => {
    expect(cli.runIn('app', ['run', 'graphs/greets.yaml', '--thread', 'o', '--store', 'other.db']).code).toBe(3);
    expect(JSON.parse(cli.runIn('app', ['threads', '--store', 'other.db', '--json']).out)).toMatchObject([{ id: 'o' }]);
    expect(cli.runIn('app', ['state', 'o']).err).toMatch(/there is no thread "o"; stored: /);
  });

  it('takes a store, or what gives one', () => {
    const sqlite = path.resolve(import.meta.dirname, '../src/store/sqlite.ts');
    const file = cli.file(
      'given.ts',
      `import { sqliteStore } from '${sqlite}';\nexport default { store: async () => sqliteStore('given.db') };\n`,
    );
    expect(cli.run('threads', '--config', file)).toMatchObject({
      code: 0,
      err: `no threads are stored in the store of ${file}\n`,
    });
  });

  it.each([
    ['an unknown key', 'export default { stor: 1 }', ': unknown key "stor"; did you mean "store"?'],
    ['no default export', 'export const store = 1', ': it has no default export; write: export default defineConfig'],
    ['no object', 'export default 5', ': its default export must be an object'],
    ['what it throws', '\nthrow new Error("no luck\\nat all")', ':2: the configuration cannot be loaded: no luck\n'],
    ['a syntax error', 'export default {\n a,, }', ':2: the configuration cannot be loaded: Unexpected token'],
    ['what types alone cannot express', 'enum A { b }', 'Node strips types only'],
    ['a package that is not there', 'import "nope"', "the configuration cannot be loaded: Cannot find package 'nope'"],
    ['a store that is none', 'export default { store: 7 }', ': "store" must be a file, '],
    [
      'a store that cannot be opened',
      'export default { store() { throw new Error("no db") } }',
      ': its store cannot be opened: no db',
    ],
  ])('is refused in one line: %s', (_, text, message) => {
    const file = cli.file('bad.ts', text);
    const { code, out, err } = cli.run('threads', '--config', file);
    expect(err).toContain(`${file}${message.startsWith(':') ? message : ''}`);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('that --config names and is not there', () => {
    expect(cli.run('threads', '--config', 'none.ts')).toMatchObject({
      code: 2,
      err: 'the file "none.ts" of --config does not exist\n',
    });
  });
});
