/**
 * Keeps README.md, docs/testing.md and docs/streaming.md true: runs what they show and writes in what came out. With `--check` nothing is
 * written, and the exit code is 1 when one of them says something else.
 *
 * Blocks: `console` holds a command and its output, cut to the first lines; a block with a file name is that file, in a
 * folder of the document's own (or in the repository, where it stands); `output name` is what running that file prints.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const documents = ['README.md', 'docs/testing.md', 'docs/streaming.md', 'docs/durability.md'];
const SHOWN_LINES = 30;

interface Block {
  readonly info: string;
  readonly body: string;
}

function run(command: string, args: readonly string[], cwd: string): string {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`,
  };
  const { stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (error) throw error;
  return `${stdout}${stderr}`.trimEnd();
}

/** A folder in which `statewright`, `xstate` and `rxjs` resolve as they do for a user. */
function userFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'statewright-readme-'));
  const own = path.join(folder, 'node_modules/statewright');
  mkdirSync(own, { recursive: true });
  const exports = { '.': './index.js', './testing': './testing.js', './sqlite': './sqlite.js' };
  writeFileSync(path.join(own, 'package.json'), JSON.stringify({ name: 'statewright', type: 'module', exports }));
  for (const [file, source] of [
    ['index.js', 'src/index.ts'],
    ['testing.js', 'src/testing/index.ts'],
    ['sqlite.js', 'src/store/sqlite.ts'],
  ] as const)
    writeFileSync(path.join(own, file), `export * from ${JSON.stringify(path.join(root, source))};\n`);
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of ['xstate', 'rxjs'])
    symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name));
  return folder;
}

function cut(output: string): string {
  const lines = output.split('\n');
  return lines.length <= SHOWN_LINES ? output : `${lines.slice(0, SHOWN_LINES).join('\n')}\n…`;
}

/** What `$ command` prints. `npm ci` is done already, and `npm test` cannot run inside itself. */
function console_(body: string): string {
  const command = /^\$ (.*)$/m.exec(body)?.[1] ?? '';
  if (command.endsWith('npm test')) return body;
  const own = command
    .replace(/^npm ci && /, '')
    .replace(/^npm start$/, 'npm run --silent start')
    .replace(/^npx statewright/, 'node bin/statewright.js');
  return `$ ${command}\n${cut(run('bash', ['-c', own], root))}\n`;
}

function update({ info, body }: Block, folder: string): string {
  const [language, name] = info.split(' ');
  if (language === 'console') return console_(body);
  if (name === undefined) return body;
  if (language === 'output') return `${run(process.execPath, [name], folder)}\n`;
  const inRepository = path.join(root, name);
  if (!existsSync(inRepository)) {
    writeFileSync(path.join(folder, name), body);
    return body;
  }
  return readFileSync(inRepository, 'utf8').replace(/^(#.*\n)+/, '');
}

function rewrite(text: string): string {
  const folder = userFolder();
  try {
    return text.replaceAll(
      /^```(\S[^\n]*)\n(.*?)^```$/gms,
      (_, info: string, body: string) => `\`\`\`${info}\n${update({ info, body }, folder)}\`\`\``,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const document of documents) {
  const file = path.join(root, document);
  const before = readFileSync(file, 'utf8');
  const after = rewrite(before);
  if (!process.argv.includes('--check')) writeFileSync(file, after);
  else if (before !== after) {
    console.error(`${document} does not say what happens; run "npm run readme" and look at the difference`);
    process.exitCode = 1;
  }
}
