import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { piecesOf, placesOf } from '../../src/compile/shell-quotes.ts';
import { createRuntime, loadGraph, type RunResult } from '../../src/index.ts';
import { simulatedClock } from '../../src/testing/index.ts';
import { build, refusals } from '../helpers.ts';

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'statewright-shell-')));
afterAll(() => rmSync(folder, { recursive: true }));

/** A graph of one node that calls a shell tool with `q`. */
const one = (keys: string, node = ''): string => `state: { q: { type: string, default: "" }, out: any? }
tools: { sh: { type: shell, input: { q: string }, ${keys} } }
nodes: { call: { type: tool, tool: sh, args: { q: q }, output: out${node === '' ? '' : `, ${node}`} } }
edges: ["START -> call -> END"]
`;

async function run(text: string, q = '', env?: Record<string, string>): Promise<RunResult> {
  return createRuntime({ clock: simulatedClock(), ...(env ? { env } : {}) })
    .thread(build(text), 't')
    .invoke({ q });
}

/** Waits for something that another process brings about. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>(resolve => setImmediate(resolve));
}

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that ended and was not waited for yet is no process.
  return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
};

/** Apart, because `${` in a text looks like a mistake to the linter. */
const DOLLAR = '$';

const marker = path.join(folder, 'marker');
const evil = [
  `; touch ${marker}`,
  `$(touch ${marker})`,
  `\`touch ${marker}\``,
  `' ; touch ${marker} ; '`,
  `" ; touch ${marker} ; "`,
  `| touch ${marker}`,
  `\n touch ${marker} \n`,
  `\\'; touch ${marker}; \\'`,
  '; rm -rf /',
  '-n',
  '*',
];

describe('S43 values in a command', () => {
  it.each(evil)('S43 as an argument %j is text', async q => {
    const { output } = await run(one(`command: [printf, "%s|", "{{ q }}", "a {{ q }} b"]`), q);
    expect(output.out).toBe(`${q}|a ${q} b|`);
    expect(existsSync(marker)).toBe(false);
  });

  it.each(evil)('S43 in a text for the shell %j is one word', async q => {
    const { output } = await run(one('command: \'printf "%s|" {{ q }} x{{ q }}y "$(printf %s {{ q }})"\''), q);
    expect(output.out).toBe(`${q}|x${q}y|${q.replace(/\n+$/, '')}|`);
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    'echo "Hello {{ q }}"',
    "echo '{{ q }}'",
    'echo `echo {{ q }}`',
    'echo \\{{ q }}',
    `echo ${DOLLAR}{{ q }}`,
    'echo $(( {{ q }} ))',
    `echo ${DOLLAR}{x:-{{ q }}}`,
    'cat <<END\n{{ q }}\nEND',
    '# it is {{ q }}\ntrue',
    'echo "$(case a in a) echo "{{ q }}";; esac)"',
    `echo ${DOLLAR}{x:-'}'} {{ q }}`,
  ])('S43 a value inside quotes and the like is refused: %s', text => {
    expect(refusals(one(`command: ${JSON.stringify(text)}`))).toEqual(['wrong-value']);
  });

  it.each([
    ['{{ q | raw }}', 'text-syntax'],
    ['{% capture a %}{{ q }}{% endcapture %}{{ a }}', 'text-syntax'],
    ['{{ nope }}', 'text-name'],
    ['{{ env.HOME }}', 'text-name'],
  ])('the text %s is refused in a command', (text, code) => {
    expect(refusals(one(`command: ${JSON.stringify(`echo ${text}`)}`))).toContain(code);
  });

  it('a value that a branch of the text puts into quotes is refused when it is run', async () => {
    const command = 'echo {% if q == "x" %}"{% endif %}{% if q != "y" %}"{% endif %} {{ q }}';
    const text = one(`command: ${JSON.stringify(command)}`);
    expect((await run(text, 'x')).output.out).toBe(' x');
    expect((await run(text, 'a')).error).toMatchObject({ code: 'shell-quotes' });
  });

  it('the program itself is no value', () => {
    expect(refusals(one('command: ["{{ q }}", a]'))).toEqual(['wrong-value']);
  });

  it('where a value is taken to stand alone, a shell reads it as one word', () => {
    const pieces = ['a', '"', "'", '\\', '$', '(', ')', '{', '}', '`', '#', ' ', ';', '<', 'case ', '{{ q }}'];
    let state = 7;
    const random = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const probe = `$(touch ${marker})'"\`touch ${marker}\``;
    const quoted = `'${probe.replaceAll("'", "'\\''")}'`;
    const scripts: string[] = [];
    for (let i = 0; i < 60_000 && scripts.length < 300; i++) {
      const text = Array.from({ length: 3 + random(10) }, () => pieces[random(pieces.length)]).join('');
      const { pieces: parts, starts } = piecesOf(text);
      if (starts.length === 0 || placesOf(parts).some(place => place !== 'plain')) continue;
      scripts.push(parts.map(p => (p.given ? quoted : p.text)).join(''));
    }
    expect(scripts).toHaveLength(300);
    // Each script by itself: most are no valid shell, and none may run what the value says.
    const all = scripts.map(s => `sh -c '${s.replaceAll("'", "'\\''")}' >/dev/null 2>&1 </dev/null`).join('\n');
    spawnSync('/bin/sh', ['-c', all], { cwd: folder });
    expect(existsSync(marker)).toBe(false);
  });
});

