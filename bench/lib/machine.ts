import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

const versionOf = (folder: string, name: string): string => {
  const file = path.resolve(import.meta.dirname, folder, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
};

/** What the figures were measured on, and of which versions. */
export function machine(): Record<string, string> {
  const all = cpus();
  const own = path.resolve(import.meta.dirname, '../../package.json');
  return {
    processor: `${all.length} × ${all[0]?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    sqlite: String(process.versions.sqlite),
    statewright: (JSON.parse(readFileSync(own, 'utf8')) as { version: string }).version,
    xstate: versionOf('../..', 'xstate'),
    '@langchain/langgraph': versionOf('..', '@langchain/langgraph'),
    '@langchain/core': versionOf('..', '@langchain/core'),
    '@langchain/langgraph-checkpoint': versionOf('..', '@langchain/langgraph-checkpoint'),
  };
}
