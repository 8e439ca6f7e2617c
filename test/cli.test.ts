import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const bin = path.join(root, 'bin/statewright.js');
const folder = mkdtempSync(path.join(tmpdir(), 'statewright-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
}

interface Output {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function statewright(...args: string[]): Output {
  const env = { ...process.env, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    encoding: 'utf8',
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: status, out: stdout, err: stderr };
}

const asks = file(
  'asks.yaml',
  `name: asks
state: { name: string?, age: number? }
nodes:
  who: { type: interrupt, message: "Who are you?", schema: string, output: name }
  old: { type: interrupt, message: "How old, {{ name }}?", schema: integer, output: age }
edges: ["START -> who -> old -> END"]
`,
);

describe('run', () => {
  it('prints one JSON value on stdout and exits 0', () => {
    const { code, out } = statewright('run', asks, '--answer', 'who=Ada', '--answer', 'old=36', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ status: 'done', output: { name: 'Ada', age: 36 } });
  });

  it('without a terminal stops at an interrupt with exit 3, and says how to go on', () => {
    const { code, out, err } = statewright('run', asks);
    expect(code).toBe(3);
    expect(out).toBe('');
    expect(err).toContain('waiting at who: Who are you?');
    expect(err).toContain('--answer who=');
  });

  it('refuses an answer that does not fit, with exit 2', () => {
    const { code, err } = statewright('run', asks, '--answer', 'who=Ada', '--answer', 'old=x');
    expect(code).toBe(2);
    expect(err).toMatch(/the answer to "old" does not fit: expected integer/);
  });

  it.each([
    ['a key the state lacks', ['-i', 'nmae=x'], 'did you mean "name"?'],
    ['no value', ['-i', 'name'], '-i takes key=value'],
    ['a wrong type', ['-i', 'age=x'], 'expected number'],
    ['a file that is not there', ['-i', '@nope.json'], 'does not exist'],
    ['a script that is not there', ['--script', 'nope.yaml'], 'does not exist'],
    ['an unknown option', ['--jsno'], 'Did you mean --json?'],
  ])('exits 2 for %s', (_, args, message) => {
    const { code, err } = statewright('run', asks, ...args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  it('exits 2 with the diagnostics for a graph that is refused, and for one that is not there', () => {
    const bad = file('bad.yaml', 'nodes: { a: { type: sett } }\nedges: ["START -> a -> END"]\n');
    expect(statewright('run', bad)).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "set"?') });
    expect(statewright('run', path.join(folder, 'none.yaml'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not exist'),
    });
  });

  it('exits 1 when a node fails, with its error', () => {
    file('fail.ts', 'export const fail = () => { throw new Error("no luck"); };\n');
    const graph = file(
      'fail.yaml',
      'nodes: { f: { type: function, function: "./fail.ts#fail" } }\nedges: ["START -> f -> END"]\n',
    );
    expect(statewright('run', graph)).toMatchObject({ code: 1, out: '', err: 'failed f: no luck\n' });
    const json = statewright('run', graph, '--json');
    expect(JSON.parse(json.out)).toMatchObject({ status: 'failed', error: { node: 'f', message: 'no luck' } });
  });

  it('a script answers model calls; a reply left over or missing is an error that names the node', () => {
    const graph = file(
      'llm.yaml',
      'model: scripted\nstate: { text: string? }\nnodes: { say: { type: llm, prompt: Hi, output: text } }\nedges: ["START -> say -> END"]\n',
    );
    const script = (replies: string): string => file('replies.yaml', replies);
    expect(statewright('run', graph, '--script', script('say: [Hello]'))).toMatchObject({ code: 0, out: 'Hello\n' });
    expect(statewright('run', graph, '--script', script('say: [Hello, Again]'))).toMatchObject({
      code: 1,
      err: 'script: 1 of 2 replies for "say" were not used\n',
    });
    expect(statewright('run', graph, '--script', script('tell: [Hello]')).err).toContain('no replies for node "say"');
    expect(statewright('run', graph).err).toContain('give it replies with --script');
  });

  describe('--stream', () => {
    const says = file(
      'says.yaml',
      'name: says\nmodel: scripted\nstate: { text: string? }\nnodes: { say: { type: llm, prompt: Hi, output: text }, ask: { type: interrupt, message: "Good?", schema: boolean } }\nedges: ["START -> say -> ask -> END"]\n',
    );
    const script = file('says.script.yaml', 'say: [Hello there]\n');
    const run = (...args: string[]): Output => statewright('run', says, '--script', script, ...args);

    it('prints what happens on stderr, and the result on stdout as always', () => {
      expect(run('--stream', 'tokens,updates', '--answer', 'ask=true')).toEqual({
        code: 0,
        out: 'Hello there\n',
        err: [
          'say: Hello there',
          'update say {"text":"Hello there"}',
          'interrupt ask: Good?',
          'run-finished waiting',
          'run-finished done',
          '',
        ].join('\n'),
      });
    });

    it('with --json prints lines of JSON, the last of which holds the result', () => {
      const { code, out } = run('--stream', 'debug', '--json', '--answer', 'ask=true');
      expect(code).toBe(0);
      const events = out
        .trimEnd()
        .split('\n')
        .map(l => JSON.parse(l) as { type: string; number: number });
      expect(events[0]).toMatchObject({ type: 'run-started', number: 1 });
      expect(events.filter(e => e.type === 'token')).toHaveLength(2);
      expect(events.at(-1)).toMatchObject({
        type: 'run-finished',
        result: { status: 'done', output: { text: 'Hello there' } },
      });
      expect(run('--stream', 'updates', '--json').code).toBe(3);
    });

    it('refuses a mode that is none', () => {
      const { code, err } = run('--stream', 'updates,token');
      expect(code).toBe(2);
      expect(err).toBe('--stream: there is no mode "token"; did you mean "tokens"?\n');
    });
  });

  it('Ctrl-C in the middle stops the bodies and exits 130', async () => {
    file(
      'slow.ts',
      "export const slow = (_: unknown, { signal }: { signal: AbortSignal }) => new Promise((_, no) => { console.error('begun'); setInterval(() => {}, 1000); signal.addEventListener('abort', () => { console.error('heard'); no(new Error('stopped')); }); });\n",
    );
    const graph = file(
      'slow.yaml',
      'name: slow\nnodes: { s: { type: function, function: "./slow.ts#slow" } }\nedges: ["START -> s -> END"]\n',
    );
    const child = spawn(process.execPath, [bin, 'run', graph], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.on('data', chunk => {
      err += String(chunk);
      if (err.includes('begun') && !err.includes('heard')) child.kill('SIGINT');
    });
    const code = await new Promise(resolve => child.on('close', resolve));
    expect(err).toContain('heard');
    expect(err).toContain('slow was cancelled');
    expect(code).toBe(130);
  });
});

describe.skipIf(!existsSync('/usr/bin/script'))('run at a terminal', () => {
  /** Types each answer once its question stands on the screen. */
  function atTerminal(
    graph: string,
    answers: readonly (readonly [string, string])[],
    columns = 80,
  ): Promise<{ screen: string; code: unknown }> {
    const command = `stty cols ${columns}; '${process.execPath}' '${bin}' run '${graph}'`;
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      cwd: root,
      env: { ...process.env, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const left = [...answers];
    let screen = '';
    child.stdout.on('data', chunk => {
      screen += String(chunk);
      const [next] = left;
      if (next && screen.includes(next[0])) {
        left.shift();
        child.stdin.write(next[1]);
      }
    });
    return new Promise(resolve => child.on('close', code => resolve({ screen, code })));
  }

  it('asks, takes the answers and ends', async () => {
    const { screen, code } = await atTerminal(asks, [
      ['Who are you?', 'Ada\r'],
      ['How old, Ada?', '36\r'],
    ]);
    expect(screen).toContain('name: Ada');
    expect(screen).toContain('age: 36');
    expect(code).toBe(0);
  });

  it('Ctrl-C at a question exits 130', async () => {
    const { code } = await atTerminal(asks, [['Who are you?', '\u0003']]);
    expect(code).toBe(130);
  });

  it('keeps its lines within a narrow terminal', async () => {
    const graph = file(
      'narrow.yaml',
      'state: { n: { type: number, default: 0 } }\nnodes: { a_very_long_name_of_a_node_indeed: { type: set, set: { n: 1 } } }\nedges: ["START -> a_very_long_name_of_a_node_indeed -> END"]\n',
    );
    const { screen, code } = await atTerminal(graph, [], 20);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
    const plain = screen.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '');
    expect(Math.max(...plain.split(/\r?\n/).map(l => l.length))).toBeLessThanOrEqual(20);
    expect(code).toBe(0);
  });
});

describe('stored threads', () => {
  const store = path.join(folder, 'threads.db');
  it('a run that waits is gone on with by another process, in parts', () => {
    const first = statewright('run', asks, '--thread', 'ada', '--store', store);
    expect(first.code).toBe(3);
    expect(first.err).toContain(`statewright resume ada <answer> --store ${store}`);
    expect(statewright('run', asks, '--thread', 'ada', '--store', store).err).toMatch(
      /is not finished: it waits for who/,
    );
    expect(statewright('resume', 'ada', 'Ada', '--store', store).code).toBe(3);
    const listed = JSON.parse(statewright('threads', '--store', store, '--json').out);
    expect(listed).toMatchObject([{ id: 'ada', graph: 'asks', status: 'waiting', seq: 2 }]);
    const last = statewright('resume', 'ada', 'old=36', '--store', store, '--json');
    expect(last.code).toBe(0);
    expect(JSON.parse(last.out)).toMatchObject({ status: 'done', output: { name: 'Ada', age: 36 } });
    expect(statewright('threads', '--store', store).out).toMatch(/^ada {2}done /);
  });

  it('what is wrong is one clear line', () => {
    expect(statewright('resume', 'nobody', '--store', store)).toMatchObject({
      code: 2,
      err: 'there is no thread "nobody"; stored: ada\n',
    });
    const other = file('other.db', 'this is no database, whatever its name says it is');
    const { code, err } = statewright('threads', '--store', other);
    expect(code).toBe(2);
    expect(err.split('\n')).toHaveLength(2);
  });
});

describe('check', () => {
  it('prints every finding with its place and exits 2', () => {
    const bad = file(
      'five.yaml',
      `name: five
state: { n: number, kind: { enum: [a, b], default: c } }
nodes:
  a: { type: set, set: { m: 1 } }
  b: { type: function, function: f, inptu: { x: n } }
  c: { type: interrupt, message: "{{ nn }}" }
edges:
  - START -> a -> bb
  - { from: a, to: c, when: n < "x" }
  - c -> END
`,
    );
    const { code, out } = statewright('check', bad);
    expect(code).toBe(2);
    for (const found of [
      'bad-default',
      'unknown-state-key',
      'unknown-key',
      'text-name',
      'unknown-node',
      'expression-type',
    ])
      expect(out).toContain(`error[${found}]`);
    expect(out).toMatch(/five\.yaml:8:19: error\[unknown-node\]/);
    expect(out).toMatch(/1 graph checked, \d errors\n$/);
    const json = JSON.parse(statewright('check', bad, '--json').out) as {
      ok: boolean;
      diagnostics: { line: number; column: number; code: string }[];
    };
    expect(json.ok).toBe(false);
    expect(json.diagnostics.find(d => d.code === 'unknown-node')).toMatchObject({ line: 8, column: 19 });
  });

  it('exits 0 with warnings, and 2 with --strict', () => {
    const loop = file(
      'loop.yaml',
      'state: { n: { type: number, default: 0 } }\nnodes: { a: { type: set, set: { n: n + 1 } } }\nedges:\n  - START -> a\n  - { from: a, to: END, when: n > 2 }\n  - a -> a\n',
    );
    expect(statewright('check', loop)).toMatchObject({
      code: 0,
      out: expect.stringContaining('warning[unbounded-cycle]'),
    });
    expect(statewright('check', loop, '--strict').code).toBe(2);
  });
});

describe('graph and schema', () => {
  it('draws a graph and emits its plan, its config and its source', () => {
    expect(statewright('graph', asks).out).toMatch(/^flowchart TD\n/);
    expect(JSON.parse(statewright('graph', asks, '--format', 'json').out)).toMatchObject({
      name: 'asks',
      nodes: [{ id: 'who' }, { id: 'old' }],
    });
    expect(JSON.parse(statewright('graph', asks, '--format', 'machine').out)).toMatchObject({
      id: 'asks',
      initial: '$start',
    });
    expect(statewright('graph', asks, '--format', 'ts').out).toContain("from 'xstate'");
    expect(statewright('graph', asks, '--format', 'svg').out).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(statewright('graph', asks, '--format', 'png')).toMatchObject({
      code: 2,
      err: expect.stringContaining('formats: mermaid'),
    });
  });

  it('writes to a file, whose ending says the format unless --format does', () => {
    const svg = path.join(folder, 'asks.svg');
    expect(statewright('graph', asks, '-o', svg)).toMatchObject({ code: 0, out: '', err: `${svg} written\n` });
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg /);
    expect(statewright('graph', asks, '--format', 'mermaid', '-o', svg).code).toBe(0);
    expect(readFileSync(svg, 'utf8')).toMatch(/^flowchart TD/);
    expect(statewright('graph', asks, '-o', path.join(folder, 'no/such/folder.svg'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('cannot write'),
    });
  });

  it('prints the JSON Schema of the language', () => {
    expect(JSON.parse(statewright('schema').out)).toMatchObject({ title: 'statewright graph', type: 'object' });
  });
});

describe('test', () => {
  it('says what is reached, and exits 1 when something is not', () => {
    expect(statewright('test', asks)).toEqual({
      code: 0,
      out: expect.stringMatching(/^asks \(\d+ states\)\n✓ nodes {4}2 of 2\n✓ edges {4}\d of \d\n$/),
      err: '',
    });
    const { code, out } = statewright('test', 'test/fixtures/refund.yaml');
    expect(code).toBe(1);
    expect(out).toContain('✗ nodes    3 of 4');
    expect(out).toContain('director: no path leads to it');
  });

  it('prints the paths, or one JSON value, and takes a fixed input', () => {
    expect(statewright('test', 'test/fixtures/refund.yaml', '--paths', '-i', 'amount=7').out).toContain(
      'look -> pay\n    input {"amount":7}\n',
    );
    const report = JSON.parse(statewright('test', asks, '--json').out);
    expect(report).toMatchObject({ graph: 'asks', unreached: [], complete: true });
    expect(report.reached[0]).toMatchObject({ kind: 'node', from: 'who', path: [{ kind: 'input' }] });
  });

  it('refuses a bound that is none and an input that does not fit', () => {
    expect(statewright('test', asks, '--max-states', '0')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a whole number from 1'),
    });
    expect(statewright('test', 'test/fixtures/refund.yaml', '-i', 'amount=-1')).toMatchObject({
      code: 2,
      err: expect.stringContaining('"amount"'),
    });
    expect(statewright('test', 'test/fixtures/refund.yaml', '-i', 'amonut=1')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "amount"?'),
    });
  });
});

describe('the program', () => {
  it('gives help and version on stdout with exit 0, and usage errors with exit 2', () => {
    expect(statewright('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Exit codes') });
    expect(statewright('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(statewright('frobnicate').code).toBe(2);
    expect(statewright().code).toBe(2);
  });

  it('ends quietly when the reader of a pipe goes away', () => {
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', `set -o pipefail; '${process.execPath}' '${bin}' schema | head -1`],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect([0, 141]).toContain(status);
  });
});