describe('a shell tool', () => {
  it('gives its output as text, lines or JSON', async () => {
    expect((await run(one('command: "echo one; echo two"'))).output.out).toBe('one\ntwo');
    expect((await run(one('command: "echo one; echo two", parse: lines'))).output.out).toEqual(['one', 'two']);
    expect((await run(one(`command: [echo, '{"a":[1]}'], parse: json`))).output.out).toEqual({ a: [1] });
    expect((await run(one('command: [echo, "{"], parse: json'))).error).toMatchObject({ code: 'shell-parse' });
  });

  it('reads stdin', async () => {
    expect((await run(one('command: [cat], stdin: "<{{ q }}>"'), 'a\nb')).output.out).toBe('<a\nb>');
    expect((await run(one('command: [cat]'))).output.out).toBe('');
  });

  it('is an error with the exit code and the end of stderr', async () => {
    const { error } = await run(one('command: "echo out; echo first >&2; echo last >&2; exit 3"'));
    expect(error).toMatchObject({ name: 'ToolError', code: 'exit-3' });
    expect(error?.message).toBe('the tool "sh" ended with exit code 3: first\nlast');
    expect((await run(one('command: "exit 3", success: [0, 3]'))).status).toBe('done');
  });

  it('that does not exist, or that a signal ends, says so', async () => {
    const missing = await run(one('command: [no-such-program-at-all]'));
    expect(missing.error).toMatchObject({ code: 'shell-start', retryable: false });
    expect(missing.error?.message).toContain('ENOENT');
    expect((await run(one('command: "kill -9 $$"'))).error).toMatchObject({ code: 'shell-signal' });
    expect((await run(one('command: [echo, "{{ q }}"]'), 'a\0b')).error).toMatchObject({ code: 'shell-start' });
  });

  it('has a limit of output', async () => {
    const { error } = await run(one('command: "yes", maxBytes: 1000'));
    expect(error).toMatchObject({ code: 'shell-too-large', retryable: false });
  });

  it('sees a part of the environment, and what it is told', async () => {
    process.env.STATEWRIGHT_SECRET = 'hidden-value';
    try {
      const { output } = await run(
        one(`command: [env], parse: lines, env: { TOKEN: "{{ env.KEY }}", Q: "{{ q }}" }`),
        'a',
        { KEY: 'the-secret' },
      );
      const lines = output.out as string[];
      expect(lines).toEqual(expect.arrayContaining(['TOKEN=***', 'Q=a', `PATH=${process.env.PATH}`]));
      expect(lines.join()).not.toContain('STATEWRIGHT_SECRET');
    } finally {
      delete process.env.STATEWRIGHT_SECRET;
    }
    const failed = await run(one('command: "echo $TOKEN >&2; exit 1", env: { TOKEN: "{{ env.KEY }}" }'), '', {
      KEY: 'the-secret',
    });
    expect(failed.error?.message).toBe('the tool "sh" ended with exit code 1: ***');
    const missing = await run(one('command: [env], env: { TOKEN: "{{ env.KEY }}" }'), '', {});
    expect(missing.error).toMatchObject({ code: 'missing-env' });
  });

  it('runs in the folder of the graph, or one inside the project', async () => {
    mkdirSync(path.join(folder, 'graphs/sub'), { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{}');
    const at = async (keys: string): Promise<unknown> => {
      writeFileSync(path.join(folder, 'graphs/g.yaml'), one(keys));
      return (
        await createRuntime()
          .thread(await loadGraph(path.join(folder, 'graphs/g.yaml')))
          .invoke()
      ).output.out;
    };
    expect(await at('command: [pwd]')).toBe(path.join(folder, 'graphs'));
    expect(await at('command: [pwd], cwd: sub')).toBe(path.join(folder, 'graphs/sub'));
    await expect(at('command: [pwd], cwd: ../..')).rejects.toMatchObject({ diagnostics: [{ code: 'outside-root' }] });
    await expect(at('command: [pwd], cwd: /tmp')).rejects.toMatchObject({ diagnostics: [{ code: 'outside-root' }] });
  });
});

describe('stopping a shell tool', () => {
  /** A shell that starts another process; both write their ids, and the shell heeds no signal that asks. */
  const script = (file: string): string =>
    `command: ${JSON.stringify(`trap '' TERM; sleep 1000 & echo $$ $! > ${file}; wait; sleep 1000`)}`;

  const pidsIn = (file: string): number[] =>
    existsSync(file) ? (readFileSync(file, 'utf8').match(/\d+/g) ?? []).map(Number) : [];

  it('a cancel ends the program and all that it started', async () => {
    const file = path.join(folder, 'cancelled');
    const thread = createRuntime().thread(build(one(script(file))));
    const result = thread.invoke();
    await until(() => pidsIn(file).length === 2);
    const pids = pidsIn(file);
    expect(pids.map(lives)).toEqual([true, true]);
    await thread.cancel();
    expect((await result).status).toBe('cancelled');
    await until(() => !pids.some(lives));
  });

  it('so does the end of its time', async () => {
    const file = path.join(folder, 'timeout');
    const clock = simulatedClock();
    const result = createRuntime({ clock })
      .thread(build(one(`${script(file)}, timeout: 5s`)))
      .invoke();
    await until(() => pidsIn(file).length === 2);
    await clock.advance(5_000);
    const { error } = await result;
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'timeout' });
    await until(() => !pidsIn(file).some(lives));
  });

  it('and the end of the process that runs the graph', async () => {
    const file = path.join(folder, 'exit');
    const graph = path.join(folder, 'exit.yaml');
    writeFileSync(graph, one(script(file)));
    const index = path.resolve(import.meta.dirname, '../../src/index.ts');
    const program = `import { existsSync } from 'node:fs';
import { createRuntime, loadGraph } from ${JSON.stringify(index)};
createRuntime().thread(await loadGraph(${JSON.stringify(graph)})).invoke();
setInterval(() => existsSync(${JSON.stringify(file)}) && process.exit(7), 10);`;
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(status).toBe(7);
    const pids = pidsIn(file);
    expect(pids).toHaveLength(2);
    await until(() => !pids.some(lives));
  });
});
