/** The program as a process of its own, in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const bin = path.resolve(import.meta.dirname, '../../bin/statewright.js');

export interface Output {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** A process that runs. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Output>;
  private text = '';
  private told = (): void => {};

  constructor(child: ChildProcess) {
    this.child = child;
    let [out, err] = ['', ''];
    child.stdout?.on('data', chunk => {
      out += String(chunk);
      this.add(chunk);
    });
    child.stderr?.on('data', chunk => {
      err += String(chunk);
      this.add(chunk);
    });
    this.ended = new Promise(resolve => {
      child.on('close', code => {
        resolve({ code, out, err });
        this.told();
      });
    });
  }

  private add(chunk: unknown): void {
    this.text += String(chunk);
    this.told();
  }

  /** Resolves when the process has said something. */
  async said(what: string): Promise<void> {
    while (!this.text.includes(what)) {
      if (this.child.exitCode !== null) throw new Error(`it ended and did not say "${what}": ${this.text}`);
      await new Promise<void>(resolve => {
        this.told = resolve;
      });
    }
  }

  async end(signal: NodeJS.Signals): Promise<Output> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** A folder in which commands run. */
export class CommandLine {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'statewright-cli-'));
  private readonly running: Running[] = [];

  file(name: string, text: string): string {
    const at = path.join(this.folder, name);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
    return at;
  }

  private options(env: Env, within: string): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
    const { FORCE_COLOR: _force, NO_COLOR: _no, ...own } = process.env;
    return { cwd: path.join(this.folder, within), env: { ...own, ...env } };
  }

  run(...args: string[]): Output {
    return this.runIn('', args);
  }

  runIn(within: string, args: readonly string[], env: Env = {}): Output {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const own = this.options(env, within);
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
      ...own,
      encoding: 'utf8',
      stdio: [...stdio],
    });
    return { code: status, out: stdout, err: stderr };
  }

  start(args: readonly string[], env: Env = {}): Running {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const child = spawn(process.execPath, [bin, ...args], { ...this.options(env, ''), stdio: [...stdio] });
    const running = new Running(child);
    this.running.push(running);
    return running;
  }

  /** What a command prints at a terminal of so many columns. */
  atTerminal(columns: number, args: readonly string[]): string {
    const command = `stty cols ${columns}; '${process.execPath}' '${bin}' ${args.join(' ')}`;
    const own = this.options({ TERM: 'xterm' }, '');
    return spawnSync('script', ['-qefc', command, '/dev/null'], {
      ...own,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).stdout;
  }

  /** Ends what still runs, and removes the folder. */
  async close(): Promise<void> {
    await Promise.all(this.running.map(r => (r.child.exitCode === null ? r.end('SIGKILL') : r.ended)));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
