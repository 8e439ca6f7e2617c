/** The processes of the crash tests. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A child that is not done by then hangs, in milliseconds beside what it is given. */
const HANGS = 60_000;

/** A folder with an empty log and a place for marks. */
export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'statewright-crash-'));
  mkdirSync(path.join(folder, 'marks'));
  writeFileSync(path.join(folder, 'log'), '');
  return folder;
}

/** What the bodies of a folder did, in order. */
export const linesIn = (folder: string): string[] =>
  readFileSync(path.join(folder, 'log'), 'utf8').split('\n').slice(0, -1);

export interface Ended {
  readonly killed: boolean;
  /** The lines of JSON that it wrote. */
  readonly said: readonly Readonly<Record<string, unknown>>[];
}

/** Runs a script with a job to its end, or until it is killed. Rejects when it ends in any other way, or hangs. */
export function runChild(script: string, job: object, given = 0): Promise<Ended> {
  const text = JSON.stringify(job);
  const file = path.join(import.meta.dirname, script);
  const child = spawn(process.execPath, [file, text], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', data => {
    out += data;
  });
  child.stderr.on('data', data => {
    err += data;
  });
  const hangs = setTimeout(() => child.kill('SIGTERM'), given + HANGS);
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      clearTimeout(hangs);
      const lines = out.split('\n').filter(line => line.endsWith('}'));
      if (code === 0 || signal === 'SIGKILL')
        return resolve({ killed: code !== 0, said: lines.map(line => JSON.parse(line)) });
      const why = signal === 'SIGTERM' ? 'it hangs' : `it ended with ${code ?? signal}`;
      reject(new Error(`${script} ${text}: ${why}\n${out}${err}`));
    });
  });
}
